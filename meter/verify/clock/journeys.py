"""Whether a countdown misleads somebody who may come at any time, asked of the real `decide`."""

# The clocks of a policy put a reader into phases: times at which they would meet the same at every
# view. A journey is followed over phases, not over instants: a view in the phase reached, or in one
# that may follow on it while the window runs (`Earlier.follows`), with what was read counted there
# as if it were read there. So the search leaves out no journey of one window, whenever it begins,
# and may have some that no calendar has. One that misleads is therefore played again at instants
# of the tape, as a record that `decide` has written from the first view on; where no instants are
# found for it, nothing is said of it.
#
# A view that leaves no mark leads nowhere new, but where it tells how many are left: so may one of
# an article that was read before.
#
# When windows end is left open too (`Endings`): before any view those of some meters may have
# ended, and of a rolling one the first reads may have left. Where all have ended that can end, and
# no meter lasts a lifetime, the reader is a new one.

from __future__ import annotations

from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve

from meter.memo import decide
from meter.usage import Tally, Usage
from meter.verify.clock.endings import Endings
from meter.verify.search import counts_of
from meter.verify.together.marks import grown, has_shown
from meter.verify.walk.announced import used_up
from meter.verify.walk.steps import fresh_view
from meter.view import counted_article
from meter.vocabulary import Access, Show
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping
    from datetime import datetime

    from meter.decision import Decision
    from meter.policy import Policy
    from meter.verify.clock.phases import PhasedReader
    from meter.view import PageView

__all__ = ["PhaseSearch", "PhasedView", "made_view"]

_CHECK_EVERY = 64


class PhasedView(NamedTuple):
    """A view of a journey: of a kind, in a phase, of an article that a view before it had read.

    `reset` says that all windows have ended since the view before, `parted` that some have,
    `doubtful` that the article would have to be another for a view of this kind.
    """

    phase: int
    kind: int
    again: int | None = None
    reset: bool = False
    parted: bool = False
    doubtful: bool = False


class _State(NamedTuple):
    """Where a journey has come to. `told` are the meters whose countdown still holds."""

    usage: Usage
    phase: int
    told: frozenset[str]
    counting: tuple[int, str] | None
    views: tuple[PhasedView, ...]
    doubtful: bool = False
    ages: tuple[tuple[str, str], ...] = ()
    """Meters with what they counted, in the order in which they did."""


class PhaseSearch:
    """Journeys of one reader, the shortest first, until one of `most` views or `until` an instant.

    `tried` are the views that were tried, `complete` says whether all there are were.
    """

    def __init__(
        self, policy: Policy, reader: PhasedReader, most: int, until: float | None
    ) -> None:
        self.policy = policy
        self.reader = reader
        self.most = most
        self.until = until
        self.tried = 0
        self.complete = False
        self.in_doubt = False
        self.endings = Endings(policy)

    def misled(self) -> Iterator[tuple[PhasedView, ...]]:
        """Yield the views of each journey at whose end a countdown has misled."""
        seen: set[Hashable] = set()
        nobody: frozenset[str] = frozenset()
        waiting = deque(
            _State(Usage(), phase, nobody, None, ()) for phase in range(len(self.reader.phases))
        )
        while waiting:
            state = waiting.popleft()
            for view, before in self._next(state):
                if self._is_late():
                    return
                doubtful = before.doubtful or view.doubtful
                if doubtful and self.in_doubt:
                    continue
                self.tried += 1
                decision, after = self._decided(view, before)
                if _misleads(decision, view, before, after):
                    if doubtful:
                        self.in_doubt = True
                    else:
                        yield (*before.views, view)
                    continue
                then = _after(decision, view, before, after)
                if not (_leaves_a_mark(before.usage, after) or then.told - before.told):
                    continue
                phase = self.reader.phases[view.phase]
                kinds = self._kinds_by_key(then)
                key = (
                    counts_of(self.policy, after, phase.now, kinds),
                    self._order(then, kinds),
                    then.phase,
                    then.told,
                    then.counting,
                    doubtful,
                )
                if key not in seen:
                    seen.add(key)
                    waiting.append(then)
        self.complete = not (self.endings.left_out or self.in_doubt)

    def _is_late(self) -> bool:
        late = self.until is not None and self.tried % _CHECK_EVERY == 0
        return self.tried >= self.most or (late and monotonic() > (self.until or 0))

    def _next(self, state: _State) -> Iterator[tuple[PhasedView, _State]]:
        """Yield each view that may come next, with what is remembered by then."""
        start = not state.views
        phases = (state.phase,) if start else self.reader.after[state.phase]
        for phase in phases:
            usage = _moved(state.usage, self.reader.phases[phase].now)
            yield from self._views(phase, state._replace(usage=usage, phase=phase))
        if start:
            return
        for ended in self.endings.after(state.usage, state.ages):
            counting = state.counting
            if counting is not None and counting[1] in ended.meters:
                counting = None
            left = state._replace(told=state.told - ended.meters, counting=counting)
            for phase in self.reader.any_later[state.phase]:
                usage = _moved(ended.usage, self.reader.phases[phase].now)
                for view, before in self._views(phase, left._replace(usage=usage, phase=phase)):
                    yield view._replace(reset=ended.whole, parted=not ended.whole), before

    def _views(self, phase: int, state: _State) -> Iterator[tuple[PhasedView, _State]]:
        views = self.reader.phases[phase].views
        for kind in views:
            yield PhasedView(phase, kind), state
        read = {view.kind: number for number, view in enumerate(state.views) if view.again is None}
        for kind in views:
            known = set()
            for other, number in read.items():
                doubtful = kind != other and not self._is_same_article(phase, kind, other)
                key = fresh_view(views[kind], number + 1).article.key
                counted = frozenset(n for n, each in state.usage.tallies.items() if key in each.ids)
                if doubtful and counted in known:
                    continue
                if doubtful:
                    known.add(counted)
                yield PhasedView(phase, kind, again=number, doubtful=doubtful), state

    def _is_same_article(self, phase: int, kind: int, other: int) -> bool:
        views = self.reader.phases[phase].views
        return other in views and views[kind].article == views[other].article

    def _decided(self, view: PhasedView, state: _State) -> tuple[Decision, Usage]:
        phase = self.reader.phases[view.phase]
        made = made_view(phase.views[view.kind], view, len(state.views))
        return decide(self.policy, phase.reader, made, state.usage, phase.now)

    def _order(self, state: _State, kinds: dict[str, int]) -> tuple[tuple[str, int | None], ...]:
        """Return the kinds of what rolling windows hold, in the order in which they will leave."""
        return tuple(
            (name, kinds.get(counted_article(mark)))
            for name, mark in state.ages
            if name in self.endings.rolling and mark in state.usage.tally(name).ids
        )

    def _kinds_by_key(self, state: _State) -> dict[str, int]:
        phase = self.reader.phases[state.phase]
        return {
            made_view(phase.views[each.kind], each, number).article.key: each.kind
            for number, each in enumerate(state.views)
            if each.again is None and each.kind in phase.views
        }


def _leaves_a_mark(before: Usage, after: Usage) -> bool:
    return after != before and (any(grown(before, after)) or has_shown(before, after))


def made_view(view: PageView, step: PhasedView, number: int) -> PageView:
    """Return a view of a kind as that of a step of a journey, which is numbered from 0."""
    article = number if step.again is None else step.again
    return evolve(fresh_view(view, article + 1), id=f"view-{number + 1}")


def _moved(usage: Usage, now: datetime) -> Usage:
    """Return what is remembered as if all of it were of this instant."""
    at = instant(now)

    def of_now(tallies: Mapping[str, Tally]) -> dict[str, Tally]:
        return {
            name: Tally(tuple(sorted(tally.ids)), (at,) * len(tally.ids))
            for name, tally in tallies.items()
        }

    return evolve(
        usage,
        tallies=of_now(usage.tallies),
        shown=of_now(usage.shown),
        offered=dict.fromkeys(usage.offered, at),
    )


def _misleads(decision: Decision, view: PhasedView, before: _State, after: Usage) -> bool:
    """Say whether a view lets the last one go by in silence, or is a wall before it."""
    if decision.counted:
        spent = before.told & {*grown(before.usage, after)}
        silent = decision.show is not Show.LAST_FREE_ARTICLE
        return silent and any(used_up(decision, name) for name in spent)
    if view.again is not None or before.counting is None:
        return False
    return decision.access is Access.PREVIEW and before.counting[0] == view.kind


def _after(decision: Decision, view: PhasedView, before: _State, after: Usage) -> _State:
    told, counting = before.told, None
    if decision.show is Show.COUNTDOWN and decision.meter is not None:
        told |= {decision.meter.name}
        counting = (view.kind, decision.meter.name) if decision.counted else None
    doubtful = before.doubtful or view.doubtful
    views = (*before.views, view)
    ages = _ages(before, after)
    return _State(after, view.phase, told, counting, views, doubtful, ages)


def _ages(before: _State, after: Usage) -> tuple[tuple[str, str], ...]:
    """Return what was counted in its order; what had left a window and is back comes last."""
    new = [
        (name, mark)
        for name, tally in after.tallies.items()
        for mark in tally.ids
        if mark not in before.usage.tally(name).ids
    ]
    return (*(each for each in before.ages if each not in new), *new)

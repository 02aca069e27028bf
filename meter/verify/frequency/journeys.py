"""Journeys in which a reader is shown a prompt more often than is promised, played by `decide`."""

# Nothing is believed that was not played: the showings of a journey are those of the real engine,
# and whether they are too many in a window is asked of the window itself. A journey opens a page
# as soon as the caps leave room for the prompt, and waits until they do where they do not. Where
# the prompt waits for a meter's count, what counts is opened in between.
#
# Where it begins matters: with a day of 25 hours, just before midnight, or after one showing that
# has begun a fixed window. `_beginnings` yields those that matter.

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve, field, frozen

from meter.engine import ledger
from meter.policy import Cap
from meter.usage import Usage
from meter.verify.frequency.bounds import free_at, fullest, rooms, tightest
from meter.verify.walk.steps import NextView, SearchState, SearchStep, fresh_view, step_of
from meter.windows import Timeline, instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from meter.policy import Policy
    from meter.rulebook import AskedWindow, JudgedPrompt
    from meter.verify.walk.steps import Scenario
    from meter.view import PageView, Reader

__all__ = ["ShowingLimit", "shown_too_often"]

_LONGEST_PAUSE = timedelta(minutes=10)
_SHORTEST_PAUSE = timedelta(seconds=1)
_MOST_BETWEEN = 60
"""How many pages are opened for their counts before one shows the prompt."""
_MOST_WAITS = 800
_HOUR = timedelta(hours=1)
_CHECK_EVERY = 64


@frozen(kw_only=True)
class ShowingLimit:
    """How often a prompt is shown at most, and whether a showing is one that is meant."""

    prompt: str
    cap: Cap
    is_meant: Callable[[SearchStep], bool] = field(eq=False)


class _Beginning(NamedTuple):
    """When a journey begins in earnest, and when something was shown once before that, if it was.

    It is another prompt of the group where `by_another` says so.
    """

    at: int
    before: int | None = None
    by_another: bool = False


class _Tried(NamedTuple):
    """A view that was tried."""

    step: SearchStep
    after: Usage


def shown_too_often(
    policy: Policy, scenario: Scenario, promised: ShowingLimit, *, until: float | None = None
) -> SearchStep | None:
    """Return the last step of a journey that shows a prompt too often, if one is found.

    The search ends at the instant `until` of the monotonic clock.
    """
    for beginning in _beginnings(policy, promised, instant(scenario.now)):
        first = beginning.at if beginning.before is None else beginning.before
        moved = _moved(scenario, moment(first, policy.zone))
        found = _Journey(policy, moved, promised, until).play(beginning)
        if found is not None:
            return found
    return None


def _judged(policy: Policy, prompt: str) -> JudgedPrompt | None:
    frequencies = policy.rulebook.frequencies
    place = frequencies.places.get(prompt)
    return None if place is None else frequencies.prompts[place]


def _pause(cap: Cap) -> timedelta:
    """Return the time between two showings in a row: short beside the window."""
    length = cap.window.length or timedelta(days=365)
    pause = length / (8 * (cap.times + 1))
    return max(_SHORTEST_PAUSE, min(_LONGEST_PAUSE, timedelta(seconds=pause // _SHORTEST_PAUSE)))


def _horizon(cap: Cap) -> int:
    """Return how long a journey is followed: a window that begins in the course of another ends."""
    length = cap.window.length or timedelta(days=366 * 2)
    return 2 * length // timedelta(microseconds=1)


def _beginnings(policy: Policy, promised: ShowingLimit, now: int) -> Iterator[_Beginning]:
    """Yield when a journey may begin so that most is shown in one window."""
    judged = _judged(policy, promised.prompt)
    caps = () if judged is None else rooms(judged.caps)
    window, times = promised.cap.window, promised.cap.times
    pause = _pause(promised.cap) // timedelta(microseconds=1)
    firsts = [now]
    if window.calendar is not None:
        firsts.append(Timeline(window, policy.zone).bounds(now)[0])
        at = fullest(caps, window, times + 1, policy.zone).at
        firsts += [] if at is None else [at]
    else:
        for room in caps:
            if room.window.calendar is not None:
                ends = [Timeline(room.window, policy.zone).bounds(now)[1]]
                ends += tightest(room.window, window, policy.zone)
                firsts += [end - room.times * pause for end in ends]
    firsts = list(dict.fromkeys(firsts))
    yield from map(_Beginning, firsts)
    for room in caps:
        if room.window.fixed is not None:
            length = room.window.fixed // timedelta(microseconds=1)
            for first in firsts:
                before = first + room.times * pause - length
                yield _Beginning(first, before)
                yield _Beginning(first, before, by_another=True)


def _moved(scenario: Scenario, now: datetime) -> Scenario:
    """Return a scenario at another instant: what was so long ago then is so long ago now."""
    by = now - scenario.now
    if not by:
        return scenario
    views = tuple((_published_later(view, by), words) for view, words in scenario.views)
    return evolve(scenario, reader=_later(scenario.reader, by), views=views, now=now)


def _later(reader: Reader, by: timedelta) -> Reader:
    rights = tuple(
        evolve(
            right,
            starts=None if right.starts is None else right.starts + by,
            ends=None if right.ends is None else right.ends + by,
        )
        for right in reader.entitlements
    )
    since = reader.registered_at
    return evolve(reader, entitlements=rights, registered_at=None if since is None else since + by)


def _published_later(view: PageView, by: timedelta) -> PageView:
    published = view.article.published
    if published is None:
        return view
    return evolve(view, article=evolve(view.article, published=published + by))


class _Journey:
    """One reader who opens a page whenever the prompt may be shown."""

    def __init__(
        self, policy: Policy, scenario: Scenario, promised: ShowingLimit, until: float | None
    ) -> None:
        self.policy = policy
        self.scenario = scenario
        self.promised = promised
        self.until = until
        self.timeline = Timeline(promised.cap.window, policy.zone)
        self.pause = _pause(promised.cap)
        self.judged = _judged(policy, promised.prompt)
        self.windows: Sequence[AskedWindow] = () if self.judged is None else self.judged.caps
        group = policy.rulebook.frequencies.group_of(promised.prompt)
        self.group = () if group is None else group.names
        self.shown: list[int] = []

    def play(self, beginning: _Beginning) -> SearchStep | None:
        """Return the step at which it was shown once too often, if that comes."""
        state = SearchState(Usage(), self.scenario.now)
        if beginning.before is not None:
            tries = self._tries(state)
            if beginning.by_another:
                first = self._showing_another(tries)
            else:
                first = self._showing(tries)
                self.shown.append(beginning.before)
            if first is None:
                return None
            later = moment(beginning.at, self.policy.zone)
            state = SearchState(first.after, later, first.step.steps())
        between = waits = 0
        end = beginning.at + _horizon(self.promised.cap)
        while waits < _MOST_WAITS and not self._is_late(len(state.steps) + waits):
            at = instant(state.now)
            if at > end:
                return None
            free = free_at(self.windows, self._ats(state.usage), at)
            if free is None:
                return None
            tries = self._tries(state)
            next_ = self._showing(tries) if free == at else None
            if next_ is not None:
                self.shown.append(at)
                if self._is_over(at):
                    return next_.step
                between = 0
            elif between < _MOST_BETWEEN:
                next_ = self._counting(tries, state, is_free=free == at)
                between += 1
            if next_ is None:
                between = 0
                waits += 1
                state = state._replace(now=self._wait(state, free))
            else:
                state = SearchState(next_.after, state.now + self.pause, next_.step.steps())
        return None

    def _is_late(self, tried: int) -> bool:
        late = self.until is not None and tried % _CHECK_EVERY == 0
        return late and monotonic() > (self.until or 0)

    def _is_over(self, at: int) -> bool:
        """Say whether more was shown in the window that holds an instant than is promised."""
        inside = len(self.shown) - self.timeline.inside(self.shown, at)
        return inside > self.promised.cap.times

    def _ats(self, usage: Usage) -> list[int]:
        """Return the instants at which a prompt of the group was shown, in order."""
        return sorted(at for name in self.group for at in usage.showings(name).ats)

    def _tries(self, state: SearchState) -> list[_Tried]:
        """Return what comes of each page view that may be next."""
        number = len(state.steps) + 1
        fresh = [(fresh_view(view, number), words) for view, words in self.scenario.views]
        events = [
            NextView(kind, view, state.now, words) for kind, (view, words) in enumerate(fresh)
        ]
        read = {step.kind: step for step in state.steps}
        for kind, step in read.items():
            view = evolve(step.asked.view, id=f"view-{number}")
            words = f"{step.words.removesuffix(' again')} again"
            events.append(NextView(kind, view, state.now, words, again=True))
        reader = self.scenario.reader
        return [_Tried(*step_of(self.policy, reader, event, state)) for event in events]

    def _showing(self, tries: Sequence[_Tried]) -> _Tried | None:
        """Return the first view that shows the prompt, and is meant."""
        for tried in tries:
            decision = tried.step.decision
            is_it = decision.prompt == self.promised.prompt and not decision.speculative
            if is_it and self.promised.is_meant(tried.step):
                return tried
        return None

    def _showing_another(self, tries: Sequence[_Tried]) -> _Tried | None:
        """Return the first view that shows another prompt of the group."""
        others = {*self.group} - {self.promised.prompt}
        return next((tried for tried in tries if tried.step.decision.prompt in others), None)

    def _counting(
        self, tries: Sequence[_Tried], state: SearchState, *, is_free: bool
    ) -> _Tried | None:
        """Return a view that brings the prompt nearer by what it leaves, if there is one.

        Of a prompt that waits for a meter's count, the view that would bring it is kept for later
        where the caps leave no room yet.
        """
        counting = [tried for tried in tries if tried.after != state.usage]
        every = None if self.judged is None else self.judged.every
        if every is not None:
            place, views = every
            name = self.policy.rulebook.meters[place].name
            used = len(ledger(self.policy, state.usage, state.now)[name][0].ids)
            if not is_free and (used + 1) % views == 0:
                return None
            counting = [tried for tried in counting if name in tried.step.counted]
        elif not is_free:
            return None
        silent = [each for each in counting if each.step.decision.prompt not in self.group]
        return next(iter(silent or counting), None)

    def _wait(self, state: SearchState, free: int) -> datetime:
        """Return when the next page is opened: as soon as the caps leave room, or a meter does."""
        at = instant(state.now)
        if free > at:
            return moment(free, self.policy.zone)
        counted = ledger(self.policy, state.usage, state.now).values()
        ends = [resets for tally, resets in counted if tally.ids and resets is not None]
        return min([*(end for end in ends if end > state.now), state.now + _HOUR])

"""How does a reader get there?

The shortest journey to a page view that breaks a promise, found with the real `decide`.

The page views tried are one of each kind that the policy can tell apart for that reader; an article
may be opened again, and time may pass until a meter has allowance again. Search is breadth first,
so the first journey found is a shortest one.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from meter.decision import Decision
from meter.engine import ledger
from meter.memo import decide
from meter.usage import Usage
from meter.verify.concretize import Encounter, impersonate, view_words
from meter.verify.diagram import FALSE
from meter.verify.situations import Situation
from meter.view import PageView, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    from meter.policy import Policy
    from meter.verify.space import Space

__all__ = ["Cast", "Search", "Told", "cast_of", "casts"]

_PAUSE = timedelta(minutes=10)


@frozen(kw_only=True)
class Told:
    """One step of a journey.

    Which kind of view (its number in the cast), what it met, what the engine decided.
    """

    kind: int
    met: Encounter
    decision: Decision
    words: str
    again: bool = False
    waited: bool = False
    earlier: Told | None = field(default=None, repr=False, eq=False)

    def steps(self) -> tuple[Told, ...]:
        """Return the journey up to and including this step."""
        steps, step = [], self
        while step is not None:
            steps.append(step)
            step = step.earlier  # type: ignore[assignment]
        return tuple(reversed(steps))


@frozen(kw_only=True)
class Cast:
    """A reader on a day, and one page view of each kind that the policy can tell apart for them."""

    situation: Situation
    reader: Reader
    views: tuple[tuple[PageView, str], ...]
    now: datetime


@frozen
class Search:
    """What came of a search.

    The last step of the journey found, or whether everything was looked at; and how much that was.
    """

    found: Told | None
    complete: bool
    views: int


def casts(space: Space, whole: int, among: int) -> Iterator[Cast]:
    """Yield one cast for each kind of reader that the policy can tell apart and that has a
    situation `among` some.

    Needs the order of variables in which readers come first.
    """
    inside = space.forest.exists(among, frozenset(range(len(space.who), len(space.variables))))
    behaviour = space.forest.combine(
        _behaviour(space, whole), inside, lambda said, wanted: wanted and said
    )
    for node, path in _first_below(space, behaviour, {}, len(space.who)):
        yield _cast(space, node, path)


def cast_of(space: Space, whole: int, situation: Situation, wrong: int) -> Cast:
    """Return the cast of the reader in one situation, with the views of a set that the policy
    itself may not tell from others.
    """
    node = space.forest.combine(
        _behaviour(space, whole), wrong, lambda said, inside: said and (said, inside)
    )
    path = {level: situation.codes[level] for level in range(len(space.who))}
    while space.forest.level(node) in path:
        node = space.forest.kids(node)[path[space.forest.level(node)]]
    return _cast(space, node, path)


def _behaviour(space: Space, whole: int) -> int:
    """Return everything that can tell two page views apart.

    The verdicts where they are possible, and the limits.
    """
    forest = space.forest
    behaviour = forest.choose(space.possible, whole, FALSE)
    for meter in space.meters:
        behaviour = forest.combine(
            behaviour, space.limits[meter][0], lambda said, limit: said and (said, limit)
        )
    return behaviour


def _first_below(
    space: Space, node: int, path: dict[int, int], level: int
) -> Iterator[tuple[int, dict[int, int]]]:
    """Yield every different node that is reached below a level, with the first path to it."""
    seen, waiting = {node}, deque([(node, path)])
    while waiting:
        here, so_far = waiting.popleft()
        if space.forest.level(here) >= level:
            if here != FALSE:
                yield here, so_far
            continue
        for code, kid in enumerate(space.forest.kids(here)):
            if kid not in seen:
                seen.add(kid)
                waiting.append((kid, {**so_far, space.forest.level(here): code}))


def _cast(space: Space, node: int, path: dict[int, int]) -> Cast:
    views = []
    first = None
    for below, full in _first_below(space, node, path, space.counts):
        counting = below
        if space.forest.level(below) == space.counts:
            counting = next(kid for kid in space.forest.kids(below) if kid != FALSE)
        if counting == FALSE:
            continue
        situation = space.situation([full.get(level, 0) for level in range(len(space.variables))])
        met = _fresh(space, situation)
        first = first or (situation, met)
        views.append((met.view, _view_words(space, situation)))
    assert first is not None
    return Cast(situation=first[0], reader=first[1].reader, views=tuple(views), now=first[1].now)


def _fresh(space: Space, situation: Situation) -> Encounter:
    return impersonate(space.rulebooks[0].policy, space.vocabulary, situation.values)


def _view_words(space: Space, situation: Situation) -> str:
    return view_words(
        {name: value for name, value in situation.values.items() if name != "period"},
        space.vocabulary,
    )


def find(
    policy: Policy,
    cast: Cast,
    broken: Callable[[Told], bool],
    mark: Callable[[Told], Hashable] = lambda _: None,
    *,
    most: int = 20_000,
    until: float | None = None,
) -> Search:
    """Search for the shortest journey of one reader whose last step is `broken`.

    `mark` says what of the past `broken` looks at: journeys that differ in it are both followed.
    After `most` page views, or at the instant `until` of the monotonic clock, the search ends
    without an answer.
    """
    tried = 0
    seen: set[Hashable] = set()
    waiting: deque[tuple[Usage, datetime, Told | None, int]] = deque([(Usage(), cast.now, None, 0)])
    while waiting:
        usage, now, last, depth = waiting.popleft()
        for kind, view, when, words, again, waited in _events(
            policy, cast, usage, now, last, depth
        ):
            if tried >= most or (until is not None and tried % 64 == 0 and monotonic() > until):
                return Search(None, complete=False, views=tried)
            tried += 1
            met = Encounter(reader=cast.reader, view=view, usage=usage, now=when)
            decision, after = decide(policy, cast.reader, view, usage, when)
            told = Told(
                kind=kind,
                met=met,
                decision=decision,
                words=words,
                again=again,
                waited=waited,
                earlier=last,
            )
            if broken(told):
                return Search(told, complete=False, views=tried)
            key = _key(policy, after, when, told), mark(told)
            if key not in seen and (decision.counted or waited):
                seen.add(key)
                waiting.append((after, when + _PAUSE, told, depth + 1))
    return Search(None, complete=True, views=tried)


def _events(
    policy: Policy, cast: Cast, usage: Usage, now: datetime, last: Told | None, depth: int
) -> Iterator[tuple[int, PageView, datetime, str, bool, bool]]:
    for kind, (view, words) in enumerate(cast.views):
        fresh = evolve(
            view, id=f"view-{depth + 1}", article=evolve(view.article, id=f"article-{depth + 1}")
        )
        yield kind, fresh, now, words, False, False
    read = {step.kind: step for step in last.steps()} if last is not None else {}
    for kind, step in read.items():
        yield (
            kind,
            evolve(step.met.view, id=f"view-{depth + 1}"),
            now,
            f"{step.words} again",
            True,
            False,
        )
    if last is None or last.waited:
        return
    ends = [
        resets
        for tally, resets in ledger(policy, usage, now).values()
        if tally.ids and resets is not None
    ]
    if ends:
        for kind, (view, words) in enumerate(cast.views):
            fresh = evolve(
                view,
                id=f"view-{depth + 1}",
                article=evolve(view.article, id=f"article-{depth + 1}"),
            )
            yield kind, fresh, min(ends), f"waits until then, and {words}", False, True


def _key(policy: Policy, usage: Usage, now: datetime, told: Told) -> Hashable:
    counted: Mapping[str, Any] = ledger(policy, usage, now)
    kinds = {step.met.view.article.key: step.kind for step in told.steps()}
    return tuple(
        (len(tally.ids), frozenset(kinds.get(name) for name in tally.ids))
        for tally, _ in counted.values()
    )

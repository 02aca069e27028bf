"""The shortest journey to a page view that breaks a promise, found with the real `decide`."""

# Breadth-first search over what one reader can do in a row, for months if need be. A state is what
# is remembered of the reader, and the time; a step opens one page: a new article of any kind that
# the policy can tell apart for this reader, one that was opened before, or a new one after waiting
# until a meter resets. Since all journeys of n steps are looked at before any of n + 1, the first
# one found is a shortest one.
#
# Two things keep the search small. The kinds of view are not drawn but read off the diagram: below
# the levels of the reader, each different node is another behaviour, and the first path to it
# stands for all (`_first_below`). And a state is followed once: what is kept of it is how many
# articles of which kinds every meter holds, since articles of one kind are interchangeable, with a
# `mark` for what of the past the promise itself looks at. A step that neither counts nor waits
# leads nowhere new.

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve, field, frozen

from meter.decision import Decision
from meter.engine import ledger
from meter.memo import decide
from meter.usage import Usage
from meter.verify.concretize import ConcreteView, concretize
from meter.verify.diagram import FALSE
from meter.verify.phrasing import view_words
from meter.verify.situations import Situation
from meter.verify.together.marks import caps_end, grown, has_shown, most_told_apart
from meter.view import PageView, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from meter.policy import Policy
    from meter.verify.space import Space

__all__ = [
    "Scenario",
    "SearchResult",
    "SearchStep",
    "ends_apart",
    "find",
    "runs",
    "scenario_of",
    "scenarios",
]

_PAUSE = timedelta(minutes=10)
_CHECK_EVERY = 64
_LONGEST_RUN = 60
_MOST_PAUSES = 5


@frozen(kw_only=True)
class SearchStep:
    """One step of a journey.

    `kind` is the kind of view (its number in the scenario), `asked` what the engine was asked,
    `counted` the meters that counted it, histories too, `showed` whether a prompt was shown that is
    remembered, `earlier` the steps before it.
    """

    kind: int
    asked: ConcreteView
    decision: Decision
    words: str
    counted: frozenset[str] = frozenset()
    showed: bool = False
    again: bool = False
    waited: bool = False
    earlier: tuple[SearchStep, ...] = field(default=(), repr=False, eq=False)

    def steps(self) -> tuple[SearchStep, ...]:
        """Return the journey up to and including this step."""
        return (*self.earlier, self)

    @property
    def leaves_a_mark(self) -> bool:
        """Whether anything is remembered of it."""
        return self.showed or bool(self.counted)


@frozen(kw_only=True)
class Scenario:
    """A reader on a day, and one page view of each kind that the policy can tell apart for them."""

    situation: Situation
    reader: Reader
    views: tuple[tuple[PageView, str], ...]
    now: datetime


@frozen
class SearchResult:
    """What a search found.

    `found` is the last step of the journey, `complete` says whether everything was looked at, and
    `views` how many page views were tried.
    """

    found: SearchStep | None
    complete: bool
    views: int


def scenarios(space: Space, whole: int, among: int) -> Iterator[Scenario]:
    """Yield one scenario for each kind of reader that has a situation `among` some.

    Needs the order of variables in which readers come first.
    """
    inside = space.diagrams.exists(among, frozenset(range(len(space.who), len(space.variables))))
    behaviour = space.diagrams.combine(
        _behaviour(space, whole), inside, lambda said, wanted: wanted and said
    )
    for node, path in _first_below(space, behaviour, {}, len(space.who)):
        yield _scenario(space, node, path)


def scenario_of(space: Space, whole: int, situation: Situation, wrong: int) -> Scenario:
    """Return the scenario of the reader in one situation.

    It has the views of a set (`wrong`), which the policy itself may treat like others.
    """
    node = space.diagrams.combine(
        _behaviour(space, whole), wrong, lambda said, inside: said and (said, inside)
    )
    path = {level: situation.codes[level] for level in range(len(space.who))}
    while space.diagrams.level(node) in path:
        node = space.diagrams.children(node)[path[space.diagrams.level(node)]]
    return _scenario(space, node, path)


def _behaviour(space: Space, whole: int) -> int:
    """Return everything in which two page views can differ: verdicts, limits, and histories."""
    diagrams = space.diagrams
    behaviour = diagrams.ite(space.possible, whole, FALSE)
    for meter in space.meters:
        behaviour = diagrams.combine(
            behaviour, space.limits[meter][0], lambda said, limit: said and (said, limit)
        )
    for access, _, history in space.rulebooks[0].kept:
        if history is not None:
            keeps = diagrams.conjoin(space.where(history), space.is_("access", *access))
            behaviour = diagrams.combine(
                behaviour, keeps, lambda said, is_kept: said and (said, is_kept)
            )
    return behaviour


def _first_below(
    space: Space, node: int, path: dict[int, int], level: int
) -> Iterator[tuple[int, dict[int, int]]]:
    """Yield every different node that is reached below a level, with the first path to it."""
    seen = {node}
    waiting = deque([(node, path)])
    while waiting:
        here, so_far = waiting.popleft()
        if space.diagrams.level(here) >= level:
            if here != FALSE:
                yield here, so_far
            continue
        for code, child in enumerate(space.diagrams.children(here)):
            if child not in seen:
                seen.add(child)
                waiting.append((child, {**so_far, space.diagrams.level(here): code}))


def _scenario(space: Space, node: int, path: dict[int, int]) -> Scenario:
    levels = range(len(space.variables))
    situations = [
        space.situation([codes.get(level, 0) for level in levels])
        for _, codes in _first_below(space, node, path, space.first_count)
    ]
    policy = space.rulebooks[0].policy
    concrete = [concretize(policy, space.vocabulary, situation.values) for situation in situations]
    words = [_view_words(space, situation) for situation in situations]
    return Scenario(
        situation=situations[0],
        reader=concrete[0].reader,
        views=tuple(zip((each.view for each in concrete), words, strict=True)),
        now=concrete[0].now,
    )


def _view_words(space: Space, situation: Situation) -> str:
    values = {name: value for name, value in situation.values.items() if name != "period"}
    return view_words(values, space.vocabulary)


class _NextView(NamedTuple):
    """A page view that a reader could make next."""

    kind: int
    view: PageView
    now: datetime
    words: str
    again: bool = False
    waited: bool = False


class _State(NamedTuple):
    """Where a journey has come to: what is remembered, when, and the steps that led there."""

    usage: Usage
    now: datetime
    steps: tuple[SearchStep, ...] = ()


def find(
    policy: Policy,
    scenario: Scenario,
    broken: Callable[[SearchStep], bool],
    mark: Callable[[SearchStep], Hashable] = lambda _: None,
    *,
    most: int = 20_000,
    until: float | None = None,
) -> SearchResult:
    """Search for the shortest journey of one reader whose last step is `broken`.

    `mark` says what of the past `broken` looks at: journeys that differ in it are both followed.
    After `most` page views, or at the instant `until` of the monotonic clock, the search ends
    without an answer.
    """
    tried = 0
    seen: set[Hashable] = set()
    waiting = deque([_State(Usage(), scenario.now)])
    while waiting:
        state = waiting.popleft()
        for event in _next_views(policy, scenario, state):
            late = until is not None and tried % _CHECK_EVERY == 0 and monotonic() > until
            if tried >= most or late:
                return SearchResult(None, complete=False, views=tried)
            tried += 1
            step, after = _step(policy, scenario.reader, event, state)
            if broken(step):
                return SearchResult(step, complete=False, views=tried)
            key = (_key(policy, after, event.now, step), mark(step))
            if key not in seen and (step.leaves_a_mark or event.waited):
                seen.add(key)
                waiting.append(_State(after, event.now + _PAUSE, step.steps()))
    return SearchResult(None, complete=True, views=tried)


def runs(policy: Policy, scenario: Scenario) -> Iterator[SearchStep]:
    """Yield every view that is worth trying while one kind of article is read on and on.

    One run for each kind that counts, until it counts no more, then a while later again: few
    journeys, and long ones.
    """
    for kind in range(len(scenario.views)):
        state: _State | None = _State(Usage(), scenario.now)
        pauses = 0
        while state is not None and len(state.steps) < _LONGEST_RUN:
            on: dict[bool, _State] = {}
            for event in _next_views(policy, scenario, state):
                step, usage = _step(policy, scenario.reader, event, state)
                yield step
                if event.kind == kind and step.leaves_a_mark and not event.again:
                    on[event.waited] = _State(usage, event.now + _PAUSE, step.steps())
            state = on.get(False)
            if state is None and pauses < _MOST_PAUSES:
                pauses += 1
                state = on.get(True)


def _step(
    policy: Policy, reader: Reader, event: _NextView, state: _State
) -> tuple[SearchStep, Usage]:
    decision, after = decide(policy, reader, event.view, state.usage, event.now)
    step = SearchStep(
        kind=event.kind,
        asked=ConcreteView(reader=reader, view=event.view, usage=state.usage, now=event.now),
        decision=decision,
        words=event.words,
        counted=frozenset(grown(state.usage, after)),
        showed=has_shown(state.usage, after),
        again=event.again,
        waited=event.waited,
        earlier=state.steps,
    )
    return step, after


def _next_views(policy: Policy, scenario: Scenario, state: _State) -> Iterator[_NextView]:
    """Yield every page view that is worth trying next."""
    number = len(state.steps) + 1
    fresh = [(_fresh_view(view, number), words) for view, words in scenario.views]
    for kind, (view, words) in enumerate(fresh):
        yield _NextView(kind, view, state.now, words)
    read = {step.kind: step for step in state.steps}
    for kind, step in read.items():
        view = evolve(step.asked.view, id=f"view-{number}")
        yield _NextView(kind, view, state.now, f"{step.words} again", again=True)
    if not state.steps or state.steps[-1].waited:
        return
    counted = ledger(policy, state.usage, state.now)
    ends = [resets for tally, resets in counted.values() if tally.ids and resets is not None]
    ends += caps_end(policy, state.usage, state.now)
    if ends:
        for kind, (view, words) in enumerate(fresh):
            yield _NextView(kind, view, min(ends), f"waits until then, and {words}", waited=True)


def _fresh_view(view: PageView, number: int) -> PageView:
    article = evolve(view.article, id=f"article-{number}")
    return evolve(view, id=f"view-{number}", article=article)


def _key(policy: Policy, usage: Usage, now: datetime, last: SearchStep) -> Hashable:
    """Return what is remembered, articles of one kind taken for one another."""
    kinds = {step.asked.view.article.key: step.kind for step in last.steps()}
    counted = [
        (
            min(len(tally.ids), most_told_apart(policy, name)),
            frozenset(kinds.get(mark) for mark in tally.ids),
        )
        for name, (tally, _) in ledger(policy, usage, now).items()
    ]
    return (*counted, *((name, len(tally.ids)) for name, tally in usage.shown.items()))


def ends_apart(policy: Policy) -> bool:
    """Say whether it matters when each article is read: one pause is then not all there are.

    It does where a window rolls, and where windows end at different times: the search waits for one
    end after each read.
    """
    windows = [meter.window for meter in policy.meters]
    if any(window.rolling is not None for window in windows):
        return True
    ends = {window for window in windows if not window.lifetime}
    return len(ends) > 1

"""The shortest journey to a page view that breaks a promise, found with the real `decide`."""

# Breadth-first search over what one reader can do in a row, for months if need be. A state is what
# is remembered of the reader, and the time; a step opens one page: a new article of any kind that
# the policy can tell apart for this reader, one that was opened before, or a new one after waiting
# until a meter resets. Since all journeys of n steps are looked at before any of n + 1, the first
# one found is a shortest one.
#
# Two things keep the search small. The kinds of view are not drawn but read off the diagram: below
# the levels of the reader, each different node is another behaviour, and the first path to it
# stands for all (`first_below`). And a state is followed once: what is kept of it is how many
# articles of which kinds every meter holds, since articles of one kind are interchangeable, with a
# `mark` for what of the past the promise itself looks at. A step that neither counts nor waits
# leads nowhere new, but where it changes the mark: a countdown is also told to whoever reads again.

from __future__ import annotations

from collections import deque
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.engine import ledger
from meter.usage import Usage
from meter.verify.concretize import concretize
from meter.verify.diagram import FALSE, TRUE
from meter.verify.phrasing import view_words
from meter.verify.together.marks import caps_end, most_told_apart
from meter.verify.together.showings import seen_now
from meter.verify.walk.steps import (
    NextView,
    Scenario,
    SearchState,
    SearchStep,
    fresh_view,
    opened_otherwise,
    step_of,
)
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping
    from datetime import datetime

    from meter.policy import Policy
    from meter.verify.situations import Situation
    from meter.verify.space import Space

__all__ = [
    "Scenario",
    "SearchResult",
    "SearchStep",
    "begin_apart",
    "behaviour_of",
    "counts_of",
    "ends_apart",
    "find",
    "first_below",
    "runs",
    "scenario_at",
    "scenario_of",
    "scenarios",
    "view_words_of",
]

_PAUSE = timedelta(minutes=10)
_CHECK_EVERY = 64
_LONGEST_RUN = 60
_MOST_PAUSES = 5
_MOST_READERS = 24
NOBODY: Mapping[int, int] = {}


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

    Where readers are not the first variables it is a few readers, one after the other.
    """
    if space.by_mention:
        yield from _a_few(space, whole, among)
        return
    inside = space.diagrams.exists(among, frozenset(range(len(space.who), len(space.variables))))
    behaviour = space.diagrams.combine(
        behaviour_of(space, whole), inside, lambda said, wanted: wanted and said
    )
    for node, path in first_below(space, behaviour, {}, len(space.who)):
        yield _scenario(space, node, path)


def _a_few(space: Space, whole: int, among: int) -> Iterator[Scenario]:
    """Yield scenarios of some readers who have a situation `among` some, each unlike the last."""
    diagrams = space.diagrams
    for _ in range(_MOST_READERS):
        if among == FALSE:
            return
        situation = space.witness(among)
        yield scenario_of(space, whole, situation, TRUE)
        alike = {level: {situation.codes[level]} for level in situation.matters & space.who}
        among = diagrams.difference(among, diagrams.box(alike)) if alike else FALSE


def scenario_of(space: Space, whole: int, situation: Situation, wrong: int) -> Scenario:
    """Return the scenario of the reader in one situation.

    It has the views of a set (`wrong`), which the policy itself may treat like others.
    """
    reader = {level: situation.codes[level] for level in space.who}
    node = space.diagrams.combine(
        behaviour_of(space, whole, reader),
        space.diagrams.fixed(wrong, reader),
        lambda said, inside: said and (said, inside),
    )
    return _scenario(space, node, reader)


def scenario_at(space: Space, situation: Situation) -> Scenario:
    """Return the scenario of the reader in one situation, with its one page view."""
    asked = concretize(space.rulebooks[0].policy, space.vocabulary, situation.values)
    view = (asked.view, view_words_of(space, situation))
    return Scenario(situation=situation, reader=asked.reader, views=(view,), now=asked.now)


def behaviour_of(space: Space, whole: int, reader: Mapping[int, int] = NOBODY) -> int:
    """Return everything in which two page views can differ: verdicts, limits, and histories.

    It is that of one `reader` whose codes are given, or of all.
    """
    diagrams = space.diagrams

    def of_reader(diagram: int) -> int:
        return diagrams.fixed(diagram, reader) if reader else diagram

    behaviour = diagrams.ite(of_reader(space.possible), of_reader(whole), FALSE)
    for meter in space.meters:
        behaviour = diagrams.combine(
            behaviour,
            of_reader(space.limits[meter][0]),
            lambda said, limit: said and (said, limit),
        )
    for access, _, history in space.rulebooks[0].kept:
        if history is not None:
            keeps = diagrams.conjoin(space.where(history), space.is_("access", *access))
            behaviour = diagrams.combine(
                behaviour, of_reader(keeps), lambda said, is_kept: said and (said, is_kept)
            )
    return behaviour


def first_below(
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
        for _, codes in first_below(space, node, path, space.first_count)
    ]
    policy = space.rulebooks[0].policy
    concrete = [concretize(policy, space.vocabulary, situation.values) for situation in situations]
    words = [view_words_of(space, situation) for situation in situations]
    return Scenario(
        situation=situations[0],
        reader=concrete[0].reader,
        views=tuple(zip((each.view for each in concrete), words, strict=True)),
        now=concrete[0].now,
    )


def view_words_of(space: Space, situation: Situation) -> str:
    """Say what is opened in a situation, and what the clock says, but not the date."""
    values = {name: value for name, value in situation.values.items() if name != "period"}
    return view_words(values, space.vocabulary)


def find(
    policy: Policy,
    scenario: Scenario,
    broken: Callable[[SearchStep], bool],
    mark: Callable[[SearchStep], Hashable] = lambda _: None,
    *,
    crossed: bool = False,
    most: int = 20_000,
    until: float | None = None,
) -> SearchResult:
    """Search for the shortest journey of one reader whose last step is `broken`.

    `mark` says what of the past `broken` looks at, `None` for nothing: journeys that differ in it
    are both followed. `crossed` also opens what was read in all other ways; a journey in which an
    article would have to change for that breaks nothing, but leaves the search incomplete.
    After `most` page views, or at the instant `until` of the monotonic clock, the search ends
    without an answer.
    """
    tried = 0
    complete = True
    seen: set[Hashable] = set()
    waiting = deque([SearchState(Usage(), scenario.now)])
    while waiting:
        state = waiting.popleft()
        for event in _next_views(policy, scenario, state, crossed=crossed):
            doubtful = state.doubtful or event.doubtful
            if doubtful and not complete:
                continue
            late = until is not None and tried % _CHECK_EVERY == 0 and monotonic() > until
            if tried >= most or late:
                return SearchResult(None, complete=False, views=tried)
            tried += 1
            step, after = step_of(policy, scenario.reader, event, state)
            if broken(step):
                if not doubtful:
                    return SearchResult(step, complete=False, views=tried)
                complete = False
                continue
            opened = [each for each in step.steps() if not each.again]
            kinds = {each.asked.view.article.key: each.kind for each in opened}
            now = mark(step)
            key = (counts_of(policy, after, event.now, kinds), now, doubtful)
            is_new = step.leaves_a_mark or event.waited or now != state.mark
            if is_new and key not in seen:
                seen.add(key)
                waiting.append(SearchState(after, event.now + _PAUSE, step.steps(), now, doubtful))
    return SearchResult(None, complete=complete, views=tried)


def runs(policy: Policy, scenario: Scenario) -> Iterator[SearchStep]:
    """Yield every view that is worth trying while one kind of article is read on and on.

    One run for each kind that counts, until it counts no more, then a while later again: few
    journeys, and long ones.
    """
    for kind in range(len(scenario.views)):
        state: SearchState | None = SearchState(Usage(), scenario.now)
        pauses = 0
        while state is not None and len(state.steps) < _LONGEST_RUN:
            on: dict[bool, SearchState] = {}
            for event in _next_views(policy, scenario, state):
                step, usage = step_of(policy, scenario.reader, event, state)
                yield step
                if event.kind == kind and step.leaves_a_mark and not event.again:
                    on[event.waited] = SearchState(usage, event.now + _PAUSE, step.steps())
            state = on.get(False)
            if state is None and pauses < _MOST_PAUSES:
                pauses += 1
                state = on.get(True)


def _next_views(
    policy: Policy, scenario: Scenario, state: SearchState, *, crossed: bool = False
) -> Iterator[NextView]:
    """Yield every page view that is worth trying next."""
    number = len(state.steps) + 1
    fresh = [(fresh_view(view, number), words) for view, words in scenario.views]
    for kind, (view, words) in enumerate(fresh):
        yield NextView(kind, view, state.now, words)
    read = {step.kind: step for step in state.steps if not step.again}
    for kind, step in read.items():
        view = evolve(step.asked.view, id=f"view-{number}")
        yield NextView(kind, view, state.now, f"{step.words} again", again=True)
    if crossed:
        yield from opened_otherwise(fresh, read, state.now)
    if not state.steps or state.steps[-1].waited:
        return
    counted = ledger(policy, state.usage, state.now)
    ends = [resets for tally, resets in counted.values() if tally.ids and resets is not None]
    ends += caps_end(policy, state.usage, state.now)
    if ends:
        for kind, (view, words) in enumerate(fresh):
            yield NextView(kind, view, min(ends), f"waits until then, and {words}", waited=True)


def counts_of(policy: Policy, usage: Usage, now: datetime, kinds: Mapping[str, int]) -> Hashable:
    """Return what is remembered, articles of one kind (by their keys) taken for one another."""
    counted = [
        (
            min(len(tally.ids), most_told_apart(policy, name)),
            frozenset(kinds.get(mark) for mark in tally.ids),
        )
        for name, (tally, _) in ledger(policy, usage, now).items()
    ]
    shown = [(name, len(tally.ids)) for name, tally in usage.shown.items()]
    return (*counted, *shown, seen_now(policy.rulebook, usage, instant(now)))


def ends_apart(policy: Policy) -> bool:
    """Say whether it matters when each article is read: one pause is then not all there are.

    It does where a window rolls, and where windows end at different times: the search waits for one
    end after each read. So it does where conditions ask how often a prompt was shown.
    """
    if policy.rulebook.vocabulary.seen:
        return True
    windows = [meter.window for meter in policy.meters]
    if any(window.rolling is not None for window in windows):
        return True
    ends = {window for window in windows if not window.lifetime}
    return len(ends) > 1 or begin_apart(policy)


def begin_apart(policy: Policy) -> bool:
    """Say whether some of several fixed windows may begin with a read that is none of the others'.

    None does where whatever counts on one of them counts on all.
    """
    fixed = [meter for meter in policy.meters if meter.window.fixed is not None]
    names = {meter.name for meter in fixed}
    spent = [names.intersection(rule.spend) for rule in policy.rules]
    alike = len({meter.count for meter in fixed}) == 1
    together = alike and all(meter.counts is None for meter in fixed)
    return len(fixed) > 1 and not (together and all(each in (set(), names) for each in spent))

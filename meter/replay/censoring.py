"""Whether a policy is looser than another: lets somebody read on whom the other stops.

It is asked to warn of a question before anybody was stopped. What a log that was cut off can say is
judged reader by reader, see `known`.
"""

from __future__ import annotations

from functools import cache, partial
from math import inf
from typing import TYPE_CHECKING

from attrs import frozen

from meter.decision import NEVER, counted_places
from meter.engine import complete, judge
from meter.facts import ACCESS
from meter.facts.meters import ALREADY, OWN
from meter.vocabulary import Access, ArticleAccess
from meter.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meter.columns.decide import Columns
    from meter.decision import Counts
    from meter.facts import Codes
    from meter.facts.meters import MeterSlots
    from meter.windows import Timeline

__all__ = ["Reach", "looks_back", "looser", "reach"]

_Counting = tuple[Window, str, bool]
"""By which window articles are counted, in which zone, and whether views are."""


@frozen
class Reach:
    """How many new articles a policy lets a reader of some facts read at once.

    `windows` are those by which the articles are counted, `meters` those that count them. `limits`
    are their limits, where one article is counted by several meters: then the least of them says
    nothing of the others.
    """

    articles: float
    windows: frozenset[_Counting]
    meters: frozenset[str]
    limits: frozenset[tuple[_Counting, float]] = frozenset()


def reach(columns: Columns, group: int) -> Reach:
    """Return how far a reader gets who has read nothing yet and reads new articles of one group.

    The articles are read without pause, so no window ends meanwhile.
    """
    rulebook = columns.rulebook
    values = columns.groups[group].values
    used = [0] * len(columns.meters)
    windows: set[_Counting] = set()
    spent: set[str] = set()
    limits: set[tuple[_Counting, float]] = set()
    # One new article after the other is judged, and what it spends is counted, until one is
    # refused. Adding up the limits would not do: which meter an article spends can depend on what
    # the others have left.
    for articles in range(_most_told_apart(columns, group) + 1):
        facts, counts = _facts_of(columns, group, [(count, 0) for count in used])
        verdict = judge(rulebook, facts)
        if verdict.show.access is not Access.FULL:
            return Reach(articles, frozenset(windows), frozenset(spent), frozenset(limits))
        if not verdict.spend:
            break
        for place in counted_places(rulebook, verdict, facts, counts):
            used[place] += 1
        for place in rulebook.places_of(verdict.spend):
            meter = rulebook.meters[place]
            timeline = meter.timeline
            counting = (timeline.window, _zone_of(timeline), meter.by_view)
            windows.add(counting)
            spent.add(meter.name)
            limit = rulebook.limit_at(place, values)
            if len(verdict.spend) > 1:
                limits.add((counting, inf if limit is None else limit))
    return Reach(inf, frozenset(windows), frozenset(spent), frozenset(limits))


def _zone_of(timeline: Timeline) -> str:
    """Return the zone on whose clock a window depends; nothing where it depends on none."""
    return timeline.zone.key if timeline.window.calendar else ""


def _most_told_apart(columns: Columns, group: int) -> int:
    """Return how many articles a reader can read until nothing changes any more."""
    rulebook = columns.rulebook
    values = columns.groups[group].values
    vocabulary = rulebook.vocabulary
    most = 1
    for place, name in enumerate(columns.meters):
        most += rulebook.limit_at(place, values) or 0
        slot = vocabulary.meters[name].used
        if slot >= 0:
            most += int(vocabulary.slots[slot].mentioned[-1]) + 1
    return most


def _facts_of(
    columns: Columns, group: int, meters: Iterable[tuple[int, int]]
) -> tuple[Codes, Counts]:
    """Return complete facts, and counts made of how much each meter has counted, and this view."""
    facts = columns.groups[group]
    started = (name in facts.started for name in columns.rulebook.vocabulary.once)
    never_shown = (NEVER,) * len(columns.rulebook.vocabulary.lasting)
    counts = (0, *(number for pair in meters for number in pair), *started, *never_shown)
    return complete(columns.rulebook, facts.values, counts), counts


def looser(recorded: Columns, asked: Columns, pairs: Iterable[tuple[int, int]]) -> bool:
    """Say whether a policy lets anyone read on whom the recorded one may have stopped.

    Another window is looser too, and an allowance that is split. `pairs` are the groups of the
    views in the log, under the recorded policy and under the one that is asked about.
    """
    if looks_back(recorded, asked):
        return True
    reach_before = cache(partial(reach, recorded))
    reach_after = cache(partial(reach, asked))
    reaches: list[tuple[Reach, Reach]] = []
    for old, new in pairs:
        facts = recorded.groups[old]
        is_free = facts.values[ACCESS] is ArticleAccess.FREE
        if facts.prefetch or is_free:  # nobody reads a prefetch, and what is free is free
            continue
        if _opens_again(asked, new) and not _opens_again(recorded, old):
            return True
        before = reach_before(old)
        after = reach_after(new)
        if _reaches_further(before, after):
            return True
        reaches.append((before, after))
    return any(_is_split(before, after, *other) for before, after in reaches for other in reaches)


def _reaches_further(before: Reach, after: Reach) -> bool:
    if before.articles == inf or after.articles == 0:
        return False
    if after.articles > before.articles or after.windows != before.windows:
        return True
    return _has_higher_limit(before, after)


def _is_split(before: Reach, after: Reach, other: Reach, other_after: Reach) -> bool:
    """Say whether two groups of views shared an allowance and now have one each."""
    if inf in (before.articles, other.articles):
        return False
    if not (after.articles and other_after.articles):
        return False
    return bool(before.meters & other.meters) and not after.meters & other_after.meters


def looks_back(recorded: Columns, asked: Columns) -> bool:
    """Say whether what is counted besides spending may decide, under policies that differ.

    Of them it is not known who would have read on: reading new articles at once does not tell.
    """
    if recorded.rulebook.digest == asked.rulebook.digest:
        return False
    return any(
        columns.rulebook.histories or any(slots.used >= 0 for slots in _slots(columns))
        for columns in (recorded, asked)
    )


def _slots(columns: Columns) -> Iterable[MeterSlots]:
    return columns.rulebook.vocabulary.meters.values()


def _has_higher_limit(before: Reach, after: Reach) -> bool:
    """Say whether one of several meters that count the same article has a higher limit than before.

    Where just one of the two policies has several, that is not known, and said to be so.
    """
    if bool(before.limits) is not bool(after.limits):
        return True
    for counting, limit in after.limits:
        if limit > min((old for other, old in before.limits if other == counting), default=-inf):
            return True
    return False


def _opens_again(columns: Columns, group: int) -> bool:
    """Say whether an article that is counted already opens where nothing is left of any meter."""
    rulebook = columns.rulebook
    values = columns.groups[group].values
    seen = ALREADY | OWN if rulebook.sharing else 0
    facts, _ = _facts_of(
        columns,
        group,
        (
            (rulebook.limit_at(place, values) or 0, 0 if meter.by_view else seen)
            for place, meter in enumerate(rulebook.meters)
        ),
    )
    return judge(rulebook, facts).show.access is Access.FULL

"""What a log recorded under one policy can say about another: nothing of reading it prevented.

A log recorded under a limit of 5 holds no sixth article, so asking it about a limit of 10 would
find nobody stopped. Such a question is refused, and the answer is bounded.
"""

from __future__ import annotations

from functools import cache, partial
from math import inf
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from meter.decision import counted_places
from meter.engine import complete, judge
from meter.facts import ACCESS
from meter.facts.meters import ALREADY, OWN
from meter.replay.told import limits_told
from meter.vocabulary import Access, ArticleAccess
from meter.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from meter.columns.decide import Columns, Decided, Views
    from meter.decision import Counts
    from meter.facts import Codes
    from meter.facts.meters import MeterSlots

__all__ = ["Reach", "cut_off", "looser", "reach"]

_Counting = tuple[Window, bool]
"""By which window articles are counted, and whether views are."""


@frozen
class Reach:
    """How many new articles a policy lets a reader of some facts read at once.

    `windows` are those by which the articles are counted, and whether they count views. `limits`
    are their limits, where one article is counted by several meters: then the least of them says
    nothing of the others.
    """

    articles: float
    windows: frozenset[_Counting]
    limits: frozenset[tuple[_Counting, float]] = frozenset()


def reach(columns: Columns, group: int) -> Reach:
    """Return how far a reader gets who has read nothing yet and reads new articles of one group.

    The articles are read without pause, so no window ends meanwhile.
    """
    rulebook = columns.rulebook
    values = columns.groups[group].values
    used = [0] * len(columns.meters)
    windows: set[_Counting] = set()
    limits: set[tuple[_Counting, float]] = set()
    # One new article after the other is judged, and what it spends is counted, until one is
    # refused. Adding up the limits would not do: which meter an article spends can depend on what
    # the others have left.
    for articles in range(_most_told_apart(columns, group) + 1):
        facts, counts = _facts_of(columns, group, [(count, 0) for count in used])
        verdict = judge(rulebook, facts)
        if verdict.show.access is not Access.FULL:
            return Reach(articles, frozenset(windows), frozenset(limits))
        if not verdict.spend:
            break
        for place in counted_places(rulebook, verdict, facts, counts):
            used[place] += 1
        for place in rulebook.places_of(verdict.spend):
            meter = rulebook.meters[place]
            counting = (meter.timeline.window, meter.by_view)
            windows.add(counting)
            limit = rulebook.limit_at(place, values)
            if len(verdict.spend) > 1:
                limits.add((counting, inf if limit is None else limit))
    return Reach(inf, frozenset(windows), frozenset(limits))


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
    counts = (0, *(number for pair in meters for number in pair), *started)
    return complete(columns.rulebook, facts.values, counts), counts


def looser(recorded: Columns, asked: Columns, pairs: Iterable[tuple[int, int]]) -> bool:
    """Say whether a policy lets anyone read on whom the recorded one may have stopped.

    Another window is looser too. `pairs` are the groups of the views in the log, under the recorded
    policy and under the one that is asked about.
    """
    if _looks_back(recorded, asked):
        return True
    reach_before = cache(partial(reach, recorded))
    reach_after = cache(partial(reach, asked))
    for old, new in pairs:
        facts = recorded.groups[old]
        is_free = facts.values[ACCESS] is ArticleAccess.FREE
        if facts.prefetch or is_free:  # nobody reads a prefetch, and what is free is free
            continue
        if _opens_again(asked, new) and not _opens_again(recorded, old):
            return True
        before = reach_before(old)
        after = reach_after(new)
        if before.articles == inf or after.articles == 0:
            continue
        if after.articles > before.articles or after.windows != before.windows:
            return True
        if _has_higher_limit(before, after):
            return True
    return False


def _looks_back(recorded: Columns, asked: Columns) -> bool:
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


def cut_off(recorded: Columns, old: Decided, views: Views, asked: Decided) -> tuple[int, int]:
    """Return how many readers were stopped for certain, and how many were cut off before that.

    A reader is cut off at the first view that the recorded policy blocked or that left nothing
    (`old` has the single decisions): from then on the log may lack what they would have read. Whom
    the asked policy stops by then is stopped for certain, and so is whom it stops without a cut;
    all others who were cut off may or may not have been stopped later.
    """
    group = views.group
    if len(group) == 1:  # one entry stands for all views
        group = np.repeat(group, len(views.at))
    nothing_left = (old.told >= 0) & (old.used == limits_told(recorded, group, old.told))
    spent = _refused(recorded, old) | nothing_left
    cuts = _first(views.reader[spent], views.at[spent])
    stopped = asked.readers.blocked > 0
    stops = dict(
        zip(
            asked.readers.reader[stopped].tolist(),
            asked.readers.first_stop_at[stopped].tolist(),
            strict=True,
        )
    )
    in_time = sum(reader in stops and stops[reader] <= at for reader, at in cuts)
    without_cut = len(stops) - sum(reader in stops for reader, _ in cuts)
    return without_cut + in_time, len(cuts) - in_time


def _refused(columns: Columns, decided: Decided) -> NDArray[np.bool_]:
    """Return which views got no full access."""
    full = [verdict.show.access is Access.FULL for verdict in columns.verdicts]
    return ~np.array(full, np.bool_)[decided.verdict]


def _first(reader: NDArray[np.uint64], at: NDArray[np.int64]) -> Sequence[tuple[int, int]]:
    """Return each reader's first instant."""
    order = np.lexsort((at, reader))
    names, starts = np.unique(reader[order], return_index=True)
    return list(zip(names.tolist(), at[order][starts].tolist(), strict=True))

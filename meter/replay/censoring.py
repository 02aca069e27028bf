"""What can a log recorded under one policy say about another?

Nothing about reading that the first one prevented.

A log recorded under a limit of 5 holds no sixth article, so asking it about a limit of 10 would
find nobody stopped. Such a question is refused, and the answer is bounded: by those who were
stopped for certain, and those whose reading was cut off before.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from meter.engine import allowance, judge
from meter.vocabulary import Access
from meter.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meter.columns.decide import Columns, Decided, Views
    from meter.columns.tables import Array

__all__ = ["Reach", "cut_off", "looser", "reach"]


@frozen
class Reach:
    """How many new articles a policy lets a reader of some facts read at once, and by which windows
    these are counted.
    """

    articles: float
    windows: frozenset[tuple[Window, bool]]


def reach(columns: Columns, group: int) -> Reach:
    """Return how far a reader gets who has read nothing yet and reads new articles of one group,
    without pause.
    """
    rulebook, (values, spends) = columns.rulebook, columns.groups[group]
    slots = rulebook.vocabulary.slots
    limits = {name: rulebook.limit(name, values) for name in columns.meters}
    used = dict.fromkeys(columns.meters, 0)
    windows: set[tuple[Window, bool]] = set()
    while True:
        codes = []
        for name in columns.meters:
            opens, left = allowance(limits[name], used[name], seen=False, spends=spends)
            codes += [opens, slots[rulebook.vocabulary.place("left", name)].code(left)]
        verdict = judge(rulebook, (*values, *codes))
        assert verdict is not None
        if verdict.show.access is not Access.FULL:
            return Reach(sum(used.values()), frozenset(windows))
        if verdict.spend is None:
            return Reach(inf, frozenset(windows))
        used[verdict.spend] += 1
        windows.add(
            next(
                (line.window, by_view)
                for name, line, by_view in rulebook.meters
                if name == verdict.spend
            )
        )


def looser(recorded: Columns, asked: Columns, pairs: Iterable[tuple[int, int]]) -> bool:
    """Say whether a policy lets anyone read on whom the recorded one may have stopped, or counts by
    another window.

    `pairs` are the groups of the views in the log, under the recorded policy and under the one that
    is asked about.
    """
    known: dict[tuple[int, int], Reach] = {}

    def reach_of(side: int, columns: Columns, group: int) -> Reach:
        if (side, group) not in known:
            known[side, group] = reach(columns, group)
        return known[side, group]

    for old, new in pairs:
        if not recorded.groups[old][1]:  # nobody reads a prefetch, and what is free is free
            continue
        before, after = reach_of(0, recorded, old), reach_of(1, asked, new)
        if before.articles == inf or after.articles == 0:
            continue
        if after.articles > before.articles or (after.windows != before.windows):
            return True
    return False


def cut_off(recorded: Columns, old: Decided, views: Views, asked: Decided) -> tuple[int, int]:
    """Return how many readers were stopped for certain, and how many were cut off before that could
    be seen.

    A reader is cut off at the first view that the recorded policy blocked or that left nothing
    (`old` has the single decisions).
    """
    full = np.array([verdict.show.access is Access.FULL for verdict in recorded.verdicts], np.bool_)
    width = max(len(recorded.verdicts), 1)
    pairs = (views.group if len(views.group) > 1 else np.repeat(views.group, len(views.at))).astype(
        np.int64
    ) * width + old.verdict
    distinct, place = np.unique(pairs, return_inverse=True)
    limits = np.array(
        [
            -2 if (limit := recorded.limit(*divmod(int(pair), width))) is None else limit
            for pair in distinct
        ],
        np.int64,
    )
    spent = ~full[old.verdict] | (old.used == limits[place])
    first = _first(views.reader[spent], views.at[spent])
    stopped = asked.readers.blocked > 0
    certain = unknown = 0
    known = dict(
        zip(
            asked.readers.reader[stopped].tolist(),
            asked.readers.first_stop_at[stopped].tolist(),
            strict=True,
        )
    )
    for reader, at in first:
        if reader in known and known[reader] <= at:
            certain += 1
        else:
            unknown += 1
    return int(stopped.sum()) - sum(reader in known for reader, _ in first) + certain, unknown


def _first(reader: Array, at: Array) -> list[tuple[int, int]]:
    """Return each reader's first instant."""
    order = np.lexsort((at, reader))
    names, starts = np.unique(reader[order], return_index=True)
    return list(zip(names.tolist(), at[order][starts].tolist(), strict=True))

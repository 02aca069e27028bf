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

from meter.engine import allowance, judge
from meter.vocabulary import Access
from meter.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from meter.columns.decide import Columns, Decided, Views

__all__ = ["Reach", "cut_off", "looser", "reach"]

_NO_METER = -2
"""A limit that no count equals."""


@frozen
class Reach:
    """How many new articles a policy lets a reader of some facts read at once.

    `windows` are those by which the articles are counted, and whether they count views.
    """

    articles: float
    windows: frozenset[tuple[Window, bool]]


def reach(columns: Columns, group: int) -> Reach:
    """Return how far a reader gets who has read nothing yet and reads new articles of one group.

    The articles are read without pause, so no window ends meanwhile.
    """
    rulebook = columns.rulebook
    facts = columns.groups[group]
    values = facts.values
    limits = {name: rulebook.limit(name, values) for name in columns.meters}
    windows_of = {name: (line.window, by_view) for name, line, by_view in rulebook.meters}
    used = dict.fromkeys(columns.meters, 0)
    windows: set[tuple[Window, bool]] = set()
    # One new article after the other is judged, and what it spends is counted, until one is
    # refused. Adding up the limits would not do: which meter an article spends can depend on what
    # the others have left.
    while True:
        codes: list[object] = []
        for name in columns.meters:
            opens, left = allowance(limits[name], used[name], seen=False, spends=facts.spends)
            slot = rulebook.vocabulary.slots[rulebook.vocabulary.place("left", name)]
            codes += [opens, slot.code(left)]
        verdict = judge(rulebook, (*values, *codes))
        if verdict.show.access is not Access.FULL:
            return Reach(sum(used.values()), frozenset(windows))
        if verdict.spend is None:
            return Reach(inf, frozenset(windows))
        used[verdict.spend] += 1
        windows.add(windows_of[verdict.spend])


def looser(recorded: Columns, asked: Columns, pairs: Iterable[tuple[int, int]]) -> bool:
    """Say whether a policy lets anyone read on whom the recorded one may have stopped.

    Another window is looser too. `pairs` are the groups of the views in the log, under the recorded
    policy and under the one that is asked about.
    """
    reach_before = cache(partial(reach, recorded))
    reach_after = cache(partial(reach, asked))
    for old, new in pairs:
        facts = recorded.groups[old]
        if facts.prefetch or not facts.spends:  # nobody reads a prefetch, and what is free is free
            continue
        if _opens_again(asked, new) and not _opens_again(recorded, old):
            return True
        before = reach_before(old)
        after = reach_after(new)
        if before.articles == inf or after.articles == 0:
            continue
        if after.articles > before.articles or after.windows != before.windows:
            return True
    return False


def _opens_again(columns: Columns, group: int) -> bool:
    """Say whether an article that is counted already opens where nothing is left of any meter."""
    rulebook = columns.rulebook
    facts = columns.groups[group]
    codes: list[object] = []
    for place, name in enumerate(columns.meters):
        limit = rulebook.limit(name, facts.values)
        seen = place in rulebook.sharing
        opens, left = allowance(limit, limit, seen=seen, spends=facts.spends)
        slot = rulebook.vocabulary.slots[rulebook.vocabulary.place("left", name)]
        codes += [opens, slot.code(left)]
    return judge(rulebook, (*facts.values, *codes)).show.access is Access.FULL


def cut_off(recorded: Columns, old: Decided, views: Views, asked: Decided) -> tuple[int, int]:
    """Return how many readers were stopped for certain, and how many were cut off before that.

    A reader is cut off at the first view that the recorded policy blocked or that left nothing
    (`old` has the single decisions): from then on the log may lack what they would have read. Whom
    the asked policy stops by then is stopped for certain, and so is whom it stops without a cut;
    all others who were cut off may or may not have been stopped later.
    """
    spent = _refused(recorded, old) | (old.used == _limits(recorded, views, old))
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


def _limits(columns: Columns, views: Views, decided: Decided) -> NDArray[np.int64]:
    """Return the limit that each view's decision reports."""
    # A limit depends on the group and the verdict only; there are few pairs of these, so each is
    # asked for once. A pair is numbered as one whole number.
    width = max(len(columns.verdicts), 1)
    group = views.group
    if len(group) == 1:  # one entry stands for all views
        group = np.repeat(group, len(views.at))
    pairs, place = np.unique(group.astype(np.int64) * width + decided.verdict, return_inverse=True)
    limits = [columns.limit(*divmod(int(pair), width)) for pair in pairs]
    known = [_NO_METER if limit is None else limit for limit in limits]
    return np.array(known, np.int64)[place]


def _first(reader: NDArray[np.uint64], at: NDArray[np.int64]) -> Sequence[tuple[int, int]]:
    """Return each reader's first instant."""
    order = np.lexsort((at, reader))
    names, starts = np.unique(reader[order], return_index=True)
    return list(zip(names.tolist(), at[order][starts].tolist(), strict=True))

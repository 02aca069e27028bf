"""What a verdict does to the meters, in compiled code, and of which of them a reader is told.

It holds no rule: which meters a verdict spends and of which one may be told comes from the engine
(`rulebook.Verdict`, `decision.told_places`), as does what a history keeps (`Rulebook.keeps`). Here
are the parts that depend on what has been counted: `decision.counted_places` and `choose_told`.
Both compiled loops use them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.columns.arrays import NO_LIMIT
from meter.columns.compiled import compiled, inlined
from meter.columns.windows import keep, reset_of
from meter.facts.meters import ALREADY, OWN

if TYPE_CHECKING:
    from meter.columns.arrays import Memory, Tables

__all__ = ["COUNTED", "SPECULATIVE", "spend", "told", "used_of"]

COUNTED = 1
SPECULATIVE = 2
"""What a view may do: nothing (0), spend, or not count because it is a prefetch."""


@inlined
def spend(
    tables: Tables,
    memory: Memory,
    holder: int,
    g: int,
    verdict: int,
    article: int,
    mark: int,
    now: int,
) -> int:
    """Count a view on each meter that its verdict spends, and that keeps a history of it.

    What the meters have to say of it must have been asked (`combination_of`). Return what it did:
    0, `COUNTED` where a meter that is spent has counted it, or `SPECULATIVE`.
    """
    done = 0
    for m in range(len(tables.kind)):
        seen = memory.seen[m]
        counts = tables.spends[verdict, m] and seen & ALREADY == 0
        if not counts and tables.keeps[g, m] and tables.full[verdict] and seen & OWN == 0:
            counts = memory.used[m] < tables.limit[g, m]
        if counts and tables.prefetch[g]:
            if tables.limit[g, m] != NO_LIMIT:
                done = SPECULATIVE
        elif counts:
            keep(tables, memory, holder, m, mark if tables.by_view[m] else article, now)
            memory.added[m] += 1
            if tables.spends[verdict, m]:
                done = COUNTED
    return done


@compiled
def told(tables: Tables, memory: Memory, holder: int, g: int, verdict: int, now: int) -> int:
    """Return the meter that is told, or -1.

    Where the article is read it is one of those with the least left. Of a group it is the last to
    reset, then the first; of several groups, the one that resets first.
    """
    begin = tables.told_at[verdict]
    end = tables.told_at[verdict + 1]
    if begin == end:
        return -1
    chosen: int = tables.told[begin]
    if end - begin == 1:
        return chosen
    least = NO_LIMIT
    if tables.full[verdict]:
        for place in range(begin, end):
            least = min(least, left_of(tables, memory, holder, g, tables.told[place]))
    chosen = -1
    chosen_resets = 0
    last = -1
    last_resets = 0
    for place in range(begin, end + 1):
        ends_group = place == end or tables.told_group[place] != tables.told_group[place - 1]
        if place > begin and ends_group and last >= 0:
            if chosen < 0 or last_resets < chosen_resets:
                chosen = last
                chosen_resets = last_resets
            last = -1
        if place == end:
            break
        m = tables.told[place]
        if tables.full[verdict] and left_of(tables, memory, holder, g, m) != least:
            continue
        resets = reset_of(tables, memory, holder, m, tables.limit[g, m], now)
        if last < 0 or resets > last_resets:
            last = m
            last_resets = resets
    return chosen


@compiled
def left_of(tables: Tables, memory: Memory, holder: int, g: int, m: int) -> int:
    """Return what is left of a meter; `NO_LIMIT` where it has no limit."""
    limit: int = tables.limit[g, m]
    if limit == NO_LIMIT:
        return limit
    return limit - used_of(tables, memory, holder, g, m)


@compiled
def used_of(tables: Tables, memory: Memory, holder: int, g: int, m: int) -> int:
    """Return what is used of a meter, never more than its limit."""
    used: int = min(memory.size[holder, m], tables.limit[g, m])
    return used

"""What the windows of readers hold after their views: what is to be remembered of them.

A record is written when something is counted, and then holds what is inside its windows. So what
was counted is counted once more, up to the last time, and what has ended by then is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.columns.compiled import compiled
from meter.columns.spending import start_anew
from meter.columns.windows import forget, keep, next_slot, recall

if TYPE_CHECKING:
    from meter.columns.arrays import Codes, CountedBefore, Integers, Memory, Tables
    from meter.columns.counting import Bucket

__all__ = ["CountedAfter", "remember"]

_ONE = 0
"""One reader is counted at a time, so the memory holds one identity."""


class CountedAfter(NamedTuple):
    """What readers have counted. `e` is an entry, `r` a reader who has counted something new."""

    reader: Integers
    """[r] the reader."""
    starts: Integers
    """[r] where the reader's entries start, and one more for the end."""
    meter: Codes
    """[e] the meter."""
    mark: Integers
    """[e] the article or the view, each meter's in order of time."""
    at: Integers
    """[e] the instant at which it was read."""


@compiled
def remember(
    tables: Tables,
    memory: Memory,
    before: CountedBefore,
    bucket: Bucket,
    kept: Integers,
    meters: Integers,
    after: CountedAfter,
) -> tuple[int, int]:
    """Write what the readers of a bucket have counted to `after`, meters in the order given.

    `kept` are the meters that have counted each view, a bit each, by its place. Return how many
    readers and entries there are.
    """
    readers = 0
    entries = 0
    after.starts[0] = 0
    for reader in range(len(bucket.starts) - 1):
        begin = bucket.starts[reader]
        last = bucket.starts[reader + 1] - 1
        while last >= begin and kept[last] == 0:
            last -= 1
        if last < begin:
            continue
        start_anew(memory, _ONE)
        recall(tables, memory, _ONE, before, bucket.reader[reader])
        for place in range(begin, last + 1):
            count_again(tables, memory, bucket, place, kept[place])
        now = bucket.at[last]
        for m in meters:
            entries = lay_down(memory, m, now, after, entries)
        after.reader[readers] = bucket.reader[reader]
        readers += 1
        after.starts[readers] = entries
    return readers, entries


@compiled
def count_again(tables: Tables, memory: Memory, bucket: Bucket, place: int, kept: int) -> None:
    """Count a view on the meters that have counted it."""
    now = bucket.at[place]
    m = 0
    while kept >> m:
        if kept >> m & 1:
            mark = bucket.key[place] if tables.by_view[m] else bucket.article[place]
            forget(memory, _ONE, m, now)
            keep(tables, memory, _ONE, m, mark, now)
        m += 1


@compiled
def lay_down(memory: Memory, m: int, now: int, after: CountedAfter, entries: int) -> int:
    """Write what a meter holds at `now`, oldest first; return how many entries there are then."""
    size = forget(memory, _ONE, m, now)
    slot = memory.first[_ONE, m]
    for _ in range(size):
        after.meter[entries] = m
        after.mark[entries] = memory.ids[_ONE, m, slot]
        after.at[entries] = memory.ats[_ONE, m, slot]
        entries += 1
        slot = next_slot(slot, 1, memory.ids.shape[2])
    return entries

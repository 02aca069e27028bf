"""The arithmetic of windows in compiled code; `meter.windows` has the theory of windows.

Counting. A window is half-open, `[start, end)`. When something is counted, its window is known, and
so is the instant `end` at which the count is over; only this end is kept. It is, for a window of
the kind `calendar`, where the next one starts; `rolling`, a length after the read; `fixed`, a
length after the first read in it; `lifetime`, never. All that counts at `now` has `end > now`.

Forgetting. Readers only move forward in time, so a later count never ends before an earlier one:
what has ended lies at the front of a meter's list. The list is a ring, so that forgetting moves
the front and copies nothing. In a calendar or fixed window all that still counts shares one window,
hence one end.

Both compiled loops use these functions: the one over logs (`count`), and the one over simulated
lives (`walk`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.columns.arrays import ANY_TIME, CALENDAR, FIXED, LIFETIME, NEVER, ROLLING
from meter.columns.compiled import compiled
from meter.facts.meters import ALREADY

if TYPE_CHECKING:
    from meter.columns.arrays import CountedBefore, Integers, Memory, Tables

__all__ = [
    "combination_of",
    "copy_counts",
    "edge_after",
    "end_of",
    "forget",
    "holds",
    "holds_view",
    "keep",
    "next_slot",
    "recall",
    "reset_of",
]


@compiled
def combination_of(
    tables: Tables,
    memory: Memory,
    holder: int,
    g: int,
    article: int,
    view: int,
    view_at: int,
    now: int,
) -> int:
    """Return the number of what the meters of a group have to say of a view at `now`.

    Where a meter counts views, `view` and `view_at` stand for this one (see `holds_view`).
    `memory.seen` and `memory.used` receive what was found.
    """
    known = 0
    for m in range(len(tables.kind)):
        if tables.shares[m] and known == 0 and forget(memory, holder, m, now) > 0:
            known = ALREADY * holds(memory, holder, m, article)
    combination = 0
    for m in range(len(tables.kind)):
        most = tables.most[g, m]
        if most < 0:
            continue
        size = forget(memory, holder, m, now)
        if tables.by_view[m]:
            seen = tables.own[m] * holds_view(memory, holder, m, view, view_at)
        elif tables.own[m] != 0:
            seen = known | (tables.own[m] * holds(memory, holder, m, article))
        else:
            seen = known
        memory.seen[m] = seen
        memory.used[m] = size
        room = tables.rooms[tables.room_at[g, m] + 4 * min(size, most) + seen]
        combination += tables.stride[g, m] * room
    return combination


@compiled
def forget(memory: Memory, holder: int, m: int, now: int) -> int:
    """Forget what has ended by `now`, and return how much still counts."""
    size: int = memory.size[holder, m]
    if size == 0:
        return size
    first = memory.first[holder, m]
    if memory.ends[holder, m, first] > now:
        return size
    # Later counts end later: where the last one has ended, all have.
    last = next_slot(first, size - 1, memory.ids.shape[2])
    if memory.ends[holder, m, last] <= now:
        memory.size[holder, m] = 0
        return 0
    while memory.ends[holder, m, first] <= now:
        first = next_slot(first, 1, memory.ids.shape[2])
        size -= 1
    memory.first[holder, m] = first
    memory.size[holder, m] = size
    return size


@compiled
def holds(memory: Memory, holder: int, m: int, article: int) -> int:
    """Return 1 if an article is counted, else 0."""
    slot = memory.first[holder, m]
    for _ in range(memory.size[holder, m]):
        if memory.ids[holder, m, slot] == article:
            return 1
        slot = next_slot(slot, 1, memory.ids.shape[2])
    return 0


@compiled
def holds_view(memory: Memory, holder: int, m: int, view: int, at: int) -> int:
    """Return 1 if a view is counted, as read at the instant `at` or at `ANY_TIME`, else 0."""
    slot = memory.first[holder, m]
    for _ in range(memory.size[holder, m]):
        same_time = at == ANY_TIME or memory.ats[holder, m, slot] == at
        if same_time and memory.ids[holder, m, slot] == view:
            return 1
        slot = next_slot(slot, 1, memory.ids.shape[2])
    return 0


@compiled
def keep(tables: Tables, memory: Memory, holder: int, m: int, mark: int, now: int) -> None:
    """Count `mark` until its window ends; what has ended by `now` must be forgotten already."""
    size = memory.size[holder, m]
    slot = next_slot(memory.first[holder, m], size, memory.ids.shape[2])
    memory.ends[holder, m, slot] = end_of(tables, memory, holder, m, now)
    memory.ids[holder, m, slot] = mark
    memory.ats[holder, m, slot] = now
    memory.size[holder, m] = size + 1


@compiled
def recall(tables: Tables, memory: Memory, holder: int, before: CountedBefore, reader: int) -> None:
    """Count what a reader had counted before, each at its own instant."""
    for entry in range(before.starts[reader], before.starts[reader + 1]):
        m = before.meter[entry]
        at = before.at[entry]
        # What was over before the first view has no window among the edges.
        if tables.kind[m] == CALENDAR and at < tables.edges[tables.edge_at[m]]:
            continue
        forget(memory, holder, m, at)
        keep(tables, memory, holder, m, before.mark[entry], at)


@compiled
def end_of(tables: Tables, memory: Memory, holder: int, m: int, now: int) -> int:
    """Return the instant at which something counted at `now` counts no more."""
    kind = tables.kind[m]
    if kind == LIFETIME:
        return NEVER
    if kind in (CALENDAR, FIXED) and memory.size[holder, m] > 0:
        shared: int = memory.ends[holder, m, memory.first[holder, m]]
        return shared
    if kind == CALENDAR:
        return edge_after(tables.edges, tables.edge_at[m], tables.edge_at[m + 1] - 1, now)
    length: int = tables.length[m]
    return now + length


@compiled
def reset_of(tables: Tables, memory: Memory, holder: int, m: int, limit: int, now: int) -> int:
    """Return the instant at which allowance comes back, as `Timeline.resets` does, or `NEVER`."""
    kind = tables.kind[m]
    if limit == 0:
        return NEVER
    if kind == CALENDAR:
        edge: int = edge_after(tables.edges, tables.edge_at[m], tables.edge_at[m + 1] - 1, now)
        return edge
    size = memory.size[holder, m]
    if size == 0 or kind == LIFETIME:
        return NEVER
    leaves = 0
    if kind == ROLLING:
        leaves = max(0, size - limit)
    slot = next_slot(memory.first[holder, m], leaves, memory.ids.shape[2])
    ends: int = memory.ends[holder, m, slot]
    return ends


@compiled
def edge_after(edges: Integers, low: int, high: int, now: int) -> int:
    """Return the first edge after `now`, its window's end, among those from `low` to `high`."""
    while high - low > 1:
        middle = (low + high) >> 1
        if edges[middle] <= now:
            low = middle
        else:
            high = middle
    edge: int = edges[high]
    return edge


@compiled
def next_slot(slot: int, steps: int, capacity: int) -> int:
    """Return the slot some steps on in a ring; cheaper than a division."""
    slot += steps
    if slot >= capacity:
        slot -= capacity
    return slot


@compiled
def copy_counts(memory: Memory, source: int, target: int) -> None:
    """Make what one identity has counted what another has counted, in every meter."""
    for m in range(memory.size.shape[1]):
        slot = memory.first[source, m]
        memory.first[target, m] = slot
        memory.size[target, m] = memory.size[source, m]
        for _ in range(memory.size[source, m]):
            memory.ids[target, m, slot] = memory.ids[source, m, slot]
            memory.ats[target, m, slot] = memory.ats[source, m, slot]
            memory.ends[target, m, slot] = memory.ends[source, m, slot]
            slot = next_slot(slot, 1, memory.ids.shape[2])

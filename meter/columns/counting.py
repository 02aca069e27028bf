"""What has each reader counted at each view?

The loop that walks readers' views in time and spends where the verdict says so.

It holds no rule: what a limit leaves (`engine.allowance`), what the rules say (`engine.judge`) and
where calendar windows start (`Timeline.bounds`) come in as tables. Blocked views never count, a
window forgets what lies before its start, an id counts once.
"""

# The types of the loops are the compiler's business: arrays and whole numbers.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"
from __future__ import annotations

from typing import Any, NamedTuple

from meter.columns.compiled import compiled

__all__ = ["CALENDAR", "FIXED", "LIFETIME", "ROLLING", "Memory", "Tables", "count", "edge_after"]

CALENDAR, ROLLING, FIXED, LIFETIME = range(4)


class Tables(NamedTuple):
    """A policy as arrays. `g` is a group of equal facts, `m` a meter, `v` a verdict."""

    kind: Any
    """[m] sort of window."""
    length: Any
    """[m] length of a rolling or fixed window in microseconds."""
    edge_at: Any
    """[m] where a calendar meter's starts of windows begin in `edges`, and one more entry for the
    end.
    """
    edges: Any
    by_view: Any
    """[m] whether views are counted, by their key, and not articles."""
    settled: Any
    """[g] the verdict where it depends on no count, else -1."""
    spends: Any
    """[g] whether a view of this group would count at all."""
    limit: Any
    """[g, m] the limit, or -1 where the verdict does not depend on this meter."""
    room_at: Any
    """[g, m] where the meter's rooms begin in `rooms`: there, by 2 * used + seen, the number of
    what `allowance` says.
    """
    stride: Any
    """[g, m] what one room counts for in a combination."""
    rooms: Any
    verdict_at: Any
    """[g] where the group's verdicts begin in the table of verdicts."""
    meter: Any
    """[v] the meter to tell of, or -1."""
    spend: Any
    """[v] the meter to spend from, or -1."""
    full: Any
    """[v] whether the whole article is shown."""


class Memory(NamedTuple):
    """Scratch for one reader at a time.

    What each meter [m] holds, oldest first from `first` on, in a ring.
    """

    ids: Any
    ats: Any
    first: Any
    size: Any
    start: Any
    end: Any
    seen: Any
    used: Any


@compiled
def _next(slot, steps, capacity):
    """Return the slot some steps on in a ring; cheaper than a division."""
    slot += steps
    return slot - capacity if slot >= capacity else slot


@compiled
def edge_after(edges, low, high, now):
    """Return the place of the first edge after `now`.

    The end of its calendar window, among the edges from `low` to `high`.
    """
    while high - low > 1:
        middle = (low + high) >> 1
        if edges[middle] <= now:
            low = middle
        else:
            high = middle
    return high


@compiled
def count(
    tables,
    verdicts,
    memory,
    exact_at,
    views,
    order,
    bits,
    starts,
    begin,
    readers,
    by_view,
    results,
    totals,
):
    """Decide the views of readers `begin` to `readers`.

    Return (reader, group, combination) of the first not judged yet, or -1s.

    `views` is (at, article, key, group), `order` has their positions in its lowest `bits`; a group
    column of one entry holds for all. `exact_at` says that views without an id of their own are
    told apart by article and instant. `results` receives, in the order of `order`, the verdict of
    each view and, with `by_view`, used and counted; `totals` receives, by reader, the views
    blocked, the views counted, the number of the first view blocked (from 1; 0 for none) and its
    instant.
    """
    at, article, key, group = views
    verdict_of, used_of, counted_of = results
    blocked_of, counts_of, first_of, first_at = totals
    many, grouped, keyed = len(tables.kind), len(group) > 1, len(key) > 1
    capacity, positions = memory.ids.shape[1], (1 << bits) - 1
    for reader in range(begin, readers):
        memory.size[:] = 0
        blocked, counts, first_stop, first_stop_at, number = 0, 0, 0, 0, 0
        for place in range(starts[reader], starts[reader + 1]):
            view = order[place] & positions
            now = at[view]
            g = group[view] if grouped else group[0]
            verdict = tables.settled[g]
            if verdict < 0:
                combination = 0
                for m in range(many):
                    limit = tables.limit[g, m]
                    if limit < 0:
                        continue
                    kind, size = tables.kind[m], memory.size[m]
                    if kind == CALENDAR:
                        if not memory.start[m] <= now < memory.end[m]:
                            after = edge_after(
                                tables.edges, tables.edge_at[m], tables.edge_at[m + 1] - 1, now
                            )
                            memory.start[m], memory.end[m] = (
                                tables.edges[after - 1],
                                tables.edges[after],
                            )
                            size = 0
                    elif kind == ROLLING:
                        while size > 0 and memory.ats[m, memory.first[m]] + tables.length[m] <= now:
                            memory.first[m] = _next(memory.first[m], 1, capacity)
                            size -= 1
                    elif (
                        kind == FIXED
                        and size > 0
                        and memory.ats[m, memory.first[m]] + tables.length[m] <= now
                    ):
                        size = 0
                    if size == 0:
                        memory.first[m] = 0
                    memory.size[m] = size
                    views_count = tables.by_view[m]
                    mark = key[view] if views_count and keyed else article[view]
                    seen = 0
                    slot = memory.first[m]
                    for _ in range(size):
                        if memory.ids[m, slot] == mark and (
                            not (views_count and exact_at) or memory.ats[m, slot] == now
                        ):
                            seen = 1
                            break
                        slot = _next(slot, 1, capacity)
                    memory.seen[m] = seen
                    used = min(size, limit)
                    memory.used[m] = used
                    combination += (
                        tables.stride[g, m] * tables.rooms[tables.room_at[g, m] + 2 * used + seen]
                    )
                verdict = verdicts[tables.verdict_at[g] + combination]
                if verdict < 0:
                    return reader, g, combination
            number += 1
            meter, used, counted = tables.meter[verdict], -1, False
            if meter >= 0:
                used = memory.used[meter]
                if tables.spend[verdict] >= 0 and tables.spends[g] and memory.seen[meter] == 0:
                    slot = _next(memory.first[meter], memory.size[meter], capacity)
                    memory.ids[meter, slot] = (
                        key[view] if tables.by_view[meter] and keyed else article[view]
                    )
                    memory.ats[meter, slot] = now
                    memory.size[meter] += 1
                    used = min(memory.size[meter], tables.limit[g, meter])
                    counted = True
                    counts += 1
            verdict_of[place] = verdict
            if by_view:
                used_of[place], counted_of[place] = used, counted
            if not tables.full[verdict]:
                blocked += 1
                if first_stop == 0:
                    first_stop, first_stop_at = number, now
        blocked_of[reader], counts_of[reader], first_of[reader], first_at[reader] = (
            blocked,
            counts,
            first_stop,
            first_stop_at,
        )
    return -1, -1, -1

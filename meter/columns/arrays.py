"""The arrays that the compiled loops work on: a policy, what a reader has counted, a bucket."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from meter.errors import raise_missing_extra

try:
    import numpy as np
    from numpy.typing import NDArray
except ImportError as error:  # pragma: no cover - checked in an environment without the extra
    raise_missing_extra(error)

__all__ = [
    "ANY_TIME",
    "CALENDAR",
    "FIXED",
    "LIFETIME",
    "NEVER",
    "NO_LIMIT",
    "ROLLING",
    "Codes",
    "CountedBefore",
    "Flags",
    "Floats",
    "Integers",
    "Memory",
    "Tables",
    "new_memory",
    "nothing_before",
]

Integers: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.int32]
Flags: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]

CALENDAR, ROLLING, FIXED, LIFETIME = range(4)
"""The kinds of windows."""
NEVER = 1 << 62
"""An instant that never comes, in microseconds since 1970."""
ANY_TIME = -NEVER
"""Stands for every instant, where one may be asked for."""
NO_LIMIT = NEVER
"""More than anybody counts: the limit of a meter that has none."""


class Tables(NamedTuple):
    """A policy as arrays. `g` is a group of equal facts, `m` a meter, `v` a verdict."""

    kind: Integers | tuple[int, ...]
    """[m] the kind of window. In a tuple its length is known when loops are compiled."""
    length: Integers
    """[m] the length of a rolling or fixed window in microseconds."""
    edge_at: Integers
    """[m] where a calendar meter's edges begin in `edges`, and one more entry for the end."""
    edges: Integers
    """Where the windows of a calendar meter start, in order of time, meter after meter."""
    by_view: Flags
    """[m] whether views are counted, by their key, and not articles."""
    shares: Flags
    """[m] whether what the meter has counted is counted already for all others that share."""
    own: Integers
    """[m] what `Counts` says of a view that the meter itself has counted; 0 where nobody asks."""
    settled: Integers
    """[g] the verdict where it depends on no count and nothing is counted, else -1."""
    prefetch: Flags
    """[g] whether a view of this group is a prefetch, which never counts."""
    limit: Integers
    """[g, m] the limit, or `NO_LIMIT`."""
    most: Integers
    """[g, m] the count from which on nothing changes any more, or -1 where nobody asks for it."""
    keeps: Flags
    """[g, m] whether the meter's history counts a whole view of this group."""
    room_at: Integers
    """[g, m] where the meter's rooms begin in `rooms`."""
    stride: Integers
    """[g, m] what one room counts for in a combination."""
    rooms: Integers
    """[room_at + 4 * used + seen] the number of what `engine.meter_codes` says."""
    verdict_at: Integers
    """[g] where the group's verdicts begin in the table of verdicts."""
    spends: Flags
    """[v, m] whether the meter is spent from."""
    told_at: Integers
    """[v] where the meters of which one is told begin in `told`, and one more entry for the end."""
    told: Integers
    """Meters of which one is told, group after group (see `decision.Conclusion`)."""
    told_group: Integers
    """The number of the group of each of them."""
    full: Flags
    """[v] whether the whole article is shown."""


class Memory(NamedTuple):
    """What has been counted, by `h`, the identity it counts for, and `m`, the meter.

    Each meter's slots `s` are a ring: the oldest count is in slot `first`, and `size` of them are
    taken from there on.
    """

    ids: Integers
    """[h, m, s] the article or the view that counts."""
    ats: Integers
    """[h, m, s] the instant at which it was read."""
    ends: Integers
    """[h, m, s] the instant from which on it does not count any more."""
    first: Integers
    """[h, m]"""
    size: Integers
    """[h, m]"""
    seen: Integers
    """[m] whether the view asked about last is counted already, as in `Counts`."""
    used: Integers
    """[m] how much was used when it was asked last."""
    added: Integers
    """[m] how many views of this reader the meter has counted."""


class CountedBefore(NamedTuple):
    """What readers had counted before their first view. `e` is an entry, `r` a reader's number."""

    starts: Integers
    """[r] where the reader's entries start, and one more for the end; empty: nobody has any."""
    meter: Codes
    """[e] the meter."""
    mark: Integers
    """[e] the article or the view, each meter's in order of time."""
    at: Integers
    """[e] the instant at which it was read."""


def nothing_before() -> CountedBefore:
    """Return what nobody has counted."""
    none = np.empty(0, np.int64)
    return CountedBefore(none, np.empty(0, np.int32), none, none)


def new_memory(holders: int, meters: int, capacity: int) -> Memory:
    """Return the memory of some identities that have counted nothing yet."""
    slots = (holders, meters, capacity)
    return Memory(
        ids=np.zeros(slots, np.int64),
        ats=np.zeros(slots, np.int64),
        ends=np.zeros(slots, np.int64),
        first=np.zeros((holders, meters), np.int64),
        size=np.zeros((holders, meters), np.int64),
        seen=np.zeros(meters, np.int64),
        used=np.zeros(meters, np.int64),
        added=np.zeros(meters, np.int64),
    )

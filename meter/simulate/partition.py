"""Which views belong to one reader, and in which order? Views are dealt into buckets by a hash of the reader, then arranged.

Two passes over small pieces of memory beat one sort of everything: a bucket fits into a processor's cache. Both are stable, so
that views of one reader at one instant stay in the order in which they came.
"""

from __future__ import annotations

import numpy as np

from meter.simulate.compiled import compiled

__all__ = ["arrange", "deal", "hash_texts", "tally_buckets"]

_SHORT = 32
"""Up to this many views of one reader are put in order by insertion, which needs no memory."""


@compiled
def _mix(number: np.uint64) -> np.uint64:
    """Return a hash of a number (the finaliser of SplitMix64)."""
    number ^= number >> np.uint64(30)
    number *= np.uint64(0xBF58476D1CE4E5B9)
    number ^= number >> np.uint64(27)
    number *= np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))


@compiled
def tally_buckets(reader, bits, low, high, tallies):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Count the views `low` to `high` by bucket (the top `bits` of the reader's hash) into `tallies`."""
    shift = np.uint64(64 - bits)
    for i in range(low, high):
        tallies[_mix(np.uint64(reader[i])) >> shift] += 1


@compiled
def deal(columns, bits, low, high, places, dealt):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Copy the views `low` to `high` to the next place of their bucket.

    `columns` and `dealt` are (reader, at, article, key, group); a column with one entry stands for that value in every view.
    `dealt` ends with the position each view came from, or an empty column where nobody asks.
    """
    reader, at, article, key, group = columns
    readers, ats, articles, keys, groups, positions = dealt
    shift = np.uint64(64 - bits)
    total = len(reader)
    has_key, has_group, has_position = len(keys) == total, len(groups) == total, len(positions) == total
    for i in range(low, high):
        bucket = _mix(np.uint64(reader[i])) >> shift
        place = places[bucket]
        places[bucket] = place + 1
        readers[place] = reader[i]
        ats[place] = at[i]
        articles[place] = article[i]
        if has_key:
            keys[place] = key[i]
        if has_group:
            groups[place] = group[i]
        if has_position:
            positions[place] = i


@compiled
def arrange(reader, at, table, local, readers, starts, order):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Put one bucket's views in order of reader and time; return how many readers there are.

    `order` receives the views' positions, `readers` the readers in order of appearance, `starts` where each one's views start (and,
    after the last, where they end). `table` and `local` are scratch: a power of two of at least twice the views, and one a view.
    """
    count, size, many = len(reader), len(table), 0
    mask = np.uint64(size - 1)
    table[:] = 0
    starts[0] = 0
    for i in range(count):
        name = reader[i]
        slot = _mix(np.uint64(name)) & mask
        while True:
            code = table[slot]
            if code == 0:
                readers[many] = name
                many += 1
                starts[many] = 1
                table[slot] = many
                local[i] = many - 1
                break
            if readers[code - 1] == name:
                starts[code] += 1
                local[i] = code - 1
                break
            slot = (slot + np.uint64(1)) & mask
    for code in range(many):
        starts[code + 1] += starts[code]
    for i in range(count):
        code = local[i]
        order[starts[code]] = i
        starts[code] += 1
    for code in range(many, 0, -1):
        starts[code] = starts[code - 1]
    starts[0] = 0
    for code in range(many):
        _by_time(order, at, starts[code], starts[code + 1])
    return many


@compiled
def _by_time(order, at, low, high):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Sort one reader's views by time, keeping the order of those at one instant."""
    if high - low > _SHORT:
        for i in range(low + 1, high):
            if at[order[i]] < at[order[i - 1]]:
                times = np.empty(high - low, np.int64)
                for j in range(low, high):
                    times[j - low] = at[order[j]]
                order[low:high] = order[low:high][np.argsort(times, kind="mergesort")]
                return
        return
    for i in range(low + 1, high):
        view = order[i]
        when = at[view]
        j = i - 1
        while j >= low and at[order[j]] > when:
            order[j + 1] = order[j]
            j -= 1
        order[j + 1] = view


@compiled
def hash_texts(places, data):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return a hash of each text; `places` are the offsets at which they start and end in `data`."""
    hashes = np.empty(len(places) - 1, np.uint64)
    for i in range(len(hashes)):
        found = np.uint64(0xCBF29CE484222325)
        for place in range(places[i], places[i + 1]):
            found = (found ^ np.uint64(data[place])) * np.uint64(0x100000001B3)  # FNV-1a
        hashes[i] = _mix(found)
    return hashes

"""Which views belong to one reader, and in which order?

Views are dealt into buckets by a hash of the reader, then arranged.

Two passes over small pieces of memory beat one sort of everything: a bucket fits into a processor's
cache. Both are stable, so that views of one reader at one instant stay in the order in which they
came.
"""

# The types of the loops are the compiler's business: arrays and whole numbers.
# noqa: RUF100
# mypy: disable-error-code="no-untyped-def, no-untyped-call"
from __future__ import annotations

import numpy as np

from meter.columns.compiled import compiled

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
def _bucket(reader, shift, dense):
    """Return a reader's bucket.

    Its number's top bits where the numbers lie close together, else those of a hash.
    """
    return np.uint64(reader) >> shift if dense else _mix(np.uint64(reader)) >> shift


@compiled
def tally_buckets(reader, shift, dense, low, high, tallies):
    """Count the views `low` to `high` by bucket into `tallies`."""
    shift = np.uint64(shift)
    for i in range(low, high):
        tallies[_bucket(reader[i], shift, dense)] += 1


@compiled
def deal(columns, shift, dense, low, high, places, dealt):
    """Copy the views `low` to `high` to the next place of their bucket.

    `columns` and `dealt` are (reader, at, article, key, group); a column that is not as long as the
    others is left alone. `dealt` ends with the position each view came from, or an empty column
    where nobody asks.
    """
    reader, at, article, key, group = columns
    readers, ats, articles, keys, groups, positions = dealt
    shift = np.uint64(shift)
    total = len(reader)
    has_key, has_group, has_position = (
        len(keys) == total,
        len(groups) == total,
        len(positions) == total,
    )
    for i in range(low, high):
        bucket = _bucket(reader[i], shift, dense)
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
def arrange(reader, at, ranks, first, base, bits, table, local, readers, starts, order):
    """Put one bucket's views in order of reader and time; return how many readers there are.

    `order` receives, in that order, the views' positions in its lowest `bits`, above them what they
    were sorted by: the time since `first`, or the place in `ranks` (the positions in order of time)
    where times lie too far apart for that. `readers` receives the readers, `starts` where each
    one's views start (and, after the last, where they end). `base` is the first reader a bucket of
    dense numbers can hold, or -1 where readers are told apart by a hash. `table` and `local` are
    scratch: a power of two of at least twice the views (for dense numbers: of at least the
    readers), and one a view.
    """
    count = len(reader)
    table[:] = 0
    many = (
        _number_dense(reader, base, table, local, readers, starts)
        if base >= 0
        else _number_hashed(reader, table, local, readers, starts)
    )
    for code in range(many):
        starts[code + 1] += starts[code]
    # Time and position in one number: views at one instant stay in order, and sorting touches
    # nothing else.
    for i in range(count):
        view, rank = (i, at[i] - first) if len(ranks) == 0 else (ranks[i], i)
        code = local[view]
        order[starts[code]] = rank << bits | view
        starts[code] += 1
    for code in range(many, 0, -1):
        starts[code] = starts[code - 1]
    starts[0] = 0
    for code in range(many):
        _sort(order, starts[code], starts[code + 1])
    return many


@compiled
def _number_dense(reader, base, table, local, readers, starts):
    """Number the readers of a bucket in order of their numbers, and count each one's views in the
    place after its start.
    """
    most = 0
    for i in range(len(reader)):
        offset = np.int64(reader[i]) - base
        table[offset] += 1
        most = max(most, offset)
    many = 0
    starts[0] = 0
    for offset in range(most + 1):
        if table[offset] > 0:
            readers[many] = base + offset
            many += 1
            starts[many] = table[offset]
            table[offset] = many
    for i in range(len(reader)):
        local[i] = table[np.int64(reader[i]) - base] - 1
    return many


@compiled
def _number_hashed(reader, table, local, readers, starts):
    """Number the readers of a bucket in order of appearance, and count each one's views in the
    place after its start.
    """
    mask, many = np.uint64(len(table) - 1), 0
    starts[0] = 0
    for i in range(len(reader)):
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
    return many


@compiled
def _sort(numbers, low, high):
    """Sort a stretch of numbers.

    Few by insertion, many by a heap, and nothing is done to what is in order already.
    """
    if high - low <= _SHORT:
        for i in range(low + 1, high):
            number = numbers[i]
            j = i - 1
            while j >= low and numbers[j] > number:
                numbers[j + 1] = numbers[j]
                j -= 1
            numbers[j + 1] = number
        return
    place = low + 1
    while place < high and numbers[place - 1] <= numbers[place]:
        place += 1
    if place == high:
        return
    size = high - low
    for root in range(size // 2 - 1, -1, -1):
        _sink(numbers, low, root, size)
    for end in range(size - 1, 0, -1):
        numbers[low], numbers[low + end] = numbers[low + end], numbers[low]
        _sink(numbers, low, 0, end)


@compiled
def _sink(numbers, low, root, size):
    """Let a number sink to its place in a heap whose largest is on top."""
    number = numbers[low + root]
    child = 2 * root + 1
    while child < size:
        if child + 1 < size and numbers[low + child + 1] > numbers[low + child]:
            child += 1
        if numbers[low + child] <= number:
            break
        numbers[low + root] = numbers[low + child]
        root = child
        child = 2 * root + 1
    numbers[low + root] = number


@compiled
def hash_texts(places, data):
    """Return a hash of each text; `places` are the offsets at which they start and end in `data`."""
    hashes = np.empty(len(places) - 1, np.uint64)
    for i in range(len(hashes)):
        found = np.uint64(0xCBF29CE484222325)
        for place in range(places[i], places[i + 1]):
            found = (found ^ np.uint64(data[place])) * np.uint64(0x100000001B3)  # FNV-1a
        hashes[i] = _mix(found)
    return hashes

"""Deal views into buckets by reader, and order each bucket by reader and time.

A bucket fits into a processor's cache, where NumPy's sort is fast. Both steps are stable: views of
one reader at one instant stay in the order in which they came.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from meter.columns.arrays import Codes, Integers
from meter.columns.compiled import compiled, inlined

__all__ = ["Dealt", "Hashes", "deal", "hash_texts", "in_order", "in_turn"]

Hashes: TypeAlias = NDArray[np.uint64]
C = TypeVar("C", Hashes, Integers, Codes)
D = TypeVar("D", Hashes, Integers, Codes)

_BUCKET = 1 << 14
"""How many views a bucket holds: few enough for a processor's cache."""
_MOST_BITS = 12
_DENSE = 4
"""Readers' numbers below this many times the views are dense."""
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""Times this odd number, the top bits of any numbers are spread evenly (Knuth, TAOCP 6.4)."""
_WORD = 64
_LARGEST_CODE = np.iinfo(np.int32).max
_SPARE_BITS = 4
"""So many bits more than it takes to number all views, and two readers seldom share a hash."""
_FEW_MOVES = 64
"""How far views are moved up, on average, before they are rather sorted anew."""


@frozen(kw_only=True)
class Dealt:
    """Columns dealt into buckets: bucket `b` is from `edges[b]` to `edges[b + 1]`.

    A column of one entry, or none, holds for all views and is handed on as it is. Numbers of
    readers, articles and keys that fit into 32 bits take no more.
    """

    reader: Hashes | Codes
    at: Integers
    article: Integers | Codes
    key: Integers | Codes
    group: Codes
    position: Integers
    """Where each view stood before; empty where nobody asks."""
    edges: Integers


def deal(
    reader: Hashes,
    at: Integers,
    article: Integers,
    key: Integers,
    group: Codes,
    *,
    positions: bool,
    workers: int,
) -> Dealt:
    """Deal columns into buckets, all views of a reader into the same one."""
    total = len(reader)
    buckets = min(1 << _MOST_BITS, max(2, 1 << (total // _BUCKET).bit_length()))
    bucket = _bucket_of(reader, buckets)
    cuts = [total * n // workers for n in range(workers + 1)]
    stretches = [slice(low, high) for low, high in pairwise(cuts)]

    with ThreadPoolExecutor(workers) as pool:
        counts = np.zeros((workers, buckets), np.int64)
        list(pool.map(_tally, (bucket[part] for part in stretches), counts))
        edges = np.concatenate([[0], np.cumsum(counts.sum(axis=0))])
        # In each bucket the threads' views follow one another, so the order is kept.
        places = edges[:-1] + np.cumsum(counts, axis=0) - counts

        def into(column: C, target: D) -> D:
            work = (
                pool.submit(_deal, bucket[part], column[part], first.copy(), target)
                for part, first in zip(stretches, places, strict=True)
            )
            for done in list(work):
                done.result()
            return target

        def dealt(column: C) -> C:
            return into(column, np.empty_like(column)) if len(column) == total else column

        def narrow(column: C) -> C | Codes:
            if len(column) == total and _are_codes(column):
                return into(column, np.empty(total, np.int32))
            return dealt(column)

        return Dealt(
            reader=narrow(reader),
            at=dealt(at),
            article=narrow(article),
            key=narrow(key),
            group=dealt(group),
            position=dealt(np.arange(total if positions else 0)),
            edges=edges,
        )


def _bucket_of(reader: Hashes, buckets: int) -> NDArray[np.uint16]:
    """Return each view's bucket: a stretch of the readers' numbers, or of their hashes."""
    bucket = np.empty(len(reader), np.uint16)
    most = int(reader.max(initial=0)) + 1
    if most <= _DENSE * max(len(reader), 1):
        shift = max(0, (-(-most // buckets) - 1).bit_length())
        numbers = reader
    else:
        shift = _WORD - (buckets - 1).bit_length()
        numbers = reader * _GOLDEN
    np.right_shift(numbers, np.uint64(shift), out=bucket, casting="unsafe")
    return bucket


def _are_codes(numbers: Hashes | Integers | Codes) -> bool:
    """Say whether numbers are not below 0 and fit into 32 bits."""
    return 0 <= int(np.bitwise_or.reduce(numbers)) <= _LARGEST_CODE


@compiled
def _tally(bucket: NDArray[np.uint16], counts: Integers) -> None:
    """Count the views of each bucket."""
    for i in range(len(bucket)):
        counts[bucket[i]] += 1


@compiled
def _deal(bucket: NDArray[np.uint16], column: C, places: Integers, target: D) -> None:
    """Copy each number of a column to the next place of its bucket.

    `target[np.argsort(bucket, kind="stable")]`, several times faster.
    """
    for i in range(len(bucket)):
        place = places[bucket[i]]
        places[bucket[i]] = place + 1
        target[place] = column[i]


def in_order(reader: Hashes, at: Integers) -> tuple[Integers, Integers]:
    """Return the positions by reader and time, and where each reader's views start and end.

    Readers whose numbers lie far apart are in the order of hashes of them.
    """
    total = len(reader)
    order = np.empty(total, np.int64)
    starts = np.empty(total + 1, np.int64)
    if not total:
        return order, np.zeros(1, np.int64)
    # Reader, instant and position in one word are sorted several times faster than apart. Where
    # they do not fit, the last bits of the first two are left out, and `_unpack` sees to these.
    place_bits = total.bit_length()
    most = min(place_bits + _SPARE_BITS, _WORD - place_bits)
    number = reader
    numbers = _leading(number, most)
    if numbers.left_out:
        number = reader * _GOLDEN
        numbers = _leading(number, most)
    times = _leading(at, _WORD - place_bits - numbers.bits)
    keys = np.empty(total, np.uint64)
    _pack(numbers, times, place_bits, keys)
    keys.sort()
    # Readers who share the leading bits of a hash may be mixed, whatever their instants.
    like_bits = place_bits + (times.bits if numbers.left_out else 0)
    if not _unpack(keys, (place_bits, like_bits), number, at, order):
        order = np.lexsort((at, number))
    readers = _find_starts(number, order, starts)
    return order, starts[: readers + 1]


class _Leading(NamedTuple):
    """How far numbers are above the lowest, in so many bits: some of the last may be left out."""

    numbers: Hashes
    lowest: np.uint64
    left_out: int
    bits: int


def _leading(numbers: Hashes | Integers, most: int) -> _Leading:
    """Return numbers in `most` bits or fewer."""
    lowest = numbers.min()
    span = (int(numbers.max()) - int(lowest)).bit_length()
    bits = min(span, most)
    return _Leading(numbers.view(np.uint64), lowest.view(np.uint64), span - bits, bits)


@compiled
def _pack(number: _Leading, time: _Leading, place_bits: int, keys: Hashes) -> None:
    """Write the reader, the instant and the position of each view as one word."""
    for i in range(len(keys)):
        key = (number.numbers[i] - number.lowest) >> np.uint64(number.left_out)
        key <<= np.uint64(time.bits)
        key |= (time.numbers[i] - time.lowest) >> np.uint64(time.left_out)
        key <<= np.uint64(place_bits)
        keys[i] = key | np.uint64(i)


@compiled
def _unpack(
    keys: Hashes, bits: tuple[int, int], number: Hashes, at: Integers, order: Integers
) -> bool:
    """Write the positions in sorted keys; return whether little had to be put right.

    `bits` are those of a position, and those last ones in which keys differ whose views may be out
    of order, as something is left out: the view moves up to its place then. Where too many would
    have to move too far, the order is not whole.
    """
    moves = _FEW_MOVES * len(keys)
    mask = (1 << bits[0]) - 1
    leading = np.uint64(0)
    for taken in range(len(keys)):
        view = np.int64(keys[taken]) & mask
        place = taken
        before = leading
        leading = keys[taken] >> np.uint64(bits[1])
        if leading == before:
            while place > 0 and _is_later(order[place - 1], view, number, at):
                order[place] = order[place - 1]
                place -= 1
                moves -= 1
        if moves < 0:
            return False
        order[place] = view
    return True


@inlined
def _is_later(view: np.int64, other: np.int64, number: Hashes, at: Integers) -> bool:
    """Say whether a view comes after another one."""
    same = number[view] == number[other]
    later: bool = number[view] > number[other] or (same and at[view] > at[other])
    return later


@compiled
def _find_starts(number: Hashes, order: Integers, starts: Integers) -> int:
    """Write where each reader's views start, and where the last ones end; return the readers."""
    starts[0] = 0
    readers = 1
    for place in range(1, len(order)):
        starts[readers] = place
        readers += number[order[place]] != number[order[place - 1]]
    starts[readers] = len(order)
    return readers


def in_turn(column: Integers | Codes, order: Integers) -> Integers:
    """Return a column in an order."""
    turned = np.empty(len(order), np.int64)
    _turn(column, order, turned)
    return turned


@compiled
def _turn(column: Integers | Codes, order: Integers, turned: Integers) -> None:
    for place in range(len(order)):
        turned[place] = column[order[place]]


def hash_texts(places: Integers, data: NDArray[np.uint8]) -> Hashes:
    """Return a hash of each text; `places` are the offsets at which they start and end."""
    hashes = np.empty(len(places) - 1, np.uint64)
    _hash_texts(places, data, hashes)
    return hashes


@compiled
def _hash_texts(places: Integers, data: NDArray[np.uint8], hashes: Hashes) -> None:
    for i in range(len(hashes)):
        found = np.uint64(0xCBF29CE484222325)
        for place in range(places[i], places[i + 1]):
            found = (found ^ np.uint64(data[place])) * np.uint64(0x100000001B3)  # FNV-1a
        hashes[i] = _mixed(found)


@compiled
def _mixed(number: np.uint64) -> np.uint64:
    """Return a hash of a number (the finaliser of SplitMix64)."""
    number ^= number >> np.uint64(30)
    number *= np.uint64(0xBF58476D1CE4E5B9)
    number ^= number >> np.uint64(27)
    number *= np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))

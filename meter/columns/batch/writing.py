"""Write many records at once: `Usage.to_bytes` for counts and nothing else, compiled.

See `records` for the form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.columns.compiled import compiled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from meter.columns.arrays import Integers
    from meter.columns.remembering import CountedAfter

__all__ = ["RawTexts", "measure", "order_ids", "write"]

_VERSION = ord("1")
_OPEN = ord("{")
_CLOSE = ord("}")
_LIST = ord("[")
_END = ord("]")
_COMMA = ord(",")
_MINUS = ord("-")
_ZERO = ord("0")
_TEN = 10
_AROUND = len("1{}")
_OF_A_METER = len("],[") + len("]]")


class RawTexts(NamedTuple):
    """RawTexts as bytes: number `n` is from `offsets[n]` to `offsets[n + 1]` of `data`."""

    offsets: Integers
    data: NDArray[np.uint8]


@compiled
def order_ids(after: CountedAfter, ids: RawTexts) -> None:
    """Put what a meter has counted at one instant in order of the ids, as records hold it."""
    for reader in range(len(after.reader)):
        begin = after.starts[reader]
        for entry in range(begin + 1, after.starts[reader + 1]):
            place = entry
            while place > begin and is_out_of_order(after, ids, place):
                mark = after.mark[place]
                after.mark[place] = after.mark[place - 1]
                after.mark[place - 1] = mark
                place -= 1


@compiled
def is_out_of_order(after: CountedAfter, ids: RawTexts, place: int) -> bool:
    """Say whether an entry has to stand before the one that it stands after."""
    if after.meter[place] != after.meter[place - 1] or after.at[place] != after.at[place - 1]:
        return False
    one = ids.offsets[after.mark[place - 1]]
    end = ids.offsets[after.mark[place - 1] + 1]
    other = ids.offsets[after.mark[place]]
    other_end = ids.offsets[after.mark[place] + 1]
    while one < end and other < other_end:
        if ids.data[one] != ids.data[other]:
            is_wrong: bool = ids.data[other] < ids.data[one]
            return is_wrong
        one += 1
        other += 1
    is_longer: bool = one < end
    return is_longer


@compiled
def measure(after: CountedAfter, meters: RawTexts, words: RawTexts, offsets: Integers) -> None:
    """Write to `offsets` where each record will start, and where the last one will end.

    `meters` are what stands before a meter's ids, `words` the ids, as records hold them.
    """
    offsets[0] = 0
    for reader in range(len(after.reader)):
        length = _AROUND
        before = -1
        at = 0
        for entry in range(after.starts[reader], after.starts[reader + 1]):
            m = after.meter[entry]
            if m != before:
                length += before >= 0  # a comma
                length += meters.offsets[m + 1] - meters.offsets[m] + _OF_A_METER
                at = 0
            else:
                length += len(",,")
            mark = after.mark[entry]
            length += words.offsets[mark + 1] - words.offsets[mark]
            length += digits_of(after.at[entry] - at)
            at = after.at[entry]
            before = m
        offsets[reader + 1] = offsets[reader] + length


@compiled
def write(
    after: CountedAfter,
    meters: RawTexts,
    words: RawTexts,
    offsets: Integers,
    out: NDArray[np.uint8],
) -> None:
    """Write the records to their places."""
    for reader in range(len(after.reader)):
        place = offsets[reader]
        out[place] = _VERSION
        out[place + 1] = _OPEN
        place += 2
        entry = after.starts[reader]
        end = after.starts[reader + 1]
        while entry < end:
            if entry > after.starts[reader]:
                out[place] = _COMMA
                place += 1
            last = entry
            while last < end and after.meter[last] == after.meter[entry]:
                last += 1
            place = write_meter(after, meters, words, entry, last, out, place)
            entry = last
        out[place] = _CLOSE


@compiled
def write_meter(
    after: CountedAfter,
    meters: RawTexts,
    words: RawTexts,
    entry: int,
    last: int,
    out: NDArray[np.uint8],
    place: int,
) -> int:
    """Write what a meter has counted, entries from `entry` up to `last`; return where to go on."""
    place = copy(meters, after.meter[entry], out, place)
    for number in range(entry, last):
        if number > entry:
            out[place] = _COMMA
            place += 1
        place = copy(words, after.mark[number], out, place)
    out[place] = _END
    out[place + 1] = _COMMA
    out[place + 2] = _LIST
    place += 3
    at = 0
    for number in range(entry, last):
        if number > entry:
            out[place] = _COMMA
            place += 1
        place = write_number(after.at[number] - at, out, place)
        at = after.at[number]
    out[place] = _END
    out[place + 1] = _END
    return place + 2


@compiled
def copy(texts: RawTexts, number: int, out: NDArray[np.uint8], place: int) -> int:
    """Copy a text; return where to go on."""
    for letter in range(texts.offsets[number], texts.offsets[number + 1]):
        out[place] = texts.data[letter]
        place += 1
    return place


@compiled
def write_number(number: int, out: NDArray[np.uint8], place: int) -> int:
    """Write a whole number; return where to go on."""
    end = place + digits_of(number)
    if number < 0:
        out[place] = _MINUS
        number = -number
    place = end - 1
    while number >= _TEN:
        out[place] = _ZERO + number % _TEN
        number //= _TEN
        place -= 1
    out[place] = _ZERO + number
    return end


@compiled
def digits_of(number: int) -> int:
    """Return how many letters a whole number is written with."""
    digits = 1
    if number < 0:
        digits = 2
        number = -number
    while number >= _TEN:
        digits += 1
        number //= _TEN
    return digits

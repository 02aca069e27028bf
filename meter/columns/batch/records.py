"""Read many plain records at once: `Usage.from_bytes` for those of the usual form, compiled.

The usual form is what `Usage.to_bytes` writes of counts and nothing else, in bytes:

    1{"monthly":[["a1","b2"],[1767225600000000,3600000000]]}

the version, and for each meter, in the order of their names, its ids and its instants, each as the
step from the one before. Whatever differs from that, by one byte, is not read here: it is for
`Usage.from_bytes` to read it, or to say what is wrong with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.columns.compiled import compiled
from meter.usage.tally import AFTER, FIRST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from meter.columns.arrays import Codes, Flags, Integers

__all__ = [
    "MeterNames",
    "PlainEntries",
    "RawRecords",
    "copy_ids",
    "find_repeated",
    "first_instants",
    "read_records",
]

_VERSION = ord("1")
_OPEN = ord("{")
_CLOSE = ord("}")
_LIST = ord("[")
_END = ord("]")
_QUOTE = ord('"')
_COLON = ord(":")
_COMMA = ord(",")
_MINUS = ord("-")
_ZERO = ord("0")
_NINE = ord("9")
_BACKSLASH = ord("\\")
_SPACE = ord(" ")
_BEYOND_ASCII = 0x80
_MOST_DIGITS = 18
"""More do not stand in an instant, and might not fit into a number."""
_UNUSUAL = -1
"""A place in a record that is not of the usual form."""


class RawRecords(NamedTuple):
    """Records as bytes: number `p` is from `offsets[p]` to `offsets[p + 1]` of `data`."""

    offsets: Integers
    data: NDArray[np.uint8]
    is_text: bool
    """Whether all of them are UTF-8."""


class MeterNames(NamedTuple):
    """The names of a policy's meters as bytes, in the order of the names. `n` is a name."""

    offsets: Integers
    """[n] where it starts in `data`, and one more for the end."""
    data: NDArray[np.uint8]
    meter: Integers
    """[n] the number of the meter."""


class PlainEntries(NamedTuple):
    """What records hold, by reader `r` and entry `e`."""

    starts: Integers
    """[r] where the reader's entries start, and one more for the end."""
    meter: Codes
    """[e] the meter."""
    first: Integers
    """[e] where the id starts in the bytes."""
    last: Integers
    """[e] where it ends."""
    at: Integers
    """[e] the instant."""
    plain: Flags
    """[r] whether the record is of the usual form, with nothing after the reader's first view."""


@compiled
def read_records(
    raw: RawRecords, names: MeterNames, places: Integers, first_at: Integers, found: PlainEntries
) -> int:
    """Read the records of readers, by their `places` (-1: none); return how many entries there are.

    `first_at` is the instant of each reader's first view.
    """
    entries = 0
    found.starts[0] = 0
    for reader in range(len(places)):
        found.plain[reader] = True
        if places[reader] >= 0:
            after = read_record(raw, names, places[reader], first_at[reader], found, entries)
            found.plain[reader] = after >= 0
            if after >= 0:
                entries = after
        found.starts[reader + 1] = entries
    return entries


@compiled
def read_record(
    raw: RawRecords,
    names: MeterNames,
    record: int,
    first_at: int,
    found: PlainEntries,
    entries: int,
) -> int:
    """Read one record from entry number `entries` on; return how many there are then, or -1."""
    place = raw.offsets[record]
    end = raw.offsets[record + 1]
    if end - place < len("1{}") or raw.data[end - 1] != _CLOSE:
        return _UNUSUAL
    if raw.data[place] != _VERSION or raw.data[place + 1] != _OPEN:
        return _UNUSUAL
    place += len("1{")
    name = -1
    while place < end - 1:
        if name >= 0:
            if raw.data[place] != _COMMA:
                return _UNUSUAL
            place += 1
        name, place = read_name(raw, names, name + 1, place, end)
        if place < 0:
            return _UNUSUAL
        begin = entries
        place, entries = read_ids(raw, place, end, found, entries)
        if place < 0:
            return _UNUSUAL
        for entry in range(begin, entries):
            found.meter[entry] = names.meter[name]
        place = read_instants(raw, place, end, found, begin, entries)
        if place < 0 or found.at[entries - 1] > first_at:
            return _UNUSUAL
    return entries if place == end - 1 else _UNUSUAL


@compiled
def read_name(
    raw: RawRecords, names: MeterNames, first: int, place: int, end: int
) -> tuple[int, int]:
    """Read `"name":[[` of one of the names from number `first` on; return which, and where on."""
    for name in range(first, len(names.meter)):
        begin = names.offsets[name]
        length = names.offsets[name + 1] - begin
        after = place + length
        if after >= end:
            continue
        same = True
        for letter in range(length):
            if raw.data[place + letter] != names.data[begin + letter]:
                same = False
                break
        if same:
            return name, after
    return 0, _UNUSUAL


@compiled
def read_ids(
    raw: RawRecords, place: int, end: int, found: PlainEntries, entries: int
) -> tuple[int, int]:
    """Read `"id","id"],[`; return where it goes on, and how many entries there are then."""
    while True:
        if place >= end or raw.data[place] != _QUOTE:
            return _UNUSUAL, entries
        place += 1
        found.first[entries] = place
        while place < end and raw.data[place] != _QUOTE:
            letter = raw.data[place]
            if letter < _SPACE or letter == _BACKSLASH:
                return _UNUSUAL, entries
            if letter >= _BEYOND_ASCII and not raw.is_text:
                return _UNUSUAL, entries
            place += 1
        found.last[entries] = place
        entries += 1
        place += 1
        if place + len("],[") > end:
            return _UNUSUAL, entries
        if raw.data[place] == _COMMA:
            place += 1
            continue
        if raw.data[place] != _END or raw.data[place + 1] != _COMMA:
            return _UNUSUAL, entries
        if raw.data[place + 2] != _LIST:
            return _UNUSUAL, entries
        return place + len("],["), entries


@compiled
def read_instants(
    raw: RawRecords, place: int, end: int, found: PlainEntries, begin: int, entries: int
) -> int:
    """Read `first,step]]`, an instant for each entry from number `begin` on; return where on.

    They have to be in order of time, and then of the id.
    """
    at = 0
    for entry in range(begin, entries):
        is_last = entry == entries - 1
        step, place = read_number(raw, place, end)
        if place < 0 or place + len("]]") > end:
            return _UNUSUAL
        if raw.data[place] != (_END if is_last else _COMMA):
            return _UNUSUAL
        place += 1
        if entry > begin and (step < 0 or (step == 0 and not is_before(raw, found, entry))):
            return _UNUSUAL
        at += step
        if not FIRST <= at < AFTER:
            return _UNUSUAL
        found.at[entry] = at
    if raw.data[place] != _END:
        return _UNUSUAL
    return place + 1


@compiled
def read_number(raw: RawRecords, place: int, end: int) -> tuple[int, int]:
    """Read a whole number as JSON has it; return it, and where it goes on."""
    negative = place < end and raw.data[place] == _MINUS
    if negative:
        place += 1
    begin = place
    number = 0
    while place < end and _ZERO <= raw.data[place] <= _NINE:
        number = number * 10 + int(raw.data[place]) - _ZERO
        place += 1
        if place - begin > _MOST_DIGITS:
            return 0, _UNUSUAL
    if place == begin or (raw.data[begin] == _ZERO and (negative or place - begin > 1)):
        return 0, _UNUSUAL
    return (-number if negative else number), place


@compiled
def is_before(raw: RawRecords, found: PlainEntries, entry: int) -> bool:
    """Say whether the id of the entry before comes before that of this one."""
    one = found.first[entry - 1]
    other = found.first[entry]
    while one < found.last[entry - 1] and other < found.last[entry]:
        if raw.data[one] != raw.data[other]:
            comes_first: bool = raw.data[one] < raw.data[other]
            return comes_first
        one += 1
        other += 1
    is_shorter: bool = one == found.last[entry - 1] and other < found.last[entry]
    return is_shorter


@compiled
def find_repeated(found: PlainEntries, mark: Integers, met: Integers) -> None:
    """Note the readers whose record names an id twice in one meter: they are not plain.

    `mark` numbers the ids; `met` has an entry for each number, of 0.
    """
    tally = 0
    for reader in range(len(found.starts) - 1):
        before = -1
        for entry in range(found.starts[reader], found.starts[reader + 1]):
            if found.meter[entry] != before:
                before = found.meter[entry]
                tally += 1
            if met[mark[entry]] == tally:
                found.plain[reader] = False
            met[mark[entry]] = tally


@compiled
def copy_ids(
    raw: RawRecords, found: PlainEntries, offsets: Integers, out: NDArray[np.uint8]
) -> None:
    """Copy the ids of entries one after the other, each to its offset."""
    for entry in range(len(found.at)):
        place = offsets[entry]
        for letter in range(found.first[entry], found.last[entry]):
            out[place] = raw.data[letter]
            place += 1


@compiled
def first_instants(reader: Integers, at: Integers, first_at: Integers) -> None:
    """Write the instant of each reader's first view."""
    for row in range(len(reader)):
        first_at[reader[row]] = min(first_at[reader[row]], at[row])

"""What is remembered of a reader: per meter, what was counted and when.

A meter is a set of ids, so a retry, a duplicate event or a repeated merge changes nothing. Nothing
else is kept.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from attrs import field, frozen

from meter.errors import CorruptUsageError
from meter.windows import instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Read", "Tally", "Usage"]

_VERSION = b"1"
_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_UTC = ZoneInfo("UTC")
_FIRST = instant(datetime.min.replace(tzinfo=UTC))
_AFTER = instant(datetime.max.replace(tzinfo=UTC)) + 1


class Read(NamedTuple):
    """One counted article (or view): its id as remembered, and when, in UTC."""

    id: str
    at: datetime


@frozen
class Tally:
    """What one meter has counted.

    Ids and their instants (microseconds since 1970), in order of time and then of id.
    """

    ids: tuple[str, ...] = ()
    ats: tuple[int, ...] = ()

    def __iter__(self) -> Iterator[Read]:
        """Yield what was counted, oldest first."""
        return (Read(name, moment(at, _UTC)) for name, at in zip(self.ids, self.ats, strict=True))

    def since(self, first: int) -> Tally:
        """Return what was counted from index `first` on."""
        return self if first == 0 else Tally(self.ids[first:], self.ats[first:])

    def add(self, name: str, at: int) -> Tally:
        """Return a tally with one more; `at` is not before the last."""
        if not self.ats or at > self.ats[-1]:
            return Tally((*self.ids, name), (*self.ats, at))
        return _tally({**dict(zip(self.ids, self.ats, strict=True)), name: at})

    def merge(self, other: Tally) -> Tally:
        """Return the union.

        An id counted on both sides keeps its later time, so that a merge refunds nothing.
        """
        both = dict(zip(self.ids, self.ats, strict=True))
        for name, at in zip(other.ids, other.ats, strict=True):
            both[name] = max(at, both.get(name, at))
        return _tally(both)


def _tally(counted: dict[str, int]) -> Tally:
    ordered = sorted((at, name) for name, at in counted.items())
    return Tally(tuple(name for _, name in ordered), tuple(at for at, _ in ordered))


_NOTHING = Tally()


def _by_name(tallies: dict[str, Tally]) -> dict[str, Tally]:
    if len(tallies) == 1 and all(tally.ids for tally in tallies.values()):
        return tallies.copy()
    return {name: tallies[name] for name in sorted(tallies) if tallies[name].ids}


@frozen
class Usage:
    """Everything that is remembered of one reader. `Usage()` is a new reader's.

    `tallies` maps a meter's name to what it has counted; treat it as read-only, as every value
    here.
    """

    tallies: dict[str, Tally] = field(factory=dict, converter=_by_name)

    def __hash__(self) -> int:
        return hash(tuple(self.tallies.items()))

    def tally(self, meter: str) -> Tally:
        """Return what a meter has counted; nothing yet is an empty tally."""
        return self.tallies.get(meter, _NOTHING)

    def merge(self, other: Usage) -> Usage:
        """Return the union of two usages, for a reader who turns out to be one person.

        Commutative, associative and idempotent: it may be repeated, interrupted and done in any
        order.
        """
        names = self.tallies.keys() | other.tallies.keys()
        merged = Usage({name: self.tally(name).merge(other.tally(name)) for name in names})
        return self if merged == self else merged

    def to_bytes(self) -> bytes:
        """Return a canonical form: equal usages give equal bytes.

        The first byte is the version of the format.
        """
        # Instants are written as steps from the one before: a tenth of the digits.
        table = {
            name: [
                tally.ids,
                [at - before for before, at in zip((0, *tally.ats), tally.ats, strict=False)],
            ]
            for name, tally in self.tallies.items()
        }
        return _VERSION + _JSON.encode(table).encode("utf-8", "surrogatepass")

    @classmethod
    def from_bytes(cls, raw: bytes) -> Usage:
        """Read what `to_bytes` wrote, of this release or an earlier one.

        Raises `CorruptUsageError` for anything else: what is read is written again byte for byte.
        """
        if not isinstance(raw, bytes):
            raise CorruptUsageError(
                f"the remembered usage is of type `{type(raw).__name__}`; it has to come back as"
                " the bytes that were written"
            )
        if raw[:1] != _VERSION:
            version = f"starts with `{raw[:1].decode('ascii', 'replace')}`" if raw else "is empty"
            raise CorruptUsageError(
                f"the remembered usage {version}; this release reads version 1, so read it with the"
                " one that wrote it"
            )
        try:
            return _read_usage(raw)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            message = (
                f"the remembered usage of {len(raw)} bytes cannot be read: it was cut short or"
                " changed; put it back, or forget the reader"
            )
            raise CorruptUsageError(message) from error


def _read_usage(raw: bytes) -> Usage:
    table = json.loads(raw[1:].decode("utf-8", "surrogatepass"))
    usage = Usage({name: _read_tally(*entry) for name, entry in table.items()})
    # One comparison refuses all that `to_bytes` never writes: a meter given twice, another order, a
    # blank, an escape, a table in the place of a list.
    if usage.to_bytes() != raw:
        raise ValueError("the usage would be written in another way")
    return usage


def _read_tally(ids: list[str], steps: list[int]) -> Tally:
    if not all(type(name) is str for name in ids) or not all(type(step) is int for step in steps):
        raise ValueError("a tally is a list of ids and a list of whole numbers")
    if len(ids) != len(steps) or len(set(ids)) != len(ids):
        raise ValueError("a tally has one instant for each distinct id")
    ats = tuple(accumulate(steps))
    if not all(_FIRST <= at < _AFTER for at in ats):
        raise ValueError("an instant is in the years 1 to 9999")
    return _tally(dict(zip(ids, ats, strict=True)))

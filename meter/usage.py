"""What is remembered of a reader: per meter, what was counted and when, and what was started.

A meter is a set of ids, so a retry, a duplicate event or a repeated sign-in changes nothing; so are
the names of the offers that an account starts once. Nothing else is kept.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from datetime import UTC, datetime
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from attrs import field, frozen

from meter.errors import CorruptUsageError
from meter.errors.values import error_of, wrong_type
from meter.windows import DAY, instant, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

__all__ = ["Read", "Tally", "Usage", "unnamed_reads"]

_VERSION = b"1"
"""Of what is written where nothing was started, as ever; an object of meters."""
_WITH_STARTED = b"2"
"""Of what is written else: a list of that object and of the names of what was started."""
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

    def until(self, last: int) -> Tally:
        """Return what was counted up to index `last`, which is not included."""
        return self if last == len(self.ats) else Tally(self.ids[:last], self.ats[:last])

    def with_later(self, other: Tally, at: int) -> Tally:
        """Return this tally with what another counted after `at` and this one has not."""
        first = bisect_right(other.ats, at)
        later = dict(zip(other.ids[first:], other.ats[first:], strict=True))
        return _tally({**later, **dict(zip(self.ids, self.ats, strict=True))})

    def add(self, name: str, at: int) -> Tally:
        """Return a tally with one more; `at` is not before the last."""
        if not self.ats or at > self.ats[-1]:
            return Tally((*self.ids, name), (*self.ats, at))
        return _tally({**_table(self), name: at})

    def up_to(self, at: int) -> Tally:
        """Return what was counted at the instant `at` or before."""
        count = bisect_right(self.ats, at)
        return self if count == len(self.ats) else Tally(self.ids[:count], self.ats[:count])

    def union(self, other: Tally, believed: int = _AFTER) -> Tally:
        """Return what either has counted; an id on both sides keeps its later instant.

        One after the instant `believed` is a clock that was wrong, and gives way to any other.
        """
        return _either(self, other, partial(max, key=lambda at: (at <= believed, at)))

    def join(
        self, source: Tally, inside: Callable[[Tally, int], Tally], at: int, *, fixed: bool
    ) -> Tally:
        """Return this tally with what a source counted in the window that runs at the instant `at`.

        `inside` says what of a tally its window holds at an instant; `fixed` says that a read
        begins it. What was counted after `at` takes no part in the source, and stays here.

        An id on both sides keeps its later instant. Two `fixed` windows become the one that began
        later, and what was counted before that counts as counted then; as nothing but its start
        matters, an id keeps its earlier instant there, so that the start stays. Where a window has
        begun here since `at`, that is the one; what is over by then takes no part.

        It is the same whatever the order of several sources, and this very tally if nothing is new.
        """
        when = at
        if fixed and self.ids:
            when = max(at, inside(self, self.ats[-1]).ats[0])
        brought = inside(source.up_to(at), when)
        if not brought.ids:
            return self
        held = inside(self, when)
        own = held.up_to(when)
        if fixed and own.ids:
            start = max(own.ats[0], brought.ats[0])
            both = _either(_laid(own, start), _laid(brought, start), min)
            later = held.since(len(own.ids))
            joined = _tally(_table(both) | _table(later))
        else:
            joined = held.union(brought)
        return self if joined == held else joined


def _either(one: Tally, other: Tally, choose: Callable[[int, int], int]) -> Tally:
    both = _table(one)
    for name, at in _table(other).items():
        both[name] = choose(at, both.get(name, at))
    return _tally(both)


def _laid(tally: Tally, start: int) -> Tally:
    """Return what was counted, none of it before the instant `start`."""
    return _tally({name: max(at, start) for name, at in _table(tally).items()})


def _table(tally: Tally) -> dict[str, int]:
    return dict(zip(tally.ids, tally.ats, strict=True))


def _tally(counted: dict[str, int]) -> Tally:
    ordered = sorted((at, name) for name, at in counted.items())
    return Tally(tuple(name for _, name in ordered), tuple(at for at, _ in ordered))


_NOTHING = Tally()


def _by_name(tallies: dict[str, Tally]) -> dict[str, Tally]:
    if not isinstance(tallies, dict):
        form = "a table of what each meter has counted; `Usage()` is a new reader's"
        raise error_of("Usage", "tallies", wrong_type(form, tallies, "`tallies`"))
    if len(tallies) == 1 and all(tally.ids for tally in tallies.values()):
        return tallies.copy()
    return {name: tallies[name] for name in sorted(tallies) if tallies[name].ids}


@frozen
class Usage:
    """Everything that is remembered of one reader. `Usage()` is a new reader's.

    `tallies` maps a meter's name to what it has counted; treat it as read-only, as every value
    here. `started` are the offers that an account starts once, and this one has started.
    """

    tallies: dict[str, Tally] = field(factory=dict, converter=_by_name)
    started: frozenset[str] = frozenset()

    def __hash__(self) -> int:
        return hash((tuple(self.tallies.items()), self.started))

    @classmethod
    def counting(cls, read: Mapping[str, Collection[str]], at: int) -> Usage:
        """Return the usage of who has read these ids, by meter, all at the instant `at`."""
        return cls(
            {name: Tally(tuple(sorted(ids)), (at,) * len(ids)) for name, ids in read.items()}
        )

    def tally(self, meter: str) -> Tally:
        """Return what a meter has counted; nothing yet is an empty tally."""
        return self.tallies.get(meter, _NOTHING)

    def starting(self, offer: str) -> Usage:
        """Return this usage with one more offer started; this very one if it was before."""
        if offer in self.started:
            return self
        return Usage(self.tallies, self.started | {offer})

    def union(self, other: Usage, at: int = _AFTER) -> Usage:
        """Return what either has counted, whenever that was, for two halves of one record.

        An id on both sides keeps its later instant; one more than a day ahead of the instant `at`
        gives way to one that is not. (For two readers there is `engine.join`.)
        """
        names = self.tallies.keys() | other.tallies.keys()
        believed = at + DAY
        both = Usage(
            {name: self.tally(name).union(other.tally(name), believed) for name in names},
            self.started | other.started,
        )
        return self if both == self else both

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
        if not self.started:
            return _VERSION + _JSON.encode(table).encode("utf-8", "surrogatepass")
        both = [table, sorted(self.started)]
        return _WITH_STARTED + _JSON.encode(both).encode("utf-8", "surrogatepass")

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
        if raw[:1] not in (_VERSION, _WITH_STARTED):
            version = f"starts with `{raw[:1].decode('ascii', 'replace')}`" if raw else "is empty"
            raise CorruptUsageError(
                f"the remembered usage {version}; this release reads versions 1 and 2, so read"
                " it with the one that wrote it"
            )
        try:
            return _read_usage(raw)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            message = (
                f"the remembered usage of {len(raw)} bytes cannot be read: it was cut short or"
                " changed; put it back, or forget the reader"
            )
            raise CorruptUsageError(message) from error


def unnamed_reads(count: int) -> tuple[str, ...]:
    """Return so many ids that no article and no view has.

    An id that is remembered and starts with `~` is a digest, or holds a view.
    """
    return tuple(f"~ {number}" for number in range(count))


def _read_usage(raw: bytes) -> Usage:
    table = json.loads(raw[1:].decode("utf-8", "surrogatepass"))
    started: list[str] = []
    if raw[:1] == _WITH_STARTED:
        table, started = table
    if not all(type(name) is str for name in started):
        raise ValueError("what was started is a list of names")
    tallies = {name: _read_tally(*entry) for name, entry in table.items()}
    usage = Usage(tallies, frozenset(started))
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

"""Ids and when each was counted, in order of time: what one meter or one prompt remembers."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from attrs import frozen

from meter.windows import DAY, instant, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "AFTER",
    "FIRST",
    "NOTHING",
    "Read",
    "Tally",
    "earliest_of",
    "later_of",
    "latest_believed",
    "latest_of",
    "made_tally",
    "table_of",
    "tally_of",
    "unions_of",
    "unnamed_reads",
]

_UTC = ZoneInfo("UTC")
FIRST = instant(datetime.min.replace(tzinfo=UTC))
AFTER = instant(datetime.max.replace(tzinfo=UTC)) + 1
"""The first instant there is, and the one after the last."""


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
        return self if first == 0 else made_tally(self.ids[first:], self.ats[first:])

    def until(self, last: int) -> Tally:
        """Return what was counted up to index `last`, which is not included."""
        return self if last == len(self.ats) else Tally(self.ids[:last], self.ats[:last])

    def with_later(self, other: Tally, at: int) -> Tally:
        """Return this tally with what another counted after `at` and this one has not."""
        first = bisect_right(other.ats, at)
        later = dict(zip(other.ids[first:], other.ats[first:], strict=True))
        return tally_of({**later, **dict(zip(self.ids, self.ats, strict=True))})

    def add(self, name: str, at: int) -> Tally:
        """Return a tally with one more; `at` is not before the last."""
        ats = self.ats
        if not ats or at > ats[-1]:
            return made_tally((*self.ids, name), (*ats, at))
        return tally_of({**table_of(self), name: at})

    def up_to(self, at: int) -> Tally:
        """Return what was counted at the instant `at` or before."""
        if not self.ats or self.ats[-1] <= at:
            return self
        count = bisect_right(self.ats, at)
        return Tally(self.ids[:count], self.ats[:count])

    def union(self, other: Tally, believed: int = AFTER) -> Tally:
        """Return what either has counted; an id on both sides keeps its later instant.

        One after the instant `believed` is a clock that was wrong, and gives way to any other.
        """
        return _either(self, other, partial(later_of, believed=believed))

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
            joined = tally_of(table_of(both) | table_of(later))
        else:
            joined = held.union(brought)
        return self if joined == held else joined


_new = object.__new__
_set_ids = vars(Tally)["ids"].__set__
_set_ats = vars(Tally)["ats"].__set__


def made_tally(ids: tuple[str, ...], ats: tuple[int, ...]) -> Tally:
    """Return a tally, made with half the work: every view that counts makes one."""
    tally = _new(Tally)
    _set_ids(tally, ids)
    _set_ats(tally, ats)
    return tally


def later_of(one: int, other: int, believed: int = AFTER) -> int:
    """Return the later of two instants; one after `believed` gives way to one that is not."""
    return max(one, other, key=lambda at: (at <= believed, at))


def _either(one: Tally, other: Tally, choose: Callable[[int, int], int]) -> Tally:
    both = table_of(one)
    for name, at in table_of(other).items():
        both[name] = choose(at, both.get(name, at))
    return tally_of(both)


def _laid(tally: Tally, start: int) -> Tally:
    """Return what was counted, none of it before the instant `start`."""
    return tally_of({name: max(at, start) for name, at in table_of(tally).items()})


def table_of(tally: Tally) -> dict[str, int]:
    """Return a tally as a table of its ids with their instants."""
    return dict(zip(tally.ids, tally.ats, strict=True))


def tally_of(counted: dict[str, int]) -> Tally:
    """Return ids with their instants as a tally."""
    ordered = sorted((at, name) for name, at in counted.items())
    return Tally(tuple(name for _, name in ordered), tuple(at for at, _ in ordered))


NOTHING = Tally()
"""What a meter has counted that has counted nothing."""


def latest_believed(tallies: Iterable[Tally], at: int, when: int) -> tuple[int, bool]:
    """Return the later of `when` and the last read in any tally, and whether some lies ahead of it.

    A read more than a day ahead of `at` is a clock that was wrong, and moves nothing.
    """
    ahead = False
    for tally in tallies:
        last = tally.ats[-1]
        if last > at + DAY:
            ahead = True
            believed = bisect_right(tally.ats, at + DAY)
            last = tally.ats[believed - 1] if believed else at
        when = max(when, last)
    return when, ahead


def unions_of(one: dict[str, Tally], other: dict[str, Tally], believed: int) -> dict[str, Tally]:
    """Return what either of two tables of tallies holds."""
    names = one.keys() | other.keys()
    return {
        name: one.get(name, NOTHING).union(other.get(name, NOTHING), believed) for name in names
    }


def latest_of(one: dict[str, int], other: dict[str, int], believed: int) -> dict[str, int]:
    """Return the later instant of each name in two tables; one after `believed` gives way."""
    both = dict(one)
    for name, at in other.items():
        both[name] = later_of(both.get(name, at), at, believed)
    return both


def earliest_of(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    """Return the earlier instant of each name in two tables."""
    return {**one, **{name: min(one.get(name, at), at) for name, at in other.items()}}


def unnamed_reads(count: int) -> tuple[str, ...]:
    """Return so many ids that no article and no view has.

    An id that is remembered and starts with `~` is a digest, or holds a view.
    """
    return tuple(f"~ {number}" for number in range(count))

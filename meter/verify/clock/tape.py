"""What the clocks of a policy say from instant to instant, cut where one of them says another.

A policy asks the time by dates of its own, by weekdays and by whole hours of its zone. So between
its own constants nothing changes, and the years are a tape of runs, each of them with one answer.
"""

# The tape has 28 years, in which every kind of year occurs with the clock changes of its weekdays,
# and the year before and after each date that the policy names. Within a stretch of one offset from
# UTC an hour comes once a day; where the offset changes, the clock may say something else too.

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from meter.facts.slots import observer_of
from meter.verify.together.timing import HOUR, QUARTER, SOMEBODY, SOMETHING, YEAR
from meter.windows import DAY, Timeline, instant, moment

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from meter.facts import Slot
    from meter.windows import Window

__all__ = ["ClockRun", "tapes", "within"]

_FIRST = instant(datetime(2026, 1, 1, tzinfo=UTC))
_AFTER = instant(datetime(2054, 1, 1, tzinfo=UTC))
_KEPT = 64

Told = tuple["Hashable", ...]
"""What each clock says: a code for each slot."""


class ClockRun(NamedTuple):
    """A stretch of instants, `[start, end)`, at which the clocks say one thing."""

    start: int
    end: int
    told: Told


@lru_cache(maxsize=_KEPT)
def tapes(slots: tuple[Slot, ...]) -> tuple[tuple[ClockRun, ...], ...]:
    """Return the runs of some slots of time, in pieces that lie apart."""
    dates = [mark for slot in slots if slot.name == "period" for mark in slot.mentioned]
    wanted = sorted([(_FIRST, _AFTER), *((_day_of(at) - YEAR, at + YEAR) for at in dates)])
    pieces = [wanted[0]]
    for low, high in wanted[1:]:
        last = pieces[-1]
        if low <= last[1]:
            pieces[-1] = (last[0], max(last[1], high))
        else:
            pieces.append((low, high))
    return tuple(tuple(_runs(slots, low, high)) for low, high in pieces)


def _day_of(at: int) -> int:
    # Changes of a clock are looked for from here on, in steps of a quarter of an hour.
    return at // DAY * DAY


def _runs(slots: Sequence[Slot], low: int, high: int) -> Iterator[ClockRun]:
    observers = [observer_of(slot) for slot in slots]
    cuts = {low, *(at for slot in slots for at in _cuts(slot, low, high))}
    start, said = low, None
    for at in sorted(cuts):
        told = tuple(observe(SOMEBODY, SOMETHING, at) for observe in observers)
        if told != said:
            if said is not None:
                yield ClockRun(start, at, said)
            start, said = at, told
    if said is not None:
        yield ClockRun(start, high, said)


def _cuts(slot: Slot, low: int, high: int) -> Iterator[int]:
    """Yield instants among which are all at which a slot gets another code."""
    if slot.zone is None:
        yield from (at for at in slot.mentioned if low < at < high)
        return
    hours = slot.mentioned if slot.kind == "hours" else (0,)
    for start, end, offset in _stretches(slot.zone, low, high):
        yield start
        first = (start + offset) // DAY * DAY - offset
        for day in range(first, end, DAY):
            yield from (at for hour in hours if start < (at := day + hour * HOUR) < end)


@lru_cache(maxsize=_KEPT)
def _stretches(zone: ZoneInfo, low: int, high: int) -> tuple[tuple[int, int, int], ...]:
    """Return the stretches in which a zone has one offset from UTC: start, end and offset."""
    starts = [low]
    for day, after in pairwise([*range(low, high, DAY), high]):
        before = _offset(zone, day)
        if _offset(zone, after) != before:
            # It changes at a whole quarter of an hour: at the first that has another.
            quarters = range(day, after + 1, QUARTER)
            starts.append(next((at for at in quarters if _offset(zone, at) != before), after))
    pieces = pairwise([*starts, high])
    return tuple((start, end, _offset(zone, start)) for start, end in pieces if start < end)


def _offset(zone: ZoneInfo, at: int) -> int:
    offset = moment(at, zone).utcoffset()
    return 0 if offset is None else (offset.days * 86_400 + offset.seconds) * 1_000_000


def within(runs: Sequence[ClockRun], window: Window, zone: ZoneInfo) -> Iterator[list[ClockRun]]:
    """Yield the runs of each calendar window on a tape, cut where the window ends."""
    timeline = Timeline(window, zone)
    end = timeline.bounds(runs[0].start)[1]
    here: list[ClockRun] = []
    for run in runs:
        low = run.start
        while low < run.end:
            high = min(run.end, end)
            here.append(ClockRun(low, high, run.told))
            low = high
            if low == end:
                yield here
                here = []
                end = timeline.bounds(end)[1]
    if here:
        yield here

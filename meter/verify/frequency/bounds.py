"""The most showings that caps leave room for in one window, by the arithmetic of windows alone."""

# Of some showings in the order of time, number `j` is not before what each cap makes of number
# `j - times`: the end of its day, or so many hours later. All of that only grows with the earlier
# ones, so that no showings are more than those that come as early as they may, from the start of
# the window on. What came before the window only takes room away.
#
# A calendar window that is asked about is laid on the caps' own windows: each one of 28 years, in
# which every kind of year occurs, with the days of 23 and 25 hours where the zone has them. Any
# other may begin anywhere. A calendar cap says there only how far showings are apart: the ones
# `k * times` apart have `k - 1` of its windows between them, which are as short as the zone makes
# them.
#
# A fixed window begins with a showing that nobody asks about, so that one may end just after the
# window asked about has begun, with all but one of its showings there. Of `k * times` in a row,
# either they fill `k` of its windows, or they reach into one more: the last comes `k - 1` lengths
# after the first in any case.

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count, pairwise
from operator import sub
from typing import TYPE_CHECKING, NamedTuple

from meter.rulebook import AskedWindow
from meter.windows import Timeline, Window, instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

__all__ = [
    "FIRST_YEAR",
    "YEARS",
    "Fullest",
    "Room",
    "free_at",
    "fullest",
    "rooms",
    "tightest",
]

FIRST_YEAR = 2026
YEARS = 28
"""In so many years in a row every kind of year occurs, the clock changes of its weekdays too."""
_FIRST = instant(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC))
_AFTER = instant(datetime(FIRST_YEAR + YEARS, 1, 1, tzinfo=UTC))
_MICROSECOND = timedelta(microseconds=1)
_KEPT = 512


class Room(NamedTuple):
    """So many showings at most in each of some windows."""

    times: int
    window: Window


class Fullest(NamedTuple):
    """The most showings in one window, counted no further than asked, and where it begins.

    `at` is an instant where that hangs on the calendar.
    """

    shown: int
    at: int | None = None


def rooms(caps: Iterable[AskedWindow]) -> tuple[Room, ...]:
    """Return what the caps of a prompt leave room for."""
    return tuple(Room(times, timeline.window) for times, timeline in caps)


@lru_cache(maxsize=_KEPT)
def fullest(caps: tuple[Room, ...], asked: Window, most: int, zone: ZoneInfo) -> Fullest:
    """Return the most showings that some caps leave room for in one window that is asked about.

    It is never less than there can be, and counted up to `most`.
    """
    if asked.calendar is not None:
        windows = [*_apart(caps, asked, most, zone, aligned=True)]
        return _fullest_of(windows, asked, most, zone)
    if asked.lifetime:
        caps = tuple(cap for cap in caps if cap.window.lifetime)
    length = asked.length
    end = None if length is None else _FIRST + length // _MICROSECOND
    # Most often there is room for enough in the first days: no more of the calendar is laid out.
    aligned = [*_apart(caps, asked, most, zone, aligned=True)]
    if len(_earliest(aligned, _FIRST, end, most)) >= most:
        return Fullest(most)
    windows = [*_apart(caps, asked, most, zone, aligned=False)]
    return Fullest(len(_earliest(windows, _FIRST, end, most)))


def _fullest_of(
    windows: Sequence[AskedWindow], asked: Window, most: int, zone: ZoneInfo
) -> Fullest:
    """Return the fullest of the calendar windows there are; the first that holds `most`.

    Of those that the caps' own windows cut at the same places one is looked at.
    """
    first = Timeline(asked, zone).bounds(_FIRST)
    if len(_earliest(windows, *first, most)) >= most:
        return Fullest(most, first[0])
    cutting = [
        _starts(each.timeline.window, zone)
        for each in windows
        if each.timeline.window.calendar is not None
    ]
    found = Fullest(0)
    known = set()
    for start, end in pairwise(_starts(asked, zone)):
        cuts = tuple(_between(starts, start, end) for starts in cutting)
        if (end - start, cuts) in known:
            continue
        known.add((end - start, cuts))
        shown = len(_earliest(windows, start, end, most))
        if shown > found.shown:
            found = Fullest(shown, start)
        if shown >= most:
            break
    return found


def _between(starts: Sequence[int], start: int, end: int) -> tuple[int, ...]:
    """Return how long after an instant each window begins that does so before another one."""
    inside = starts[bisect_right(starts, start) : bisect_left(starts, end)]
    return tuple(at - start for at in inside)


def _earliest(
    windows: Sequence[AskedWindow], start: int, end: int | None, most: int
) -> Sequence[int]:
    """Return the instants of the showings that fit, each as early as it may be."""
    ats: list[int] = []
    at: int | None = start
    while at is not None and len(ats) < most and (end is None or at < end):
        free = free_at(windows, ats, at)
        if free == at:
            ats.append(at)
        at = free
    return ats


def free_at(windows: Iterable[AskedWindow], ats: Sequence[int], at: int) -> int | None:
    """Return `at` where each window leaves room after showings at some instants.

    Else an instant before which none of them leaves room, `None` for never.
    """
    free = at
    for times, timeline in windows:
        if len(ats) < times:
            continue
        inside = ats[timeline.inside(ats, at) :]
        if len(inside) >= times:
            resets = timeline.resets(inside, times, at)
            if resets is None:
                return None
            free = max(free, resets)
    return free


def _apart(
    caps: Iterable[Room], asked: Window, most: int, zone: ZoneInfo, *, aligned: bool
) -> Iterator[AskedWindow]:
    """Yield windows that say no more than some caps do, wherever their own windows begin.

    `aligned`: calendar windows are looked at where they are.
    """
    for times, window in caps:
        if window.fixed is not None:
            yield from _begun(times, window.fixed, asked, most, zone)
        elif window.calendar is None or aligned:
            yield AskedWindow(times, Timeline(window, zone))
        else:
            yield from _unaligned(times, window, asked, most, zone)


def _begun(
    times: int, length: timedelta, asked: Window, most: int, zone: ZoneInfo
) -> Iterator[AskedWindow]:
    """Yield how far showings are apart of which each so many fill a window that one begins."""
    for between in count(1):
        whole = between * length
        shown = (between + 1) * times - 1
        if shown >= most:
            return
        yield AskedWindow(shown, Timeline(Window(rolling=whole), zone))
        # One showing fills a window: what is apart from the next is so from all that follow.
        if times == 1 or _is_longer(whole, asked):
            return


def _unaligned(
    times: int, window: Window, asked: Window, most: int, zone: ZoneInfo
) -> Iterator[AskedWindow]:
    """Yield how far showings are apart that are in different windows of a calendar."""
    for between in count(1):
        shown = (between + 1) * times
        if shown >= most:
            return
        shortest = _shortest(window, between, zone)
        yield AskedWindow(shown, Timeline(Window(rolling=shortest), zone))
        if _is_longer(shortest, asked):
            return


def _is_longer(length: timedelta, asked: Window) -> bool:
    return asked.length is not None and length >= asked.length


@lru_cache(maxsize=_KEPT)
def _shortest(window: Window, number: int, zone: ZoneInfo) -> timedelta:
    """Return the shortest time that so many calendar windows in a row take, or fewer of them."""
    starts = _starts(window, zone)
    number = min(number, len(starts) - 1)
    shortest: int = min(map(sub, starts[number:], starts))
    return shortest * _MICROSECOND


def tightest(window: Window, asked: Window, zone: ZoneInfo) -> list[int]:
    """Return where as many windows of a calendar as can lie within one that is asked about begin.

    None, where not even one is shorter.
    """
    if asked.length is None:
        return []
    number = 0
    while number < YEARS and _shortest(window, number + 1, zone) < asked.length:
        number += 1
    if not number:
        return []
    starts = _starts(window, zone)
    lengths = [*map(sub, starts[number:], starts)]
    return [starts[lengths.index(min(lengths))]]


@lru_cache(maxsize=_KEPT)
def _starts(window: Window, zone: ZoneInfo) -> tuple[int, ...]:
    """Return where the calendar windows of some years begin, and where the last of them ends."""
    timeline = Timeline(window, zone)
    starts = [timeline.bounds(_FIRST)[0]]
    while starts[-1] < _AFTER:
        starts.append(timeline.bounds(starts[-1])[1])
    return tuple(starts)

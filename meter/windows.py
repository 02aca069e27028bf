"""When a window starts, when it ends, and which reads are still inside.

Terms. A *window* is the stretch of time an allowance is for. Every window is half-open, `[start,
end)`: the instant of the end already belongs to the next one. An *instant* here is a whole number
of microseconds since 1970-01-01T00:00Z, so comparing two of them never involves a zone.

Calendar windows (`day week month year`) are computed in the publication's zone. A day starts at the
first instant whose local date is that day or later: where midnight happens twice the first one
starts the day (America/Havana, 1 November 2026); where it does not exist, or a whole date was
skipped, the instant after the gap does. Rolling and fixed windows are absolute time: a day is 24
hours, whatever the clocks on the wall do. A read at `t` is inside a rolling window of length N
while `t + N > now`. A fixed window starts with the first read after the one before has ended. A
lifetime never ends.

A window only moves forward. The time used is the later of `now` and the last read on record, so
that a clock that steps back, or another server's that is behind, finds the window it left and never
a fresh one. A read more than a day ahead of `now` is a clock that was wrong: it moves no window,
and counts only where the window that runs contains it.

This is the only module that knows zones and daylight saving.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from attrs import field, frozen
from attrs.converters import optional

from meter.errors.kinds import FLAG, choice, maybe, time_error, whole_number
from meter.errors.values import check_fields
from meter.forms import SPAN, as_length, length_text
from meter.vocabulary import Unit, Weekday, unit, weekday

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

__all__ = [
    "EPOCH",
    "MOST_UNITS",
    "Term",
    "Timeline",
    "Window",
    "day_start",
    "instant",
    "microseconds",
    "moment",
]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = 86_400_000_000
_MICROSECOND = timedelta(microseconds=1)
_TERM = re.compile(r"([0-9]{1,4}) (day|week|month|year)s?", re.ASCII)
FIRST_WHOLE = (datetime(2, 1, 2, tzinfo=UTC) - EPOCH) // _MICROSECOND
LAST_WHOLE = (datetime(9998, 12, 30, tzinfo=UTC) - EPOCH) // _MICROSECOND
"""No calendar reaches beyond: what is read there ends with the next, or the last, whole year."""
_TOO_FAR = "no calendar reaches that far: the time is at the edge of the years 1 to 9999"
_LONGEST_UNIT = {
    Unit.DAY: timedelta(days=2),
    Unit.WEEK: timedelta(days=8),
    Unit.MONTH: timedelta(days=32),
    Unit.YEAR: timedelta(days=367),
}
"""No calendar unit lasts longer than this anywhere, clock changes and skipped days included."""


def instant(when: datetime) -> int:
    """Return microseconds since 1970-01-01T00:00Z.

    >>> instant(datetime(1970, 1, 2, tzinfo=UTC))
    86400000000

    Raises `ValueError` for a time without a zone: a guess would move somebody's month. Anything
    else, a date or a text, is a `TypeError`.
    """
    try:
        since = when - EPOCH
    except TypeError:
        raise time_error(when) from None
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def moment(at: int, zone: ZoneInfo) -> datetime:
    """Return the instant `at` as a time in `zone`.

    Raises `ValueError` for one outside the years 1 to 9999.
    """
    try:
        return (EPOCH + timedelta(microseconds=at)).astimezone(zone)
    except OverflowError as error:
        raise ValueError(_TOO_FAR) from error


def microseconds(length: timedelta) -> int:
    """Return a length of time in whole microseconds, as it is added to an instant."""
    return length // _MICROSECOND


def day_start(day: date, zone: ZoneInfo) -> int:
    """Return the first instant whose local date in `zone` is `day` or later.

    >>> apia = ZoneInfo("Pacific/Apia")
    >>> moment(day_start(date(2011, 12, 30), apia), apia).date().isoformat()
    '2011-12-31'
    """
    return _first_instant(datetime.combine(day, time()), zone)


def local_instant(when: date | datetime, zone: ZoneInfo, *, end: bool = False) -> int:
    """Return the instant an editor means by a date or a time.

    A time with a zone is that instant; a time without one is read in `zone`; a date is the start of
    that day there or, with `end`, the end of it (the start of the day after).
    """
    if isinstance(when, datetime):
        return instant(when) if when.tzinfo else _first_instant(when, zone)
    return day_start(when + timedelta(days=1) if end else when, zone)


def _first_instant(wall: datetime, zone: ZoneInfo) -> int:
    """Return the first instant at which a wall clock in `zone` shows `wall` or later.

    In a gap there is no instant at which it shows `wall` itself (PEP 495).
    """
    early = instant(wall.replace(tzinfo=zone, fold=0))
    if moment(early, zone).replace(tzinfo=None, fold=0) == wall:
        return early
    # In a gap `fold=1` uses the offset after it and so lies before it: the first instant is in
    # between, on a whole second.
    low, high = instant(wall.replace(tzinfo=zone, fold=1)) // 1_000_000, -(-early // 1_000_000)

    def reached(second: int) -> bool:
        return moment(second * 1_000_000, zone).replace(tzinfo=None, fold=0) >= wall

    return 1_000_000 * (low + bisect_left(range(low, high), 1, key=reached))


MOST_UNITS = 9999
"""A term has no more days, weeks, months or years."""
_OF_A_TERM = {"count": whole_number("3", 1, MOST_UNITS), "unit": choice(Unit)}
_OF_A_WINDOW = {"calendar": maybe(choice(Unit)), "starts": maybe(choice(Weekday)), "lifetime": FLAG}
_OF_A_WINDOW |= dict.fromkeys(("rolling", "fixed"), maybe(SPAN))


@frozen
class Term:
    """How long an offer runs: a number of calendar days, weeks, months or years.

    >>> Term.parse("3 months")
    Term(count=3, unit=<Unit.MONTH: 'month'>)
    """

    count: int
    unit: Unit = field(converter=unit)

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_A_TERM)

    @classmethod
    def parse(cls, text: str) -> Term:
        """Read `3 months`, `1 year`, `14 days` or `2 weeks`."""
        match = _TERM.fullmatch(text)
        if not match or not int(match[1]):
            raise ValueError(f"`{text}` is not a term such as `3 months`, `1 year` or `14 days`")
        return cls(int(match[1]), Unit(match[2]))

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"

    def after(self, when: datetime, zone: ZoneInfo) -> datetime:
        """Return the same time of day one term later in `zone`.

        A day that the month does not have becomes its last (31 January plus a month is 28 or 29
        February); a time that the day does not have becomes the first one after the gap.
        """
        local = when.astimezone(zone)
        day = local.date()
        if self.unit is Unit.DAY:
            day += timedelta(days=self.count)
        elif self.unit is Unit.WEEK:
            day += timedelta(weeks=self.count)
        else:
            months = 12 * self.count if self.unit is Unit.YEAR else self.count
            first = _first_of_month(day, months)
            last = monthrange(first.year, first.month)[1]
            day = first.replace(day=min(day.day, last))
        return moment(_first_instant(datetime.combine(day, local.time()), zone), zone)


def _first_of_month(day: date, ahead: int) -> date:
    """Return the first day of the month that is `ahead` months after the month of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + ahead, 12)
    return date(year, month + 1, 1)


@frozen(kw_only=True)
class Window:
    """The stretch of time an allowance is for; exactly one of the four kinds.

    `Window(calendar="month")`, `Window(calendar="week", starts="sunday")` (weeks start on Monday
    unless said otherwise), `Window(rolling="30 days")`, `Window(fixed="2 days")` (from the first
    read), `Window(lifetime=True)`.
    """

    calendar: Unit | None = field(default=None, converter=optional(unit))
    starts: Weekday | None = field(default=None, converter=optional(weekday))
    rolling: timedelta | None = field(default=None, converter=optional(as_length))
    fixed: timedelta | None = field(default=None, converter=optional(as_length))
    lifetime: bool = False

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_A_WINDOW)
        kinds = (self.calendar, self.rolling, self.fixed, self.lifetime or None)
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError(
                "a window is exactly one of `calendar`, `rolling`, `fixed` and `lifetime = true`"
            )
        if self.starts is not None and self.calendar is not Unit.WEEK:
            raise ValueError('`starts` goes with `calendar = "week"` only')

    @property
    def length(self) -> timedelta | None:
        """The longest this window can be, or `None` for a lifetime."""
        if self.calendar is not None:
            return _LONGEST_UNIT[self.calendar]
        return self.rolling or self.fixed

    def __str__(self) -> str:
        if self.calendar is not None:
            start = f" (from {self.starts.capitalize()})" if self.starts else ""
            return f"calendar {self.calendar}{start}"
        if self.lifetime:
            return "lifetime"
        if self.rolling is not None:
            return f"rolling {length_text(self.rolling)}"
        return f"{length_text(self.fixed or timedelta())} from the first read"


class Timeline:
    """A window on a zone's time: which reads are inside, and when the allowance comes back."""

    def __init__(self, window: Window, zone: ZoneInfo) -> None:
        self.window = window
        self.zone = zone
        length = window.rolling or window.fixed
        self._length = microseconds(length) if length else 0
        # The calendar window asked for last: most questions are about the same one.
        self._bounds = (0, 0)
        self.inside: Callable[[Sequence[int], int], int] = lambda _reads, _at: 0
        """Takes ascending instants and `at`; returns the index of the first inside at `at`."""
        if window.calendar is not None:
            self.inside = self._inside_calendar
        elif window.rolling is not None:
            self.inside = self._inside_rolling
        elif window.fixed is not None:
            self.inside = self._inside_fixed

    def bounds(self, at: int) -> tuple[int, int]:
        """Return start and end of the calendar window that holds the instant `at`."""
        bounds = self._bounds
        if not bounds[0] <= at < bounds[1]:
            self._bounds = bounds = self._calendar(at)
        return bounds

    def resets(self, reads: Sequence[int], limit: int | None, at: int) -> int | None:
        """Return the instant at which allowance comes back.

        `reads` are those inside the window that runs at `at`. It is the end of a calendar or fixed
        window; in a rolling window the instant at which one more article fits; `None` where nothing
        ever comes back (a lifetime, a limit of 0) or nothing is running yet. Without a limit it is
        the instant at which the first of them leaves the window.
        """
        if limit == 0:
            return None
        if self.window.calendar is not None:
            return self.bounds(at)[1]
        if not reads or self.window.lifetime:
            return None
        if self.window.fixed is not None:
            return reads[0] + self._length
        leaves = 0 if limit is None else max(0, len(reads) - limit)
        return reads[leaves] + self._length

    def outside(self, reads: Sequence[int], first: int, at: int) -> int:
        """Return the index after the last read inside, where some lie ahead of `at`.

        `first` is what `inside` says of them. No read ahead of `at` begins a window.
        """
        here = bisect_right(reads, at)
        if self.window.calendar is not None:
            return bisect_left(reads, self.bounds(at)[1], here)
        if self.window.fixed is not None and first < here:
            return bisect_left(reads, reads[first] + self._length, here)
        return len(reads) if self.window.lifetime else here

    def ends(self, reads: Sequence[int]) -> int | None:
        """Return the instant from which none of `reads` is inside; `None` for a lifetime."""
        if self.window.lifetime:
            return None
        if self.window.calendar is not None:
            return self.bounds(min(max(reads[-1], FIRST_WHOLE), LAST_WHOLE))[1]
        return reads[-1] + self._length

    def _inside_calendar(self, reads: Sequence[int], at: int) -> int:
        start, end = self._bounds
        if not start <= at < end:
            start, end = self.bounds(at)
        return bisect_left(reads, start) if reads and reads[0] < start else 0

    def _inside_rolling(self, reads: Sequence[int], at: int) -> int:
        return bisect_right(reads, at - self._length)

    def _inside_fixed(self, reads: Sequence[int], at: int) -> int:
        first = 0
        while first < len(reads) and reads[first] + self._length <= at:
            first = bisect_left(reads, reads[first] + self._length, first)
        return first

    def _calendar(self, at: int) -> tuple[int, int]:
        try:
            day = moment(at, self.zone).date()
            after = self._first_day(day, 1)
            bounds = (day_start(self._first_day(day), self.zone), day_start(after, self.zone))
        except (OverflowError, ValueError) as error:
            raise ValueError(_TOO_FAR) from error
        # Where the clock goes back over midnight a date is lived twice, and its second half belongs
        # to the window begun.
        while at >= bounds[1]:
            after = self._first_day(after, 1)
            bounds = (bounds[1], day_start(after, self.zone))
        return bounds

    def _first_day(self, day: date, ahead: int = 0) -> date:
        """Return the first day of the unit that holds `day`, or of the one `ahead` units later."""
        match self.window.calendar:
            case Unit.DAY:
                return day + timedelta(days=ahead)
            case Unit.WEEK:
                starts = list(Weekday).index(self.window.starts or Weekday.MONDAY)
                since = (day.weekday() - starts) % 7
                return day - timedelta(days=since) + timedelta(weeks=ahead)
            case Unit.MONTH:
                return _first_of_month(day, ahead)
            case _:
                return date(day.year + ahead, 1, 1)

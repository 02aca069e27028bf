"""Dates, times and lengths as a policy file writes them, read with the standard library alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

__all__ = ["after", "calendar_window", "instant_of", "length_of", "local"]

_QUARTER = timedelta(minutes=15)
_TICK = timedelta(microseconds=1)
_UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_WEEK = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def length_of(text: str) -> timedelta:
    """Return a length such as `30 days`; a day is 24 hours."""
    number, unit = text.split()
    return int(number) * _UNITS[unit.removesuffix("s")]


def local(zone: str, at: datetime) -> datetime:
    """Return what the clocks of a zone show."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@lru_cache(maxsize=65_536)
def first_at(zone: str, wall: datetime) -> datetime:
    """Return the first instant at which the clocks of a zone show this time or a later one."""
    at = wall.replace(tzinfo=UTC) - timedelta(hours=16)
    while local(zone, at) < wall:
        at += _QUARTER
    low, high = at - _QUARTER, at
    while high - low > _TICK:
        middle = low + (high - low) // 2
        if local(zone, middle) < wall:
            low = middle
        else:
            high = middle
    return high


def midnight(zone: str, day: date) -> datetime:
    """Return the instant at which a day begins."""
    return first_at(zone, datetime.combine(day, time.min))


def instant_of(zone: str, written: date | datetime, *, end: bool = False) -> datetime:
    """Return the instant that a date or time stands for; with `end` a date is to its end."""
    if not isinstance(written, datetime):
        return midnight(zone, written + timedelta(days=1) if end else written)
    return written.astimezone(UTC) if written.tzinfo else first_at(zone, written)


def after(written: str | None, zone: str, *, end: bool = False) -> datetime | None:
    """Return the instant of a date or time of an event, or none where it says none."""
    if written is None:
        return None
    if len(written) > len("2026-06-01"):
        return datetime.fromisoformat(written).astimezone(UTC)
    day = date.fromisoformat(written)
    if end and day.year == date.max.year:
        return None
    return instant_of(zone, day, end=end)


def calendar_window(window: dict[str, object], zone: str, at: datetime) -> tuple[date, date]:
    """Return the first day of the calendar window that holds an instant, and of the next one.

    The day is the last one that has begun: where a day is lived twice, it is not gone back to.
    """
    day = local(zone, at).date()
    if midnight(zone, day + timedelta(days=1)) <= at:
        day += timedelta(days=1)
    unit = window["calendar"]
    if unit == "day":
        return day, day + timedelta(days=1)
    if unit == "week":
        back = (day.weekday() - _WEEK.index(str(window.get("starts", "monday")))) % 7
        start = day - timedelta(days=back)
        return start, start + timedelta(days=7)
    if unit == "month":
        start = day.replace(day=1)
        return start, (start + timedelta(days=31)).replace(day=1)
    return day.replace(month=1, day=1), date(day.year + 1, 1, 1)


def bounds(window: dict[str, object], zone: str, at: datetime) -> tuple[datetime, datetime]:
    """Return when the calendar window that holds an instant starts and ends."""
    start, end = calendar_window(window, zone, at)
    return midnight(zone, start), midnight(zone, end)

"""When something ends or begins, so that a reader cannot mistake it.

A day stands with its year where that is not the year of `now`, and with its time where it is the
day of `now` and midnight is not meant. Days and times are those of the publication's zone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.explanation import last_day
from meter.prompts.locales import clock_text, day_text, time_text
from meter.windows import moment

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from babel import Locale

__all__ = ["from_text", "today_text", "until_text"]

_MINUTE = 60_000_000


def until_text(end: int, today: date, zone: ZoneInfo, locale: Locale) -> str:
    """Write an end that is not included: the last day, or the time where the day ends later."""
    day = last_day(end, zone)
    year = day.year != today.year
    when = moment(end, zone)
    if day == today and when.date() == day:
        return time_text(when, locale, year=year)
    return day_text(day, locale, year=year)


def today_text(start: int, today: date, zone: ZoneInfo, locale: Locale) -> str:
    """Write the time of a start, to the next whole minute; nothing where it is not today."""
    when = moment(-(-start // _MINUTE) * _MINUTE, zone)
    return clock_text(when, locale) if when.date() == today else ""


def from_text(start: int, today: date, zone: ZoneInfo, locale: Locale) -> str:
    """Write a start: its day, or the time, to the next whole minute, where it is today."""
    when = moment(-(-start // _MINUTE) * _MINUTE, zone)
    year = when.year != today.year
    if when.date() == today:
        return time_text(when, locale, year=year)
    return day_text(when.date(), locale, year=year)

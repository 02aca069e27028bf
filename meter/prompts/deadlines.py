"""When something ends or begins, so that a reader cannot mistake it.

A day stands with its year where that is not the year of `now`, and with its time where it is the
day of `now` and midnight is not meant. A deadline that is near is told by how near it is. Days and
times are those of the publication's zone.
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

    from meter.prompts.texts import Texts

__all__ = ["deadline_text", "from_text", "today_text", "until_text"]

_MINUTE = 60_000_000
_SOON = 7
"""With so many days left, or fewer, they are counted."""


def until_text(end: int, today: date, zone: ZoneInfo, locale: Locale) -> str:
    """Write an end that is not included: the last day, or the time where the day ends later."""
    day = last_day(end, zone)
    year = day.year != today.year
    when = moment(end, zone)
    if day == today and when.date() == day:
        return time_text(when, locale, year=year)
    return day_text(day, locale, year=year)


def deadline_text(end: int, today: date, zone: ZoneInfo, texts: Texts) -> str:
    """Say when an offer ends by how near that is: tonight, tomorrow, in so many days, on a day.

    A midnight is the end of the day before it; any other end of today or tomorrow has its time.
    Nothing where the language has no words for it.
    """
    when = moment(end, zone)
    days = (when.date() - today).days
    by_midnight = when.date() != last_day(end, zone)
    if by_midnight and days in (1, 2):
        return texts.say("deadline", "tonight" if days == 1 else "tomorrow")
    if days in (0, 1):
        key = "tomorrow-at" if days else "today"
        return texts.say("deadline", key, time=clock_text(when, texts.locale))
    if days <= _SOON and texts.has("days-left"):
        return texts.count("days-left", days)
    return texts.say("offer", "ends", day=until_text(end, today, zone, texts.locale))


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

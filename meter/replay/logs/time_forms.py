"""Ways of writing times that are not ISO 8601, and which of them a log uses, most likely."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from meter.replay.logs.failures import LogError
from meter.windows import local_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

# fmt: off
__all__ = [
    "COMPACT", "FAR", "SURELY_SECONDS", "checked_form", "likely_forms", "read_time", "text_instant",
    "time_format_words", "unit_of",
]
# fmt: on

COMPACT = ("%Y%m%d", "%Y%m%d%H%M%S")
"""Forms in which a time is a whole number."""
_DAYS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%d/%m/%y")
_CLOCKS = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", "T%H:%M:%S", " %H:%M:%S.%f")
_FORMS = (
    *COMPACT,
    "%Y%m%d %H%M%S",
    "%d/%b/%Y:%H:%M:%S %z",
    "%d/%b/%Y:%H:%M:%S",
    *(day + clock for clock in _CLOCKS for day in _DAYS),
)
_UNITS = (("seconds", 10**11, 10**6), ("milliseconds", 10**14, 10**3), ("microseconds", None, 1))
"""What a whole number counts since 1970: the unit, below which number, its microseconds."""
SURELY_SECONDS = 10**9
"""Fewer digits in a text may be a date, such as `20260601`."""
FAR = 1 << 62
"""Microseconds that no column of times gets near."""
_MOST = 2
_SHORTEST = 8
"""Where months and days may have one digit, so may be read into less."""
_YEARS = range(1990, 2201)
"""A number that is a date of these years is hardly the seconds since 1970."""


def checked_form(form: str) -> str:
    """Return a form that can be read, such as `%d/%m/%Y %H:%M:%S`; raise `LogError` otherwise."""
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    read = read_time(moment.strftime(form), form)
    if read is None or (read.year, read.month, read.day) != (2026, 1, 2):
        raise LogError(
            f"`{form}` does not say how to read a time: give day, month and year, such as"
            " `%d/%m/%Y %H:%M:%S` (see `strptime` of Python)"
        )
    return form


def likely_forms(texts: Iterable[str]) -> list[str]:
    """Return the forms, two at most, in which every one of some texts is a time."""
    texts = list(texts)
    if not texts:
        return []
    return [form for form in _FORMS if all(_reads(text, form) for text in texts)][:_MOST]


def _reads(text: str, form: str) -> bool:
    when = read_time(text, form)
    return when is not None and when.year in _YEARS and len(text.strip()) >= _SHORTEST


def read_time(text: str, form: str) -> datetime | None:
    """Return the time that a text says in a form; `None` if it says none."""
    try:
        return datetime.strptime(text.strip(), form)  # noqa: DTZ007 - the zone is the log's
    except ValueError:
        return None


def time_format_words(forms: Sequence[str]) -> str:
    """Return the option that says how times are written, such as `--time-format '%d/%m/%Y'`."""
    return " or ".join(f"`--time-format '{form}'`" for form in forms)


def unit_of(most: float) -> tuple[str, int]:
    """Return the unit of whole numbers up to `most`, and how many microseconds it has."""
    return next((unit, scale) for unit, below, scale in _UNITS if below is None or most < below)


def text_instant(text: str, zone: ZoneInfo, form: str | None) -> tuple[int | None, bool]:
    """Return the instant that a text says, if it says one, and whether it has a zone.

    It is ISO 8601, or whole seconds (or thousandths) since 1970, unless `form` says otherwise; a
    time without a zone is one in `zone`.
    """
    if form is not None:
        read = read_time(text, form)
        if read is None:
            return None, True
        return local_instant(read, zone), read.tzinfo is not None
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not abs(number) >= SURELY_SECONDS:  # also where it is not a number, `nan`
        try:
            when = datetime.fromisoformat(text.strip())
            return local_instant(when, zone), when.tzinfo is not None
        except (ValueError, OverflowError):
            return None, True
    _, scale = unit_of(abs(number))
    return (round(number * scale), True) if abs(number) < FAR else (None, True)

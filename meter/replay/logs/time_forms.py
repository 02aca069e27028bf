"""Ways of writing times that are not ISO 8601, and which of them a log uses, most likely."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from meter.replay.logs.columns import LogError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["COMPACT", "checked_form", "likely_forms", "read_time", "time_format_words"]

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

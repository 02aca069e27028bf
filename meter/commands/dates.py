"""Days and times that options take: each is written and refused in the same words."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar

import click

from meter.errors import quoted
from meter.validation import YEARS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AS_DATE", "day_alone", "day_or_time"]

AS_DATE = "YYYY-MM-DD"
"""How a day is written, for help and messages."""
_DAY = f"write a day as {AS_DATE}, such as `2026-06-01`"
_Read = TypeVar("_Read", bound=date)


def day_alone(_context: click.Context, option: click.Parameter, value: str | None) -> date | None:
    """Return the day that an option names."""
    return _read(option, value, date.fromisoformat, f"is no day; {_DAY}")


def day_or_time(
    _context: click.Context, option: click.Parameter, value: str | None
) -> datetime | None:
    """Return the time that an option names, or the first moment of a day, by the clock."""
    wrong = f"is neither a day nor a time; {_DAY}, or a time such as `2026-06-01T09:00`"
    return _read(option, value, datetime.fromisoformat, wrong)


def _read(
    option: click.Parameter, value: str | None, read: Callable[[str], _Read], wrong: str
) -> _Read | None:
    if value is None:
        return None
    try:
        found = read(value)
    except ValueError:
        raise click.BadParameter(f"{quoted(value)} {wrong}", param=option) from None
    if found.year not in YEARS:
        words = f"the year of {quoted(value)} is not between {YEARS[0]} and {YEARS[-1]}"
        raise click.BadParameter(f"{words}; check the year", param=option)
    return found

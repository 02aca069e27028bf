"""What kinds of values the fields of a class take, and what is said of a value of another kind.

The words are one set: files and events are told so by `loading.fields`, whoever calls a constructor
by the error it raises. A *kind* is a function that returns what is wrong with a value, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from meter.errors import MeterError, quoted

if TYPE_CHECKING:
    from typing import NoReturn

__all__ = [
    "ENDS_FIRST",
    "MOST_DAYS",
    "Fault",
    "InvalidTypeError",
    "InvalidValueError",
    "Kind",
    "beyond",
    "check_fields",
    "empty",
    "error_of",
    "no_offset",
    "percent_step",
    "refuse",
    "unknown_word",
    "without_quotes",
    "wrong_type",
]

MOST_DAYS = 3660
"""The longest length of time there may be."""

ENDS_FIRST = "{what} ends before it starts", "swap `starts` and `ends`, or correct one of them"

_NEEDS_NO_QUOTES = re.compile(r"-?\d[\d.:T+Z-]*|true|false", re.IGNORECASE)
_PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d{1,6})?)\s?%")
_WHOLE = 100
"""What is the whole, in percent."""
_KINDS: dict[type, str] = {
    str: "the text ",
    bool: "the flag ",
    list: "the list ",
    dict: "the table ",
}


class Fault(NamedTuple):
    """What is wrong with a value: a code, the words, and the next step."""

    code: str
    message: str
    advice: str | None = None


Kind = Callable[[object, str], Fault | None]
"""Takes a value and what a message calls it."""


class InvalidValueError(MeterError, ValueError):
    """A value cannot be: `field` of the class `owner` refuses it."""

    def __init__(self, owner: str, field: str, fault: Fault) -> None:
        self.owner = owner
        self.field = field
        self.fault = fault
        step = f"; {fault.advice}" if fault.advice else ""
        whose = f"`{owner}`: " if owner else ""
        super().__init__(f"{whose}{fault.message}{step}")

    def __reduce__(self) -> tuple[type[InvalidValueError], tuple[str, str, Fault]]:
        return type(self), (self.owner, self.field, self.fault)


class InvalidTypeError(InvalidValueError, TypeError):
    """A value is of a type that the field does not take."""


def check_fields(value: object, kinds: Mapping[str, Kind]) -> None:
    """Raise for the first field of a value that is of a wrong kind."""
    for name, kind in kinds.items():
        fault = kind(getattr(value, name), f"`{name.rstrip('_')}`")
        if fault is not None:
            refuse(value, name, fault)


def refuse(value: object, field: str, fault: Fault) -> NoReturn:
    """Raise what is wrong with a field of a value."""
    raise error_of(type(value).__name__, field.rstrip("_"), fault)


def error_of(owner: str, field: str, fault: Fault) -> InvalidValueError:
    """Return a fault as an error: of a wrong type it is a `TypeError` besides a `ValueError`."""
    error = InvalidTypeError if fault.code == "wrong-type" else InvalidValueError
    return error(owner, field, fault)


# What is said.


def wrong_type(form: str, value: object, what: str, advice: str | None = None) -> Fault:
    """Say that a value is not of a form."""
    shown = quoted(value)
    if isinstance(value, str):
        shown = f'`"{shown[1:-1]}"`'
    message = f"{what} is {form}, not {_KINDS.get(type(value), '')}{shown}"
    return Fault("wrong-type", message, advice or f"write {form}")


def without_quotes(value: object) -> str | None:
    """Return the next step for a number, a date or a flag that was put in quotes."""
    if isinstance(value, str) and _NEEDS_NO_QUOTES.fullmatch(value):
        return "write it without quotes"
    return None


def percent_step(value: object, most: float) -> str | None:
    """Return the next step where a share of 1 is written as a percentage, as `50` or `"50%"`.

    >>> percent_step("2.5 %", 1)
    '2.5 % is written `0.025`'
    """
    percent = float(value) if type(value) is int and 1 < value <= _WHOLE else None
    found = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found:
        percent = float(found[1].replace(",", "."))
    if most != 1 or percent is None or percent > _WHOLE:
        return None
    return f"{percent:g} % is written `{percent / _WHOLE:g}`"


def empty(form: str, what: str) -> Fault:
    """Say that a text is empty."""
    return Fault("empty-text", f"{what} is empty", f"write {form}")


def beyond(least: float, most: float, value: object, what: str, advice: str) -> Fault:
    """Say that a number is not between two others."""
    bounds = f"{least:g} and {most:g}"
    return Fault("bad-number", f"{what} is between {bounds}, not {quoted(value)}", advice)


def unknown_word(value: str, what: str, advice: str | None) -> Fault:
    """Say that a word is none of a list."""
    return Fault("unknown-word", f"{what} does not know the word {quoted(value)}", advice)


def no_offset(shown: str, what: str, advice: str) -> Fault:
    """Say that a time could be anywhere."""
    return Fault("no-offset", f"{what} is a time without an offset: `{shown}`", advice)

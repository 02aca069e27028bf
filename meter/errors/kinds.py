"""The kinds of values that the fields of a class take.

A *kind* is a function that takes a value, and what a message calls it, and returns what is wrong
with it, or nothing. Files and events have kinds of their own (`loading.fields`), told in the same
words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar, cast

from meter.errors import MeterError, meant, quoted
from meter.errors.values import (
    MOST_DAYS,
    Fault,
    InvalidValueError,
    Kind,
    beyond,
    empty,
    error_of,
    no_offset,
    percent_step,
    unknown_word,
    without_quotes,
    wrong_type,
)

if TYPE_CHECKING:
    from enum import StrEnum

__all__ = [
    "DAY",
    "FLAG",
    "ID",
    "MOST_PRICE",
    "NUMBER",
    "PRICE",
    "TEXT",
    "ZONED",
    "as_set",
    "as_tuple",
    "check_argument",
    "check_name",
    "choice",
    "each",
    "either",
    "instance",
    "length",
    "maybe",
    "number",
    "span",
    "table",
    "text",
    "time_error",
    "whole_number",
]

ID_FORM = 'an id in quotes such as `"a1"`'
_WORD_FORM = 'a text in quotes such as `"summer"`'
_LENGTH_FORM = 'a length such as `"7 days"`, or a whole number of days such as `7`'
_ZONED_FORM = "a time with its offset, such as `2026-06-01T09:00:00+09:00`"
MOST_PRICE = 1_000_000_000
"""The dearest an offer may be."""
_WITH_UNIT = 'a length has a unit, in quotes: `"1 hour"`, `"7 days"` or `"2 weeks"`'
_MINUTE = timedelta(minutes=1)
_COLLECTIONS = (list, tuple, frozenset, set)

_T = TypeVar("_T")


def check_argument(name: str, value: object, kind: Kind) -> None:
    """Raise what is wrong with an argument of a function, if it is of a wrong kind."""
    fault = kind(value, f"`{name}`")
    if fault is not None:
        raise error_of("", name, fault)


def check_name(
    noun: str,
    name: object,
    known: Collection[str],
    error: type[MeterError] = MeterError,
) -> None:
    """Raise what is wrong with the name of something of a policy, if it is none of those known."""
    check_argument(noun, name, instance(str, form="a name in quotes"))
    if name not in known:
        raise error(f"the policy has no {noun} {quoted(name)}; {meant(str(name), known)}")


def maybe(kind: Kind) -> Kind:
    """Return the kind of what may be missing."""
    return lambda value, what: None if value is None else kind(value, what)


def either(kind: Kind, types: tuple[type, ...], other: Kind) -> Kind:
    """Return a kind for values of some types, and another for every other value."""
    return lambda value, what: (kind if isinstance(value, types) else other)(value, what)


def text(form: str = _WORD_FORM, *, may_be_empty: bool = True) -> Kind:
    """Return the kind of a text."""

    def fault(value: object, what: str) -> Fault | None:
        if not isinstance(value, str):
            is_number = isinstance(value, int | float)
            return wrong_type(form, value, what, "put it in quotes" if is_number else None)
        if not may_be_empty and not value.strip():
            return empty(form, what)
        return None

    return fault


def choice(*lists: type[StrEnum]) -> Kind:
    """Return the kind of a word of a closed list, or of one of several."""
    words = [word for listed in lists for word in listed]
    listed = ", ".join(f"`{word}`" for word in words)

    def fault(value: object, what: str) -> Fault | None:
        if isinstance(value, lists):
            return None
        if not isinstance(value, str):
            return wrong_type(f"one of {listed}", value, what)
        advice = meant(value, set(words), f"there are: {listed}")
        if not advice.startswith("there are"):
            advice = f"{advice} There are: {listed}"
        return unknown_word(value, what, advice)

    return fault


def _flag(value: object, what: str) -> Fault | None:
    if isinstance(value, bool):
        return None
    return wrong_type("`true` or `false`", value, what, without_quotes(value))


def _number(value: object, what: str) -> Fault | None:
    if _is_number(value):
        return None
    return wrong_type("a number such as `0.5`", value, what, without_quotes(value))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(least: float, most: float, example: str) -> Kind:
    """Return the kind of a number between two others."""
    form = f"a number such as `{example}`"

    def fault(value: object, what: str) -> Fault | None:
        percent = percent_step(value, most)
        if not _is_number(value) or not math.isfinite(cast("float", value)):
            return wrong_type(form, value, what, percent or without_quotes(value))
        if not least <= cast("float", value) <= most:
            return beyond(least, most, value, what, percent or f"write {form}")
        return None

    return fault


def whole_number(example: str, least: float = -math.inf, most: float = math.inf) -> Kind:
    """Return the kind of a whole number between two others."""
    form = f"a whole number such as `{example}`"

    def fault(value: object, what: str) -> Fault | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return wrong_type(form, value, what, without_quotes(value))
        if not least <= value <= most:
            return beyond(least, most, value, what, f"write {form}")
        return None

    return fault


def instance(*classes: type, form: str = "") -> Kind:
    """Return the kind of what is an object of one of some classes."""
    names = " or ".join(f"`{cls.__name__}`" for cls in classes)
    article = "an" if names[1:2] in "AEIOU" else "a"
    form = form or f"{article} {names}"

    def fault(value: object, what: str) -> Fault | None:
        return None if isinstance(value, classes) else wrong_type(form, value, what)

    return fault


def each(kind: Kind, example: str, collection: type = tuple) -> Kind:
    """Return the kind of a collection, each item of one kind."""
    form = f"a list such as `{example}`"

    def fault(value: object, what: str) -> Fault | None:
        if not isinstance(value, Iterable) or not isinstance(value, collection):
            shown = quoted(value)[1:-1]
            if isinstance(value, str):
                shown = f'"{shown}"'
            advice = f"put it in brackets: `{what.strip('`')} = [{shown}]`"
            return wrong_type(form, value, what, advice)
        faults = (kind(item, f"an item of {what}") for item in value)
        return next((found for found in faults if found is not None), None)

    return fault


def table(keys: Kind, values: Kind, example: str) -> Kind:
    """Return the kind of a table, each key and each value of one kind."""
    form = f"a table such as `{example}`"

    def fault(value: object, what: str) -> Fault | None:
        if not isinstance(value, Mapping):
            return wrong_type(form, value, what)
        for key, item in value.items():
            found = keys(key, f"a key of {what}") or values(item, f"`{key}` of {what}")
            if found is not None:
                return found
        return None

    return fault


def _zoned(value: object, what: str) -> Fault | None:
    if not isinstance(value, datetime):
        advice = "make it a `datetime` with a zone, such as `datetime(2026, 6, 1, tzinfo=UTC)`"
        return wrong_type(_ZONED_FORM, value, what, advice)
    if value.utcoffset() is None:
        advice = "it has no zone; give it one, such as `tzinfo=UTC`"
        return no_offset(value.isoformat(), what, advice)
    return None


def _day(value: object, what: str) -> Fault | None:
    form = "a date such as `2026-06-30`"
    if isinstance(value, datetime):
        return wrong_type(form, value, what, "whole days only: leave the time out")
    return None if isinstance(value, date) else wrong_type(form, value, what)


def _price(value: object, what: str) -> Fault | None:
    form = "a number such as `9.50`"
    if isinstance(value, Decimal):
        # One that is no number, or less than nothing, is a fault of the policy's.
        if not value.is_finite() or value <= MOST_PRICE:
            return None
        message = f"{what} is at most {MOST_PRICE}, not {quoted(value)}"
        return Fault("bad-number", message, "write the price of one term")
    if isinstance(value, str):
        return Fault("bad-number", f"{what}: {quoted(value)} is not a price", f"write {form}")
    return wrong_type(form, value, what)


def time_error(when: object) -> InvalidValueError:
    """Return what is wrong with what is no instant, though one is asked for."""
    fault = _zoned(when, "the time") or wrong_type(_ZONED_FORM, when, "the time")
    if isinstance(when, datetime):
        message = f"the time `{when.isoformat()}` has no zone"
        fault = Fault("no-offset", message, "give it one, such as `+00:00`")
    return error_of("", "now", fault)


def length(
    read: Callable[[str], timedelta], form: str = _LENGTH_FORM, least: timedelta = timedelta()
) -> Kind:
    """Return the kind of a length of time, at least so long; `read` reads one from a text."""

    def fault(value: object, what: str) -> Fault | None:
        if isinstance(value, str):
            try:
                read(value)
            except ValueError as error:
                return Fault("bad-length", f"{what}: {error}", f"write {form}")
            return None
        if not isinstance(value, timedelta):
            return wrong_type(form, value, what)
        if not least <= value <= timedelta(days=MOST_DAYS):
            return beyond(_days(least), MOST_DAYS, _days(value), what, "it is counted in days")
        return None

    return fault


def span(read: Callable[[str], timedelta]) -> Kind:
    """Return the kind of the time since something, in whole minutes; `read` reads a text."""
    form = 'a length such as `"7 days"`'

    def fault(value: object, what: str) -> Fault | None:
        if isinstance(value, str):
            try:
                read(value)
            except ValueError as error:
                return Fault("bad-length", f"{what}: {error}", f"write {form}")
            return None
        if not isinstance(value, timedelta):
            is_number = isinstance(value, int | float)
            return wrong_type(form, value, what, _WITH_UNIT if is_number else None)
        if value < timedelta() or value % _MINUTE:
            message = f"{what} is whole minutes from 0 on, not {quoted(value)}"
            return Fault("bad-length", message, f"write {form}")
        return None

    return fault


def _days(value: timedelta) -> int | float:
    """Return a length in days, whole ones as a whole number."""
    days = value / timedelta(days=1)
    return int(days) if days.is_integer() else days


FLAG = _flag
NUMBER = _number
TEXT = text()
ID = text(ID_FORM, may_be_empty=False)
ZONED = _zoned
DAY = _day
PRICE = _price


# What a converter does to a collection; what is none stays as it is, for the check to refuse.


def as_tuple(value: Iterable[_T]) -> tuple[_T, ...]:
    """Return a collection as a tuple."""
    if type(value) in _COLLECTIONS or _is_collection(value):
        return tuple(value)
    return cast("tuple[_T, ...]", value)


def as_set(value: Iterable[_T]) -> frozenset[_T]:
    """Return a collection as a frozen set."""
    if type(value) in _COLLECTIONS or _is_collection(value):
        try:
            return frozenset(value)
        except TypeError:  # an item that is no word at all
            return cast("frozenset[_T]", value)
    return cast("frozenset[_T]", value)


def _is_collection(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)

"""The shapes of single values: texts, words, numbers, booleans and dates."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.errors import meant, quoted
from meter.errors.values import beyond, empty, percent_step, unknown_word, without_quotes
from meter.forms import LENGTH, parse_span
from meter.loading.fields.shape import REFUSED, label, refused, wrong
from meter.loading.problems import ProblemCollector
from meter.validation import YEARS

if TYPE_CHECKING:
    from meter.loading.positions import Path

__all__ = ["Boolean", "Choice", "Date", "Integer", "Length", "Number", "Text"]

# A text may have lines and tabs in it.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@frozen(kw_only=True)
class Text:
    """Some text: not empty, of a bounded length, without control characters."""

    form: str = 'a text in quotes such as `"summer"`'
    longest: int = 200
    empty: bool = False
    """Whether it may be empty."""
    pattern: str | None = None
    check: Callable[[str], str | None] | None = None
    """Returns the next step if there is something wrong with the text."""
    code: str = "bad-value"
    make: Callable[[str], object] = str

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return what is made of the text, or report."""
        if type(value) is not str:
            return wrong(self, value, path, report, self._quotes_help(value, path))
        if not self._is_plain(value, path, report):
            return REFUSED
        advice = self._advice(value)
        if advice:
            message = f"{label(path)} is {self.form}, not {quoted(value)}"
            report.add(self.code, path, message, advice)
            return REFUSED
        try:
            return self.make(value)
        except ValueError as error:
            report.add(self.code, path, str(error), f"write {self.form}")
            return REFUSED

    def _quotes_help(self, value: object, path: Path) -> str | None:
        """Return the next step for a number that in quotes would be read."""
        if type(value) not in (int, float):
            return None
        in_quotes = self.read(str(value), path, ProblemCollector())
        return None if in_quotes is REFUSED else "put it in quotes"

    def _is_plain(self, text: str, path: Path, report: ProblemCollector) -> bool:
        """Say whether a text has a length that fits and no control characters, or report."""
        if not text.strip() and not self.empty:
            refused(empty(self.form, label(path)), path, report)
        elif len(text) > self.longest:
            message = f"{label(path)} has {len(text)} characters; at most {self.longest} fit"
            report.add("text-too-long", path, message, "shorten it")
        elif _CONTROL.search(text):
            message = f"{label(path)} holds a control character: {quoted(text)}"
            report.add("control-character", path, message, "remove it")
        else:
            return True
        return False

    def _advice(self, text: str) -> str | None:
        """Return the next step if the text is not of this form."""
        if self.pattern and not re.fullmatch(self.pattern, text):
            return f"write {self.form}"
        return self.check(text) if self.check else None

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        schema: dict[str, Any] = {
            "type": "string",
            "minLength": int(not self.empty),
            "maxLength": self.longest,
        }
        if self.pattern:
            schema["pattern"] = f"^(?:{self.pattern})$"
        return schema


@frozen(kw_only=True)
class Choice:
    """One of a few words; `also` adds those of another list."""

    words: type[StrEnum]
    also: type[StrEnum] | None = None

    @property
    def all(self) -> list[StrEnum]:
        """Every word."""
        return [*self.words, *(self.also or ())]

    @property
    def form(self) -> str:
        return "one of " + ", ".join(f"`{word}`" for word in self.all)

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return the word, or report."""
        if type(value) is not str:
            return wrong(self, value, path, report)
        known = {str(word): word for word in self.all}
        if value not in known:
            # What is not listed needs no guess: they cost the most of all that is done here.
            advice = None if report.full else meant(value, set(known))
            return refused(unknown_word(value, label(path), advice), path, report)
        return known[value]

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        return {"enum": [str(word) for word in self.all]}


@frozen(kw_only=True)
class Integer:
    """A whole number."""

    least: int
    most: int
    code: str = "bad-number"
    advice: str | None = None
    example: str = "5"

    @property
    def form(self) -> str:
        return f"a whole number such as `{self.example}`"

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return the number, or report."""
        if type(value) is not int:
            return wrong(self, value, path, report, without_quotes(value))
        if not self.least <= value <= self.most:
            message = f"{label(path)} is between {self.least} and {self.most}, not {quoted(value)}"
            report.add(self.code, path, message, self.advice or f"write {self.form}")
            return REFUSED
        return value

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@frozen(kw_only=True)
class Number:
    """A number, whole or with decimals."""

    least: float
    most: float
    example: str = "0.5"

    @property
    def form(self) -> str:
        return f"a number such as `{self.example}`"

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return the number, or report."""
        number = _finite(value)
        percent = percent_step(value, self.most)
        if number is None:
            return wrong(self, value, path, report, percent or without_quotes(value))
        if not self.least <= number <= self.most:
            advice = percent or f"write {self.form}"
            fault = beyond(self.least, self.most, value, label(path), advice)
            return refused(fault, path, report)
        return number

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        return {"type": "number", "minimum": self.least, "maximum": self.most}


@frozen(kw_only=True)
class Length:
    """A length of time: a whole number of minutes, hours, days or weeks."""

    example: str = "7 days"

    @property
    def form(self) -> str:
        return f'a length such as `"{self.example}"`'

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return the length, or report."""
        fault = LENGTH(value, label(path))
        if fault is not None:
            return refused(fault, path, report)
        return parse_span(str(value))

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        return {"type": "string", "pattern": r"^[0-9]{1,9} (minute|hour|day|week)s?$"}


def _finite(value: object) -> float | None:
    """Return a value that is a number, and neither a flag nor infinite; `None` for any other."""
    if type(value) is int:
        return value
    if type(value) is float and math.isfinite(value):
        return value
    return None


@frozen(kw_only=True)
class Boolean:
    """`true` or `false`."""

    form: str = "`true` or `false`"

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return the flag, or report."""
        if type(value) is not bool:
            return wrong(self, value, path, report, without_quotes(value))
        return value

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        return {"type": "boolean"}


@frozen(kw_only=True)
class Date:
    """A date in some years; where `times` says so, a time as well."""

    times: bool = False
    years: range = YEARS
    advice: str = "for an open end, leave it out"
    """The next step for a year that nobody means."""

    @property
    def form(self) -> str:
        either = " or a time such as `2026-06-30T18:00:00`" if self.times else ""
        return f"a date such as `2026-06-30`{either}"

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return the date or the time, or report."""
        if not isinstance(value, date):
            return wrong(self, value, path, report, without_quotes(value))
        if isinstance(value, datetime) and not self.times:
            return wrong(self, value, path, report, "whole days only: leave the time out")
        if value.year not in self.years:
            years = f"{self.years[0]} to {self.years[-1]}"
            message = f"{label(path)} is in a year from {years}, not {quoted(value)}"
            report.add("bad-date", path, message, self.advice)
            return REFUSED
        return value

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        day = r"\d{4}-\d{2}-\d{2}"
        pattern = f"^{day}([T ].*)?$" if self.times else f"^{day}$"
        return {"type": "string", "pattern": pattern}

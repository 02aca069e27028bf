"""The shapes of single values: texts, words, numbers, flags and days."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from attrs import frozen

from meter.loading.problems import Path, Report, meant, quoted
from meter.validation import YEARS

__all__ = ["REFUSED", "Day", "Flag", "Number", "Shape", "Text", "Whole", "Word", "label", "wrong"]


class _Refused:
    """Stands for a value that was reported."""


REFUSED = _Refused()

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Shape(Protocol):
    """A form a value may take. `form` says it in words, as in ``a whole number such as `5` ``."""

    @property
    def form(self) -> str: ...

    def read(self, value: Any, path: Path, report: Report) -> Any:
        """Return the value as the classes want it, or `REFUSED` when it was reported."""

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""


def label(path: Path) -> str:
    """Return how a message speaks of what is at `path`: by its key."""
    names = [part for part in path if isinstance(part, str)]
    return f"`{names[-1]}`" if names else "this"


def wrong(
    shape: Shape, value: object, path: Path, report: Report, advice: str | None = None
) -> _Refused:
    """Report a value of the wrong form."""
    shown = quoted(value)
    kind = {str: "the text", bool: "the flag", list: "the list", dict: "the table"}.get(
        type(value), ""
    )
    if isinstance(value, str):
        shown = f'`"{shown[1:-1]}"`'
    what = "an item of " if path and isinstance(path[-1], int) and len(path) > 1 else ""
    message = f"{what}{label(path)} is {shape.form}, not {kind + ' ' if kind else ''}{shown}"
    report("wrong-type", path, message, advice or f"write {shape.form}")
    return REFUSED


def _unquoted(value: object) -> str | None:
    """Return the next step for a number, a date or a flag that was put in quotes."""
    return (
        "write it without quotes"
        if isinstance(value, str) and re.fullmatch(r"-?\d[\d.:T+Z-]*|true|false", value)
        else None
    )


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
    make: Callable[[str], Any] = str

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if type(value) is not str:
            return wrong(
                self,
                value,
                path,
                report,
                "put it in quotes" if isinstance(value, int | float) else None,
            )
        if not value.strip() and not self.empty:
            report("empty-text", path, f"{label(path)} is empty", f"write {self.form}")
        elif len(value) > self.longest:
            report(
                "text-too-long",
                path,
                f"{label(path)} has {len(value)} characters; at most {self.longest} fit",
                "shorten it",
            )
        elif _CONTROL.search(value):
            report(
                "control-character",
                path,
                f"{label(path)} holds a control character: {quoted(value)}",
                "remove it",
            )
        elif self.pattern and not re.fullmatch(self.pattern, value):
            report(
                self.code,
                path,
                f"{label(path)} is {self.form}, not {quoted(value)}",
                f"write {self.form}",
            )
        elif self.check and (advice := self.check(value)):
            report(self.code, path, f"{label(path)} is {self.form}, not {quoted(value)}", advice)
        else:
            try:
                return self.make(value)
            except ValueError as error:
                report(self.code, path, str(error), f"write {self.form}")
        return REFUSED

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": int(not self.empty), "maxLength": self.longest} | (
            {"pattern": f"^(?:{self.pattern})$"} if self.pattern else {}
        )


@frozen(kw_only=True)
class Word:
    """One of a few words."""

    words: type[StrEnum]

    @property
    def form(self) -> str:
        return "one of " + ", ".join(f"`{word}`" for word in self.words)

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if type(value) is not str:
            return wrong(self, value, path, report)
        if value not in set(self.words):
            report(
                "unknown-word",
                path,
                f"{label(path)} does not know the word {quoted(value)}",
                None if report.full else meant(value, set(self.words)),
            )
            return REFUSED
        return self.words(value)

    def schema(self) -> dict[str, Any]:
        return {"enum": [str(word) for word in self.words]}


@frozen(kw_only=True)
class Whole:
    """A whole number."""

    least: int
    most: int
    code: str = "bad-number"
    advice: str | None = None
    example: str = "5"

    @property
    def form(self) -> str:
        return f"a whole number such as `{self.example}`"

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if type(value) is not int:
            return wrong(self, value, path, report, _unquoted(value))
        if not self.least <= value <= self.most:
            message = f"{label(path)} is between {self.least} and {self.most}, not {quoted(value)}"
            report(self.code, path, message, self.advice or f"write {self.form}")
            return REFUSED
        return value

    def schema(self) -> dict[str, Any]:
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

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if type(value) not in (int, float) or (
            isinstance(value, float) and not math.isfinite(value)
        ):
            return wrong(self, value, path, report, _unquoted(value))
        if not self.least <= value <= self.most:
            message = (
                f"{label(path)} is between {self.least:g} and {self.most:g}, not {quoted(value)}"
            )
            report("bad-number", path, message, f"write {self.form}")
            return REFUSED
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": self.least, "maximum": self.most}


@frozen(kw_only=True)
class Flag:
    """`true` or `false`."""

    form: str = "`true` or `false`"

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if type(value) is not bool:
            return wrong(self, value, path, report, _unquoted(value))
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@frozen(kw_only=True)
class Day:
    """A date in some years; where `times` says so, a time as well."""

    times: bool = False
    years: range = YEARS
    advice: str = "for an open end, leave it out"

    @property
    def form(self) -> str:
        either = " or a time such as `2026-06-30T18:00:00`" if self.times else ""
        return f"a date such as `2026-06-30`{either}"

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if not isinstance(value, date) or (isinstance(value, datetime) and not self.times):
            advice = "whole days only: leave the time out" if isinstance(value, datetime) else None
            return wrong(self, value, path, report, _unquoted(value) or advice)
        if value.year not in self.years:
            message = (
                f"{label(path)} is in a year from {self.years[0]} to {self.years[-1]}, not"
                f" {quoted(value)}"
            )
            report("bad-date", path, message, self.advice)
            return REFUSED
        return value

    def schema(self) -> dict[str, Any]:
        day = r"\d{4}-\d{2}-\d{2}"
        return {"type": "string", "pattern": f"^{day}([T ].*)?$" if self.times else f"^{day}$"}

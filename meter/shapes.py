"""What form may a value of a file take, and what is said when it takes another?

Each shape reads a plain value (of TOML or JSON), reports every problem in an editor's words, and describes itself as JSON
Schema; so the loader, the schema and the reference page cannot disagree.
"""

# ruff: noqa: ANN401 - a value of a file may be anything: that is what is found out here

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from attrs import field, frozen

from meter.problems import Path, Report, closest, meant, quoted

__all__ = [
    "REFUSED", "Day", "Flag", "Items", "Key", "Localized", "Named", "Number", "Shape", "Split", "Table", "Text", "Whole", "Word",
]  # fmt: skip


class _Refused:
    """Stands for a value that was reported."""


REFUSED = _Refused()

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LONGEST_NAME = 64
_YEARS = range(1970, 2201)


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


def wrong(shape: Shape, value: object, path: Path, report: Report, advice: str | None = None) -> _Refused:
    """Report a value of the wrong form."""
    shown = quoted(value)
    kind = {str: "the text", bool: "the flag", list: "the list", dict: "the table"}.get(type(value), "")
    if isinstance(value, str):
        shown = f'`"{shown[1:-1]}"`'
    what = "an item of " if path and isinstance(path[-1], int) and len(path) > 1 else ""
    message = f"{what}{label(path)} is {shape.form}, not {kind + ' ' if kind else ''}{shown}"
    report("wrong-type", path, message, advice or f"write {shape.form}")
    return REFUSED


def _unquoted(value: object) -> str | None:
    """Return the next step for a number, a date or a flag that was put in quotes."""
    return "write it without quotes" if isinstance(value, str) and re.fullmatch(r"-?\d[\d.:T+Z-]*|true|false", value) else None


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
            return wrong(self, value, path, report, "put it in quotes" if isinstance(value, int | float) else None)
        if not value.strip() and not self.empty:
            report("empty-text", path, f"{label(path)} is empty", f"write {self.form}")
        elif len(value) > self.longest:
            report("text-too-long", path, f"{label(path)} has {len(value)} characters; at most {self.longest} fit", "shorten it")
        elif _CONTROL.search(value):
            report("control-character", path, f"{label(path)} holds a control character: {quoted(value)}", "remove it")
        elif self.pattern and not re.fullmatch(self.pattern, value):
            report(self.code, path, f"{label(path)} is {self.form}, not {quoted(value)}", f"write {self.form}")
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
            report("unknown-word", path, f"{label(path)} does not know the word {quoted(value)}", meant(value, set(self.words)))
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
        if type(value) not in (int, float) or (isinstance(value, float) and not math.isfinite(value)):
            return wrong(self, value, path, report, _unquoted(value))
        if not self.least <= value <= self.most:
            message = f"{label(path)} is between {self.least:g} and {self.most:g}, not {quoted(value)}"
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
    """A date; where `times` says so, a time as well."""

    times: bool = False

    @property
    def form(self) -> str:
        either = " or a time such as `2026-06-30T18:00:00`" if self.times else ""
        return f"a date such as `2026-06-30`{either}"

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if not isinstance(value, date) or (isinstance(value, datetime) and not self.times):
            advice = "whole days only: leave the time out" if isinstance(value, datetime) else None
            return wrong(self, value, path, report, _unquoted(value) or advice)
        if value.year not in _YEARS:
            report(
                "bad-date",
                path,
                f"{label(path)} is in a year from {_YEARS[0]} to {_YEARS[-1]}, not {quoted(value)}",
                "for an open end, leave it out",
            )
            return REFUSED
        return value

    def schema(self) -> dict[str, Any]:
        day = r"\d{4}-\d{2}-\d{2}"
        return {"type": "string", "pattern": f"^{day}([T ].*)?$" if self.times else f"^{day}$"}


@frozen(kw_only=True)
class Items:
    """A list, each item of one shape. A bare word is an error that shows the brackets."""

    item: Shape
    most: int = 1000
    least: int = 1
    distinct: bool = True
    example: str | None = None

    @property
    def form(self) -> str:
        words = list(self.item.words)[:1] if isinstance(self.item, Word) else ["one", "two"]
        listed = "{ … }" if isinstance(self.item, Table) else ", ".join(f'"{word}"' for word in words)
        return f"a list such as `{self.example or f'[{listed}]'}`"

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if type(value) is not list:
            shown = f'"{quoted(value)[1:-1]}"' if isinstance(value, str) else "{ … }" if isinstance(value, dict) else quoted(value)[1:-1]
            key = label(path).strip("`")
            advice = f"put it in brackets: `{key} = [{shown}]`"
            if isinstance(value, dict) and isinstance(self.item, Table):
                advice = f"write `[[{key}]]` with two brackets before each of them" if len(path) == 1 else advice
            return wrong(self, value, path, report, advice)
        if len(value) < self.least:
            report(
                "empty-list", path, f"the list {label(path)} is empty, so it would match nothing", "name at least one, or remove the key"
            )
            return REFUSED
        if len(value) > self.most:
            report("too-many", path, f"{label(path)} lists {len(value)}; at most {self.most} fit", "shorten the list")
            return REFUSED
        read = [self.item.read(item, (*path, index), report) for index, item in enumerate(value)]
        for index, item in enumerate(read):
            if item is REFUSED:
                report.drop((*path, index))
                read[index] = self.item.blank() if isinstance(self.item, Table) else REFUSED
        return tuple(item for item in read if item is not REFUSED)

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.item.schema(), "minItems": self.least, "maxItems": self.most}


@frozen(kw_only=True)
class Key:
    """One key of a table: its shape, what it means in a sentence, and whether it must be there.

    `filler` stands in for a required value that is missing or was refused, so that the rest can still be checked.
    """

    shape: Callable[[], Shape] | Shape
    says: str
    required: bool = False
    filler: Any = None

    def resolve(self) -> Shape:
        return self.shape() if callable(self.shape) else self.shape


@frozen(kw_only=True)
class Table:
    """A table of known keys, read into a class."""

    noun: str
    make: Callable[..., Any]
    keys: Mapping[str, Key]
    code: str = "bad-value"
    ref: str | None = None
    """The name under which the schema defines it once."""
    example: str = "{ … }"
    also: Mapping[str, Any] = field(factory=dict)
    """What the schema says beside the keys, such as which of them exclude each other."""

    @property
    def form(self) -> str:
        return f"a table such as `{self.example}`"

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if type(value) is not dict:
            return wrong(self, value, path, report)
        given, dropped = self.fields(value, path, report)
        try:
            return self.make(**given)
        except ValueError as error:
            if not dropped:
                report(self.code, path, str(error), f"write {self.form}")
            return REFUSED

    def fields(self, value: dict[str, Any], path: Path, report: Report) -> tuple[dict[str, Any], set[str]]:
        """Read every key; return what could be read (or its filler), and the keys that could not."""
        dropped: set[str] = set()
        for name in value:
            if name not in self.keys:
                dropped |= self._unknown(name, value, path, report)
        given: dict[str, Any] = {}
        for name, key in self.keys.items():
            read: Any = REFUSED
            if value.get(name) is not None:
                read = key.resolve().read(value[name], (*path, name), report)
                dropped |= {name} if read is REFUSED else set()
            elif key.required and name not in dropped:
                report("missing-key", path, f"{self.noun} needs `{name}`: {key.says}", f"add `{name}`, {key.resolve().form}", at="key")
                dropped.add(name)
            if read is not REFUSED or key.required:
                given[_attribute(name)] = key.filler if read is REFUSED else read
        for name in dropped:
            report.drop((*path, name))
        return given, dropped

    def blank(self) -> Any:
        """Return what stands in for a table that could not be read, so that its place in a list is kept."""
        try:
            return self.make(**{_attribute(name): key.filler for name, key in self.keys.items() if key.filler is not None})
        except ValueError:  # nothing can stand in for it
            return REFUSED

    def _unknown(self, name: str, value: Mapping[str, Any], path: Path, report: Report) -> set[str]:
        """Report a key that is not known; the one it was meant for counts as given."""
        if report.full:  # guesses cost the most of all that is done here
            report.more += 1
            return set()
        close = closest(name, self.keys)
        report("unknown-key", (*path, name), f"{self.noun} has no key {quoted(name)}", meant(name, self.keys), at="key")
        return {close} if close is not None and close not in value else set()

    def schema(self) -> dict[str, Any]:
        return {"$ref": f"#/$defs/{self.ref}"} if self.ref else self.definition()

    def definition(self) -> dict[str, Any]:
        """Return the table as JSON Schema, in full."""
        properties = {name: {"description": key.says, **key.resolve().schema()} for name, key in self.keys.items()}
        required = [name for name, key in self.keys.items() if key.required]
        return {
            "type": "object", "properties": properties, "additionalProperties": False, **({"required": required} if required else {}),
            **self.also,
        }  # fmt: skip


def _attribute(name: str) -> str:
    return {"not": "not_", "from": "from_"}.get(name, name)


@frozen(kw_only=True)
class Named:
    """A table whose keys are names that the editor chooses (or, with `words`, some of a few words)."""

    noun: str
    item: Shape
    words: type[StrEnum] | None = None
    check: Callable[[str], str | None] | None = None
    least: int = 1
    most: int = 200
    example: str = "{ … }"

    @property
    def form(self) -> str:
        return f"a table such as `{self.example}`"

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if type(value) is not dict:
            key = label(path).strip("`")
            advice = f"write `[{key}.NAME]` with single brackets before each of them" if isinstance(value, list) else None
            return wrong(self, value, path, report, advice)
        if len(value) < self.least:
            report("empty-table", path, f"the table {label(path)} is empty", f"write it like `{self.example}`, or remove it")
            return REFUSED
        if len(value) > self.most:
            report("too-many", path, f"{label(path)} has {len(value)} entries; at most {self.most} fit", "remove some", at="key")
            return REFUSED
        found: dict[str, Any] = {}
        for name, item in value.items():
            known = self._name(name, path, report)
            read = self.item.read(item, (*path, name), report)
            if read is REFUSED:
                report.drop((*path, name))
                read = self.item.blank() if isinstance(self.item, Table) else REFUSED
            if read is not REFUSED and (known or not self.words):
                found[self.words(name) if self.words else name] = read
        return found

    def _name(self, name: str, path: Path, report: Report) -> bool:
        if self.words is not None:
            if name in set(self.words):
                return True
            report("unknown-word", (*path, name), f"{quoted(name)} is not {self.noun}", meant(name, set(self.words)), at="key")
            return False
        advice = self.check(name) if self.check else None
        if len(name) > _LONGEST_NAME:
            advice = f"a name has at most {_LONGEST_NAME} characters"
        if advice:
            report("bad-name", (*path, name), f"{quoted(name)} cannot be the name of {self.noun}", advice, at="key")
        return advice is None

    def schema(self) -> dict[str, Any]:
        names = (
            {"propertyNames": {"enum": [str(word) for word in self.words]}}
            if self.words
            else {"propertyNames": {"minLength": 1, "maxLength": _LONGEST_NAME}}
        )
        return {
            "type": "object",
            "additionalProperties": self.item.schema(),
            "minProperties": self.least,
            "maxProperties": self.most,
            **names,
        }


@frozen(kw_only=True)
class Split:
    """A value that may take one of several forms, told apart by its type; `otherwise` is the form for every other type."""

    by: Mapping[type, Shape]
    otherwise: Shape

    @property
    def form(self) -> str:
        return ", or ".join(shape.form for shape in self._shapes())

    def _shapes(self) -> list[Shape]:
        return [self.otherwise, *(shape for shape in self.by.values() if shape is not self.otherwise)]

    def read(self, value: Any, path: Path, report: Report) -> Any:
        shape = self.by.get(type(value))
        if shape is None and isinstance(value, dict | list):
            return wrong(self, value, path, report)
        return (shape or self.otherwise).read(value, path, report)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [shape.schema() for shape in self._shapes()]}


@frozen(kw_only=True)
class Localized:
    """A table of words in the publication's locale, with a table of the same keys for each other locale."""

    table: Table
    check: Callable[[str], str | None]
    most: int = 50

    @property
    def form(self) -> str:
        return self.table.form

    def read(self, value: Any, path: Path, report: Report) -> Any:
        """Return the words by locale; those of the publication's own under the empty name."""
        if type(value) is not dict:
            return wrong(self, value, path, report)
        locales = {key: item for key, item in value.items() if isinstance(item, dict)}
        if len(locales) > self.most:
            report("too-many", path, f"{label(path)} has words in {len(locales)} locales; at most {self.most} fit", "remove some", at="key")
            return REFUSED
        own = {key: item for key, item in value.items() if key not in locales}
        found = {"": self.table.read(own, path, report)} if own else {}
        for locale, item in locales.items():
            advice = self.check(locale)
            if advice:
                report("unknown-locale", (*path, locale), f"{quoted(locale)} is not a locale", advice, at="key")
            found[locale] = self.table.read(item, (*path, locale), report)
        return {locale: words for locale, words in found.items() if words is not REFUSED}

    def schema(self) -> dict[str, Any]:
        definition = self.table.definition()
        return {**definition, "additionalProperties": definition}

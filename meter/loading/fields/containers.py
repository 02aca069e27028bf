"""The shapes of lists, of tables of names, and of values that take one of several forms."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from meter.errors import meant, quoted
from meter.loading.fields.scalars import Boolean, Choice
from meter.loading.fields.shape import REFUSED, Shape, label, wrong
from meter.loading.fields.tables import Table, stand_in

if TYPE_CHECKING:
    from meter.loading.positions import Path
    from meter.loading.problems import ProblemCollector

__all__ = ["FlagOr", "List", "Mapping", "OneOf"]

_LONGEST_NAME = 64
_FLAGS_IN_QUOTES = ("true", "false")


@frozen(kw_only=True)
class List:
    """A list, each item of one shape. A bare word is an error that shows the brackets."""

    item: Shape
    most: int = 1000
    least: int = 1
    example: str | None = None

    @property
    def form(self) -> str:
        return f"a list such as `{self.example or self._example()}`"

    def _example(self) -> str:
        if isinstance(self.item, Table):
            return "[{ … }]"
        words = ["one", "two"]
        if isinstance(self.item, Choice):
            words = [str(word) for word in self.item.words][:1]
        listed = ", ".join(f'"{word}"' for word in words)
        return f"[{listed}]"

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return the items as a tuple, or report."""
        if type(value) is not list:
            return wrong(self, value, path, report, self._brackets(value, path))
        if len(value) < self.least:
            message = f"the list {label(path)} is empty, so it would match nothing"
            report.add("empty-list", path, message, "name at least one, or remove the key")
            return REFUSED
        if len(value) > self.most:
            message = f"{label(path)} lists {len(value)}; at most {self.most} fit"
            report.add("too-many", path, message, "shorten the list")
            return REFUSED
        if isinstance(self.item, List) and not any(isinstance(item, list) for item in value):
            return wrong(self, value, path, report, self._brackets(value, path))
        read = [self.item.read(item, (*path, index), report) for index, item in enumerate(value)]
        for index, item in enumerate(read):
            if item is REFUSED:
                report.drop((*path, index))
                read[index] = stand_in(self.item)
        return tuple(item for item in read if item is not REFUSED)

    def _brackets(self, value: object, path: Path) -> str | None:
        """Return the next step for what is no list, or no list of lists."""
        key = label(path).strip("`")
        if isinstance(self.item, Table) and len(path) == 1:
            return f"write `[[{key}]]` with two brackets before each of them"
        if isinstance(path[-1], int) or (isinstance(self.item, Table) and type(value) is not dict):
            return None
        if isinstance(value, dict):
            shown = "{ … }"
        else:
            shown = quoted(value)[1:-1]
            if isinstance(value, str):
                shown = f'"{shown}"'
        return f"put it in brackets: `{key} = [{shown}]`"

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        return {
            "type": "array",
            "items": self.item.schema(),
            "minItems": self.least,
            "maxItems": self.most,
        }


@frozen(kw_only=True)
class Mapping:
    """A table whose keys are names that the editor chooses (or, with `words`, a few words)."""

    noun: str
    item: Shape
    words: type[StrEnum] | None = None
    check: Callable[[str], str | None] | None = None
    least: int = 1
    most: int = 200
    example: str = "{ … }"
    others: dict[str, Shape] = field(factory=dict)
    """Names whose items are of another shape, so that one problem says what is wrong with them."""

    @property
    def form(self) -> str:
        return f"a table such as `{self.example}`"

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return what was read, by name, or report."""
        if type(value) is not dict:
            each = " with single brackets before each of them"
            advice = self._by_name(path, each) if isinstance(value, list) else None
            return wrong(self, value, path, report, advice)
        if self._is_item(value):
            message = f"{label(path)} holds tables by name, not {self.noun} itself"
            advice = self._by_name(path, f", for example `{self.example}`")
            report.add("wrong-type", path, message, advice)
            return REFUSED
        if len(value) < self.least:
            message = f"the table {label(path)} is empty"
            advice = f"write it like `{self.example}`, or remove it"
            report.add("empty-table", path, message, advice)
            return REFUSED
        if len(value) > self.most:
            message = f"{label(path)} has {len(value)} entries; at most {self.most} fit"
            report.add("too-many", path, message, "remove some", at="key")
            return REFUSED
        found: dict[str, object] = {}
        for name, item in value.items():
            is_known = self._is_known(name, path, report)
            shape = self.others.get(name, self.item)
            read = shape.read(item, (*path, name), report)
            if read is REFUSED:
                report.drop((*path, name))
                read = stand_in(shape)
            if read is REFUSED:
                continue
            if self.words is None:
                found[name] = read
            elif is_known:
                found[self.words(name)] = read
        return found

    def _by_name(self, path: Path, how: str) -> str:
        """Return the next step for a list, or a single item, where a table of names belongs."""
        if self.example.startswith("["):
            return f"write `[{'.'.join(map(str, path))}.NAME]`{how}"
        return f"write each by its name: `{path[-1]} = {self.example}`"

    def _is_item(self, value: dict[str, object]) -> bool:
        """Say whether a table is one item instead of items by name."""
        if not isinstance(self.item, Table):
            return False
        named = all(isinstance(item, dict) for item in value.values())
        return not named and self.item.keys.keys() >= value.keys()

    def _is_known(self, name: str, path: Path, report: ProblemCollector) -> bool:
        """Say whether a name may be one, or report."""
        if self.words is not None:
            words = set(self.words)
            if name not in words:
                message = f"{quoted(name)} is not {self.noun}"
                report.add("unknown-word", (*path, name), message, meant(name, words), at="key")
            return name in words
        advice = self.check(name) if self.check else None
        if len(name) > _LONGEST_NAME:
            advice = f"a name has at most {_LONGEST_NAME} characters"
        if advice:
            message = f"{quoted(name)} cannot be the name of {self.noun}"
            report.add("bad-name", (*path, name), message, advice, at="key")
        return not advice

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        names: dict[str, Any] = {"minLength": 1, "maxLength": _LONGEST_NAME}
        if self.words:
            names = {"enum": [str(word) for word in self.words]}
        return {
            "type": "object",
            "additionalProperties": self.item.schema(),
            "minProperties": self.least,
            "maxProperties": self.most,
            "propertyNames": names,
        }


@frozen(kw_only=True)
class OneOf:
    """A value that may take one of several forms, which its type decides.

    `otherwise` is the form for every other type.
    """

    by: dict[type, Shape]
    otherwise: Shape

    @property
    def form(self) -> str:
        return ", or ".join(shape.form for shape in self._shapes())

    def _shapes(self) -> list[Shape]:
        others = [shape for shape in self.by.values() if shape is not self.otherwise]
        return [self.otherwise, *others]

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return the value as the form of its type reads it, or report."""
        shape = self.by.get(type(value))
        if shape is None and isinstance(value, dict | list):
            return wrong(self, value, path, report)
        return (shape or self.otherwise).read(value, path, report)

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        return {"anyOf": [shape.schema() for shape in self._shapes()]}


@frozen(kw_only=True)
class FlagOr:
    """`true`, `false`, or what another shape reads."""

    other: Shape
    flag: Boolean = field(factory=Boolean)

    @property
    def form(self) -> str:
        return f"{self.flag.form}, or {self.other.form}"

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return the flag or what the other shape reads, or report."""
        if isinstance(value, bool) or value in _FLAGS_IN_QUOTES:
            return self.flag.read(value, path, report)
        if isinstance(value, str | list):
            return self.other.read(value, path, report)
        return wrong(self, value, path, report)

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        return {"anyOf": [self.flag.schema(), self.other.schema()]}

"""The shapes that hold other shapes.

Lists, tables of known keys, tables of names, and values of several forms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from attrs import field, frozen

from meter.loading.fields.scalars import REFUSED, Shape, Word, label, wrong
from meter.loading.problems import Path, Report, closest, meant, quoted, step_to

__all__ = ["Items", "Key", "Localized", "Named", "Split", "Table"]

_LONGEST_NAME = 64


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
        listed = (
            "{ … }" if isinstance(self.item, Table) else ", ".join(f'"{word}"' for word in words)
        )
        return f"a list such as `{self.example or f'[{listed}]'}`"

    def read(self, value: Any, path: Path, report: Report) -> Any:
        if type(value) is not list:
            shown = (
                f'"{quoted(value)[1:-1]}"'
                if isinstance(value, str)
                else "{ … }"
                if isinstance(value, dict)
                else quoted(value)[1:-1]
            )
            key = label(path).strip("`")
            advice = f"put it in brackets: `{key} = [{shown}]`"
            if isinstance(value, dict) and isinstance(self.item, Table):
                advice = (
                    f"write `[[{key}]]` with two brackets before each of them"
                    if len(path) == 1
                    else advice
                )
            return wrong(self, value, path, report, advice)
        if len(value) < self.least:
            report(
                "empty-list",
                path,
                f"the list {label(path)} is empty, so it would match nothing",
                "name at least one, or remove the key",
            )
            return REFUSED
        if len(value) > self.most:
            report(
                "too-many",
                path,
                f"{label(path)} lists {len(value)}; at most {self.most} fit",
                "shorten the list",
            )
            return REFUSED
        read = [self.item.read(item, (*path, index), report) for index, item in enumerate(value)]
        for index, item in enumerate(read):
            if item is REFUSED:
                report.drop((*path, index))
                read[index] = self.item.blank() if isinstance(self.item, Table) else REFUSED
        return tuple(item for item in read if item is not REFUSED)

    def schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": self.item.schema(),
            "minItems": self.least,
            "maxItems": self.most,
        }


@frozen(kw_only=True)
class Key:
    """One key of a table: its shape, what it means in a sentence, and whether it must be there.

    `filler` stands in for a required value that is missing or was refused, so that the rest can
    still be checked.
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

    def fields(
        self, value: dict[str, Any], path: Path, report: Report
    ) -> tuple[dict[str, Any], set[str]]:
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
                report(
                    "missing-key",
                    path,
                    f"{self.noun} needs `{name}`: {key.says}",
                    f"add `{name}`, {key.resolve().form}",
                    at="key",
                )
                dropped.add(name)
            if read is not REFUSED or key.required:
                given[_attribute(name)] = key.filler if read is REFUSED else read
        for name in dropped:
            report.drop((*path, name))
        return given, dropped

    def blank(self) -> Any:
        """Return what stands in for a table that could not be read, so that its place in a list is
        kept.
        """
        try:
            return self.make(
                **{
                    _attribute(name): key.filler
                    for name, key in self.keys.items()
                    if key.filler is not None
                }
            )
        except ValueError:  # nothing can stand in for it
            return REFUSED

    def _unknown(self, name: str, value: Mapping[str, Any], path: Path, report: Report) -> set[str]:
        """Report a key that is not known; the one it was meant for counts as given."""
        if report.full:  # guesses cost the most of all that is done here
            report.more += 1
            return set()
        home = next((key for key in self.keys if name in self._inner(key)), None)
        close = None if home else closest(name, self.keys)
        advice = step_to(close, self.keys)
        if home is not None:
            advice = f"it belongs in `{home}`: " + (
                f"`{home} = {{ {name} = … }}`" if path else f"write it below `[{home}]`"
            )
        report(
            "unknown-key", (*path, name), f"{self.noun} has no key {quoted(name)}", advice, at="key"
        )
        return {close} if close is not None and close not in value else set()

    def _inner(self, key: str) -> Mapping[str, Key]:
        """Return the keys of the table that a key holds, if it holds one."""
        shape = self.keys[key].resolve()
        return shape.keys if isinstance(shape, Table) else {}

    def schema(self) -> dict[str, Any]:
        return {"$ref": f"#/$defs/{self.ref}"} if self.ref else self.definition()

    def definition(self) -> dict[str, Any]:
        """Return the table as JSON Schema, in full."""
        properties = {
            name: {"description": key.says, **key.resolve().schema()}
            for name, key in self.keys.items()
        }
        required = [name for name, key in self.keys.items() if key.required]
        return {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
            **({"required": required} if required else {}),
            **self.also,
        }


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
            advice = (
                f"write `[{key}.NAME]` with single brackets before each of them"
                if isinstance(value, list)
                else None
            )
            return wrong(self, value, path, report, advice)
        if len(value) < self.least:
            report(
                "empty-table",
                path,
                f"the table {label(path)} is empty",
                f"write it like `{self.example}`, or remove it",
            )
            return REFUSED
        if len(value) > self.most:
            report(
                "too-many",
                path,
                f"{label(path)} has {len(value)} entries; at most {self.most} fit",
                "remove some",
                at="key",
            )
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
            report(
                "unknown-word",
                (*path, name),
                f"{quoted(name)} is not {self.noun}",
                meant(name, set(self.words)),
                at="key",
            )
            return False
        advice = self.check(name) if self.check else None
        if len(name) > _LONGEST_NAME:
            advice = f"a name has at most {_LONGEST_NAME} characters"
        if advice:
            report(
                "bad-name",
                (*path, name),
                f"{quoted(name)} cannot be the name of {self.noun}",
                advice,
                at="key",
            )
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
    """A value that may take one of several forms, told apart by its type.

    `otherwise` is the form for every other type.
    """

    by: Mapping[type, Shape]
    otherwise: Shape

    @property
    def form(self) -> str:
        return ", or ".join(shape.form for shape in self._shapes())

    def _shapes(self) -> list[Shape]:
        return [
            self.otherwise,
            *(shape for shape in self.by.values() if shape is not self.otherwise),
        ]

    def read(self, value: Any, path: Path, report: Report) -> Any:
        shape = self.by.get(type(value))
        if shape is None and isinstance(value, dict | list):
            return wrong(self, value, path, report)
        return (shape or self.otherwise).read(value, path, report)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [shape.schema() for shape in self._shapes()]}


@frozen(kw_only=True)
class Localized:
    """A table of words in the publication's locale, with a table of the same keys for each other
    locale.
    """

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
            report(
                "too-many",
                path,
                f"{label(path)} has words in {len(locales)} locales; at most {self.most} fit",
                "remove some",
                at="key",
            )
            return REFUSED
        own = {key: item for key, item in value.items() if key not in locales}
        found = {"": self.table.read(own, path, report)} if own else {}
        for locale, item in locales.items():
            advice = self.check(locale)
            if advice:
                report(
                    "unknown-locale",
                    (*path, locale),
                    f"{quoted(locale)} is not a locale",
                    advice,
                    at="key",
                )
            found[locale] = self.table.read(item, (*path, locale), report)
        return {locale: words for locale, words in found.items() if words is not REFUSED}

    def schema(self) -> dict[str, Any]:
        definition = self.table.definition()
        return {**definition, "additionalProperties": definition}

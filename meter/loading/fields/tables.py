"""The shapes of tables whose keys are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from meter.errors import closest, quoted, step_to
from meter.errors.values import InvalidValueError
from meter.loading.fields.shape import REFUSED, Shape, label, refused, wrong

if TYPE_CHECKING:
    from meter.loading.positions import Path
    from meter.loading.problems import ProblemCollector

__all__ = ["NOT_EMPTY", "Key", "Localized", "Table", "either", "stand_in"]

_ATTRIBUTES = {"not": "not_", "from": "from_", "except": "except_"}
"""How a key is called in Python, where its own name is a word of the language."""


@frozen(kw_only=True)
class Key:
    """One key of a table: its shape, what it means in a sentence, and whether it must be there.

    `filler` stands in for a required value that is missing or was refused, so that the rest can
    still be checked.
    """

    shape: Callable[[], Shape] | Shape
    says: str
    required: bool = False
    filler: object = None
    null: bool = False
    """Whether the value may be `null`, which says that there is none."""

    def resolve(self) -> Shape:
        """Return the shape, also where it is only known once all tables are."""
        return self.shape() if callable(self.shape) else self.shape

    def schema(self) -> dict[str, Any]:
        """Return the shape of the value as JSON Schema."""
        schema = self.resolve().schema()
        return {"anyOf": [schema, {"type": "null"}]} if self.null else schema


@frozen(kw_only=True)
class Table:
    """A table of known keys, read into a class."""

    noun: str
    make: Callable[..., object]
    keys: Mapping[str, Key]
    code: str = "bad-value"
    ref: str | None = None
    """The name under which the schema defines it once."""
    example: str = "{ … }"
    also: Mapping[str, Any] = field(factory=dict)
    """What the schema says beside the keys, such as which of them exclude each other."""
    retired: Mapping[str, Callable[[object], str]] = field(factory=dict)
    """Keys that gave way to others: each with what is written now, for its old value."""
    elsewhere: Mapping[str, str] = field(factory=dict)
    """Keys of another table that are looked for here: each with the next step."""
    is_open: bool = False
    """Whether other keys may be there as well: they are passed by."""

    @property
    def form(self) -> str:
        return f"a table such as `{self.example}`"

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return what is made of the table, or report."""
        if type(value) is not dict:
            return wrong(self, value, path, report, _one_table(value, path))
        given, dropped = self.fields(value, path, report)
        try:
            return self.make(**given)
        except InvalidValueError as error:
            place = (*path, error.field)
            if not dropped and not report.dropped_under(place):
                refused(error.fault, place, report)
            return REFUSED
        except ValueError as error:
            if not dropped:
                report.add(self.code, path, str(error), f"write {self.form}")
            return REFUSED

    def fields(
        self, value: Mapping[str, object], path: Path, report: ProblemCollector
    ) -> tuple[dict[str, Any], set[str]]:
        """Return what could be read of every key (or its filler), and the keys that could not."""
        dropped: set[str] = set()
        for name in value:
            if name not in self.keys and not self.is_open:
                dropped |= self._unknown(name, value, path, report)
                report.drop((*path, name))
        given: dict[str, Any] = {}
        for name, key in self.keys.items():
            read: object = REFUSED
            if key.null and name in value and value[name] is None:
                read = None
            elif value.get(name) is not None:
                read = key.resolve().read(value[name], (*path, name), report)
                if read is REFUSED:
                    dropped.add(name)
            elif key.required and name not in dropped:
                message = f"{self.noun} needs `{name}`: {key.says}"
                advice = f"add `{name}`, {key.resolve().form}"
                report.add("missing-key", path, message, advice, at="key")
                dropped.add(name)
            if read is not REFUSED:
                given[_ATTRIBUTES.get(name, name)] = read
            elif key.required:
                given[_ATTRIBUTES.get(name, name)] = key.filler
        for name in dropped:
            report.drop((*path, name))
        return given, dropped

    def blank(self) -> object:
        """Return what keeps the place of a table that could not be read, made of fillers."""
        fillers = {
            _ATTRIBUTES.get(name, name): key.filler
            for name, key in self.keys.items()
            if key.filler is not None
        }
        try:
            return self.make(**fillers)
        except ValueError:  # nothing can stand in for it
            return REFUSED

    def _unknown(
        self, name: str, value: Mapping[str, object], path: Path, report: ProblemCollector
    ) -> set[str]:
        """Report a key that is not known; the one it was meant for counts as given."""
        if report.full:  # guesses cost the most of all that is done here
            report.more += 1
            return set()
        message = f"{self.noun} has no key {quoted(name)}"
        if name in self.retired:
            advice = f"write `{self.retired[name](value[name])}`"
            report.add("unknown-key", (*path, name), f"{message} any more", advice, at="key")
            return set()
        if name in self.elsewhere:
            report.add("unknown-key", (*path, name), message, self.elsewhere[name], at="key")
            return set()
        home = next((key for key in self.keys if name in self._keys_below(key)), None)
        if home is not None:
            place = f"`{home} = {{ {name} = … }}`" if path else f"write it below `[{home}]`"
            if self.example.startswith('{"'):  # it is written as JSON
                place = f'`"{home}": {{"{name}": …}}`'
            report.add(
                "unknown-key",
                (*path, name),
                message,
                f"it belongs in `{home}`: {place}",
                at="key",
            )
            return set()
        close = closest(name, self.keys)
        report.add("unknown-key", (*path, name), message, step_to(close, self.keys), at="key")
        return {close} if close is not None and close not in value else set()

    def _keys_below(self, key: str) -> Mapping[str, Key]:
        """Return the keys of the table that a key holds, if it holds one."""
        shape = self.keys[key].resolve()
        return shape.keys if isinstance(shape, Table) else {}

    def schema(self) -> dict[str, Any]:
        """Return the table as JSON Schema, or where it is defined."""
        return {"$ref": f"#/$defs/{self.ref}"} if self.ref else self.definition()

    def definition(self) -> dict[str, Any]:
        """Return the table as JSON Schema, in full."""
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {
                name: {"description": key.says, **key.schema()} for name, key in self.keys.items()
            },
            "additionalProperties": self.is_open,
        }
        required = [name for name, key in self.keys.items() if key.required]
        if required:
            schema["required"] = required
        return {**schema, **self.also}


@frozen(kw_only=True)
class Localized:
    """A table of words in the publication's locale, and one of the same keys for each other."""

    table: Table
    check: Callable[[str], str | None]
    most: int = 50

    @property
    def form(self) -> str:
        return self.table.form

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return the words by locale; those of the publication's own under the empty name."""
        if type(value) is not dict:
            return wrong(self, value, path, report)
        locales = {
            key: item
            for key, item in value.items()
            if isinstance(item, dict) and key not in self.table.keys
        }
        if len(locales) > self.most:
            message = f"{label(path)} has words in {len(locales)} locales; at most {self.most} fit"
            report.add("too-many", path, message, "remove some", at="key")
            return REFUSED
        own = {key: item for key, item in value.items() if key not in locales}
        found = {"": self.table.read(own, path, report)} if own else {}
        for locale, item in locales.items():
            advice = self.check(locale)
            if advice:
                message = f"{quoted(locale)} is not a locale"
                report.add("unknown-locale", (*path, locale), message, advice, at="key")
            found[locale] = self.table.read(item, (*path, locale), report)
        return {locale: words for locale, words in found.items() if words is not REFUSED}

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        definition = self.table.definition()
        return {**definition, "additionalProperties": definition}


def _one_table(value: object, path: Path) -> str | None:
    """Return the next step for a list of tables, where a heading of one belongs."""
    names = [part for part in path if isinstance(part, str)]
    if not isinstance(value, list) or len(names) < len(path):
        return None
    if value and isinstance(value[0], dict):
        return f"write `[{'.'.join(names)}]` with single brackets, once"
    return None


def stand_in(shape: Shape) -> object:
    """Return what keeps the place of a refused value, or `REFUSED` where nothing can."""
    return shape.blank() if isinstance(shape, Table) else REFUSED


NOT_EMPTY: dict[str, Any] = {"minProperties": 1}
"""The schema's way to say that a table has some key."""


def either(*keys: str, only: bool = False) -> dict[str, Any]:
    """Return the schema's way to say that one of some keys is there, or only one of them."""
    return {"oneOf" if only else "anyOf": [{"required": [key]} for key in keys]}

"""Write a policy's tables as people do: headings, braces and dots, with comments everywhere."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import tomli_w

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from random import Random

__all__ = ["written"]


def written(table: Mapping[str, object], random: Random) -> str:
    """Return a text of some tables, laid out by chance; every line ends with a comment."""
    return _Writer(random).text(table)


class _Writer:
    """Writes tables, each line with a number of its own in a comment."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.numbers = count()

    def text(self, table: Mapping[str, object]) -> str:
        ends = self.random.choice(["\n", "\r\n"])
        mark = self.random.choice(["", "\ufeff"])
        return mark + ends.join([*self._body((), table), ""])

    def _comment(self) -> str:
        return self.random.choice([" ", "   "]) + f"# {next(self.numbers)} – ü 港"

    def _body(self, path: tuple[str, ...], table: Mapping[str, object]) -> Iterator[str]:
        """Yield the lines below a heading, and those of the tables that have their own."""
        headed = []
        indent = self.random.choice(["", "  "]) if path else ""
        layouts = {key: self._layout(path, value) for key, value in table.items()}
        if len(path) == 1 and _has_tables_only(table):  # their order matters
            layouts = dict.fromkeys(table, next(iter(layouts.values())))
        for key, value in table.items():
            if layouts[key] == "heading":
                headed.append((key, value))
            else:
                for line in self._pairs([_key(key)], value, layouts[key]):
                    yield indent + line
        for key, value in headed:
            yield from self._headed((*path, key), value)

    def _layout(self, path: tuple[str, ...], value: object) -> str:
        if isinstance(value, dict) and value:
            return self.random.choice(["heading", *(["dots", "braces"] if path else [])])
        if _is_tables(value):
            return "heading" if not path else self.random.choice(["heading", "braces"])
        return "braces"

    def _headed(self, path: tuple[str, ...], value: object) -> Iterator[str]:
        name = ".".join(map(_key, path))
        if isinstance(value, dict):
            heading = f"[{name}]{self._comment()}"
            body = [*self._body(path, value)]
            if not body or not body[0].startswith("[") or self.random.random() < 0.5:
                yield heading
            yield from body
            return
        assert isinstance(value, list)
        for item in value:
            yield f"[[{name}]]{self._comment()}"
            yield from self._body(path, item)

    def _pairs(self, keys: Sequence[str], value: object, layout: str) -> Iterator[str]:
        if layout == "dots" and isinstance(value, dict) and value:
            for key, part in value.items():
                inner = "dots" if self.random.random() < 0.3 else "braces"
                yield from self._pairs([*keys, _key(key)], part, inner)
            return
        if isinstance(value, list) and value and self.random.random() < 0.5:
            yield f"{'.'.join(keys)} = ["
            for item in value[:-1]:
                yield f"  {self._value(item)},{self._comment()}"
            comma = self.random.choice(["", ","])
            yield f"  {self._value(value[-1])}{comma}{self._comment()}"
            yield f"]{self._comment()}"
            return
        equals = self.random.choice([" = ", "=", "  =  "])
        yield f"{'.'.join(keys)}{equals}{self._value(value)}{self._comment()}"

    def _value(self, value: object) -> str:
        if isinstance(value, dict):
            pairs = ", ".join(f"{_key(key)} = {self._value(part)}" for key, part in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        if isinstance(value, list):
            return f"[{', '.join(map(self._value, value))}]"
        return tomli_w.dumps({"x": value}).removeprefix("x = ").removesuffix("\n")


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _has_tables_only(table: Mapping[str, object]) -> bool:
    return bool(table) and all(isinstance(part, dict) and part for part in table.values())


def _key(key: str) -> str:
    return tomli_w.dumps({key: 0}).removesuffix(" = 0\n")

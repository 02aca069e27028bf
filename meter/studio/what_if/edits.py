"""Edit the text of a policy where it says one thing, and keep every other byte of it."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

import tomli_w

from meter.errors import Problem
from meter.loading.positions import Positions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from meter.loading.positions import Path

__all__ = ["add_key", "add_rule", "add_table", "set_value", "toml_key", "toml_value"]


def toml_value(value: object) -> str:
    """Return a value as TOML, on one line.

    >>> toml_value(["summer", "spring"])
    '["summer", "spring"]'
    """
    if isinstance(value, list):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, dict):
        pairs = (f"{toml_key(key)} = {toml_value(part)}" for key, part in value.items())
        return f"{{ {', '.join(pairs)} }}"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")


def toml_key(key: str) -> str:
    """Return a key as TOML writes it, quoted where it must be."""
    return tomli_w.dumps({key: 0}).removesuffix(" = 0\n")


def set_value(text: str, path: Path, value: object) -> str:
    r"""Put another value where the text has one. Raises `LookupError` where it has none there.

    >>> set_value("limit = 3  # a month\n", ("limit",), 5)
    'limit = 5  # a month\n'
    """
    span = Positions(text, [(path, "value")]).spans.get(path)
    if span is None:
        raise LookupError(path)
    raw = text.encode()
    return (raw[: span[0]] + toml_value(value).encode() + raw[span[1] :]).decode()


def add_key(text: str, table: Path, key: str, value: object) -> str:
    """Add a key below the heading of a table. Raises `LookupError` where it has no heading."""
    line = _heading(text, table)
    return _inserted(text, line, [f"{toml_key(key)} = {toml_value(value)}"])


def add_rule(text: str, number: int, keys: Mapping[str, object]) -> str:
    """Add a rule before that of a number, from 0, and before the comment above its heading.

    Raises `LookupError` where that rule has no heading.
    """
    return _inserted(text, _above_rule(text, number), ["[[rules]]", *_pairs(keys), ""])


def add_table(text: str, path: tuple[str, ...], keys: Mapping[str, object]) -> str:
    """Add a table before the first rule. Raises `LookupError` where no rule has a heading."""
    heading = f"[{'.'.join(map(toml_key, path))}]"
    return _inserted(text, _above_rule(text, 0), [heading, *_pairs(keys), ""])


def _pairs(keys: Mapping[str, object]) -> Iterator[str]:
    return (f"{toml_key(key)} = {toml_value(value)}" for key, value in keys.items())


def _above_rule(text: str, number: int) -> int:
    """Return the number of lines above a rule and the comment that belongs to it."""
    heading = _heading(text, ("rules", number)) - 1
    above = reversed(text.split("\n")[:heading])
    return heading - sum(1 for _ in takewhile(_is_comment, above))


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _heading(text: str, table: Path) -> int:
    """Return the line of a table's heading, from 1."""
    asked = Problem(code="place", message="", path=table)
    found = Positions(text, [(table, "key")]).locate(asked, "key", "")
    if found.line is None or not (found.source or "").lstrip().startswith("["):
        raise LookupError(table)
    return found.line


def _inserted(text: str, line: int, lines: Sequence[str]) -> str:
    """Return a text with lines after its line of a number."""
    before = text.split("\n")
    return "\n".join([*before[:line], *lines, *before[line:]])

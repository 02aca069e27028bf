"""Keys and values as they are written in TOML, on one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

import tomli_w

from meter.resources import toml_tables

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Value", "dotted", "given", "is_list", "key_token", "token"]

Value: TypeAlias = float | str | Decimal | date | Sequence[str] | Mapping[str, "Value"]
"""What may be written: dates may have a time, a mapping becomes an inline table."""


def is_list(value: Value) -> TypeGuard[Sequence[str]]:
    """Say whether a value is written as a list."""
    return isinstance(value, list | tuple)


def given(token: bytes) -> object:
    """Return the value that is written so."""
    return toml_tables(f"x = {token.decode()}", "")["x"]


def dotted(keys: Iterable[str | int]) -> bytes:
    """Return keys as one dotted key; those that need it stand in quotes.

    The number of an item of a list is in no key: a heading means the last one.
    """
    return b".".join(key_token(str(key)) for key in keys if isinstance(key, str))


def key_token(key: str) -> bytes:
    """Return a key as it is written: in quotes where it must be."""
    return tomli_w.dumps({key: 0}).removesuffix(" = 0\n").encode()


def token(value: Value) -> bytes:
    """Return a value as it is written in TOML."""
    if is_list(value):
        return b"[" + b", ".join(map(token, value)) + b"]"
    if isinstance(value, Mapping):
        pairs = (key_token(key) + b" = " + token(part) for key, part in value.items())
        return b"{ " + b", ".join(pairs) + b" }"
    if isinstance(value, datetime):
        return value.isoformat().encode()
    if isinstance(value, Decimal):
        return f"{value:f}".encode()
    return tomli_w.dumps({"x": value}).removeprefix("x = ").removesuffix("\n").encode()

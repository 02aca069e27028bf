"""A policy as the tables of a policy file.

What its digest is taken of, and what is written back to a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from attrs import fields

from meter.policy import Count, Meter, Policy, When
from meter.windows import Term, Window, length_text

__all__ = ["to_table"]


def to_table(value: Any) -> Any:
    """Return a value of a policy as the tables of a policy file.

    Plain dictionaries, lists, words, numbers and dates.
    """
    if isinstance(value, Policy):
        table = {"publication": to_table(value.publication)}
        for key in ("meters", "offers"):
            table[key] = {
                item.name: {k: v for k, v in to_table(item).items() if k != "name"}
                for item in getattr(value, key)
            }
        table["rules"] = [to_table(rule) for rule in value.rules]
        table["guarantees"] = [to_table(guarantee) for guarantee in value.guarantees]
        table["copy"] = {locale: to_table(copy) for locale, copy in value.copy.items()}
        table["links"] = to_table(value.links)
        return {key: part for key, part in table.items() if part or key == "rules"}
    if isinstance(value, Term):
        return str(value)
    if isinstance(value, Meter):
        table = {"name": value.name, "window": to_table(value.window)}
        table |= (
            {"limits": to_table(value.limits)} if value.limits else {"limit": to_table(value.limit)}
        )
        return table | ({} if value.count is Count.ARTICLES else {"count": str(value.count)})
    if isinstance(value, Window):
        lengths = {
            key: length_text(length)
            for key in ("rolling", "fixed")
            if (length := getattr(value, key))
        }
        words = {key: str(word) for key in ("calendar", "starts") if (word := getattr(value, key))}
        return words | lengths | ({"lifetime": True} if value.lifetime else {})
    if hasattr(type(value), "__attrs_attrs__"):
        given = {
            a.name.rstrip("_"): (getattr(value, a.name), a.default) for a in fields(type(value))
        }
        empty: tuple[Any, ...] = (None, (), frozenset(), When())
        return {
            key: to_table(item)
            for key, (item, default) in given.items()
            if item not in empty and item != default
        }
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if isinstance(value, tuple):
        return [to_table(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_table(item) for key, item in value.items()}
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value

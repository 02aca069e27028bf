"""The fields of a file: what form a value takes, and what is said when it takes another.

Each field reads a plain value (of TOML or JSON), reports every problem in an editor's words, and
describes itself as JSON Schema; so the loader, the schema and the reference page cannot disagree.
"""

from __future__ import annotations

from meter.loading.fields.containers import FlagOr, List, Mapping, OneOf
from meter.loading.fields.scalars import Boolean, Choice, Date, Integer, Length, Number, Text
from meter.loading.fields.shape import REFUSED, Shape, label, wrong
from meter.loading.fields.tables import NOT_EMPTY, Key, Localized, Table, either

__all__ = [
    "NOT_EMPTY",
    "REFUSED",
    "Boolean",
    "Choice",
    "Date",
    "FlagOr",
    "Integer",
    "Key",
    "Length",
    "List",
    "Localized",
    "Mapping",
    "Number",
    "OneOf",
    "Shape",
    "Table",
    "Text",
    "either",
    "label",
    "wrong",
]

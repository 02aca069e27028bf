"""What form may a value of a file take, and what is said when it takes another?

Each shape reads a plain value (of TOML or JSON), reports every problem in an editor's words, and
describes itself as JSON Schema; so the loader, the schema and the reference page cannot disagree.
"""

from __future__ import annotations

from meter.loading.fields.containers import Items, Key, Localized, Named, Split, Table
from meter.loading.fields.scalars import REFUSED, Day, Flag, Number, Shape, Text, Whole, Word

__all__ = [
    "REFUSED",
    "Day",
    "Flag",
    "Items",
    "Key",
    "Localized",
    "Named",
    "Number",
    "Shape",
    "Split",
    "Table",
    "Text",
    "Whole",
    "Word",
]

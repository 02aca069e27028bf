"""The engine's decisions for many views at once, on arrays."""

from meter.columns.compiled import MissingExtraError, compiled, inlined, missing
from meter.columns.decide import Columns, Decided, Readers, Views

__all__ = [
    "Columns",
    "Decided",
    "MissingExtraError",
    "Readers",
    "Views",
    "compiled",
    "inlined",
    "missing",
]

"""The engine's decisions for many views at once, on arrays."""

from meter.columns.arrays import Tables
from meter.columns.batch.many import decide_many
from meter.columns.compiled import compiled, inlined
from meter.columns.decide import Columns, Decided, Readers, Views

__all__ = [
    "Columns",
    "Decided",
    "Readers",
    "Tables",
    "Views",
    "compiled",
    "decide_many",
    "inlined",
]

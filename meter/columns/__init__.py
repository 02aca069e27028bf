"""The engine's decisions for many views at once, on arrays."""

from meter.errors import raise_missing_extra

try:
    from meter.columns.arrays import Tables
    from meter.columns.batch.many import decide_many
    from meter.columns.compiled import compiled, inlined
    from meter.columns.decide import Columns, Decided, Readers, Views
except ImportError as error:  # pragma: no cover - checked in an environment without the extra
    raise_missing_extra(error)

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

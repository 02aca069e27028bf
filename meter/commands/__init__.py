"""The commands of `meter` that read, try and show a policy; each is imported when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meter.commands.rows import print_rows
    from meter.commands.simulation import Simulation

__all__ = ["Simulation", "print_rows"]

# What needs numpy, numba and pyarrow, which take seconds to import: help does without them.
_LAZY = {
    "Simulation": "meter.commands.simulation",
    "print_rows": "meter.commands.rows",
}


def __getattr__(name: str) -> object:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module `meter.commands` has no attribute `{name}`")

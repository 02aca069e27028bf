"""Report a comparison: as plain tables, in a terminal, on a page, in pictures."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from meter.errors import raise_missing_extra

if TYPE_CHECKING:
    from meter.simulate.report.pictures import write_pictures

__all__ = ["write_pictures"]

# What draws with an extra of its own, which everything else does without.
_LAZY = {"write_pictures": "meter.simulate.report.pictures"}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module `meter.simulate.report` has no attribute `{name}`")
    try:
        return getattr(import_module(_LAZY[name]), name)
    except ModuleNotFoundError as error:
        raise_missing_extra(error)

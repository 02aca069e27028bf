"""Run a log of page views through a policy."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from meter.errors import raise_missing_extra

if TYPE_CHECKING:
    from meter.replay.both import replay_both
    from meter.replay.logs.log import Log
    from meter.replay.result import Bounds, Replay
    from meter.replay.run import replay

__all__ = ["Bounds", "Log", "Replay", "replay", "replay_both"]

# What needs numpy, numba and pyarrow: imported when first asked for.
_LAZY = {
    "Bounds": "meter.replay.result",
    "Log": "meter.replay.logs.log",
    "Replay": "meter.replay.result",
    "replay": "meter.replay.run",
    "replay_both": "meter.replay.both",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module `meter.replay` has no attribute `{name}`")
    try:
        return getattr(import_module(_LAZY[name]), name)
    except ModuleNotFoundError as error:
        raise_missing_extra(error)

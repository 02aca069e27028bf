"""How long may a store still take?

Whoever asks a store says by when the answer is needed; a store that can wait on the outside looks
here how much of that is left. The time is that of `time.monotonic`, and it belongs to the thread or
task that asks.
"""

from __future__ import annotations

from contextvars import ContextVar
from time import monotonic

__all__ = ["UNTIL", "remaining"]

UNTIL: ContextVar[float | None] = ContextVar("meter_store_until", default=None)
"""The moment by which the question being asked should be answered, or `None` for whenever."""


def remaining(otherwise: float) -> float:
    """Return the seconds left to the question being asked (never quite none), or `otherwise` where
    nobody set a moment.
    """
    until = UNTIL.get()
    return otherwise if until is None else max(until - monotonic(), 0.001)

"""How much time a store has left to answer.

Whoever asks a store says by when the answer is needed; a store that can wait on the outside looks
here how much of that is left. The time is that of `time.monotonic`, and it belongs to the thread or
task that asks.
"""

from __future__ import annotations

from contextvars import ContextVar
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from contextvars import Token
    from types import TracebackType

__all__ = ["deadline", "has_passed", "remaining"]

T = TypeVar("T")

_UNTIL: ContextVar[float | None] = ContextVar("meter_store_until", default=None)


class _Deadline:
    """A context manager as a class: one made of a generator costs several times as much."""

    __slots__ = ("_token", "_until")

    def __init__(self, seconds: float | None) -> None:
        self._until = None if seconds is None else monotonic() + seconds
        self._token: Token[float | None]

    def __enter__(self) -> None:
        self._token = _UNTIL.set(self._until)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _UNTIL.reset(self._token)


def deadline(seconds: float | None) -> AbstractContextManager[None]:
    """Return a context in which everything should be answered within so many seconds from now.

    `None` is whenever. The innermost context is the one that holds.

    >>> with deadline(60):
    ...     59 < remaining(0.05) <= 60
    True
    >>> remaining(0.05)
    0.05
    """
    return _Deadline(seconds)


def remaining(otherwise: T) -> float | T:
    """Return the seconds left (never quite none), or `otherwise` where nobody set a deadline."""
    until = _UNTIL.get()
    if until is None:
        return otherwise
    return max(until - monotonic(), 0.001)


def has_passed() -> bool:
    """Say whether the answer would come too late by now."""
    until = _UNTIL.get()
    return until is not None and monotonic() >= until

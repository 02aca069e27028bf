"""The time a store has left to answer.

The caller of a store sets the deadline; a store that waits for a server asks here how many seconds
are left. The clock is `time.monotonic`, and the deadline belongs to the thread or task that set it.
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
    """Return a context in which every call should answer within so many seconds from now.

    `None` sets no deadline. The innermost context counts.

    >>> with deadline(60):
    ...     59 < remaining(0.05) <= 60
    True
    >>> remaining(0.05)
    0.05
    """
    return _Deadline(seconds)


def remaining(otherwise: T) -> float | T:
    """Return the seconds left (at least 0.001), or `otherwise` where no deadline is set."""
    until = _UNTIL.get()
    if until is None:
        return otherwise
    return max(until - monotonic(), 0.001)


def has_passed() -> bool:
    """Say whether the deadline has passed."""
    until = _UNTIL.get()
    return until is not None and monotonic() >= until

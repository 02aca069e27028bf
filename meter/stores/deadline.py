"""The time a store has left: for an answer, and for waiting until it may ask.

The caller of a store sets the deadline. A store that waits for a server asks here how many seconds
a question may take, counted from when it is sent, and how long it may wait for its turn to send it.
The clock is `time.monotonic`, and the deadline belongs to the thread or task that set it.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from contextvars import Token
    from types import TracebackType

__all__ = [
    "SLICES",
    "AnswerTime",
    "Answers",
    "Slices",
    "deadline",
    "ends_at",
    "has_passed",
    "patience",
    "remaining",
]

T = TypeVar("T")

SLICES = 5
"""In how many slices the time for an answer passes.

A slice counts once, however late this process notices that it is over. So a process that is busy
takes its own delay for no silence of the server's.
"""

_MORE = 5  # times as many slices may pass while the server answers other questions
_LEAST = 0.001


class _Limits(NamedTuple):
    """The seconds that one answer may take, when a turn has to be there, and when all is over."""

    answer: float
    turn_by: float
    until: float


_LIMITS: ContextVar[_Limits | None] = ContextVar("meter_store_limits", default=None)


class _Deadline:
    """A context manager as a class: one made of a generator costs several times as much."""

    __slots__ = ("_limits", "_token")

    def __init__(self, seconds: float | None, queue: float | None) -> None:
        self._limits: _Limits | None = None
        self._token: Token[_Limits | None]
        if seconds is None:
            return
        now = monotonic()
        turn_by = now + (seconds if queue is None else queue)
        until = turn_by if queue is None else turn_by + seconds
        self._limits = _Limits(seconds, turn_by, until)

    def __enter__(self) -> None:
        self._token = _LIMITS.set(self._limits)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _LIMITS.reset(self._token)


def deadline(seconds: float | None, queue: float | None = None) -> AbstractContextManager[None]:
    """Return a context in which every question should be answered within so many seconds.

    With `queue`, the calls may wait for their turns as many seconds more, counted from now; without
    it, waiting and answers together end `seconds` from now. A `seconds` of `None` sets no deadline.
    The innermost context counts.

    >>> with deadline(60):
    ...     59 < remaining(0.05) <= 60
    True
    >>> with deadline(0.05, queue=2.0):
    ...     (remaining(1.0), 1.9 < patience(1.0) <= 2.0)
    (0.05, True)
    >>> remaining(0.05)
    0.05
    """
    return _Deadline(seconds, queue)


def remaining(otherwise: T) -> float | T:
    """Return the seconds that a question sent now may take, or `otherwise` without a deadline.

    They are at least 0.001.
    """
    limits = _LIMITS.get()
    if limits is None:
        return otherwise
    return max(min(limits.answer, limits.until - monotonic()), _LEAST)


def patience(otherwise: T) -> float | T:
    """Return the seconds left to wait for a turn, or `otherwise` without a deadline."""
    limits = _LIMITS.get()
    if limits is None:
        return otherwise
    return max(limits.turn_by - monotonic(), 0.0)


def ends_at() -> float:
    """Return when all is over, waiting included, by `time.monotonic`; infinity without an end."""
    limits = _LIMITS.get()
    return inf if limits is None else limits.until


def has_passed() -> bool:
    """Say whether the deadline has passed, waiting included."""
    limits = _LIMITS.get()
    return limits is not None and monotonic() >= limits.until


class Answers:
    """How many questions a server has answered to this process."""

    def __init__(self) -> None:
        self.number = 0


class Slices:
    """The time of one question, slice by slice.

    A slice in which the server answered another question was no silence: it is alive, and busy.
    There is an end to that too.
    """

    __slots__ = ("_answers", "_heard", "_most", "_passed", "_silent")

    def __init__(self, answers: Answers, most: int = SLICES) -> None:
        self._answers = answers
        self._heard = answers.number
        self._most = most
        self._passed = 0
        self._silent = 0

    def is_last(self) -> bool:
        """Note a slice in which nothing came, and say whether it was the last."""
        heard = self._answers.number
        self._passed += 1
        self._silent += heard == self._heard
        self._heard = heard
        return self._silent >= self._most or self._passed >= self._most * _MORE or has_passed()


class AnswerTime:
    """An asynchronous context that ends with a `TimeoutError` after so many seconds of silence.

    `None` is no limit. The seconds pass in slices, so that an event loop with much to do reads what
    has arrived before it gives up. `answers` are those of the same server to other questions.
    """

    __slots__ = ("_scope", "_slice", "_slices", "_timer")

    def __init__(self, seconds: float | None, answers: Answers | None = None) -> None:
        self._slice = None if seconds is None else seconds / SLICES
        self._slices = Slices(answers or Answers())
        self._scope = asyncio.timeout(None)
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        await self._scope.__aenter__()
        self._wait()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await self._scope.__aexit__(kind, error, trace)

    def _wait(self) -> None:
        if self._slice is not None:
            self._timer = asyncio.get_running_loop().call_later(self._slice, self._pass)

    def _pass(self) -> None:
        if not self._slices.is_last():
            self._wait()
        else:
            # In a moment, not at once: what this round of the loop has read is handed on first.
            self._scope.reschedule(asyncio.get_running_loop().time())

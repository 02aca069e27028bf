"""Wait for one's turn at a store that answers only so many at once.

A queue in this process is not an outage: waiting has a bound of its own (`deadline.patience`). But
while the server is silent nobody waits: when no question has been answered for half a second,
whoever has no turn is told so at once, until one is answered again.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from meter.errors import StoreSetupError, StoreUnavailableError
from meter.stores.deadline import Answers, patience
from meter.stores.locks import ForkLock

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["QUEUE", "AsyncTurns", "OneLoop", "Silence", "Turns"]

QUEUE = 2.0
"""How many seconds a call may wait for its turn by default."""

_MISSES = 3  # so many questions in a row without an answer,
_SILENT = 0.5  # over so many seconds: then nobody waits for a turn
_OUT = "the store does not answer; nobody waits for a turn until it does"


class Silence:
    """Whether a server has been silent for several questions in a row."""

    def __init__(self, misses: tuple[type[BaseException], ...]) -> None:
        self._errors = misses
        self.answers = Answers()
        self._missed = 0
        self._since = 0.0
        self.out = False
        """Whether no question of the last half a second had an answer."""
        self.took = 0.0
        """How many seconds it took to connect the last time."""

    def give_up(self) -> None:
        """Take the server for silent at once, as where no connection could be made for long."""
        self.out = True

    def _note(self, kind: type[BaseException] | None) -> None:
        if kind is None:
            self.answers.number += 1
            self._missed = 0
            self.out = False
        elif issubclass(kind, self._errors):
            now = monotonic()
            if not self._missed:
                self._since = now
            self._missed += 1
            self.out |= self._missed >= _MISSES and now - self._since >= _SILENT


class _Waiting:
    """A thread that waits: its lock is released when it has a turn, or when it will get none."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.lock.acquire()
        self.has_turn = False


class Turns(Silence):
    """At most `size` threads at a time, in the order in which they came.

    `misses` are the errors that mean that a question had no answer. In a forked process all turns
    are free.
    """

    def __init__(self, size: int, misses: tuple[type[BaseException], ...]) -> None:
        super().__init__(misses)
        self._size = size
        self._starting = ForkLock()
        self._start()

    def _start(self) -> None:
        self._note(None)
        self._free = self._size
        self._waiting: deque[_Waiting] = deque()
        self._lock = Lock()
        self._pid = os.getpid()

    def __enter__(self) -> None:
        if self._pid != os.getpid():
            with self._starting:
                if self._pid != os.getpid():
                    self._start()
        with self._lock:
            if self._free:
                self._free -= 1
                return
            if self.out:
                raise StoreUnavailableError(_OUT)
            waiting = _Waiting()
            self._waiting.append(waiting)
        seconds = patience(QUEUE)
        waiting.lock.acquire(timeout=seconds)
        with self._lock:
            if waiting.has_turn:
                return
            if waiting in self._waiting:
                self._waiting.remove(waiting)
                raise StoreUnavailableError(_too_long(seconds))
        raise StoreUnavailableError(_OUT)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._note(kind)
            if self.out:
                while self._waiting:
                    self._waiting.popleft().lock.release()
            if self._waiting:
                waiting = self._waiting.popleft()
                waiting.has_turn = True
                waiting.lock.release()
            else:
                self._free += 1


class AsyncTurns(Silence):
    """`Turns` for the tasks of one event loop."""

    def __init__(self, size: int, misses: tuple[type[BaseException], ...]) -> None:
        super().__init__(misses)
        self._free = size
        self._waiting: deque[asyncio.Future[bool]] = deque()

    async def __aenter__(self) -> None:
        if self._free:
            self._free -= 1
            return
        if self.out:
            raise StoreUnavailableError(_OUT)
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        seconds = patience(QUEUE)
        try:
            async with asyncio.timeout(seconds):
                has_turn = await waiting
        except BaseException as error:
            if waiting.done() and not waiting.cancelled() and waiting.result():
                self._pass_on()
            if isinstance(error, TimeoutError):
                raise StoreUnavailableError(_too_long(seconds)) from None
            raise
        if not has_turn:
            raise StoreUnavailableError(_OUT)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._note(kind)
        self._pass_on()

    def _pass_on(self) -> None:
        """Give a turn to the task that came first; while the server is silent, to none."""
        while self._waiting:
            waiting = self._waiting.popleft()
            if waiting.done():
                continue
            waiting.set_result(not self.out)
            if not self.out:
                return
        self._free += 1


class OneLoop:
    """The event loop that something belongs to: the first one that uses it."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._loop: asyncio.AbstractEventLoop | None = None

    def check(self) -> None:
        """Raise a `StoreSetupError` in any other event loop than the first."""
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise StoreSetupError(
                f"{self._what} belongs to the event loop that used it first, and this is another"
                " one; make one in each event loop"
            )


def _too_long(seconds: float) -> str:
    return f"no turn at the store within {seconds:.3g} seconds: this process asks too much at once"

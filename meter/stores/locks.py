"""A lock that a forked process can take, even if it was held at the fork."""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

__all__ = ["ForkLock"]


class ForkLock:
    """A lock that is free in a forked process, where the thread that held it does not exist."""

    def __init__(self) -> None:
        self._locks = {os.getpid(): Lock()}
        self._held: Lock

    def __enter__(self) -> int:
        """Take the lock, and return the id of this process, which was asked for anyway."""
        process = os.getpid()
        lock = self._locks.get(process) or self._made(process)
        lock.acquire()
        self._held = lock  # only whoever holds it looks at this
        return process

    @contextmanager
    def within(self, seconds: float | None) -> Iterator[None]:
        """Hold the lock; raise a `TimeoutError` where it is not free within so many seconds."""
        process = os.getpid()
        lock = self._locks.get(process) or self._made(process)
        if not lock.acquire(timeout=-1 if seconds is None else seconds):
            raise TimeoutError("another thread held a lock for too long")
        try:
            yield
        finally:
            lock.release()

    def _made(self, process: int) -> Lock:
        # `setdefault` is one step: of several threads that come first in a new process, all get the
        # lock of one of them.
        return self._locks.setdefault(process, Lock())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.release()

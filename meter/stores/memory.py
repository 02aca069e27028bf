"""A store in this process, for trials, tests and sites with one worker.

It is bounded: past `capacity` readers, the one that has gone longest without a change is dropped.
"""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from typing import TYPE_CHECKING

from meter.stores.locks import ForkLock

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["MemoryStore"]

LOG = logging.getLogger("meter.paywall")

_SEVERAL = (
    "a reader has an allowance in each of several processes, because each keeps its own counts in"
    " memory (%s); use a store that they share, such as `sqlite:///counts.db`"
)


class MemoryStore:
    """Keep bytes in a dictionary of at most `capacity` readers; safe for threads.

    Each process has its own: a fork starts with a copy, and from then on the two differ.

    >>> store = MemoryStore()
    >>> store.swap("anna", None, b"1", expires=None)
    b'1'

    Where something else is kept than `old`, nothing changes, and what is kept comes back:

    >>> store.swap("anna", None, b"2", expires=None)
    b'1'
    """

    name = "memory"
    deadline: float | None = None
    blocking = False

    def __init__(self, *, capacity: int = 100_000) -> None:
        if capacity < 1:
            raise ValueError(f"`capacity` is at least 1 reader, not `{capacity}`")
        self.capacity = capacity
        # A plain dictionary takes longer to find its first entry the more were removed before it.
        self._kept: OrderedDict[str, tuple[bytes, datetime | None]] = OrderedDict()
        self._lock = ForkLock()
        self._counting: int | None = None  # the process that has counted something
        self._forked = False

    def __len__(self) -> int:
        return len(self._kept)

    def load(self, key: str) -> bytes | None:
        """Return the bytes kept under a key, or `None`."""
        kept = self._kept.get(key)
        return None if kept is None else kept[0]

    def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        """Replace `old` with `new` if it is still there, and return what is kept."""
        with self._lock as process:
            kept = self._kept.get(key)
            found = None if kept is None else kept[0]
            if found != old:
                return found
            if new is None:
                self._kept.pop(key, None)
            else:
                if process != self._counting:
                    self._look_for_forks(process)
                self._kept[key] = new, expires
                self._kept.move_to_end(key)
                if len(self._kept) > self.capacity:
                    self._kept.popitem(last=False)
            return new

    def forget(self, key: str) -> None:
        """Remove whatever is kept under a key."""
        with self._lock:
            self._kept.pop(key, None)

    def purge(self, now: datetime) -> int:
        """Drop what has expired by `now`, and return how many readers that was."""
        with self._lock:
            gone = [
                key
                for key, (_, expires) in self._kept.items()
                if expires is not None and expires <= now
            ]
            for key in gone:
                del self._kept[key]
            return len(gone)

    def several_processes(self) -> str | None:
        """Return in words that several processes count in memory, if that can be seen."""
        workers = os.environ.get("WEB_CONCURRENCY", "").strip()
        if workers.isdecimal() and int(workers) > 1:
            return _SEVERAL % f"`WEB_CONCURRENCY` is {workers}"
        return _SEVERAL % "this one was forked from one that counts" if self._forked else None

    def _look_for_forks(self, process: int) -> None:
        self._forked = self._counting is not None
        self._counting = process
        if self._forked:
            LOG.error("%s", self.several_processes(), extra={"meter": {"processes": "several"}})

    def close(self) -> None:
        """Do nothing: there is no connection to close."""

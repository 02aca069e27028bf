"""Tell an outage once: its start, a rate while it lasts, and its end.

What befalls single readers (bytes that cannot be read, too many changes at once) is no outage of
the store's; it is told at the same rate.
"""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING

from attrs import define

from meter.errors import StoreUnavailableError
from meter.stores.locks import ForkLock

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LOG", "OutageLog"]

LOG = logging.getLogger("meter.paywall")
"""Decisions are records of level `INFO`; an outage is a few of level `WARNING`.

They carry a dictionary as `record.meter`.
"""

_EVERY = 10.0
"""Seconds between two records of what goes on."""

_SETTLED = 1.0
"""A failure so many seconds after an end is the same outage again, and its end has to last."""


@define
class _Count:
    """How many views were told of, and how many since, and when that was."""

    told_at: float
    views: int = 0
    untold: int = 0

    def is_due(self, now: float) -> bool:
        self.views += 1
        self.untold += 1
        return now - self.told_at >= _EVERY

    def told(self, now: float) -> int:
        untold = self.untold
        self.untold = 0
        self.told_at = now
        return untold


class OutageLog:
    """The failures of one store, told to the log; `clock` returns seconds."""

    def __init__(self, store: str, clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._clock = clock
        self._lock = ForkLock()
        self._others: dict[str, _Count] = {}
        self._count = _Count(0.0)
        self._is_out = False
        self._is_again = False
        self._began = 0.0
        self._last = 0.0
        self._ended: float | None = None

    def missed(self, error: Exception, what: str) -> None:
        """Note a view that the store has not answered."""
        with self._lock:
            if isinstance(error, StoreUnavailableError):
                self._miss(error, what)
            else:
                self._miss_one_reader(error, what)

    def answered(self) -> None:
        """Note a view that the store has answered."""
        if not self._is_out:
            return
        with self._lock:
            now = self._clock()
            if not self._is_out or (self._is_again and now - self._last < _SETTLED):
                return
            self._is_out = False
            self._ended = now
            seconds = self._last - self._began
            self._warn(
                {"phase": "end", "seconds": seconds, "views": self._count.views},
                "the store answers again; in %.1f seconds it was unavailable for %d views",
                seconds,
                self._count.views,
            )

    def _miss(self, error: Exception, what: str) -> None:
        now = self._clock()
        self._last = now
        if not self._is_out:
            self._is_out = True
            self._is_again = self._ended is not None and now - self._ended < _SETTLED
            if not self._is_again:
                self._began = now
                self._count = _Count(now, views=1)
                self._warn({"phase": "start"} | _reason(error), _UNAVAILABLE, what, error)
                return
        since = self._count.told_at
        if self._count.is_due(now):
            views = self._count.told(now)
            rate = views / (now - since)
            self._warn(
                {"phase": "going on", "views": views, "rate": rate} | _reason(error),
                "the store is still unavailable: %d views, %.1f a second; the last one: %s",
                views,
                rate,
                error,
            )

    def _miss_one_reader(self, error: Exception, what: str) -> None:
        now = self._clock()
        reason = type(error).__name__
        count = self._others.get(reason)
        if count is None or count.is_due(now):
            views = 1 if count is None else count.told(now)
            self._others.setdefault(reason, _Count(now))
            self._warn({"views": views} | _reason(error), _UNAVAILABLE, what, error)

    def _warn(self, facts: dict[str, object], words: str, *values: object) -> None:
        LOG.warning(words, *values, extra={"meter": {"store": self._store} | facts})


_UNAVAILABLE = "the store was unavailable for `%s`: %s"


def _reason(error: Exception) -> dict[str, object]:
    return {"outage": type(error).__name__.removesuffix("Error")}

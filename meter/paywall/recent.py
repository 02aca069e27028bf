"""What a process remembers of the readers it saw most recently."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from meter.clock import system_clock
from meter.paywall.records import NOTHING, read_record
from meter.stores.locks import ForkLock
from meter.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from meter.paywall.records import Record

__all__ = ["NO_READS", "PAID_WITHIN", "Pending", "Recent", "Strangers"]

V = TypeVar("V")

PAID_WITHIN = timedelta(minutes=10)
"""How long after it was counted here a read may still be paid into the store."""


@frozen
class Pending:
    """What this process counted for a reader while the store was out, and when it did."""

    counted: tuple[tuple[datetime, Usage], ...] = ()

    def all(self, at: int) -> Usage:
        """Return all of it, for a view at the instant `at`.

        An outage goes on counting with it, however long it lasts.
        """
        return _union((usage for _, usage in self.counted), at)

    def due(self, clock: datetime, at: int) -> Usage:
        """Return what may be paid into the store when `clock` says so, at the instant `at`."""
        return _union(
            (usage for when, usage in self.counted if abs(clock - when) < PAID_WITHIN), at
        )


def _union(usages: Iterable[Usage], at: int) -> Usage:
    total = Usage()
    for usage in usages:
        total = total.union(usage, at)
    return total


NO_READS = Pending()


class Strangers:
    """Whether readers whom this process does not remember are new to the store as well.

    The last of them tell. It counts to three and back, as a processor predicts a branch: a single
    one that is otherwise does not change what is expected of the next. Nothing but speed hangs on
    it, so threads may disturb each other.
    """

    _MOST = 3

    def __init__(self) -> None:
        self._new = self._MOST
        self.are_new = True
        """Whether the next one is expected to be new."""

    def note(self, *, is_new: bool) -> None:
        """Note whether one was new."""
        step = 1 if is_new else -1
        self._new = min(max(self._new + step, 0), self._MOST)
        self.are_new = 2 * self._new > self._MOST


class Recent:
    """The records seen most recently, and the reads that are pending; both are bounded.

    Pending is what was counted while the store was out and is not in it yet. `clock` returns the
    time, with a zone.
    """

    def __init__(self, most: int, clock: Callable[[], datetime] = system_clock) -> None:
        self.lock = ForkLock()
        self.clock = clock
        self.strangers = Strangers()
        self._most = most
        # A plain dictionary takes longer to find its first entry the more were removed before it.
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._pending: OrderedDict[str, Pending] = OrderedDict()

    def get(self, key: str) -> Record:
        """Return the record last seen under a key."""
        return self._records.get(key, NOTHING)

    def keep(self, key: str, record: Record) -> None:
        """Remember the record that is under a key now."""
        with self.lock:
            _put(self._records, key, None if record.raw is None else record, self._most)

    def pending(self, key: str) -> Pending:
        """Return what is pending for a key."""
        return self._pending.get(key, NO_READS)

    def is_pending(self, key: str) -> bool:
        """Say whether anything is pending for a key."""
        return key in self._pending

    def add_pending(self, key: str, usage: Usage) -> None:
        """Make what was just counted pending for a key; the caller holds the lock."""
        counted = (*self.pending(key).counted, (self.clock(), usage))
        _put(self._pending, key, Pending(counted), self._most)

    def remove_pending(self, key: str, pending: Pending) -> None:
        """Remove what has reached the store or came too late, unless more is pending by now."""
        with self.lock:
            if self._pending.get(key) is pending:
                del self._pending[key]

    def distrust(self, key: str) -> None:
        """Forget the record last seen under a key, and keep what is pending."""
        with self.lock:
            self._records.pop(key, None)

    def drop(self, key: str) -> None:
        """Forget everything about a key."""
        with self.lock:
            self._records.pop(key, None)
            self._pending.pop(key, None)

    def read(self, key: str, raw: bytes | None) -> Record:
        """Return the record of the bytes under a key; bytes seen last are not parsed again."""
        seen = self.get(key)
        if seen.raw == raw:
            return seen
        record = read_record(raw)
        self.keep(key, record)
        return record


def _put(table: OrderedDict[str, V], key: str, value: V | None, most: int) -> None:
    """Put a value at the end of a table, and past its bound remove the first."""
    if value is None:
        table.pop(key, None)
        return
    table[key] = value
    table.move_to_end(key)
    if len(table) > most:
        table.popitem(last=False)

"""What a process remembers of the readers it saw most recently."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from meter.paywall.records import NOTHING, read_record
from meter.stores.locks import ForkLock

if TYPE_CHECKING:
    from meter.paywall.records import Record
    from meter.usage import Usage

__all__ = ["Recent"]

V = TypeVar("V")

_NEVER = (NOTHING, 0)


class Recent:
    """The records seen most recently, and the reads that are pending; both are bounded.

    Pending is what was counted while the store was out and is not in it yet.
    """

    def __init__(self, most: int) -> None:
        self.losses = 0
        """How often the store is known to have lost data."""
        self.lock = ForkLock()
        self._most = most
        self._records: dict[str, tuple[Record, int]] = {}
        self._pending: dict[str, Usage] = {}

    def get(self, key: str) -> Record:
        """Return the record last seen under a key."""
        return self._records.get(key, _NEVER)[0]

    def losses_when_seen(self, key: str) -> int:
        """Return how often the store had lost data when a key was last seen."""
        return self._records.get(key, _NEVER)[1]

    def keep(self, key: str, record: Record) -> None:
        """Remember the record that is under a key now."""
        seen = None if record.raw is None else (record, self.losses)
        with self.lock:
            _put(self._records, key, seen, self._most)

    def pending(self, key: str) -> Usage | None:
        """Return what is pending for a key, or `None`."""
        return self._pending.get(key)

    def add_pending(self, key: str, usage: Usage) -> None:
        """Make a usage pending for a key; the caller holds the lock."""
        _put(self._pending, key, usage, self._most)

    def remove_pending(self, key: str, usage: Usage) -> None:
        """Remove what has reached the store, unless more has become pending meanwhile."""
        with self.lock:
            if self._pending.get(key) is usage:
                self._pending.pop(key, None)

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


def _put(table: dict[str, V], key: str, value: V | None, most: int) -> None:
    """Put a value at the end of a table, and past its bound remove the first."""
    table.pop(key, None)
    if value is not None:
        table[key] = value
        if len(table) > most:
            del table[next(iter(table))]

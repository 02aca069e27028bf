"""What a process remembers of the readers it saw last."""

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
    """A bounded number of the records seen last, and what was read while the store was out."""

    def __init__(self, most: int) -> None:
        self.losses = 0
        """How often the store has lost data, as far as is known here."""
        self.lock = ForkLock()
        self._most = most
        self._records: dict[str, tuple[Record, int]] = {}
        self._pending: dict[str, Usage] = {}

    def get(self, key: str) -> Record:
        """Return what was seen under a key last."""
        return self._records.get(key, _NEVER)[0]

    def losses_when_seen(self, key: str) -> int:
        """Return how often the store had lost data when a key was seen last."""
        return self._records.get(key, _NEVER)[1]

    def keep(self, key: str, record: Record) -> None:
        """Remember what is under a key now."""
        seen = None if record.raw is None else (record, self.losses)
        with self.lock:
            _put(self._records, key, seen, self._most)

    def pending(self, key: str) -> Usage | None:
        """Return what was read while the store was out and is not in it yet."""
        return self._pending.get(key)

    def add_pending(self, key: str, usage: Usage) -> None:
        """Remember what is to be put into the store when it is back.

        The lock is held by who calls.
        """
        _put(self._pending, key, usage, self._most)

    def remove_pending(self, key: str, usage: Usage) -> None:
        """Strike out what has arrived in the store, unless more has come in meanwhile."""
        with self.lock:
            if self._pending.get(key) is usage:
                self._pending.pop(key, None)

    def drop(self, key: str) -> None:
        """Remember nothing of a key."""
        with self.lock:
            self._records.pop(key, None)
            self._pending.pop(key, None)

    def read(self, key: str, raw: bytes | None) -> Record:
        """Return the record of some bytes, without parsing what was parsed before."""
        seen = self.get(key)
        if seen.raw == raw:
            return seen
        record = read_record(raw)
        self.keep(key, record)
        return record


def _put(table: dict[str, V], key: str, value: V | None, most: int) -> None:
    """Put a value at the end of a table; past its bound, whatever is first has to go."""
    table.pop(key, None)
    if value is not None:
        table[key] = value
        if len(table) > most:
            del table[next(iter(table))]

"""A store in one file on this machine, for threads and processes.

An acknowledged count survives a power cut: the journal is a write-ahead log, and `synchronous` is
`FULL`. Every change begins with `BEGIN IMMEDIATE`, so that the comparison and the write are one
step. Changes that wait for the same lock are written together, with one `fsync`.
"""

from __future__ import annotations

import math
import os
import sqlite3
import weakref
from collections import deque
from contextlib import suppress
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import TYPE_CHECKING, cast

from attrs import define

from meter.errors import StoreError, StoreSetupError, StoreUnavailableError
from meter.stores.deadline import remaining

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["SQLiteStore"]

_SCHEMA = 1
_APPLICATION = 0x6D657465  # "mete", so that anyone can see whose database this is
# SQLite itself waits this long for a lock, in short steps; we ask again until the time is up
_PATIENCE = 0.01
_WEATHER = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
}
"""Why a file may not open although nothing is wrong with how it is set up."""

_TABLE = (
    "CREATE TABLE IF NOT EXISTS usage (key TEXT PRIMARY KEY, bytes BLOB NOT NULL, expires REAL)"
    " WITHOUT ROWID"
)
_COLUMNS = ["key", "bytes", "expires"]
_LOAD = "SELECT bytes FROM usage WHERE key = ?"
_KEEP = (
    "INSERT INTO usage VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET bytes = excluded.bytes,"
    " expires = excluded.expires"
)
_DROP = "DELETE FROM usage WHERE key = ?"


@define(eq=False)  # two changes that look alike are two
class _Change:
    """A change that waits to be written, and its result."""

    key: str
    old: bytes | None = None
    new: bytes | None = None
    expires: float | None = None
    unconditional: bool = False
    done: bool = False
    found: bytes | None = None
    error: sqlite3.Error | None = None


class SQLiteStore:
    """Keep bytes in an SQLite file.

    Safe for threads, processes and forks; not for a file on a network drive. `timeout` is how many
    seconds a change waits for other processes that write; a queue is not an outage, so it is longer
    than a network store's deadline. Raises `StoreSetupError` for a file that cannot be
    opened or that is not one of ours.
    """

    name = "sqlite"
    blocking = True

    def __init__(self, path: str | os.PathLike[str], *, timeout: float = 2.0) -> None:
        if not 0 < timeout < math.inf:
            raise ValueError(f"`timeout` is more than 0 seconds, not `{timeout}`")
        if str(path) in ("", ":memory:"):
            raise StoreSetupError(
                f"`{path}` is not a file, and every thread would have a database of its own; open"
                " `memory://` to keep counts in this process only"
            )
        self.path = Path(path)
        self.deadline: float | None = timeout
        self._timeout = timeout
        self._inherited: list[sqlite3.Connection] = []
        self._waiting: deque[_Change] = deque()
        self._connect()

    def load(self, key: str) -> bytes | None:
        """Return the bytes kept under a key, or `None`."""
        self._here()
        try:
            with self._read_lock:
                row = self._reader.execute(_LOAD, (key,)).fetchone()
        except sqlite3.Error as error:
            raise self._unavailable(error) from error
        return None if row is None else row[0]

    def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        """Replace `old` with `new` if it is still there, and return what is kept."""
        # Most changes that come too late end here, without waiting for the lock.
        found = self.load(key)
        if found != old:
            return found
        change = _Change(key, old, new)
        if expires is not None:
            change.expires = expires.timestamp()
        self._write(change)
        return change.found

    def forget(self, key: str) -> None:
        """Remove whatever is kept under a key; no byte of it stays in the file or in its log.

        Where somebody goes on reading an older state of the file for as long as the call may take,
        the log cannot be emptied: that is a `StoreUnavailableError`, and has to be done again.
        """
        self._here()
        self._write(_Change(key, unconditional=True))
        until = monotonic() + remaining(self._timeout)
        while not self._truncate():
            if monotonic() >= until:
                raise StoreUnavailableError(
                    f"what was removed from `{self.path}` can still be read in its log: another"
                    " program, such as a backup or a shell, is reading the file; do it again"
                )
            sleep(_PATIENCE)  # so that others may write

    def purge(self, now: datetime) -> int:
        """Drop what has expired by `now`, and return how many readers that was.

        `now` is a time with a zone. Run it once a day or so.
        """
        self._here()
        with self._write_lock:
            try:
                self._patiently(self._writer, "BEGIN IMMEDIATE")
                gone = self._writer.execute(
                    "DELETE FROM usage WHERE expires <= ?", (now.timestamp(),)
                ).rowcount
                self._writer.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise self._unavailable(error) from error
        self._truncate()
        return gone

    def close(self) -> None:
        """Close the file."""
        self._here()
        self._reader.close()
        self._writer.close()

    def _connect(self) -> None:
        self._pid = os.getpid()
        self._read_lock = Lock()
        self._write_lock = Lock()
        self._waiting.clear()
        if not self.path.parent.is_dir():
            raise StoreSetupError(
                f"there is no folder `{self.path.parent}` for the store `{self.path.name}`; create"
                " it, or give another path (an absolute one has four slashes:"
                " `sqlite:////var/lib/counts.db`)"
            )
        opened: list[sqlite3.Connection] = []
        try:
            opened.append(self._open(self._timeout))
            self._prepare(opened[0])
            opened.append(self._open(_PATIENCE))
        except (sqlite3.Error, StoreError) as error:
            _close(self._pid, *opened)
            if isinstance(error, StoreError):
                raise
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _WEATHER:
                raise self._unavailable(error) from error
            raise StoreSetupError(f"`{self.path}` cannot be used as a store: {error}") from error
        self._reader, self._writer = opened
        weakref.finalize(self, _close, self._pid, *opened)

    def _open(self, patience: float) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=patience, isolation_level=None, check_same_thread=False
        )
        try:
            for setting in ("synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY"):
                connection.execute(f"PRAGMA {setting}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Create the table, or refuse a file of a newer release or of something else."""
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        if version == _SCHEMA and owner == _APPLICATION and _columns(connection) == _COLUMNS:
            return
        if version > _SCHEMA and owner == _APPLICATION:
            raise StoreSetupError(
                f"`{self.path}` was written by a newer release (schema {version}; this one reads"
                f" {_SCHEMA}); update `meter-paywall`"
            )
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
        is_ours = (version, owner) == (0, 0) and set(tables) <= {"usage"}
        if not is_ours or (tables and _columns(connection) != _COLUMNS):
            raise StoreSetupError(
                f"`{self.path}` is a database of something else; give the store a file of its own"
            )
        self._patiently(connection, "PRAGMA journal_mode = WAL")
        self._patiently(connection, "BEGIN IMMEDIATE")
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_SCHEMA}")
        connection.execute("COMMIT")

    def _here(self) -> None:
        """Open the file again after a fork; the parent's must not even be closed."""
        if self._pid != os.getpid():
            self._inherited += [self._reader, self._writer]
            self._connect()

    def _write(self, change: _Change) -> None:
        """Write a change, together with those that wait at the same time.

        Each thread queues its change first and then asks for the lock. The one that gets it writes
        all that is queued by then, in one transaction with one `fsync`; the others find their
        change `done` when they get the lock, and have nothing left to write.
        """
        self._waiting.append(change)
        if not self._write_lock.acquire(timeout=remaining(self._timeout)):
            # Where it is not queued any more, another thread is writing it just now: whether it was
            # written is not known, as after any other outage.
            with suppress(ValueError):
                self._waiting.remove(change)
            raise StoreUnavailableError(f"`{self.path}` was locked by others for too long")
        try:
            if not change.done:
                batch = []
                while self._waiting:
                    batch.append(self._waiting.popleft())
                self._write_together(batch)
        finally:
            self._write_lock.release()
        if change.error is not None:
            raise self._unavailable(change.error) from change.error

    def _write_together(self, batch: list[_Change]) -> None:
        found: list[bytes | None] = []
        error: sqlite3.Error | None = None
        try:
            self._patiently(self._writer, "BEGIN IMMEDIATE")
            found = [self._apply(change) for change in batch]
            self._writer.execute("COMMIT")
        except sqlite3.Error as failure:
            error = failure
            self._roll_back()
        # No change is `done` before it is on the disk.
        if error is None:
            for change, kept in zip(batch, found, strict=True):
                change.found = kept
                change.done = True
        else:
            for change in batch:
                change.error = error
                change.done = True

    def _patiently(self, connection: sqlite3.Connection, statement: str) -> None:
        """Run a statement that needs a lock, waiting for other processes while there is time."""
        until = monotonic() + remaining(self._timeout)
        while True:
            try:
                connection.execute(statement)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() >= until:
                    raise
            else:
                return

    def _apply(self, change: _Change) -> bytes | None:
        row = self._writer.execute(_LOAD, (change.key,)).fetchone()
        found = None if row is None else cast("bytes", row[0])
        if not change.unconditional and found != change.old:
            return found
        if change.new is not None:
            self._writer.execute(_KEEP, (change.key, change.new, change.expires))
        elif found is not None:
            self._writer.execute(_DROP, (change.key,))
        return change.new

    def _roll_back(self) -> None:
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")

    def _truncate(self) -> bool:
        """Empty the log into the file, so that what was removed cannot be read there.

        Say whether it is empty: it is not while another program reads what is in it.
        """
        with self._write_lock:
            try:
                row = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.Error as error:
                raise self._unavailable(error) from error
        return bool(row[0] == 0)

    def _unavailable(self, error: sqlite3.Error) -> StoreUnavailableError:
        return StoreUnavailableError(f"the store `{self.path}` failed: {error}")


def _columns(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the columns of the table that counts are kept in, or none."""
    return [name for (name,) in connection.execute("SELECT name FROM pragma_table_info('usage')")]


def _close(pid: int, *connections: sqlite3.Connection) -> None:
    """Close connections that are no longer used, only in the process that opened them."""
    if pid == os.getpid():
        for connection in connections:
            connection.close()

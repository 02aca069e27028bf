"""A store in PostgreSQL.

One table; one statement for a look or a change, a second one for what is there instead.

A change compares as it writes: exact at READ COMMITTED and above. Nothing is prepared and nothing
is kept on a connection, so it works behind pgbouncer in transaction mode.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

import psycopg
from psycopg.errors import (
    DeadlockDetected,
    DuplicateObject,
    DuplicateTable,
    SerializationFailure,
    UndefinedTable,
    UniqueViolation,
)
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolTimeout

from meter.errors import StoreContentionError, StoreError, StoreUnavailableError
from meter.stores.deadline import UNTIL, remaining

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from datetime import datetime

__all__ = ["TABLE", "AsyncPostgresStore", "PostgresStore"]

TABLE = """CREATE TABLE IF NOT EXISTS meter_usage (
    key     text COLLATE "C" PRIMARY KEY,
    bytes   bytea NOT NULL,
    expires timestamptz
)"""
"""The table.

A role that may not make it needs `SELECT, INSERT, UPDATE, DELETE` on one that is there.
"""

_DEADLINE = 0.05
_ROUNDS = 16
_LOAD = "SELECT bytes FROM meter_usage WHERE key = %(key)s"
_FORGET = "DELETE FROM meter_usage WHERE key = %(key)s"
_PURGE = "DELETE FROM meter_usage WHERE expires <= %(now)s"
# Where a guess may well be wrong (nothing is there, or something is to go), the change and a look
# go together, in one trip and one transaction: the second sees the first, or whoever was faster.
# Otherwise the change says itself whether it came about.
_ADD = (
    "INSERT INTO meter_usage VALUES (%(key)s, %(new)s, %(expires)s) ON CONFLICT DO NOTHING; "
    + _LOAD
)
_REPLACE = (
    "UPDATE meter_usage SET bytes = %(new)s, expires = %(expires)s WHERE key = %(key)s AND bytes ="
    " %(old)s RETURNING bytes"
)
_REMOVE = "DELETE FROM meter_usage WHERE key = %(key)s AND bytes = %(old)s; " + _LOAD
_NO_TABLE = (
    "there is no table `meter_usage` and it could not be made; make it as the page on PostgreSQL"
    " says"
)
_MADE = (
    DuplicateTable,
    DuplicateObject,
    UniqueViolation,
)  # another process made it at the same time
_AGAIN = (SerializationFailure, DeadlockDetected)


def _statement(old: bytes | None, new: bytes | None) -> str:
    if new is None:
        return _LOAD if old is None else _REMOVE
    return _ADD if old is None else _REPLACE


def _last(cursor: Any) -> bool:
    """Go to the result of the last statement, and say whether it has rows."""
    while cursor.nextset():
        continue
    return cursor.description is not None


class _InTime(psycopg.Connection[Any]):
    """A connection that waits as long as the question being asked allows, and no longer."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        return super().wait(gen, interval, remaining(_DEADLINE) if timeout is None else timeout)


class _AsyncInTime(psycopg.AsyncConnection[Any]):
    """The same for asyncio.

    A task that is cancelled gives the connection up: it must not wait for a server that does not
    answer.
    """

    async def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        seconds = remaining(_DEADLINE) if timeout is None else timeout
        try:
            return await psycopg.waiting.wait_async(
                gen, self.pgconn.socket, interval=interval, timeout=seconds
            )
        except asyncio.CancelledError:
            self.pgconn.finish()
            raise


_POOL: dict[str, Any] = {
    "kwargs": {
        "autocommit": True,
        "prepare_threshold": None,
        "cursor_factory": psycopg.ClientCursor,
    },
    "min_size": 0,
    "open": False,
    "reconnect_timeout": 5.0,
    "name": "meter",
}


def _refused(error: Exception) -> StoreUnavailableError:
    return StoreUnavailableError(
        f"the database did not answer: {str(error) or type(error).__name__}"
    )


def _check(url: str) -> None:
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.Error as error:
        raise StoreError(f"this is not a PostgreSQL URL: {error}") from None


class PostgresStore:
    """Bytes in a PostgreSQL table, over a pool of connections.

    Safe for threads, and for forks (each process has its own pool).

    `pool_size` bounds the connections of one process.
    """

    name = "postgres"
    blocking = True

    def __init__(self, url: str, *, pool_size: int = 16, deadline: float = _DEADLINE) -> None:
        self.deadline: float | None = deadline
        _check(url)
        self._url, self._size = url, pool_size
        self._inherited: list[ConnectionPool[Any]] = []
        self._open()

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Return the store at a URL.

        Libpq's options may follow a `?`, such as `sslmode=verify-full`.
        """
        return cls(url)

    def load(self, key: str) -> bytes | None:
        """Return what is kept under a key."""
        return self._bytes(_LOAD, {"key": key})

    def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        """Put `new` in the place of `old`, and return what is there now."""
        values = {"key": key, "old": old, "new": new, "expires": expires}
        statement = _statement(old, new)
        for _ in range(_ROUNDS):
            try:
                found = self._bytes(statement, values)
                if found is None and statement is _REPLACE:
                    found = self.load(key)
            except StoreContentionError:
                continue
            if found == new or found != old:
                return found
        raise StoreContentionError(
            f"a reader's usage changed {_ROUNDS} times while one change was being written"
        )

    def forget(self, key: str) -> None:
        """Keep nothing under a key."""
        self._bytes(_FORGET, {"key": key})

    def purge(self, now: datetime) -> int:
        """Drop what has expired by `now`, and return how many readers that was.

        Run it once a day or so.
        """
        with self._connection() as connection:
            return int(connection.execute(_PURGE, {"now": now}).rowcount)

    def close(self) -> None:
        """Give the connections back."""
        self._pool.close()

    def _open(self) -> None:
        self._pool: ConnectionPool[Any] = ConnectionPool(
            self._url, connection_class=_InTime, max_size=self._size, **_POOL
        )
        self._pool.open(wait=False)
        self._pid = os.getpid()

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[Any]]:
        """Lend a connection; one on which something went wrong is not used again."""
        if self._pid != os.getpid():
            self._inherited.append(self._pool)  # its sockets are the parent's
            self._open()
        pool = self._pool
        try:
            connection = pool.getconn(timeout=remaining(_DEADLINE))
        except (PoolTimeout, psycopg.Error, OSError) as error:
            raise _refused(error) from error
        try:
            yield connection
        except _AGAIN as error:
            raise StoreContentionError("two changes met") from error
        except (psycopg.Error, OSError) as error:
            connection.close()
            raise _refused(error) from error
        finally:
            pool.putconn(connection)

    def _bytes(self, statement: str, values: dict[str, Any]) -> bytes | None:
        for _ in range(2):
            with self._connection() as connection:
                try:
                    cursor = connection.execute(statement, values)
                except UndefinedTable:
                    with suppress(*_MADE):
                        connection.execute(TABLE)
                    continue
                row = cursor.fetchone() if _last(cursor) else None
                return None if row is None else row[0]
        raise StoreError(_NO_TABLE)


class AsyncPostgresStore:
    """`PostgresStore` for asyncio.

    It belongs to one event loop, and opens its pool there when it is first asked.
    """

    name = "postgres"

    def __init__(self, url: str, *, pool_size: int = 16, deadline: float = _DEADLINE) -> None:
        self.deadline: float | None = deadline
        _check(url)
        settings = _POOL | {
            "kwargs": _POOL["kwargs"] | {"cursor_factory": psycopg.AsyncClientCursor}
        }
        self._pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
            url, connection_class=_AsyncInTime, max_size=pool_size, **settings
        )

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Return the store at a URL; libpq's options may follow a `?`."""
        return cls(url)

    async def load(self, key: str) -> bytes | None:
        """Return what is kept under a key."""
        return await self._bytes(_LOAD, {"key": key})

    async def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        """Put `new` in the place of `old`, and return what is there now."""
        values = {"key": key, "old": old, "new": new, "expires": expires}
        statement = _statement(old, new)
        for _ in range(_ROUNDS):
            try:
                found = await self._bytes(statement, values)
                if found is None and statement is _REPLACE:
                    found = await self.load(key)
            except StoreContentionError:
                continue
            if found == new or found != old:
                return found
        raise StoreContentionError(
            f"a reader's usage changed {_ROUNDS} times while one change was being written"
        )

    async def forget(self, key: str) -> None:
        """Keep nothing under a key."""
        await self._bytes(_FORGET, {"key": key})

    async def purge(self, now: datetime) -> int:
        """Drop what has expired by `now`, and return how many readers that was."""
        async with self._connection() as connection:
            return int((await connection.execute(_PURGE, {"now": now})).rowcount)

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._pool.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        pool = self._pool
        try:
            if pool.closed:
                token = UNTIL.set(
                    None
                )  # the pool's own tasks start here, and are not part of this question
                try:
                    await pool.open(wait=False)
                finally:
                    UNTIL.reset(token)
            connection = await pool.getconn(timeout=remaining(_DEADLINE))
        except (PoolTimeout, psycopg.Error, OSError) as error:
            raise _refused(error) from error
        try:
            yield connection
        except _AGAIN as error:
            raise StoreContentionError("two changes met") from error
        except (psycopg.Error, OSError) as error:
            await connection.close()
            raise _refused(error) from error
        finally:
            await pool.putconn(connection)

    async def _bytes(self, statement: str, values: dict[str, Any]) -> bytes | None:
        for _ in range(2):
            async with self._connection() as connection:
                try:
                    cursor = await connection.execute(statement, values)
                except UndefinedTable:
                    with suppress(*_MADE):
                        await connection.execute(TABLE)
                    continue
                row = await cursor.fetchone() if _last(cursor) else None
                return None if row is None else row[0]
        raise StoreError(_NO_TABLE)

"""A store in PostgreSQL.

There is one table. A load or a change is one statement; where a change comes too late, a second one
loads what is there instead. A change compares as it writes: exact at READ COMMITTED and above.
Nothing is prepared and nothing is kept on a connection, so it works behind pgbouncer in transaction
mode. Values travel beside the statement and never in its text, which the server writes into its log
whenever something goes wrong.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias, TypeVar

import psycopg
from psycopg.errors import UndefinedTable

from meter.errors import StoreContentionError, StoreSetupError
from meter.stores.deadline import deadline, patience, remaining
from meter.stores.postgres_connections import (
    DEADLINE,
    check_url,
    connection_of,
    connection_of_async,
    make_async_pool,
    make_pool,
)
from meter.stores.postgres_errors import ALREADY_MADE, CONFLICTS, HARMLESS, MISSES, translated
from meter.stores.queries import run, run_async
from meter.stores.turns import AsyncTurns, OneLoop, Turns

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from datetime import datetime

    from psycopg_pool import ConnectionPool

T = TypeVar("T")

__all__ = ["TABLE", "AsyncPostgresStore", "PostgresStore"]

TABLE = """CREATE TABLE IF NOT EXISTS meter_usage (
    key     text COLLATE "C" PRIMARY KEY,
    bytes   bytea NOT NULL,
    expires timestamptz
)"""
"""The table; a role that may not create it needs `SELECT, INSERT, UPDATE, DELETE` on it."""

_ROUNDS = 16
_LOAD = "SELECT bytes FROM meter_usage WHERE key = %(key)s"
_FORGET = "DELETE FROM meter_usage WHERE key = %(key)s"
_PURGE = "DELETE FROM meter_usage WHERE expires <= %(now)s"
_LOOK = "SELECT 'there'::bytea WHERE to_regclass('meter_usage') IS NOT NULL"
# Where a guess may well be wrong (nothing is there, or something is removed), the change and a load
# are one statement: it returns what was there before, or what it has put there. Otherwise the
# change itself returns a row if it was made.
_ADD = (
    "WITH added AS (INSERT INTO meter_usage VALUES (%(key)s, %(new)s, %(expires)s) ON CONFLICT DO"
    " NOTHING RETURNING bytes) SELECT bytes FROM added UNION ALL SELECT bytes FROM meter_usage"
    " WHERE key = %(key)s AND NOT EXISTS (SELECT FROM added)"
)
_REPLACE = (
    "UPDATE meter_usage SET bytes = %(new)s, expires = %(expires)s WHERE key = %(key)s AND bytes ="
    " %(old)s RETURNING bytes"
)
_REMOVE = (
    "WITH removed AS (DELETE FROM meter_usage WHERE key = %(key)s AND bytes = %(old)s RETURNING"
    " key) SELECT bytes FROM meter_usage WHERE key = %(key)s AND NOT EXISTS (SELECT FROM removed)"
)
_NO_TABLE = (
    "there is no table `meter_usage` and it could not be created; create it as the how-to page on"
    " PostgreSQL shows"
)
_Value: TypeAlias = "str | bytes | datetime | None"


class _Query(NamedTuple):
    """A statement, and the values that go to the server beside it."""

    statement: str
    values: Mapping[str, _Value] | None = None


class _Result(NamedTuple):
    """The bytes that a statement found, and how many rows it changed."""

    found: bytes | None
    changed: int


_Queries: TypeAlias = "Generator[_Query, _Result, T]"


def _make_table() -> _Queries[None]:
    """Create the table where there is none yet."""
    if (yield _Query(_LOOK)).found is None:
        with suppress(*ALREADY_MADE):
            yield _Query(TABLE)


def _start_seconds() -> float:
    """Return how long looking for the table and making it may take: it is done once a process."""
    return max(remaining(DEADLINE), patience(DEADLINE))


def _ask(statement: str, **values: _Value) -> _Queries[_Result]:
    """Run a statement; where the table has been dropped, create it and run the statement again."""
    for _ in range(2):
        try:
            return (yield _Query(statement, values))
        except UndefinedTable:
            yield from _make_table()
    raise StoreSetupError(_NO_TABLE)


def _load(key: str) -> _Queries[bytes | None]:
    answer = yield from _ask(_LOAD, key=key)
    return answer.found


def _swap(
    key: str, old: bytes | None, new: bytes | None, expires: datetime | None
) -> _Queries[bytes | None]:
    """Change and load until the two agree.

    A change meets what is there now, while the load beside it in one statement sees what was there
    as the statement began; and another change may come between `_REPLACE` and the load after it.
    Where `old` is found though the change was not made, the change may be possible again, and is
    tried once more.
    """
    statement = _change(old, new)
    for _ in range(_ROUNDS):
        try:
            answer = yield from _ask(statement, key=key, old=old, new=new, expires=expires)
            found = answer.found
            if found is None and statement is _REPLACE:
                found = yield from _load(key)
        except CONFLICTS:
            continue
        if found == new or found != old:
            return found
    raise StoreContentionError(
        f"a reader's usage changed {_ROUNDS} times while one change was being written"
    )


def _change(old: bytes | None, new: bytes | None) -> str:
    if new is None:
        return _LOAD if old is None else _REMOVE
    return _ADD if old is None else _REPLACE


def _forget(key: str) -> _Queries[None]:
    yield from _ask(_FORGET, key=key)


def _purge(now: datetime) -> _Queries[int]:
    answer = yield from _ask(_PURGE, now=now)
    return answer.changed


class PostgresStore:
    """Keep bytes in a PostgreSQL table, over a pool of connections.

    `pool_size` bounds the connections of one process; `deadline` is how many seconds a call may
    take. Safe for threads, and for forks (each process has its own pool). Raises `StoreError` for a
    URL that the driver does not understand.
    """

    name = "postgres"
    blocking = True

    def __init__(self, url: str, *, pool_size: int = 16, deadline: float = DEADLINE) -> None:
        self.deadline: float | None = deadline
        check_url(url)
        self._url = url
        self._size = pool_size
        self._turns = Turns(pool_size, MISSES)
        self._inherited: list[ConnectionPool[Any]] = []
        self._has_table = False
        self._open()

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Return the store at a URL.

        Libpq's options may follow a `?`, such as `sslmode=verify-full`.
        """
        return cls(url)

    def load(self, key: str) -> bytes | None:
        """Return the bytes kept under a key, or `None`."""
        return self._run(_load(key))

    def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        """Replace `old` with `new` if it is still there, and return what is kept."""
        return self._run(_swap(key, old, new, expires))

    def forget(self, key: str) -> None:
        """Remove whatever is kept under a key."""
        self._run(_forget(key))

    def purge(self, now: datetime) -> int:
        """Drop what has expired by `now`, and return how many readers that was.

        `now` is a time with a zone. Run it once a day or so.
        """
        return self._run(_purge(now))

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _open(self) -> None:
        self._pool = make_pool(self._url, self._size, self._turns.answers)
        self._pool.open(wait=False)
        self._pid = os.getpid()

    def _run(self, queries: _Queries[T]) -> T:
        if self._pid != os.getpid():
            # The pool's sockets are the parent's: not even closing them is safe here.
            self._inherited.append(self._pool)
            self._open()
        with translated(), self._turns:
            if not self._has_table:
                with deadline(_start_seconds()):
                    run(_make_table(), self._ask, psycopg.Error)
                self._has_table = True
            return run(queries, self._ask, psycopg.Error)

    def _ask(self, query: _Query) -> _Result:
        """Run a query on a connection of the pool; after an error it is closed, not reused."""
        pool = self._pool
        connection = connection_of(pool, self._turns)
        try:
            cursor = connection.execute(query.statement, query.values, binary=True)
            row = None if cursor.description is None else cursor.fetchone()
        except HARMLESS:
            raise
        except (psycopg.Error, OSError):
            connection.close()
            raise
        finally:
            pool.putconn(connection)
        return _Result(None if row is None else row[0], cursor.rowcount)


class AsyncPostgresStore:
    """`PostgresStore` for asyncio.

    It belongs to the event loop that uses it first, and opens its pool there when it is asked.
    """

    name = "postgres"
    queues = True

    def __init__(self, url: str, *, pool_size: int = 16, deadline: float = DEADLINE) -> None:
        self.deadline: float | None = deadline
        check_url(url)
        self._loop = OneLoop("a store of `open_async_store`")
        self._turns = AsyncTurns(pool_size, MISSES)
        self._has_table = False
        self._pool = make_async_pool(url, pool_size, self._turns.answers)

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Return the store at a URL; libpq's options may follow a `?`."""
        return cls(url)

    async def load(self, key: str) -> bytes | None:
        """Return the bytes kept under a key, or `None`."""
        return await self._run(_load(key))

    async def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        """Replace `old` with `new` if it is still there, and return what is kept."""
        return await self._run(_swap(key, old, new, expires))

    async def forget(self, key: str) -> None:
        """Remove whatever is kept under a key."""
        await self._run(_forget(key))

    async def purge(self, now: datetime) -> int:
        """Drop what has expired by `now`, and return how many readers that was."""
        return await self._run(_purge(now))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.close()

    async def _run(self, queries: _Queries[T]) -> T:
        self._loop.check()
        with translated():
            if self._pool.closed:
                # The pool's own tasks start here; the caller's deadline is not theirs.
                with deadline(None):
                    await self._pool.open(wait=False)
            async with self._turns:
                if not self._has_table:
                    with deadline(_start_seconds()):
                        await run_async(_make_table(), self._ask, psycopg.Error)
                    self._has_table = True
                return await run_async(queries, self._ask, psycopg.Error)

    async def _ask(self, query: _Query) -> _Result:
        """Run a query on a connection of the pool; after an error it is closed, not reused."""
        pool = self._pool
        connection = await connection_of_async(pool, self._turns)
        try:
            cursor = await connection.execute(query.statement, query.values, binary=True)
            row = None if cursor.description is None else await cursor.fetchone()
        except HARMLESS:
            raise
        except (psycopg.Error, OSError):
            await connection.close()
            raise
        finally:
            await pool.putconn(connection)
        return _Result(None if row is None else row[0], cursor.rowcount)

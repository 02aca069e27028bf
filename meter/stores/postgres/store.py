"""The store in PostgreSQL, for calls that block and for calls that are awaited."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self, TypeVar

import psycopg

from meter.stores.deadline import deadline, patience, remaining
from meter.stores.postgres import statements
from meter.stores.postgres.connections import DEADLINE, make_async_pool, make_pool
from meter.stores.postgres.errors import HARMLESS, MISSES, TRANSLATED
from meter.stores.postgres.kept import AsyncKeptConnections, KeptConnections
from meter.stores.postgres.questions import question
from meter.stores.postgres.together import Together
from meter.stores.postgres.urls import check_url
from meter.stores.queries import run, run_async
from meter.stores.turns import AsyncTurns, OneLoop, Turns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from meter.stores.postgres.statements import (
        KeptBytes,
        KeyChange,
        Queries,
        Query,
        Result,
        Transaction,
    )

T = TypeVar("T")

__all__ = ["AsyncPostgresStore", "PostgresStore"]


def _start_seconds() -> float:
    """Return how long looking for the table and making it may take: it is done once a process."""
    return max(remaining(DEADLINE), patience(DEADLINE))


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
        self._inherited: list[KeptConnections] = []
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
        return self._run(statements.load(key))

    def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        """Replace `old` with `new` if it is still there, and return what is kept."""
        return self._run(statements.swap(key, old, new, expires))

    def forget(self, key: str) -> None:
        """Remove whatever is kept under a key."""
        self._run(statements.forget(key))

    def purge(self, now: datetime) -> int:
        """Drop what has expired by `now`, and return how many readers that was.

        `now` is a time with a zone. Run it once a day or so.
        """
        return self._run(statements.purge(now))

    def close(self) -> None:
        """Close the connections."""
        self._kept.close()

    def _open(self) -> None:
        pool = make_pool(self._url, self._size, self._turns.answers)
        pool.open(wait=False)
        self._kept = KeptConnections(pool, self._turns)
        self._pid = os.getpid()

    def _run(self, queries: Queries[T]) -> T:
        if self._pid != os.getpid():
            # The pool's sockets are the parent's: not even closing them is safe here.
            self._inherited.append(self._kept)
            self._open()
        with TRANSLATED, self._turns:
            if not self._has_table:
                with deadline(_start_seconds()):
                    run(statements.make_table(), self._ask, psycopg.Error)
                self._has_table = True
            return run(queries, self._ask, psycopg.Error)

    def _ask(self, query: Query | Transaction) -> Result:
        """Run a query on a connection; after an error it is closed, not reused."""
        connection = self._kept.take()
        try:
            return run(question(connection, query), connection.wait, psycopg.Error)
        except HARMLESS:
            raise
        except (psycopg.Error, OSError):
            connection.close()
            raise
        finally:
            self._kept.give(connection)


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
        self._kept = AsyncKeptConnections(self._pool, self._turns)
        self._loads = Together(self._load_all)
        self._changes = Together(self._swap_all)
        self._asking = 0

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Return the store at a URL; libpq's options may follow a `?`."""
        return cls(url)

    async def load(self, key: str) -> bytes | None:
        """Return the bytes kept under a key, or `None`."""
        if not self._asking or not statements.can_be_asked(key):
            return await self._run(statements.load(key))
        self._loop.check()
        return await self._loads.ask(key, remaining(DEADLINE))

    async def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        """Replace `old` with `new` if it is still there, and return what is kept."""
        change = statements.key_change(key, old, new, expires) if self._asking else None
        if change is not None:
            self._loop.check()
            kept = await self._changes.ask(change, remaining(DEADLINE))
            if kept is not None:
                return kept.found
        return await self._run(statements.swap(key, old, new, expires))

    async def forget(self, key: str) -> None:
        """Remove whatever is kept under a key."""
        await self._run(statements.forget(key))

    async def purge(self, now: datetime) -> int:
        """Drop what has expired by `now`, and return how many readers that was."""
        return await self._run(statements.purge(now))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._loads.close()
        await self._changes.close()
        await self._kept.close()

    async def _load_all(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        return await self._run(statements.load_all(keys))

    async def _swap_all(self, changes: Sequence[KeyChange]) -> Sequence[KeptBytes | None]:
        """Make changes in one trip; those that are answered with `None` are asked for alone."""
        # Rows that other transactions hold must leave the others time to be asked for.
        held = remaining(DEADLINE) * 3 / 4
        return await self._run(statements.swap_all(changes, held))

    async def _run(self, queries: Queries[T]) -> T:
        self._loop.check()
        self._asking += 1
        try:
            return await self._run_queries(queries)
        finally:
            self._asking -= 1

    async def _run_queries(self, queries: Queries[T]) -> T:
        with TRANSLATED:
            if self._pool.closed:
                # The pool's own tasks start here; the caller's deadline is not theirs.
                with deadline(None):
                    await self._pool.open(wait=False)
            async with self._turns:
                if not self._has_table:
                    with deadline(_start_seconds()):
                        await run_async(statements.make_table(), self._ask, psycopg.Error)
                    self._has_table = True
                return await run_async(queries, self._ask, psycopg.Error)

    async def _ask(self, query: Query | Transaction) -> Result:
        """Run a query on a connection; after an error it is closed, not reused."""
        connection = await self._kept.take()
        try:
            return await run_async(question(connection, query), connection.wait, psycopg.Error)
        except HARMLESS:
            raise
        except (psycopg.Error, OSError):
            await connection.close()
            raise
        finally:
            await self._kept.give(connection)

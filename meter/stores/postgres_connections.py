"""Connections to PostgreSQL that keep to the deadline, and the driver's errors as ours."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, NoReturn, TypedDict

import psycopg
from psycopg.errors import (
    DeadlockDetected,
    DuplicateObject,
    DuplicateTable,
    SerializationFailure,
    UndefinedFunction,
    UndefinedTable,
    UniqueViolation,
)
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from meter.errors import (
    CorruptUsageError,
    StoreContentionError,
    StoreError,
    StoreUnavailableError,
)
from meter.stores.deadline import remaining

if TYPE_CHECKING:
    from psycopg.abc import RV, PQGen

__all__ = [
    "ALREADY_MADE",
    "CONFLICTS",
    "DEADLINE",
    "HARMLESS",
    "check_url",
    "make_async_pool",
    "make_pool",
    "raise_ours",
]

DEADLINE = 0.05
"""How many seconds a call may take by default."""

ALREADY_MADE = (DuplicateTable, DuplicateObject, UniqueViolation)
"""Errors of creating the table while another process creates it."""

CONFLICTS = (SerializationFailure, DeadlockDetected)
"""Errors of a change that met another one; it can be tried again."""

HARMLESS = (UndefinedTable, *ALREADY_MADE, *CONFLICTS)
"""Errors after which a connection can be used again."""


def raise_ours(error: psycopg.Error | OSError) -> NoReturn:
    """Raise an error of `meter` in the place of the driver's."""
    if isinstance(error, CONFLICTS):
        raise StoreContentionError("another change was made at the same time") from error
    if isinstance(error, UndefinedFunction):
        raise CorruptUsageError(
            "the column `bytes` of the table `meter_usage` does not hold bytes; create the table as"
            " the how-to page on PostgreSQL shows"
        ) from error
    raise StoreUnavailableError(
        f"the database did not answer: {str(error) or type(error).__name__}"
    ) from error


class _DeadlineConnection(psycopg.Connection[Any]):
    """A connection that waits no longer than the caller's deadline."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        seconds = remaining(DEADLINE) if timeout is None else timeout
        return super().wait(gen, interval, seconds)


class _AsyncDeadlineConnection(psycopg.AsyncConnection[Any]):
    """The same for asyncio.

    A task that is cancelled gives the connection up: it must not wait for a server that does not
    answer.
    """

    async def wait(
        self,
        gen: PQGen[RV],
        interval: float = 0.1,
        timeout: float | None = None,  # noqa: ASYNC109 - the driver's own parameter
    ) -> RV:
        seconds = remaining(DEADLINE) if timeout is None else timeout
        try:
            return await psycopg.waiting.wait_async(
                gen, self.pgconn.socket, interval=interval, timeout=seconds
            )
        except asyncio.CancelledError:
            self.pgconn.finish()
            raise


class _PoolSettings(TypedDict):
    """The settings that both kinds of pool share."""

    min_size: int
    open: bool
    reconnect_timeout: float
    name: str


_POOL = _PoolSettings(min_size=0, open=False, reconnect_timeout=5.0, name="meter")
_CONNECTION = {"autocommit": True, "prepare_threshold": None}
_CONNECT_SECONDS = 2
"""How long one attempt to connect may take, unless the URL or the environment says otherwise.

An attempt that met a silence holds its place in the pool until it ends, and the driver's own bound
is more than two minutes. Whole seconds; 2 is the least that libpq knows.
"""


def _connection_settings(url: str) -> dict[str, Any]:
    """Return how every connection of a pool is made."""
    said = "connect_timeout" in psycopg.conninfo.conninfo_to_dict(url)
    if said or "PGCONNECT_TIMEOUT" in os.environ:
        return _CONNECTION
    return _CONNECTION | {"connect_timeout": _CONNECT_SECONDS}


def make_pool(url: str, size: int) -> ConnectionPool[_DeadlineConnection]:
    """Return a pool of at most so many connections, not open yet."""
    return ConnectionPool(
        url,
        connection_class=_DeadlineConnection,
        kwargs=_connection_settings(url),
        max_size=size,
        **_POOL,
    )


def make_async_pool(url: str, size: int) -> AsyncConnectionPool[_AsyncDeadlineConnection]:
    """Return a pool of at most so many connections for asyncio, not open yet."""
    return AsyncConnectionPool(
        url,
        connection_class=_AsyncDeadlineConnection,
        kwargs=_connection_settings(url),
        max_size=size,
        **_POOL,
    )


def check_url(url: str) -> None:
    """Raise a `StoreError` for a URL that the driver does not understand."""
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.Error as error:
        raise StoreError(f"this is not a PostgreSQL URL: {error}") from None

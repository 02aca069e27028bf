"""Connections to PostgreSQL that keep to the deadline, and what they are asked."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, TypedDict

import psycopg
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from meter.stores.deadline import SLICES, Answers, Slices, deadline, remaining
from meter.stores.postgres.questions import Route, learn
from meter.stores.queries import run, run_async

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Self

    from psycopg.abc import RV, PQGen


__all__ = [
    "DEADLINE",
    "AsyncDeadlineConnection",
    "Attempts",
    "DeadlineConnection",
    "make_async_pool",
    "make_pool",
]

DEADLINE = 0.05
"""How many seconds an answer may take by default."""


class Attempts:
    """How the attempts of one pool to connect have ended."""

    def __init__(self) -> None:
        self.error: psycopg.Error | None = None
        """Why the last attempt failed, or `None` where it worked."""
        self.failures = 0

    def failed(self, error: psycopg.Error) -> None:
        """Note that an attempt has failed."""
        self.error = error
        self.failures += 1


def _within(gen: PQGen[RV], seconds: float, slices: Slices) -> Generator[Any, Any, RV]:
    """Run a generator of the driver's until the server has said nothing for so many seconds.

    The driver wakes it up after every slice in which nothing came. So it is silence that is
    counted, and not how long this process took to look.
    """
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and slices.is_last():
                break
            wanted = gen.send(ready)
    except StopIteration as stop:
        value: RV = stop.value
        return value
    raise psycopg.OperationalError(f"no answer within {seconds:.3g} seconds")


class DeadlineConnection(psycopg.Connection[Any]):
    """A connection that waits no longer than the caller's deadline."""

    attempts: Attempts
    answers: Answers
    route: Route
    prepared: set[bytes] | None = None
    out_until = 0.0

    @classmethod
    def connect(cls, conninfo: str = "", **settings: Any) -> Self:  # noqa: ANN401 - the driver's
        """Connect, and note how that ended: the pool tells nobody why it has no connection."""
        try:
            connection = super().connect(conninfo, **settings)
        except psycopg.Error as error:
            cls.attempts.failed(error)
            raise
        cls.attempts.error = None
        return connection

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        seconds = remaining(DEADLINE) if timeout is None else timeout
        pause = min(interval, seconds / SLICES)
        slices = Slices(self.answers, round(seconds / pause))
        return super().wait(_within(gen, seconds, slices), pause)


class AsyncDeadlineConnection(psycopg.AsyncConnection[Any]):
    """The same for asyncio.

    A task that is cancelled gives the connection up: it must not wait for a server that does not
    answer.
    """

    attempts: Attempts
    answers: Answers
    route: Route
    prepared: set[bytes] | None = None
    out_until = 0.0

    @classmethod
    async def connect(cls, conninfo: str = "", **settings: Any) -> Self:  # noqa: ANN401 - the same
        """Connect, and note how that ended."""
        try:
            connection = await super().connect(conninfo, **settings)
        except psycopg.Error as error:
            cls.attempts.failed(error)
            raise
        cls.attempts.error = None
        return connection

    async def wait(
        self,
        gen: PQGen[RV],
        interval: float = 0.1,
        timeout: float | None = None,  # noqa: ASYNC109 - the driver's own parameter
    ) -> RV:
        seconds = remaining(DEADLINE) if timeout is None else timeout
        pause = min(interval, seconds / SLICES)
        slices = Slices(self.answers, round(seconds / pause))
        try:
            return await psycopg.waiting.wait_async(
                _within(gen, seconds, slices), self.pgconn.socket, interval=pause
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


def _learn(connection: DeadlineConnection) -> None:
    with deadline(_CONNECT_SECONDS):
        run(learn(connection), connection.wait, psycopg.Error)


async def _learn_async(connection: AsyncDeadlineConnection) -> None:
    with deadline(_CONNECT_SECONDS):
        await run_async(learn(connection), connection.wait, psycopg.Error)


def make_pool(url: str, size: int, answers: Answers) -> ConnectionPool[DeadlineConnection]:
    """Return a pool of at most so many connections, not open yet.

    `answers` are those of the server to this process.
    """
    own = {"attempts": Attempts(), "answers": answers, "route": Route()}
    return ConnectionPool(
        url,
        configure=_learn,
        connection_class=type("Connection", (DeadlineConnection,), own),
        kwargs=_connection_settings(url),
        max_size=size,
        **_POOL,
    )


def make_async_pool(
    url: str, size: int, answers: Answers
) -> AsyncConnectionPool[AsyncDeadlineConnection]:
    """Return a pool of at most so many connections for asyncio, not open yet."""
    own = {"attempts": Attempts(), "answers": answers, "route": Route()}
    return AsyncConnectionPool(
        url,
        configure=_learn_async,
        connection_class=type("AsyncConnection", (AsyncDeadlineConnection,), own),
        kwargs=_connection_settings(url),
        max_size=size,
        **_POOL,
    )

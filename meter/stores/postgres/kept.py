"""Connections that stay out of their pool between two questions.

The pool makes connections, and replaces those that are broken, old or not needed any more. But each
way through it costs a fifth of a question, and it hands out the one that has rested longest, whose
process at the server has gone cold. So a connection that was used is laid on a stack, and the next
question takes the top. Once a minute each goes back to the pool, which looks at its age.
"""

from __future__ import annotations

from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

from psycopg.pq import TransactionStatus
from psycopg_pool import PoolTimeout

from meter.stores.deadline import patience, remaining
from meter.stores.postgres.connections import (
    DEADLINE,
    AsyncDeadlineConnection,
    Attempts,
    DeadlineConnection,
)
from meter.stores.queries import run, run_async

if TYPE_CHECKING:
    from collections.abc import Generator

    from psycopg_pool import AsyncConnectionPool, ConnectionPool

    from meter.stores.turns import AsyncTurns, Turns

__all__ = ["AsyncKeptConnections", "KeptConnections"]

C = TypeVar("C", DeadlineConnection, AsyncDeadlineConnection)

_LOOK_AGAIN = 0.02  # seconds between two looks at how the attempts to connect have ended
_OUT = 60.0
"""How many seconds a connection stays out of its pool."""


class _Connecting:
    """How long one call waits for the pool to make a connection; it looks again and again.

    At first that is as long as it may wait for a turn: connecting takes its time. It ends where an
    attempt fails; after one that failed before, or while the server is silent, it is one deadline.
    """

    def __init__(self, attempts: Attempts, turns: Turns | AsyncTurns) -> None:
        now = monotonic()
        self._attempts = attempts
        self._turns = turns
        self._failures = attempts.failures
        self._deadline = now + remaining(DEADLINE)
        self._until = now + patience(DEADLINE)

    def look_again(self) -> float:
        """Return the seconds until the next look."""
        return min(_LOOK_AGAIN, remaining(DEADLINE))

    def give_up(self, error: PoolTimeout) -> None:
        """Raise why there is no connection, unless there is reason to wait on."""
        now = monotonic()
        failed = self._attempts.error
        if failed is not None and (
            self._attempts.failures > self._failures or now >= self._deadline
        ):
            raise failed
        until = self._deadline if self._turns.out else max(self._until, self._deadline)
        if now >= until:
            self._turns.give_up()
            raise error


class _Stack(Generic[C]):
    """The connections that no question has, and who waits for one. Safe for threads.

    Who waits says so before looking at the stack once more, and who lays a connection down looks
    for one that waits after that: one of the two sees the other.
    """

    def __init__(self, attempts: Attempts, turns: Turns | AsyncTurns) -> None:
        self._attempts = attempts
        self._turns = turns
        self._idle: deque[C] = deque()
        self._wanting: deque[None] = deque()
        self._closed = False

    def _pick(self) -> C | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _lay(self, connection: C) -> C | None:
        """Lay a connection on top, and return one that has to go back to the pool."""
        if self._closed or connection.pgconn.transaction_status != TransactionStatus.IDLE:
            return connection
        self._idle.append(connection)
        if self._wanting:
            return self._pick()
        try:
            if self._idle[0].out_until < monotonic():
                return self._idle.popleft()
        except IndexError:  # taken by another thread
            pass
        return None

    def _wait(self) -> Generator[float, C, C]:
        """Yield how many seconds the pool is asked for a connection, until there is one."""
        waiting = _Connecting(self._attempts, self._turns)
        self._wanting.append(None)
        try:
            while True:
                connection = self._pick()
                if connection is not None:
                    return connection
                try:
                    connection = yield waiting.look_again()
                except PoolTimeout as error:
                    waiting.give_up(error)
                else:
                    connection.out_until = monotonic() + _OUT
                    return connection
        finally:
            self._wanting.pop()


class KeptConnections(_Stack[DeadlineConnection]):
    """The connections of one pool, for threads that have their turns."""

    def __init__(self, pool: ConnectionPool[DeadlineConnection], turns: Turns) -> None:
        super().__init__(pool.connection_class.attempts, turns)
        self._pool = pool

    def take(self) -> DeadlineConnection:
        """Return a connection; whoever takes one gives it back."""
        connection = self._pick()
        if connection is not None:
            return connection
        return run(self._wait(), self._pool.getconn, PoolTimeout)

    def give(self, connection: DeadlineConnection) -> None:
        """Give a connection back, or what is left of it after an error."""
        returned = self._lay(connection)
        if returned is not None:
            self._pool.putconn(returned)

    def close(self) -> None:
        """Close the pool, and the connections that no question has."""
        self._closed = True
        self._pool.close()
        while (connection := self._pick()) is not None:
            self._pool.putconn(connection)


class AsyncKeptConnections(_Stack[AsyncDeadlineConnection]):
    """The same for the tasks of one event loop."""

    def __init__(
        self, pool: AsyncConnectionPool[AsyncDeadlineConnection], turns: AsyncTurns
    ) -> None:
        super().__init__(pool.connection_class.attempts, turns)
        self._pool = pool

    async def take(self) -> AsyncDeadlineConnection:
        """Return a connection; whoever takes one gives it back."""
        connection = self._pick()
        if connection is not None:
            return connection
        return await run_async(self._wait(), self._pool.getconn, PoolTimeout)

    async def give(self, connection: AsyncDeadlineConnection) -> None:
        """Give a connection back, or what is left of it after an error."""
        returned = self._lay(connection)
        if returned is not None:
            await self._pool.putconn(returned)

    async def close(self) -> None:
        """Close the pool, and the connections that no question has."""
        self._closed = True
        await self._pool.close()
        while (connection := self._pick()) is not None:
            await self._pool.putconn(connection)

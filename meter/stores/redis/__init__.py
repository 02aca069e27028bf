"""A store in Redis or Valkey, on one server or a cluster.

One small script compares and writes in one step, and doing it twice is the same as doing it once,
so a client that repeats a command does no harm. Every key is a hash tag of its own
(`meter:{anna}`). Expiry only removes what no longer counts.
"""

from __future__ import annotations

import asyncio
from hashlib import sha1
from typing import TYPE_CHECKING, Self, TypeAlias, TypeVar, cast

from redis.exceptions import NoScriptError, RedisError, ResponseError

from meter.stores.deadline import AnswerTime, ends_at, patience, remaining
from meter.stores.locks import ForkLock
from meter.stores.queries import run, run_async
from meter.stores.redis.cluster import Cluster, cluster_client, is_cluster
from meter.stores.redis.connections import (
    DEADLINE,
    SIZE,
    DirectPool,
    async_client,
    client,
)
from meter.stores.redis.epoch import LOG, Epoch
from meter.stores.redis.errors import MISSES, TRANSLATED
from meter.stores.redis.line import SharedLine
from meter.stores.turns import AsyncTurns, OneLoop, Turns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from datetime import datetime

    import redis
    import redis.asyncio

    from meter.stores.redis.replies import Reply

__all__ = ["AsyncRedisStore", "RedisStore"]

T = TypeVar("T")

_EPOCH = b"meter:epoch"
_SCRIPT = b"""
local found = redis.call('GET', KEYS[1])
local old, new = ARGV[1] == '1' and ARGV[2], ARGV[3] == '1' and ARGV[4]
if found == new then return 1 end
if found ~= old then return found end
if not new then redis.call('DEL', KEYS[1])
elseif ARGV[5] == '' then redis.call('SET', KEYS[1], new)
else redis.call('SET', KEYS[1], new, 'PXAT', ARGV[5]) end
return 1
"""
_SHA = sha1(_SCRIPT, usedforsecurity=False).hexdigest().encode()

_Command: TypeAlias = tuple[bytes, ...]
_Commands: TypeAlias = "Generator[_Command, Reply, T]"

_LOOK: _Command = (b"LOOK",)
"""Not a command of the server's: look at its epoch, one thread or task at a time."""


def _name(key: str) -> bytes:
    return b"meter:{%b}" % key.encode()


def _arguments(
    key: str, old: bytes | None, new: bytes | None, expires: datetime | None
) -> _Command:
    """Return what the script is given: one key, and for each value whether there is one."""
    until = b"" if expires is None else b"%d" % (expires.timestamp() * 1000)
    return (b"1", _name(key), *_flagged(old), *_flagged(new), until)


def _flagged(value: bytes | None) -> _Command:
    return (b"0", b"") if value is None else (b"1", value)


def _load(key: str, epoch: Epoch) -> _Commands[bytes | None]:
    found = cast("bytes | None", (yield b"GET", _name(key)))
    if found is None and epoch.due():
        yield _LOOK
    return found


def _swap(
    key: str, old: bytes | None, new: bytes | None, expires: datetime | None, epoch: Epoch
) -> _Commands[bytes | None]:
    arguments = _arguments(key, old, new, expires)
    if old is None and epoch.due():
        yield _LOOK
    try:
        reply = yield b"EVALSHA", _SHA, *arguments
    except NoScriptError:  # a server that was restarted, or whose scripts were flushed
        reply = yield b"EVAL", _SCRIPT, *arguments
    if reply == 1:
        return new
    if reply is None and epoch.due():
        yield _LOOK
    return cast("bytes | None", reply)


def _forget(key: str) -> _Commands[None]:
    yield b"DEL", _name(key)


def _look(epoch: Epoch) -> _Commands[None]:
    """Look at the epoch key, or write one, and the first time at the server's own settings.

    Two looks at once could each compare an old answer with a new one and report a loss that never
    was: the runner lets only one look at a time.
    """
    first = not epoch.is_known
    found = cast("bytes | None", (yield b"GET", _EPOCH))
    written = False
    try:
        if found is None:
            # `NX`: of several processes that find no epoch, one writes it and the others read that.
            written = bool((yield b"SET", _EPOCH, epoch.candidate, b"NX"))
            if not written:
                found = cast("bytes | None", (yield b"GET", _EPOCH))
        if first:
            epoch.warn_of_evictions(cast("dict[str, object]", (yield (b"INFO",))))
    except ResponseError as error:  # a replica, a full server, or a role that may not ask
        LOG.debug("the server does not let us read its epoch key: %s", error)
    epoch.saw(found, written=written)


class RedisStore:
    """Keep bytes in Redis or Valkey, over any client of redis-py.

    That is `redis.Redis`, `redis.RedisCluster`, or one of a Sentinel. `from_url` makes a client
    that repeats nothing and keeps to the deadline; a client of your own keeps its settings, and its
    `decode_responses` must be off. `deadline` is how many seconds a call may take. Safe for threads
    and forks.
    """

    name = "redis"
    blocking = True

    def __init__(
        self, client: redis.Redis | redis.RedisCluster | Cluster, *, deadline: float = DEADLINE
    ) -> None:
        self.client = client
        self.deadline: float | None = deadline
        self._epoch = Epoch()
        self._looking = ForkLock()
        self._turns = Turns(SIZE, MISSES)
        self._direct: DirectPool | None = None
        self._execute: Callable[..., Reply] = client.execute_command

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Return the store at a URL.

        `redis+cluster://one:6379,two:6379` is a cluster, of which some nodes are named. Redis-py's
        options may follow a `?`, such as `socket_timeout=0.2`.
        """
        if is_cluster(url):
            nodes, deadline, turns = cluster_client(url)
            store = cls(nodes, deadline=deadline)
        else:
            made, direct, deadline, turns = client(url)
            store = cls(made, deadline=deadline)
            store._direct = direct
        store._turns = turns
        return store

    @property
    def losses(self) -> int:
        """How often a loss of data was found so far."""
        return self._epoch.losses

    def load(self, key: str) -> bytes | None:
        """Return the bytes kept under a key, or `None`."""
        return self._run(_load(key, self._epoch))

    def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        """Replace `old` with `new` if it is still there, and return what is kept."""
        return self._run(_swap(key, old, new, expires, self._epoch))

    def forget(self, key: str) -> None:
        """Remove whatever is kept under a key."""
        self._run(_forget(key))

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
        if self._direct is not None:
            self._direct.close()

    def _run(self, commands: _Commands[T]) -> T:
        with TRANSLATED, self._turns:
            return run(commands, self._ask, RedisError)

    def _ask(self, command: _Command) -> Reply:
        if command is _LOOK:
            with self._looking.within(patience(self.deadline)):
                run(_look(self._epoch), self._send, RedisError)
            return None
        if self._direct is not None:
            return self._direct.ask(*command)
        return self._send(command)

    def _send(self, command: _Command) -> Reply:
        """Ask through the client, which parses answers such as that to `INFO`."""
        name, *arguments = command
        return self._execute(name.decode(), *arguments)  # a cluster's looks the name up as text


class AsyncRedisStore:
    """`RedisStore` for asyncio, over any client of `redis.asyncio`.

    Over the URL of one server, what the tasks ask in one round of the event loop is sent together,
    on one connection. The store belongs to the loop that uses it first; `size` is how many
    questions may be with the server at a time.
    """

    name = "redis"
    queues = True

    def __init__(
        self,
        client: redis.asyncio.Redis | redis.asyncio.RedisCluster,
        *,
        deadline: float = DEADLINE,
        size: int = SIZE,
    ) -> None:
        self.client = client
        self.deadline: float = deadline
        self._epoch = Epoch()
        self._looking = asyncio.Lock()
        self._loop = OneLoop("a store of `open_async_store`")
        self._turns = AsyncTurns(size, MISSES)
        self._line: SharedLine | None = None
        self._execute: Callable[..., Awaitable[Reply]] = client.execute_command

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Return the store at the URL of one server; redis-py's options may follow a `?`."""
        made, connect, deadline, size = async_client(url)
        store = cls(made, deadline=deadline, size=size)
        store._line = SharedLine(connect, store._turns.answers)
        return store

    @property
    def losses(self) -> int:
        """How often a loss of data was found so far."""
        return self._epoch.losses

    async def load(self, key: str) -> bytes | None:
        """Return the bytes kept under a key, or `None`."""
        return await self._run(_load(key, self._epoch))

    async def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        """Replace `old` with `new` if it is still there, and return what is kept."""
        return await self._run(_swap(key, old, new, expires, self._epoch))

    async def forget(self, key: str) -> None:
        """Remove whatever is kept under a key."""
        await self._run(_forget(key))

    async def aclose(self) -> None:
        """Close the connections."""
        if self._line is not None:
            await self._line.close()
        await self.client.aclose()

    async def _run(self, commands: _Commands[T]) -> T:
        self._loop.check()
        with TRANSLATED:
            async with self._turns:
                return await run_async(commands, self._ask, RedisError)

    def _ask(self, command: _Command) -> Awaitable[Reply]:
        if command is _LOOK:
            return self._look()
        if self._line is None:
            return self._send(command)
        return self._line.ask(command, remaining(self.deadline), ends_at())

    async def _look(self) -> None:
        async with asyncio.timeout(patience(self.deadline)):
            await self._looking.acquire()
        try:
            await run_async(_look(self._epoch), self._send, RedisError)
        finally:
            self._looking.release()

    async def _send(self, command: _Command) -> Reply:
        name, *arguments = command
        async with AnswerTime(remaining(self.deadline), self._turns.answers):
            return await self._execute(name.decode(), *arguments)

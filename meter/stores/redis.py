"""A store in Redis or Valkey, on one server or a cluster.

One small script compares and writes in one step, and doing it twice is the same as doing it once,
so a client that repeats a command does no harm. Every key is a hash tag of its own
(`meter:{anna}`). Expiry only clears away what no longer counts. An *epoch* key, written once and
never touched, tells when the server has lost what it was given.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from contextlib import asynccontextmanager, contextmanager
from hashlib import sha1
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, cast

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.connection import Connection, parse_url
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.retry import Retry

from meter.errors import CorruptUsageError, StoreError, StoreUnavailableError
from meter.stores.deadline import remaining
from meter.stores.locks import ForkLock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from datetime import datetime

__all__ = ["AsyncRedisStore", "RedisStore"]

LOG = logging.getLogger("meter.paywall")
_DEADLINE = 0.05
_EPOCH = "meter:epoch"
_LOOK_AGAIN = 1.0  # seconds between two looks at the epoch for readers who are not known

_SCRIPT = """
local found = redis.call('GET', KEYS[1])
local old, new = ARGV[1] == '1' and ARGV[2], ARGV[3] == '1' and ARGV[4]
if found == new then return 1 end
if found ~= old then return found end
if not new then redis.call('DEL', KEYS[1])
elseif ARGV[5] == '' then redis.call('SET', KEYS[1], new)
else redis.call('SET', KEYS[1], new, 'PXAT', ARGV[5]) end
return 1
"""
_SHA = sha1(_SCRIPT.encode()).hexdigest().encode()


def _name(key: str) -> bytes:
    return b"meter:{%b}" % key.encode()


def _arguments(
    key: str, old: bytes | None, new: bytes | None, expires: datetime | None
) -> tuple[bytes, ...]:
    until = b"" if expires is None else b"%d" % (expires.timestamp() * 1000)
    return (
        b"1",
        _name(key),
        b"0" if old is None else b"1",
        old or b"",
        b"0" if new is None else b"1",
        new or b"",
        until,
    )


class _Epoch:
    """What is known of the server's life.

    By which epoch we know it, and how often it was found to have lost data.
    """

    def __init__(self) -> None:
        self.losses = 0
        self.due_at = 0.0
        self.candidate = secrets.token_hex(8).encode()
        self._known: bytes | None = None
        self._evicted: int | None = None
        self._warned = False

    def due(self) -> bool:
        """Say whether it is time for another look, and let nobody else take it."""
        now = monotonic()
        if now < self.due_at:
            return False
        self.due_at = now + _LOOK_AGAIN
        return True

    def saw(self, found: bytes | None, info: dict[str, Any], *, written: bool) -> None:
        """Take in the epoch that was there, whether ours was written in its place, and the server's
        own figures.
        """
        self.due_at = monotonic() + _LOOK_AGAIN
        evicted = info.get("evicted_keys")
        if self._known is not None and found != self._known:
            self._lose("its epoch key is gone" if found is None else "its epoch key is another")
        elif self._evicted is not None and isinstance(evicted, int) and evicted > self._evicted:
            self._lose(f"it evicted {evicted - self._evicted} keys to make room")
        self._known = self.candidate if written else found
        self._evicted = evicted if isinstance(evicted, int) else None
        policy = info.get("maxmemory_policy")
        if not self._warned and info.get("maxmemory") and policy not in (None, "noeviction"):
            self._warned = True
            LOG.warning(
                "the store drops readers when it is full (`maxmemory-policy %s`); set it to"
                " `noeviction`",
                policy,
            )

    def _lose(self, why: str) -> None:
        self.losses += 1
        LOG.error("the store lost data: %s", why, extra={"meter": {"loss": why, "store": "redis"}})


@contextmanager
def _translated() -> Iterator[None]:
    """Tell the driver's errors in our words."""
    try:
        yield
    except ResponseError as error:
        if "WRONGTYPE" in str(error):
            raise CorruptUsageError(
                "the server keeps something that is not ours under a reader's key; remove it, or"
                " `forget` the reader"
            ) from error
        raise StoreUnavailableError(f"the server refused: {error}") from error
    except (RedisError, OSError) as error:
        raise StoreUnavailableError(
            f"the server did not answer: {str(error) or 'not in time'}"
        ) from error


def _parsed(url: str) -> dict[str, Any]:
    try:
        return dict(parse_url(url))  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise StoreError(f"`{url.partition('://')[0]}://…` is not a Redis URL: {error}") from None


def _settings(url: str, base: type[Any], retry: object) -> dict[str, Any]:
    """Return a client's settings for a URL.

    No repeats, no greetings, and nobody waits longer than the question allows.
    """
    settings = _parsed(url)
    settings.pop("connection_class", None)
    given: dict[str, Any] = {
        "socket_timeout": _DEADLINE,
        "socket_connect_timeout": _DEADLINE,
        "protocol": 2,
        "max_connections": 1 << 20,
    }
    return (
        given | {"retry": retry} | settings | {"connection_class": base, "decode_responses": False}
    )


class _InTime:
    """A connection that waits as long as the question being asked allows, and no longer."""

    socket_timeout: float
    socket_connect_timeout: float

    def connect(self) -> None:
        given = self.socket_connect_timeout
        self.socket_connect_timeout = remaining(given)
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self.socket_connect_timeout = given

    def read_response(self, *args: Any, **options: Any) -> Any:
        options.setdefault("timeout", remaining(self.socket_timeout))
        return super().read_response(*args, **options)  # type: ignore[misc]


class _Line:
    """Connections of redis-py, asked directly: a command, its answer, nothing in between.

    A connection that has been idle may have been closed at the other end: what fails on one is
    asked once more on a new one. Everything the store asks may be asked twice.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._idle: list[Any] = []
        self._pid = os.getpid()

    def ask(self, *command: bytes) -> Any:
        """Send a command and return its answer."""
        if self._pid != os.getpid():
            self._idle, self._pid = [], os.getpid()  # the parent's connections stay the parent's
        packed = [
            b"*%d\r\n" % len(command)
            + b"".join([b"$%d\r\n%b\r\n" % (len(part), part) for part in command])
        ]
        while True:
            try:
                connection, reused = self._idle.pop(), True
            except IndexError:
                connection, reused = self._make(), False
            try:
                if not reused:
                    connection.connect()
                connection.send_packed_command(packed, check_health=False)
                reply = connection.read_response()
            except ResponseError:
                self._idle.append(connection)
                raise
            except BaseException as error:
                connection.disconnect()
                if reused and isinstance(error, redis.ConnectionError):
                    continue
                raise
            self._idle.append(connection)
            return reply

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop().disconnect()


class RedisStore:
    """Bytes in Redis or Valkey, over any client of redis-py (`redis.Redis`, `redis.RedisCluster`,
    one of a Sentinel).

    `from_url` makes a client that repeats nothing and keeps to the deadline; a client of your own
    keeps its settings. Its `decode_responses` must be off. Safe for threads and forks.
    """

    name = "redis"
    blocking = True

    def __init__(
        self, client: redis.Redis | redis.RedisCluster, *, deadline: float = _DEADLINE
    ) -> None:
        self.client = client
        self.deadline: float | None = deadline
        self._epoch = _Epoch()
        self._looking = ForkLock()
        self._line: _Line | None = None

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Return the store at a URL.

        Redis-py's options may follow a `?`, such as `socket_timeout=0.2`.
        """
        base = _parsed(url).get("connection_class", Connection)
        settings = _settings(url, type("InTime", (_InTime, base), {}), Retry(NoBackoff(), 0))
        pool = redis.ConnectionPool(**settings)
        store = cls(redis.Redis.from_pool(pool), deadline=settings["socket_timeout"])
        store._line = _Line(lambda: pool.connection_class(**pool.connection_kwargs))
        return store

    @property
    def losses(self) -> int:
        """How often the server was found to have lost data."""
        return self._epoch.losses

    def load(self, key: str) -> bytes | None:
        """Return what is kept under a key."""
        with _translated():
            found = cast("bytes | None", self._ask(b"GET", _name(key)))
            if found is None and self._epoch.due():
                self._look()
        return found

    def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        """Put `new` in the place of `old`, and return what is there now."""
        arguments = _arguments(key, old, new, expires)
        with _translated():
            if old is None and self._epoch.due():
                self._look()
            try:
                reply = self._ask(b"EVALSHA", _SHA, *arguments)
            except NoScriptError:  # a server that was restarted, or whose scripts were flushed
                reply = self._ask(b"EVAL", _SCRIPT.encode(), *arguments)
        return new if reply == 1 else cast("bytes | None", reply)

    def forget(self, key: str) -> None:
        """Keep nothing under a key."""
        with _translated():
            self._ask(b"DEL", _name(key))

    def lost(self) -> int:
        """Look whether the server lost data, and return how often it was found to have."""
        with _translated():
            self._look()
        return self._epoch.losses

    def close(self) -> None:
        """Give the connections back."""
        self.client.close()
        if self._line is not None:
            self._line.close()

    def _ask(self, *command: bytes) -> Any:
        if self._line is not None:
            return self._line.ask(*command)
        name, *arguments = command  # a cluster's client looks the name up as text
        return self.client.execute_command(name.decode(), *arguments)  # type: ignore[no-untyped-call]

    def _look(self) -> None:
        with self._looking:
            found, written, info = (
                cast("bytes | None", self.client.get(_EPOCH)),
                False,
                cast("dict[str, Any]", {}),
            )
            try:
                if found is None:
                    written = bool(self.client.set(_EPOCH, self._epoch.candidate, nx=True))
                    found = None if written else cast("bytes | None", self.client.get(_EPOCH))
                info = self.client.info()
            except ResponseError as error:  # a replica, a full server, or a role that may not ask
                LOG.debug("the server does not let us look at its epoch key: %s", error)
            self._epoch.saw(found, info, written=written)


@asynccontextmanager
async def _answered(deadline: float) -> AsyncIterator[None]:
    """Wait as long as the question being asked allows, and tell the driver's errors in our words."""
    with _translated():
        async with asyncio.timeout(remaining(deadline)):
            yield


class AsyncRedisStore:
    """`RedisStore` for asyncio, over any client of `redis.asyncio`.

    It belongs to one event loop.
    """

    name = "redis"

    def __init__(
        self,
        client: redis.asyncio.Redis | redis.asyncio.RedisCluster,
        *,
        deadline: float = _DEADLINE,
    ) -> None:
        self.client = client
        self.deadline: float = deadline
        self._epoch = _Epoch()
        self._looking = asyncio.Lock()

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Return the store at a URL; redis-py's options may follow a `?`."""
        _parsed(url)
        base = redis.asyncio.connection.parse_url(url).get(
            "connection_class", redis.asyncio.Connection
        )
        settings = _settings(url, base, AsyncRetry(NoBackoff(), 0)) | {
            "max_connections": 64,
            "timeout": None,
        }
        deadline = settings["socket_timeout"]
        settings |= {
            "socket_timeout": None,
            "socket_connect_timeout": None,
        }  # each question has a time limit of its own
        return cls(
            redis.asyncio.Redis.from_pool(redis.asyncio.BlockingConnectionPool(**settings)),
            deadline=deadline,
        )

    @property
    def losses(self) -> int:
        """How often the server was found to have lost data."""
        return self._epoch.losses

    async def load(self, key: str) -> bytes | None:
        """Return what is kept under a key."""
        async with _answered(self.deadline):
            found = cast("bytes | None", await self.client.get(_name(key)))
            if found is None and self._epoch.due():
                await self._look()
        return found

    async def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        """Put `new` in the place of `old`, and return what is there now."""
        arguments = _arguments(key, old, new, expires)
        async with _answered(self.deadline):
            if old is None and self._epoch.due():
                await self._look()
            try:
                reply = await self.client.execute_command("EVALSHA", _SHA, *arguments)
            except NoScriptError:
                reply = await self.client.execute_command("EVAL", _SCRIPT, *arguments)
        return new if reply == 1 else reply

    async def forget(self, key: str) -> None:
        """Keep nothing under a key."""
        async with _answered(self.deadline):
            await self.client.delete(_name(key))

    async def lost(self) -> int:
        """Look whether the server lost data, and return how often it was found to have."""
        async with _answered(self.deadline):
            await self._look()
        return self._epoch.losses

    async def aclose(self) -> None:
        """Give the connections back."""
        await self.client.aclose()

    async def _look(self) -> None:
        async with self._looking:
            found, written, info = (
                cast("bytes | None", await self.client.get(_EPOCH)),
                False,
                cast("dict[str, Any]", {}),
            )
            try:
                if found is None:
                    written = bool(await self.client.set(_EPOCH, self._epoch.candidate, nx=True))
                    found = None if written else cast("bytes | None", await self.client.get(_EPOCH))
                info = await self.client.info()
            except ResponseError as error:
                LOG.debug("the server does not let us look at its epoch key: %s", error)
            self._epoch.saw(found, info, written=written)

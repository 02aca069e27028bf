"""Connections to Redis that keep to the deadline, and the driver's errors as ours."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.connection import AbstractConnection, Connection, parse_url
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from meter.errors import CorruptUsageError, StoreError, StoreUnavailableError
from meter.stores.deadline import remaining

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["DEADLINE", "DirectPool", "Reply", "async_client", "client", "translated"]

DEADLINE = 0.05
"""How many seconds a call may take by default."""

Reply: TypeAlias = bytes | int | dict[str, object] | None
"""What a server answers; a dictionary only to `INFO`."""

_Settings: TypeAlias = dict[str, Any]


@contextmanager
def translated() -> Iterator[None]:
    """Raise the errors of `meter` in the place of the driver's."""
    try:
        yield
    except ResponseError as error:
        if "WRONGTYPE" in str(error):
            raise CorruptUsageError(
                "the server keeps a value of another kind under a reader's key; remove it, or"
                " `forget` the reader"
            ) from error
        raise StoreUnavailableError(f"the server refused: {error}") from error
    except (RedisError, OSError) as error:
        raise StoreUnavailableError(
            f"the server did not answer: {str(error) or 'not in time'}"
        ) from error


class _DeadlineMixin(AbstractConnection):
    """A connection that waits no longer than the caller's deadline.

    It is mixed into the driver's own, over TCP, TLS or a Unix socket.
    """

    def connect(self) -> None:
        connect: Callable[[], None] = super().connect
        given = self.socket_connect_timeout
        self.socket_connect_timeout = remaining(given)
        try:
            connect()
        finally:
            self.socket_connect_timeout = given

    def read_response(self, *args: object, **options: object) -> object:
        options.setdefault("timeout", remaining(self.socket_timeout))
        return super().read_response(*args, **options)


class _DirectConnection(Protocol):
    """What a `DirectPool` needs of a connection."""

    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def send_packed_command(self, command: list[bytes], *, check_health: bool) -> None: ...
    def read_response(self) -> Reply: ...


class DirectPool:
    """A pool of redis-py's connections, used without its client: a command, then its answer.

    A connection that has been idle may have been closed at the other end: what fails on one is sent
    once more on a new one. Every command of the store may be sent twice.
    """

    def __init__(self, make: Callable[[], _DirectConnection]) -> None:
        self._make = make
        self._idle: list[_DirectConnection] = []
        self._pid = os.getpid()

    def ask(self, *command: bytes) -> Reply:
        """Send a command and return its answer."""
        if self._pid != os.getpid():
            # The parent's connections stay the parent's.
            self._idle = []
            self._pid = os.getpid()
        packed = [_packed(command)]
        while True:
            connection = self._take()
            reused = connection is not None
            if connection is None:
                connection = self._make()
            try:
                if not reused:
                    connection.connect()
                connection.send_packed_command(packed, check_health=False)
                reply = connection.read_response()
            except ResponseError:
                self._idle.append(connection)
                raise
            except BaseException as error:
                # Also after a signal: the answer to this command may still come, and must not be
                # read as the answer to the next one.
                connection.disconnect()
                if reused and isinstance(error, redis.ConnectionError):
                    continue
                raise
            self._idle.append(connection)
            return reply

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().disconnect()

    def _take(self) -> _DirectConnection | None:
        """Take an idle connection, if there is one. Of two threads, only one gets it."""
        try:
            return self._idle.pop()
        except IndexError:
            return None


def _packed(command: tuple[bytes, ...]) -> bytes:
    """Return a command as the protocol has it: how many parts, and each with its length."""
    parts = [b"$%d\r\n%b\r\n" % (len(part), part) for part in command]
    return b"*%d\r\n" % len(command) + b"".join(parts)


def client(url: str) -> tuple[redis.Redis, DirectPool, float]:
    """Return a client and a direct pool for a URL, and how many seconds a call may take."""
    base = _parsed(url).get("connection_class", Connection)
    settings = _settings(url, Retry(NoBackoff(), 0))
    settings["connection_class"] = type("DeadlineConnection", (_DeadlineMixin, base), {})
    pool = redis.ConnectionPool(**settings)
    direct = DirectPool(lambda: pool.connection_class(**pool.connection_kwargs))
    return redis.Redis.from_pool(pool), direct, settings["socket_timeout"]


def async_client(url: str) -> tuple[redis.asyncio.Redis, float]:
    """Return an asyncio client for a URL, and how many seconds a call may take."""
    _parsed(url)
    parsed = redis.asyncio.connection.parse_url(url)
    settings = _settings(url, AsyncRetry(NoBackoff(), 0))
    deadline = settings["socket_timeout"]
    settings |= {
        "connection_class": parsed.get("connection_class", redis.asyncio.Connection),
        "max_connections": 64,
        "timeout": None,
        # The store sets a time limit around each call.
        "socket_timeout": None,
        "socket_connect_timeout": None,
    }
    pool = redis.asyncio.BlockingConnectionPool(**settings)
    return redis.asyncio.Redis.from_pool(pool), deadline


def _parsed(url: str) -> _Settings:
    parse: Callable[[str], _Settings] = parse_url
    try:
        return dict(parse(url))
    except ValueError as error:
        raise StoreError(f"`{url.partition('://')[0]}://…` is not a Redis URL: {error}") from None


def _settings(url: str, retry: object) -> _Settings:
    """Return a client's settings for a URL: no repeats, no greetings, short waits."""
    settings = _parsed(url)
    settings.pop("connection_class", None)
    given: _Settings = {
        "socket_timeout": DEADLINE,
        "socket_connect_timeout": DEADLINE,
        "protocol": 2,
        "max_connections": 1 << 20,
        "retry": retry,
    }
    return given | settings | {"decode_responses": False}

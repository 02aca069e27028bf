"""Connections to Redis that keep to the deadline, and the driver's errors as ours."""

from __future__ import annotations

import os
from time import monotonic
from typing import TYPE_CHECKING, Protocol, cast

import redis
import redis.asyncio
from redis.asyncio.connection import AbstractConnection as AsyncConnection
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.connection import (
    AbstractConnection,
    Connection,
)
from redis.exceptions import InvalidResponse, ResponseError
from redis.retry import Retry

from meter.stores.deadline import SLICES, Slices, patience, remaining
from meter.stores.redis.errors import MISSES
from meter.stores.redis.replies import Replies, Reply, packed
from meter.stores.redis.urls import Settings, read_url
from meter.stores.turns import Silence, Turns

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from meter.stores.redis.line import LineConnection

__all__ = [
    "DEADLINE",
    "SIZE",
    "DeadlineMixin",
    "DirectPool",
    "async_client",
    "client",
    "completed",
]

DEADLINE = 0.05
"""How many seconds an answer may take by default."""

SIZE = 32
"""How many questions may be with the server at a time; the URL's `max_connections` changes it."""

_CHUNK = 65_536
_CLOSED = "the server closed the connection"


class DeadlineMixin(AbstractConnection):
    """A connection that waits no longer than the caller's deadline.

    It is mixed into the driver's own, over TCP, TLS or a Unix socket. Making a connection may take
    as long as waiting for a turn; while the server is silent, twice as long as the last one took.
    """

    silence: Silence
    is_given = False  # whether the URL says how long connecting may take
    replies: Replies
    end: socket.socket
    waits: float | None

    def connect(self) -> None:
        connect: Callable[[], None] = super().connect
        given = self.socket_connect_timeout
        began = monotonic()
        self.socket_connect_timeout = self._connect_seconds(given)
        try:
            connect()
        except redis.TimeoutError:
            self.silence.give_up()
            raise
        except ValueError as error:  # what the driver raises for a number that is none
            raise InvalidResponse(str(error)) from error
        finally:
            self.socket_connect_timeout = given
        self.silence.took = monotonic() - began
        self.replies = Replies(self._parser.parse_error)
        self.end = cast("socket.socket", self._sock)
        self.waits = -1.0

    def ask(self, data: bytes) -> Reply:
        """Send a command and return its answer, without what the driver does around both.

        Raises the driver's errors: after any but a `ResponseError` the connection is of no use.
        """
        seconds = remaining(self.socket_timeout)
        slice_ = None if seconds is None else seconds / SLICES
        found: list[Reply | Exception] = []
        try:
            if self.waits != slice_:
                self.end.settimeout(slice_)
                self.waits = slice_
            slices = Slices(self.silence.answers)
            while data:
                try:
                    data = data[self.end.send(data) :]
                except TimeoutError:
                    self._note_silence(slices, seconds)
            while not found:
                try:
                    data = self.end.recv(_CHUNK)
                except TimeoutError:
                    self._note_silence(slices, seconds)
                else:
                    if not data:
                        raise redis.ConnectionError(_CLOSED)
                    found = self.replies.feed(data)
        except OSError as error:
            raise redis.ConnectionError(str(error)) from error
        if len(found) > 1:
            raise InvalidResponse("more than one answer to one question")
        reply = found[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    def _note_silence(self, slices: Slices, seconds: float | None) -> None:
        """Raise the driver's error after the last slice of silence."""
        if slices.is_last():
            raise redis.TimeoutError(f"no answer within {seconds:.3g} seconds")

    def _connect_seconds(self, given: float | None) -> float | None:
        if self.is_given:
            return given
        seconds = remaining(given)
        if seconds is None:
            return None
        if self.silence.out:
            return max(seconds, 2 * self.silence.took)
        return max(seconds, patience(seconds))

    def send_packed_command(self, *command: object, **options: object) -> None:
        if self._sock is not None:
            self._sock.settimeout(remaining(self.socket_timeout))
        send: Callable[..., None] = super().send_packed_command
        send(*command, **options)

    def read_response(self, *args: object, **options: object) -> object:
        # It is silence that is counted, slice by slice, and not how long this process took to look.
        seconds = remaining(self.socket_timeout)
        if seconds is not None and not self._hears(seconds / SLICES):
            disconnect: Callable[[], None] = self.disconnect
            disconnect()
            raise redis.TimeoutError(f"no answer within {seconds:.3g} seconds")
        if self._sock is not None:
            self._sock.settimeout(seconds)
        return super().read_response(*args, **options)

    def _hears(self, seconds: float) -> bool:
        slices = Slices(self.silence.answers)
        while not self.can_read(seconds):
            if slices.is_last():
                return False
        return True


class _DirectConnection(Protocol):
    """What a `DirectPool` needs of a connection."""

    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def ask(self, data: bytes) -> Reply: ...


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
        data = packed(command)
        while True:
            connection = self._take()
            reused = connection is not None
            if connection is None:
                connection = self._make()
            try:
                if not reused:
                    connection.connect()
                reply = connection.ask(data)
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


def client(url: str) -> tuple[redis.Redis, DirectPool, float, Turns]:
    """Return a client and a direct pool for a URL, the deadline, and the turns of its threads."""
    base = read_url(url).get("connection_class", Connection)
    settings = _settings(url) | {"retry": Retry(NoBackoff(), 0)}
    turns = Turns(settings.pop("max_connections", SIZE), MISSES)
    given = "socket_connect_timeout" in read_url(url)
    own = {"silence": turns, "is_given": given}
    settings["connection_class"] = type("DeadlineConnection", (DeadlineMixin, base), own)
    pool = redis.ConnectionPool(**settings)
    direct = DirectPool(lambda: pool.connection_class(**pool.connection_kwargs))
    return redis.Redis.from_pool(pool), direct, settings["socket_timeout"], turns


class _LineMixin(AsyncConnection):
    """A connection whose answers are not read one at a time, but as they arrive."""

    def write(self, data: bytes) -> None:
        if self._writer is not None:
            self._writer.write(data)

    async def read(self) -> bytes:
        return b"" if self._reader is None else await self._reader.read(_CHUNK)

    def refusal(self, said: str) -> Exception:
        parse: Callable[[str], Exception] = self._parser.parse_error
        return parse(said)


def async_client(
    url: str,
) -> tuple[redis.asyncio.Redis, Callable[[], LineConnection], float, int]:
    """Return for a URL an asyncio client, what makes a line's connections, and two settings.

    Those are the deadline, and how many may ask at once.
    """
    read_url(url)
    parsed = redis.asyncio.connection.parse_url(url)
    settings = _settings(url) | {"retry": AsyncRetry(NoBackoff(), 0)}
    deadline = settings["socket_timeout"]
    size = settings.pop("max_connections", SIZE)
    settings |= {
        "connection_class": parsed.get("connection_class", redis.asyncio.Connection),
        "max_connections": size,
        "timeout": None,
        # The store sets a time limit around each call.
        "socket_timeout": None,
        "socket_connect_timeout": None,
    }
    pool = redis.asyncio.BlockingConnectionPool(**settings)
    line_class = type("LineConnection", (_LineMixin, pool.connection_class), {})
    return (
        redis.asyncio.Redis.from_pool(pool),
        lambda: line_class(**pool.connection_kwargs),
        deadline,
        size,
    )


def _settings(url: str) -> Settings:
    settings = completed(read_url(url))
    del settings["connection_class"]
    return settings


def completed(settings: Settings) -> Settings:
    """Return a client's settings with those that a URL leaves open: short waits, no greetings."""
    given: Settings = {
        "connection_class": Connection,
        "socket_timeout": DEADLINE,
        "socket_connect_timeout": DEADLINE,
        "protocol": 2,
    }
    return given | settings | {"decode_responses": False}

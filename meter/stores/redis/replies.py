"""What is said to a Redis server and what it says, as bytes on a connection (RESP).

Redis' own library reads and writes the protocol; here is what it is asked for, and which of its
answers can be one to a command of ours.
"""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, TypeAlias, cast

from hiredis import Reader, pack_command
from redis.exceptions import InvalidResponse

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Replies", "Reply", "packed"]

Reply: TypeAlias = bytes | int | dict[str, object] | None
"""What a server answers; a dictionary only to `INFO`, which is asked through the driver."""

_KINDS = {bytes, int, NoneType}
_NOT_YET = object()

packed = cast("Callable[[tuple[bytes, ...]], bytes]", pack_command)
"""Return a command as the protocol has it. (The library's own type is that of a single word.)"""


class Replies:
    r"""The answers on one connection, taken from the bytes as they arrive.

    `error` returns the driver's error for what a server says of one.

    >>> replies = Replies(ValueError)
    >>> replies.feed(b"$4\r\nanna\r\n:1\r\n$-1\r\n$2\r\nb")
    [b'anna', 1, None]
    >>> replies.feed(b"o\r\n-ERR no\r\n")
    [b'bo', ValueError('ERR no')]
    """

    def __init__(self, error: Callable[[str], Exception]) -> None:
        self._reader = Reader(InvalidResponse, error, notEnoughData=_NOT_YET)

    def feed(self, data: bytes) -> list[Reply | Exception]:
        """Return the answers that are whole by now, an error as what would be raised.

        Raises `InvalidResponse` for what is no answer, and for one to no command of ours.
        """
        self._reader.feed(data)
        found: list[Reply | Exception] = []
        while (reply := self._reader.gets()) is not _NOT_YET:
            if type(reply) not in _KINDS and not isinstance(reply, Exception):
                raise InvalidResponse(f"an answer to no command of this store: {reply!r:.40}")
            found.append(reply)
        return found

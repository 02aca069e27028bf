"""What is said to a Redis server and what it says, as bytes on a connection (RESP).

A command is how many parts it has, and each with its length. An answer begins with a byte that
says its kind: `$` bytes with their length, `:` a number, `-` an error, `+` a word, `_` nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from redis.exceptions import InvalidResponse

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Replies", "Reply", "packed"]

Reply: TypeAlias = bytes | int | dict[str, object] | None
"""What a server answers; a dictionary only to `INFO`."""

_BYTES, _NUMBER, _ERROR, _WORD, _NOTHING = b"$:-+_"


def packed(command: tuple[bytes, ...]) -> bytes:
    r"""Return a command as the protocol has it.

    >>> packed((b"GET", b"anna"))
    b'*2\r\n$3\r\nGET\r\n$4\r\nanna\r\n'
    """
    parts = [b"$%d\r\n%b\r\n" % (len(part), part) for part in command]
    return b"*%d\r\n" % len(command) + b"".join(parts)


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
        self._error = error
        self._rest = b""

    def feed(self, data: bytes) -> list[Reply | Exception]:
        """Return the answers that are whole by now, an error as what would be raised.

        Raises `InvalidResponse` for what no answer to a command of ours begins with, and for a
        number that is none.
        """
        data = self._rest + data
        found: list[Reply | Exception] = []
        at = 0
        while (end := data.find(b"\r\n", at)) >= 0:
            kind = data[at]
            after = end + 2
            reply: Reply | Exception = None
            if kind == _BYTES:
                length = _number(data[at + 1 : end])
                if length >= 0:
                    after += length + 2
                    if len(data) < after:
                        break
                    reply = data[end + 2 : after - 2]
            elif kind == _NUMBER:
                reply = _number(data[at + 1 : end])
            elif kind == _ERROR:
                reply = self._error(data[at + 1 : end].decode("utf-8", "replace"))
            elif kind == _WORD:
                reply = data[at + 1 : end]
            elif kind != _NOTHING:
                raise InvalidResponse(f"an answer of an unknown kind: {data[at : at + 20]!r}")
            found.append(reply)
            at = after
        self._rest = data[at:]
        return found


def _number(digits: bytes) -> int:
    try:
        return int(digits)
    except ValueError:
        raise InvalidResponse(f"an answer with no number where one belongs: {digits!r}") from None

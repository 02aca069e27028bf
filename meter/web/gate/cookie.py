"""The reader's cookie: which device this is, and what the store does not know yet.

It is signed, not secret: it names no account and holds nothing but a random id, marks, the ids of
the articles of a first visit, and which prompts it showed. Whoever changes it has none.
"""

from __future__ import annotations

from hashlib import blake2b
from http.cookies import SimpleCookie
from itertools import islice
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from attrs import evolve, frozen
from itsdangerous import BadData
from itsdangerous.encoding import base64_decode, base64_encode

from meter.errors import MeterError, quoted
from meter.usage import Usage
from meter.web.signed import Json, Secrets, Signing

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CookieJar", "ReaderCookie", "account_reader_id", "new_device"]

MOST_BYTES = 4000
"""Browsers drop a cookie of more than 4,096 bytes, name and attributes included."""
_MOST_JOINS = 4
_ROOM_FOR_JOINS = 320
"""What the sign-ins that wait add to a value at most, and the mark of an account."""
_MOST_OF_A_NAME = 20
"""So many cookies of the name are looked at: whoever sends more sends none of ours."""
_VERSION = 1
_DEVICE = "device:"
_ACCOUNT = "account:"
_SECONDS = 400 * 86_400
"""How long browsers keep a cookie at most (RFC 6265bis): 400 days."""
_RENEWED = 30 * 86_400


def new_device() -> str:
    """Return the name of a device that nobody can guess: 128 random bits."""
    return token_urlsafe(16)


def account_reader_id(account: str) -> str:
    """Return the reader id of an account: its own, but never that of a device."""
    return _ACCOUNT + account if account.startswith((_DEVICE, _ACCOUNT)) else account


@frozen(kw_only=True)
class ReaderCookie:
    """What one browser brings with it.

    `issued` is in seconds since 1970. `account` is the mark of the account that this device has
    joined since it signed in, `joins` those that are still to be joined, each with the instant of
    the sign-in in microseconds. `usage` is what a first visit has counted, as bytes.
    """

    device: str
    issued: int
    account: str = ""
    joins: tuple[tuple[str, int], ...] = ()
    usage: bytes = b""

    @property
    def reader_id(self) -> str:
        """The id that this device has in the store."""
        return _DEVICE + self.device

    def mark(self, account: str) -> str:
        """Return what this cookie knows an account by: a digest that tells nobody its id."""
        key = self.device.encode()[:64]
        return blake2b(account.encode("utf-8", "surrogatepass"), digest_size=9, key=key).hexdigest()

    def joining(self, mark: str, at: int) -> ReaderCookie:
        """Return this cookie with a sign-in that is still to be brought to the store."""
        others = tuple(join for join in self.joins if join[0] != mark)
        return evolve(self, account=mark, joins=(*others, (mark, at))[-_MOST_JOINS:])

    def joined(self, mark: str) -> ReaderCookie:
        """Return this cookie after an account was joined."""
        left = tuple(join for join in self.joins if join[0] != mark)
        return evolve(self, account=mark, joins=left)

    def carried(self) -> Usage:
        """Return what a first visit has counted; nothing where that cannot be read."""
        try:
            return Usage.from_bytes(self.usage) if self.usage else Usage()
        except MeterError:
            return Usage()


class CookieJar:
    """Reads and writes the readers' cookies of one site.

    `secrets` are the keys, the newest first: it signs, and what an older one signed still counts,
    and is signed anew.
    """

    def __init__(self, name: str, secrets: Secrets) -> None:
        signing = Signing(
            secrets,
            "reader",
            otherwise="a gate needs a `secret` that signs its cookies: a long random text that"
            " every process has, or several, newest first",
        )
        if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            raise ValueError(
                f"`cookie` is a name of letters, digits, `-` and `_`, not {quoted(name)}"
            )
        self.name = name
        self._signing = signing

    def read(self, header: str, now: int) -> tuple[ReaderCookie | None, bool]:
        """Return the cookie of a `Cookie` header, and whether it is due to be written anew.

        `now` is in seconds since 1970. What is forged, foreign or not a cookie of ours is `None`.
        Of several of the name, such as those of other paths, the first that is ours counts.
        """
        for value in islice(self._values(header), _MOST_OF_A_NAME):
            try:
                payload, is_old = self._signing.read(value)
            except BadData:
                continue
            cookie = _cookie(payload)
            if cookie is not None:
                return cookie, is_old or now - cookie.issued > _RENEWED
        return None, False

    def _values(self, header: str) -> Iterator[str]:
        for pair in header.split(";"):
            name, _, value = pair.strip().partition("=")
            if name == self.name and len(value) <= MOST_BYTES and value.isascii():
                yield value.strip('"')

    def fits(self, cookie: ReaderCookie) -> bool:
        """Say whether browsers keep a cookie of this size, also with sign-ins that wait."""
        return len(self._value(cookie)) + len(self.name) + _ROOM_FOR_JOINS < MOST_BYTES

    def _value(self, cookie: ReaderCookie) -> str:
        usage = base64_encode(cookie.usage).decode()
        joins: list[Json] = [list(join) for join in cookie.joins]
        return self._signing.sign(
            [_VERSION, cookie.device, cookie.issued, cookie.account, joins, usage]
        )

    def set(self, cookie: ReaderCookie, *, secure: bool) -> str:
        """Return a `Set-Cookie` header's value."""
        return self._header(self._value(cookie), _SECONDS, secure=secure)

    def clear(self, *, secure: bool) -> str:
        """Return the `Set-Cookie` header's value that makes a browser drop the cookie."""
        return self._header("", 0, secure=secure)

    def _header(self, value: str, seconds: int, *, secure: bool) -> str:
        jar: SimpleCookie = SimpleCookie({self.name: value})
        morsel = jar[self.name]
        morsel.update({"path": "/", "max-age": str(seconds), "samesite": "Lax"})
        morsel["httponly"] = True
        if secure:
            morsel["secure"] = True
        return morsel.OutputString()


def _cookie(payload: Json) -> ReaderCookie | None:
    """Return the cookie that a signed payload is, or `None` for one of another version."""
    match payload:
        case [1, str(device), int(issued), str(account), list(joins), str(usage)] if device:
            pass
        case _:
            return None
    try:
        return ReaderCookie(
            device=device,
            issued=issued,
            account=account,
            joins=tuple(_join(join) for join in joins),
            usage=base64_decode(usage),
        )
    except (BadData, OverflowError, TypeError, ValueError):
        return None


def _join(join: Json) -> tuple[str, int]:
    match join:
        case [str(mark), int(at)]:
            return mark, at
        case _:
            raise ValueError("no sign-in that waits")

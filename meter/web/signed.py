"""What this site has signed and anybody may carry: who changes it has nothing.

It is signed, not secret. Each purpose has a key of its own, derived from the site's, so that what
is signed for one is nothing for another.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl, quote, urlsplit

from itsdangerous import BadData, BadSignature, Signer, URLSafeSerializer
from itsdangerous.encoding import base64_encode
from itsdangerous.url_safe import URLSafeSerializerMixin

from meter.web.secrets import NO_SECRET, Secrets, keys_of, link_keys
from meter.windows import instant

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "LongLinkError",
    "SignedLinks",
    "SignedValue",
    "Signing",
    "parameter",
    "with_parameter",
]

SignedValue: TypeAlias = (
    "str | int | float | bool | list[SignedValue] | dict[str, SignedValue] | None"
)

_SHORT = 600
_LONGEST = 2000
_MOST_PARAMETERS = 100
_SECOND = 1_000_000


class LongLinkError(ValueError):
    """A token would be longer than an address carries safely."""


class Signing:
    """Signs values for one purpose by the newest of a site's keys, and reads what any signed."""

    def __init__(self, secrets: Secrets, purpose: str, *, otherwise: str) -> None:
        """Raise `ValueError` with the words `otherwise` where no key is given, or an empty one."""
        keys = [key.encode() if isinstance(key, str) else key for key in keys_of(secrets)]
        if not keys or not all(isinstance(key, bytes) and key.strip() for key in keys):
            raise ValueError(otherwise)
        salt = f"meter.{purpose}".encode()
        self._newest = _serializer(keys[:1], salt)
        # as itsdangerous wants them: newest last
        self._older = _serializer(list(reversed(keys[1:])), salt)

    def sign(self, value: SignedValue) -> str:
        """Return a value as signed text of letters, digits, `-`, `_` and `.`."""
        signed = self._newest.dumps(value)
        return signed if isinstance(signed, str) else signed.decode()

    def read(self, text: str) -> tuple[SignedValue, bool]:
        """Return what a text holds, and whether an older key signed it.

        Raises itsdangerous' `BadData` for what is not of this site, or for another purpose.
        """
        try:
            return self._newest.loads(text), False
        except BadSignature:
            return self._older.loads(text), True


class SignedLinks:
    """Signs what a link of this site carries, until it ends.

    `secret` is the site's key, or several, newest first; `purpose` a word such as `gift`. Raises
    what `link_keys` does.
    """

    def __init__(self, secret: Secrets, purpose: str) -> None:
        self._signing = Signing(link_keys(secret), f"link.{purpose}", otherwise=NO_SECRET)

    def sign(self, payload: dict[str, SignedValue], ends: datetime) -> str:
        """Return a payload as a token that holds up to `ends`, a time with a zone.

        It is of letters, digits, `-`, `_` and `.`, fit for an address. Raises `LongLinkError` where
        it would be longer than 2,000 characters, which no address carries safely, and `ValueError`
        for a time without a zone.
        """
        token = self._signing.sign([instant(ends) // _SECOND, payload])
        if len(token) > _LONGEST:
            raise LongLinkError(f"a link cannot carry so much: at most {_LONGEST:,} characters")
        return token

    def read(self, token: str, now: datetime) -> dict[str, SignedValue] | None:
        """Return the payload of a token.

        `None` for what is forged, for another purpose, too long, or over at `now`, a time with a
        zone. Raises `ValueError` for a time without one.
        """
        at = instant(now)
        if len(token) > _LONGEST or not token.isascii():
            return None
        try:
            held, _ = self._signing.read(token)
        except BadData:
            return None
        match held:
            case [int(ends), dict(payload)] if at < ends * _SECOND:
                return payload
            case _:
                return None


def parameter(url: str, name: str) -> str | None:
    """Return the first value of a parameter in the query of an address, or `None`.

    >>> parameter("/articles/a1?page=2&gift=abc", "gift")
    'abc'
    """
    if f"{name}=" not in url:
        return None
    try:
        query = urlsplit(url).query
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return None
    return next((value for key, value in pairs if key == name), None)


def with_parameter(address: str, name: str, value: str) -> str:
    """Return an address with a parameter, in the place of one of that name.

    Whatever else is in the query stays as it was written. Raises `ValueError` for what is no
    address.

    >>> with_parameter("https://harbour.example/a1?page=2#top", "gift", "abc")
    'https://harbour.example/a1?page=2&gift=abc#top'
    """
    parts = urlsplit(address)
    others = [pair for pair in parts.query.split("&") if pair and not _names(pair, name)]
    query = "&".join([*others, f"{name}={quote(value, safe='')}"])
    return parts._replace(query=query).geturl()


def _names(pair: str, name: str) -> bool:
    """Say whether a `key=value` of a query is of a name."""
    return any(key == name for key, _ in parse_qsl(pair, keep_blank_values=True))


class _Serializer(URLSafeSerializer):
    """Compresses only what is long: to try it costs more than to sign."""

    def dump_payload(self, obj: SignedValue) -> bytes:
        plain = super(URLSafeSerializerMixin, self).dump_payload(obj)
        return super().dump_payload(obj) if len(plain) > _SHORT else base64_encode(plain)


def _serializer(keys: list[bytes], salt: bytes) -> URLSafeSerializer:
    """Return what signs by the last key and reads by all, each derived once for all calls."""
    derived = [
        Signer(key, salt, key_derivation="hmac", digest_method=sha256).derive_key() for key in keys
    ]
    return _Serializer(
        derived, salt=salt, signer_kwargs={"digest_method": sha256, "key_derivation": "none"}
    )

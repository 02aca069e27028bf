"""Make the key under which a store keeps a reader's usage.

Two readers never share a key, whatever their ids contain. A key is short, printable ASCII; with the
publisher's secret it does not show the reader's id.
"""

from __future__ import annotations

import hmac
import re
from hashlib import blake2b, sha256
from typing import TypeAlias
from urllib.parse import quote

from meter.errors import IdentityError
from meter.errors.kinds import text

__all__ = ["LONGEST_KEY", "Secret", "checked_secret", "mark_key", "reader_key"]

Secret: TypeAlias = bytes | str | None
"""What the digests in a store are made with; `None` keeps the ids themselves."""

LONGEST_KEY = 200
"""No key is longer than this many characters (all of them ASCII)."""

_LONGEST_PART = 96
_TEXT_OF_AN_ID = text('an id in quotes such as `"a1"`')
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+")


def reader_key(reader_id: str, *, namespace: str = "", secret: Secret = None) -> str:
    """Return the key of a reader's usage.

    `namespace` keeps the readers of several publications apart in one store. With `secret` the id
    is replaced by its HMAC-SHA256, so that what is stored names nobody; another secret makes other
    keys, and the counts under the old ones are no longer found. Raises `IdentityError` for an empty
    id: all readers without one would share one count; `ValueError` for an empty secret.

    >>> reader_key("anna"), reader_key("a:b", namespace="c"), reader_key("a", namespace="b:c")
    ('anna', 'c:a%3Ab', 'b%3Ac:a')
    """
    if secret is None and not namespace and type(reader_id) is str and _is_plain(reader_id):
        return reader_id  # as nearly always
    fault = _TEXT_OF_AN_ID(reader_id, "the id of a reader")
    if reader_id and fault is not None:
        raise IdentityError(f"{fault.message}; {fault.advice}")
    if not reader_id:
        raise IdentityError(
            "a reader without an id cannot be counted: give each one a stable id, such as that of a"
            " signed cookie"
        )
    checked = checked_secret(secret)
    part = _plain(reader_id) if checked is None else _digest(reader_id, checked)
    if not namespace:
        return part
    return f"{_plain(namespace)}:{part}"


def mark_key(key: str) -> str:
    """Return the key of the mark that stays for a while where a reader was forgotten.

    A digest, in which no id is to be seen, and which no reader has for a key.

    >>> mark_key("anna")[:12], len(mark_key("anna"))
    ('!07a996c4430', 65)
    """
    return "!" + blake2b(_raw(key), digest_size=32, person=b"forgotten").hexdigest()


def checked_secret(secret: Secret) -> Secret:
    """Return a secret, or raise: `ValueError` for an empty one, `TypeError` for what is none."""
    if secret is not None and not isinstance(secret, bytes | str):
        raise TypeError(f"a `secret` is text or bytes, not of type `{type(secret).__name__}`")
    if secret is not None and not secret:
        raise ValueError(
            "the `secret` is empty, and anyone could compute the digests: is an environment"
            " variable not set? Give a secret, or `None` to keep the ids themselves"
        )
    return secret


def _digest(text: str, secret: bytes | str) -> str:
    """Return a digest of a text that cannot be made without the secret."""
    key = _raw(secret) if isinstance(secret, str) else secret
    return "=" + hmac.digest(key, _raw(text), sha256).hex()


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _is_plain(text: str) -> bool:
    return len(text) <= _LONGEST_PART and _UNRESERVED.fullmatch(text) is not None


def _plain(text: str) -> str:
    """Return a text with every reserved character escaped, or its digest where that is long.

    `=` and `#` are always escaped: they begin a digest.
    """
    if _is_plain(text):
        return text
    if len(text) <= _LONGEST_PART:
        # RFC 3986 section 2.3: letters, digits and `-._~` stand for themselves, all else is `%` and
        # two hexadecimal digits.
        escaped = quote(_raw(text), safe="")
        if len(escaped) <= _LONGEST_PART:
            return escaped
    return "#" + blake2b(_raw(text), digest_size=32).hexdigest()

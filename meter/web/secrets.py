"""The keys that sign: long texts that nobody can guess, never the name of the file of one."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

__all__ = ["LEAST_SECRET", "NO_SECRET", "Secrets", "keys_of", "link_keys", "secret_fault"]

Secrets: TypeAlias = "str | bytes | Iterable[str | bytes]"
"""The keys of a site: one long random text that every process has, or several, newest first."""
LEAST_SECRET = 16
"""How many characters (or bytes) the secret of a link has at least: fewer can be tried out."""
_READ_IT = 'in Python `Path("secret.txt").read_text()`'
_MAKE_ONE = "`openssl rand -hex 32` prints one"
_FILE = re.compile(r"\S*\.(txt|key|pem|secret|env|toml|json)", re.IGNORECASE)
_SEVERAL = 'has several lines: give them as a list, `Path("secret.txt").read_text().split()`'
_TEXT = frozenset(string.printable.encode())
NO_SECRET = (
    "links need a `secret` that signs them: a long random text that every process has, or several,"
    f" newest first; {_MAKE_ONE}"
)


def keys_of(secret: Secrets) -> tuple[str | bytes, ...]:
    """Return one key, or several, newest first, each as it is; `TypeError` for what is neither."""
    return (secret,) if isinstance(secret, str | bytes) else tuple(secret)


def link_keys(secret: Secrets) -> tuple[str | bytes, ...]:
    """Return the keys of links, newest first.

    A text is taken without the blanks and line ends around it, and so are bytes that spell one;
    others are taken as they are. Raises `TypeError` for what is neither, and `ValueError` where
    there is none, and for one that is short, or a text that is the name of a file; what it says
    quotes none.
    """
    given = keys_of(secret) if isinstance(secret, Iterable) else (secret,)
    keys = tuple(map(_spelled, given))
    if not all(isinstance(key, str | bytes) for key in keys):
        raise TypeError(
            "a `secret` is a text, or a list of texts, newest first; of a file take what stands in"
            f" it, {_READ_IT}"
        )
    if not keys or not all(key.strip() for key in keys):
        raise ValueError(NO_SECRET)
    taken = tuple(key.strip() if isinstance(key, str) else key for key in keys)
    for key in taken:
        several = isinstance(key, str) and len(key.splitlines()) > 1
        fault = _SEVERAL if several else secret_fault(key)
        if fault is not None:
            raise ValueError(f"the `secret` of links {fault}")
    return taken


def _spelled(key: str | bytes) -> str | bytes:
    """Return bytes that spell a text as that text: random ones are none."""
    if isinstance(key, bytes) and _TEXT.issuperset(key):
        return key.decode()
    return key


def secret_fault(secret: str | bytes) -> str | None:
    """Return why a key is no secret, and what to do, in words that go on from it; or nothing."""
    if isinstance(secret, str) and (_FILE.fullmatch(secret) or _is_file(secret)):
        return f"is the name of a file; take what stands in it, {_READ_IT}"
    if len(secret) < LEAST_SECRET:
        return f"has fewer than {LEAST_SECRET} characters, so it can be guessed; {_MAKE_ONE}"
    return None


def _is_file(text: str) -> bool:
    """Say whether there is a file of a name; what can be the name of none is not looked for."""
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False

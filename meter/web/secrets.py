"""The keys that sign links: long texts that nobody can guess, never the name of the file of one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

__all__ = ["LEAST_SECRET", "NO_SECRET", "Secrets", "link_keys", "secret_fault"]

Secrets: TypeAlias = "str | bytes | Iterable[str | bytes]"
"""The keys of a site: one long random text that every process has, or several, newest first."""
LEAST_SECRET = 16
"""How many characters the secret of a link has at least: a shorter one can be tried out."""
_READ_IT = 'in Python `Path("secret.txt").read_text()`'
_MAKE_ONE = "`openssl rand -hex 32` prints one"
_FILE = re.compile(r"\S*\.(txt|key|pem|secret|env|toml|json)", re.IGNORECASE)
_SEVERAL = 'has several lines: give them as a list, `Path("secret.txt").read_text().split()`'
NO_SECRET = (
    "links need a `secret` that signs them: a long random text that every process has, or several,"
    f" newest first; {_MAKE_ONE}"
)


def link_keys(secret: Secrets) -> tuple[str | bytes, ...]:
    """Return the keys of links, newest first, without blanks and line ends around them.

    Raises `TypeError` for what is no text, and `ValueError` where there is none, and for one that
    is short or the name of a file; what it says quotes none.
    """
    given = [secret] if isinstance(secret, str | bytes) else secret
    keys = list(given) if isinstance(given, Iterable) else [given]
    if not all(isinstance(key, str | bytes) for key in keys):
        raise TypeError(
            "a `secret` is a text, or a list of texts, newest first; of a file take what stands in"
            f" it, {_READ_IT}"
        )
    stripped = tuple(key.strip() for key in keys)
    if not stripped or not all(stripped):
        raise ValueError(NO_SECRET)
    for key in stripped:
        fault = secret_fault(key) if len(key.splitlines()) == 1 else _SEVERAL
        if fault is not None:
            raise ValueError(f"the `secret` of links {fault}")
    return stripped


def secret_fault(secret: str | bytes) -> str | None:
    """Return why a text is no secret, and what to do, in words that go on from it; or nothing."""
    text = os.fsdecode(secret)
    if _FILE.fullmatch(text) or _is_file(text):
        return f"is the name of a file; take what stands in it, {_READ_IT}"
    if len(text) < LEAST_SECRET:
        return f"has fewer than {LEAST_SECRET} characters, so it can be guessed; {_MAKE_ONE}"
    return None


def _is_file(text: str) -> bool:
    """Say whether there is a file of a name; what can be the name of none is not looked for."""
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False

"""The keys that clients show: one a line in a file, several of them valid at once.

A line is `KEY`, or `KEY clock` for a client that may say itself what time it is (`at`). Empty lines
and lines that start with `#` are passed over. The file is read anew when it changes; one that
cannot be used leaves the last good keys in force.
"""

from __future__ import annotations

import logging
import re
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors import PolicyError, Problem, ProblemsError, meant, quoted
from meter.loading.toml import read_text
from meter.resources import file_stamp

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Client", "KeyFile", "KeyFileError", "NoKeys"]

_logger = logging.getLogger("meter.serve")

_CLOCK = "clock"
_KEY = re.compile(r"[\x21-\x7e]+")
_MOST_PARTS = 2


class KeyFileError(ProblemsError):
    """A key file cannot be used."""


@frozen
class Client:
    """Who asks: one whose key was accepted."""

    may_set_clock: bool = False


class NoKeys:
    """Where no key is asked for: everyone on this machine is a client."""

    needs_key = False

    def client(self, _authorization: str | None) -> Client | None:
        """Return the client, whatever was sent."""
        return Client()


class KeyFile:
    """The keys in a file. Raises `KeyFileError` if there are none that can be used."""

    needs_key = True

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._stamp = file_stamp(self._path)
        self._clients = _read(self._path)

    def client(self, authorization: str | None) -> Client | None:
        """Return the client whose key is in an `Authorization` header, or `None`.

        Every key is compared, each in a time that does not depend on what was sent.
        """
        self._refresh()
        scheme, _, given = (authorization or "").partition(" ")
        digest = _digest(given.strip())
        found: Client | None = None
        for known, client in self._clients.items():
            if compare_digest(known, digest):
                found = client
        return found if scheme.lower() == "bearer" else None

    def _refresh(self) -> None:
        stamp = file_stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._clients = _read(self._path)
        except KeyFileError as error:
            _logger.warning("the last good keys stay in force\n%s", error)
        else:
            _logger.info("%s: %d keys are in force", self._path, len(self._clients))


def _digest(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def _read(path: Path) -> dict[bytes, Client]:
    """Return the clients by the digests of their keys."""
    try:
        text = read_text(path)
    except PolicyError as error:
        raise KeyFileError(error.problems) from None
    clients: dict[bytes, Client] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, *words = line.split()
        problem = _fault(key, words)
        if problem is not None:
            code, message, advice = problem
            problems.append(
                Problem(code=code, message=message, help=advice, name=str(path), line=number)
            )
        elif _digest(key) not in clients or words:
            clients[_digest(key)] = Client(may_set_clock=bool(words))
    if not clients and not problems:
        advice = "write one a line, such as what `openssl rand -hex 32` prints"
        problems.append(
            Problem(code="no-key", message="the file holds no key", help=advice, name=str(path))
        )
    if problems:
        raise KeyFileError(problems)
    return clients


def _fault(key: str, words: list[str]) -> tuple[str, str, str] | None:
    """Return what is wrong with a line: code, message and next step. No key is ever quoted."""
    if not _KEY.fullmatch(key):
        return "bad-key", "a key is of printable ASCII", "make one with `openssl rand -hex 32`"
    if len(words) >= _MOST_PARTS:
        return "bad-key", "a line is `KEY` or `KEY clock`", "write one key a line"
    if words and words[0] != _CLOCK:
        message = f"{quoted(words[0])} is not what a key may do"
        return "unknown-word", message, meant(words[0], [_CLOCK])
    return None

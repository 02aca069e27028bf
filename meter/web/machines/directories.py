"""Where agents keep their public keys: the addresses of directories, and what fetches one.

An address is only ever asked if the publisher has listed it; a request can name one, and never make
us ask another.
"""

from __future__ import annotations

import time
from http.client import HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Protocol
from urllib.parse import SplitResult, urlsplit

from meter.errors import MeterError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ssl import SSLContext

__all__ = [
    "DirectoryError",
    "HttpsDirectory",
    "KeyDirectory",
    "by_directory",
    "directory_address",
    "keys_address",
]

WELL_KNOWN = "/.well-known/http-message-signatures-directory"
_HTTPS_PORT = 443
_LONGEST_ADDRESS = 500
_OK = 200
_CHUNK = 8192
_ACCEPTED = "application/http-message-signatures-directory+json, application/json;q=0.9"


class DirectoryError(MeterError):
    """A directory of keys did not answer, or not with keys."""


class KeyDirectory(Protocol):
    """What fetches the keys of agents."""

    def read(self, address: str) -> bytes:
        """Return what is at an `https` address: a JSON text with `keys`.

        It may take its time, and raise whatever it likes where there is no answer.
        """


class HttpsDirectory:
    """Fetches keys over https, whose certificates are what is trusted; follows no redirect.

    `timeout` are the seconds that one fetch may take, `most` the bytes that it may bring; `context`
    says which certificates are good, those of the system unless given.
    """

    def __init__(
        self, *, timeout: float = 5.0, most: int = 65_536, context: SSLContext | None = None
    ) -> None:
        self._timeout = timeout
        self._most = most
        self._context = context

    def read(self, address: str) -> bytes:
        """Return what is at an `https` address.

        Raises `DirectoryError` for any status but 200, and for an answer that is too long or too
        slow, and `OSError` or `http.client.HTTPException` where there is no answer.
        """
        until = time.monotonic() + self._timeout
        parts = urlsplit(address)
        if parts.scheme != "https" or not parts.hostname:
            raise DirectoryError(f"{quoted(address)} is no https address")
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection = HTTPSConnection(
            parts.hostname, parts.port, timeout=self._timeout, context=self._context
        )
        try:
            connection.request("GET", target, headers={"Accept": _ACCEPTED})
            with connection.getresponse() as answer:
                if answer.status != _OK:
                    raise DirectoryError(f"{quoted(address)} answered with {answer.status}")
                return self._whole(answer, address, until)
        finally:
            connection.close()

    def _whole(self, answer: HTTPResponse, address: str, until: float) -> bytes:
        """Return the body of an answer, of so many bytes and within so much time."""
        whole = bytearray()
        while part := answer.read1(_CHUNK):
            whole += part
            if len(whole) > self._most:
                raise DirectoryError(f"{quoted(address)} has more than {self._most} bytes")
            if time.monotonic() > until:
                raise DirectoryError(f"{quoted(address)} did not answer in time")
        return bytes(whole)


def directory_address(uri: str) -> str | None:
    """Return the address of the directory of keys of an origin, or `None` for what is no origin.

    >>> directory_address("https://Agent.example")
    'https://agent.example/.well-known/http-message-signatures-directory'
    """
    parts = _https(uri)
    if parts is None or parts.path not in ("", "/", WELL_KNOWN) or parts.query:
        return None
    return f"https://{parts.netloc}{WELL_KNOWN}"


def keys_address(uri: str) -> str | None:
    """Return where the keys of an agent are: its directory, or the very file that is named.

    `None` for what is no `https` address.

    >>> keys_address("https://agent.example/keys.json")
    'https://agent.example/keys.json'
    """
    parts = _https(uri)
    if parts is None or parts.path in ("", "/"):
        return directory_address(uri)
    return parts.geturl()


def by_directory(keys: Iterable[str | None]) -> dict[str, list[int]]:
    """Return which of some agents, by number, have their keys at which address.

    >>> by_directory(["https://agent.example", None, "https://agent.example/"]).values()
    dict_values([[0, 2]])
    """
    found: dict[str, list[int]] = {}
    for number, uri in enumerate(keys):
        address = None if uri is None else keys_address(uri)
        if address is not None:
            found.setdefault(address, []).append(number)
    return found


def _https(uri: str) -> SplitResult | None:
    """Return the parts of an https address, its host in lower case, or `None` for any other."""
    if len(uri) > _LONGEST_ADDRESS or not uri.isascii() or not uri.isprintable() or " " in uri:
        return None
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or not parts.hostname or parts.fragment or "@" in parts.netloc:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = host if port in (None, _HTTPS_PORT) else f"{host}:{port}"
    return parts._replace(netloc=netloc)

"""Where agents keep their public keys: the addresses of directories.

An address is only ever asked if the publisher has listed it; a request can name one, and never make
us ask another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import SplitResult, urlsplit

from meter.errors import MeterError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "DirectoryError",
    "KeyDirectory",
    "by_directory",
    "directory_address",
    "keys_address",
]

WELL_KNOWN = "/.well-known/http-message-signatures-directory"
_HTTPS_PORT = 443
_LONGEST_ADDRESS = 500


class DirectoryError(MeterError):
    """A directory of keys did not answer, or not with keys."""


class KeyDirectory(Protocol):
    """What fetches the keys of agents."""

    def read(self, address: str) -> bytes:
        """Return what is at an `https` address: a JSON text with `keys`.

        It may take its time, and raise whatever it likes where there is no answer.
        """


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

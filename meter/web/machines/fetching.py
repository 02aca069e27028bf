"""Fetch the public keys of agents over https."""

from __future__ import annotations

import time
from http.client import HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from meter.errors import quoted
from meter.web.machines.directories import DirectoryError

if TYPE_CHECKING:
    from ssl import SSLContext

__all__ = ["HttpsDirectory"]

_OK = 200
_CHUNK = 8192
_ACCEPTED = "application/http-message-signatures-directory+json, application/json;q=0.9"


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

"""Reads `Signature-Agent`, by which an agent says whose it is: a claim, until a signature holds.

A dictionary (`sig1="https://agent.example"`), or the older bare text (`"https://agent.example"`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors import raise_missing_extra
from meter.web.machines.directories import directory_address, keys_address

try:
    import http_sf
except ModuleNotFoundError as error:
    raise_missing_extra(error)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SignatureAgent", "read_signature_agents"]

_LONGEST = 4096
_DIRECTORY, _FILE = "directory", "jwks_uri"


@frozen
class SignatureAgent:
    """Whose a signature is said to be.

    `label` is the name of the member, or `None` in the older form; `uri` as it was sent, `type` the
    kind of what is there.
    """

    label: str | None
    uri: str
    type: str = _DIRECTORY

    @property
    def keys(self) -> str | None:
        """Where its keys would be; `None` where that cannot be told. Only a listed one is asked."""
        if self.type == _DIRECTORY:
            return directory_address(self.uri)
        return keys_address(self.uri) if self.type == _FILE else None


def read_signature_agents(header: str) -> tuple[SignatureAgent, ...]:
    """Return what a `Signature-Agent` header says; nothing where it is malformed."""
    if len(header) > _LONGEST or not header.isascii():
        return ()
    raw = header.encode()
    try:
        if raw.lstrip().startswith(b'"'):
            return tuple(_member(None, http_sf.parse(raw, tltype="item")))
        members = http_sf.parse(raw, tltype="dictionary")
    except ValueError:
        return ()
    if not isinstance(members, dict):
        return ()
    return tuple(agent for label, item in members.items() for agent in _member(label, item))


def _member(label: str | None, item: object) -> Iterator[SignatureAgent]:
    """Yield what one member says; any other than a text says nothing."""
    match item:
        case (str(uri), dict(parameters)):
            yield SignatureAgent(label, uri, str(parameters.get("type", _DIRECTORY)))

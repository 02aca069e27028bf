"""One request, whatever framework it came through: who asks, from where, over which scheme."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from meter.errors import quoted
from meter.web.addresses import AddressRange, address_of, parse_network
from meter.web.origins import is_from_another_site
from meter.web.page_addresses import local_path

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["Proxies", "WebRequest", "is_cross_site"]

_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
_UNIX = "unix"
_LONGEST_AGENT = 1000


def _lower(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by lower-case name; several of one name are one, as HTTP joins them."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    joined: dict[str, str] = {}
    for given, value in pairs:
        name = given.lower()
        mark = "; " if name == "cookie" else ", "
        joined[name] = f"{joined[name]}{mark}{value}" if name in joined else value
    return joined


@frozen(kw_only=True)
class WebRequest:
    """One HTTP request as it came in.

    `url` is its target: path and query, as they were sent. `headers` are a mapping or pairs; names
    are compared without case. `scheme` is `http` or `https` as this server was asked, and `client`
    the address of whoever is connected, a proxy perhaps, or `None` where there is none (a Unix
    socket).
    """

    method: str
    url: str = "/"
    headers: Mapping[str, str] = field(factory=dict, converter=_lower)
    scheme: str = "http"
    client: str | None = None

    def header(self, name: str) -> str:
        """Return a header's value, or an empty text; the name is in lower case."""
        return self.headers.get(name, "")

    @property
    def user_agent(self) -> str:
        """What asks, in its own words, as much of them as anybody looks at: a claim, no proof."""
        return self.header("user-agent")[:_LONGEST_AGENT]

    @property
    def return_path(self) -> str:
        """The path and query to come back to after signing in: always a local one."""
        return local_path(self.url)


@frozen
class Proxies:
    """The addresses whose forwarded headers are believed; `unix` is a peer without an address."""

    networks: tuple[AddressRange, ...] = ()
    unix: bool = False

    @classmethod
    def parse(cls, trusted: Iterable[str]) -> Proxies:
        """Return the proxies of a list of addresses, networks (`10.0.0.0/8`) and the word `unix`.

        Raises `TypeError` for a text that is no list and `ValueError` for what is no address.
        """
        if isinstance(trusted, str):
            raise TypeError('trusted proxies are a list such as `["127.0.0.1"]`, not one text')
        words = [word.strip() for word in trusted]
        networks = tuple(_network(word) for word in words if word and word != _UNIX)
        return cls(networks, unix=_UNIX in words)

    def trust(self, client: str | None) -> bool:
        """Say whether a peer is one of these."""
        if not client:
            return self.unix
        address = address_of(client)
        return address is not None and any(address in network for network in self.networks)

    def client(self, request: WebRequest) -> str | None:
        """Return the address of the reader: the last forwarded one that no trusted proxy has.

        Each proxy adds the address it was asked from at the end of `X-Forwarded-For`; what stands
        before that, anybody may have written.
        """
        address = request.client
        forwarded = request.header("x-forwarded-for").split(",")
        while forwarded and self.trust(address):
            named = forwarded.pop().strip()
            if not named:
                break
            address = named
        return address

    def is_secure(self, request: WebRequest) -> bool:
        """Say whether the reader's browser speaks https, also where a trusted proxy says so."""
        if request.scheme == "https":
            return True
        forwarded = request.header("x-forwarded-proto").lower()
        return "https" in forwarded.replace(" ", "").split(",") and self.trust(request.client)

    def host(self, request: WebRequest) -> str:
        """Return the host, with its port, that the browser asked for."""
        forwarded = request.header("x-forwarded-host")
        if forwarded and self.trust(request.client):
            return forwarded.rpartition(",")[2].strip()
        return request.header("host")


def _network(word: str) -> AddressRange:
    try:
        return parse_network(word)
    except ValueError:
        raise ValueError(
            f"{quoted(word)} is no address of a proxy; write one such as `127.0.0.1`, a network"
            " such as `10.0.0.0/8`, or `unix`"
        ) from None


def is_cross_site(request: WebRequest, proxies: Proxies, allowed: Collection[str]) -> bool:
    """Say whether a browser says that another site sends a request which changes something.

    `allowed` are origins, such as `https://accounts.example`, that may.
    """
    if request.method.upper() in _SAFE:
        return False
    if request.header("origin").lower() in allowed:
        return False
    host = proxies.host(request)
    return is_from_another_site(request.headers, host, is_secure=proxies.is_secure(request))

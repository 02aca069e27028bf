"""Proves by DNS whose an address is: its name is in a domain, and that name has this address.

Whoever has an address can give it any name; only who has the domain can give that name the address.
So neither of the two look-ups proves anything without the other.
"""

from __future__ import annotations

import socket
from ipaddress import ip_address, ip_network
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, Protocol

from meter.web.addresses import address_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "NameQuestion",
    "Resolver",
    "SystemResolver",
    "is_in_domain",
    "network_of",
    "proven_name",
]

_OWNERS_BITS = {4: 24, 6: 48}
_MOST_NAMES = 10
_MOST_LOOKED_UP = 3
_MOST_ADDRESSES = 100
_NOBODY = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
_HOST_NOT_FOUND, _NO_DATA = 1, 4
"""What `h_errno` says where a name server has answered that there is no such thing."""


class Resolver(Protocol):
    """What asks the domain name system. Both may take their time, and raise where none answers."""

    def names(self, address: str) -> Sequence[str]:
        """Return the names of an address, none where there are none."""

    def addresses(self, name: str) -> Sequence[str]:
        """Return all addresses of a name, IPv4 and IPv6; none where there are none."""


class SystemResolver:
    """Asks the name servers that this machine asks. How long that takes is the system's to say."""

    def names(self, address: str) -> Sequence[str]:
        """Return the names of an address. Raises `OSError` where no server answers."""
        try:
            name, aliases, _ = socket.gethostbyaddr(address)
        except socket.herror as error:
            if error.errno in (_HOST_NOT_FOUND, _NO_DATA):
                return ()
            raise
        return (name, *aliases)

    def addresses(self, name: str) -> Sequence[str]:
        """Return all addresses of a name. Raises `OSError` where no server answers."""
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            if error.errno in _NOBODY:
                return ()
            raise
        return [str(address[0]) for *_, address in found]


class NameQuestion(NamedTuple):
    """Whether an address is of one of some domains."""

    address: str
    domains: tuple[str, ...]

    def __str__(self) -> str:
        """Return what a log may say of it: whose address it is, nobody can tell."""
        return network_of(self)


def network_of(question: NameQuestion) -> str:
    """Return the network of whoever asks, as far as one owner's reaches: a /24, of IPv6 a /48.

    >>> network_of(NameQuestion("2001:db8:1:2::3", ()))
    '2001:db8:1::/48'
    """
    address = ip_address(question.address)
    bits = _OWNERS_BITS[address.version]
    return str(ip_network(f"{address}/{bits}", strict=False))


def proven_name(question: NameQuestion, resolver: Resolver) -> str | None:
    """Return a name of the address in one of the domains which has this address, or `None`.

    Raises whatever the resolver raises.
    """
    wanted = address_of(question.address)
    if wanted is None:
        return None
    names = [_plain(name) for name in islice(resolver.names(str(wanted)), _MOST_NAMES)]
    theirs = [name for name in names if is_in_domain(name, question.domains)]
    for name in theirs[:_MOST_LOOKED_UP]:
        found = islice(resolver.addresses(name), _MOST_ADDRESSES)
        if any(address_of(address) == wanted for address in found):
            return name
    return None


def is_in_domain(name: str, domains: Iterable[str]) -> bool:
    """Say whether a name is one of some domains or below one, label by label.

    >>> is_in_domain("crawl-66-249-66-1.googlebot.com", ["googlebot.com"])
    True
    >>> is_in_domain("notgooglebot.com", ["googlebot.com"])
    False
    """
    return any(name == domain or name.endswith(f".{domain}") for domain in domains)


def _plain(name: str) -> str:
    return name.rstrip(".").lower()

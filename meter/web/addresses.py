"""The addresses that readers come from, and ranges of them, as `ipaddress` reads them."""

from __future__ import annotations

import re
from ipaddress import (
    IPv4Address,
    IPv6Address,
    ip_address,
    ip_network,
    summarize_address_range,
)
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from attrs import frozen

from meter.errors import did_you_mean, quoted
from meter.errors.values import Fault, InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "FORM",
    "Address",
    "AddressRange",
    "address_fault",
    "address_of",
    "parse_address",
    "parse_network",
    "parse_range",
]

Address: TypeAlias = IPv4Address | IPv6Address

_KINDS: dict[int, type[Address]] = {4: IPv4Address, 6: IPv6Address}
FORM = 'an address, a network or a range, such as `"192.0.2.0/24"`'
_DASH = "-"
_DASHES = re.compile(r"\s*[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]\s*")
_MOST_SHOWN = 3
_MAPPED_BITS = 96
"""How long the prefix of an IPv4 network is in IPv6, before its own."""
_NAME = re.compile(r"(?=.*[g-z])[\w.-]+", re.IGNORECASE)
"""What may be the name of a machine: it has letters that no number has."""
_LEADING_ZERO = re.compile(r"(?:^|[.\-\s])0[0-9]")


def parse_address(text: str) -> Address:
    """Return the address that a text spells; of an IPv4-mapped IPv6 address, its IPv4.

    The zone of a link-local address (`%eth0`) is of one machine alone, and left out. Raises
    `ValueError` for what is no address.

    >>> parse_address("::ffff:192.0.2.1"), parse_address("2001:DB8::1")
    (IPv4Address('192.0.2.1'), IPv6Address('2001:db8::1'))
    """
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return address
    mapped = address.ipv4_mapped
    if mapped is not None:
        return mapped
    return address if address.scope_id is None else IPv6Address(int(address))


def address_of(text: str | None) -> Address | None:
    """Return the address that a text spells, or `None` where it is none; see `parse_address`."""
    try:
        return None if text is None else parse_address(text)
    except ValueError:
        return None


@frozen(kw_only=True)
class AddressRange:
    """The addresses of one family from `first` to `last`, both included.

    `version` is 4 or 6; the ends are numbers, as `int(address)` gives them.
    """

    version: int
    first: int
    last: int

    @property
    def size(self) -> int:
        """How many addresses it holds."""
        return self.last - self.first + 1

    def __contains__(self, address: Address) -> bool:
        return address.version == self.version and self.first <= int(address) <= self.last

    def __str__(self) -> str:
        first, last = (_KINDS[self.version](end) for end in (self.first, self.last))
        networks = summarize_address_range(first, last)
        only = next(networks)
        if next(networks, None) is not None:
            return f"{first}-{last}"
        return str(first) if first == last else str(only)


def parse_range(text: str) -> AddressRange:
    """Return the range that a text spells.

    One address, a network (`192.0.2.0/24`), or two addresses with a dash between them. What is
    IPv4-mapped IPv6 is its IPv4. Raises `InvalidValueError`, with a next step, for anything else,
    also for a network with bits set behind its prefix: which of two things was meant, nobody knows.

    >>> parse_range("192.0.2.10 - 192.0.2.40").size
    31
    """
    try:
        if "%" not in text:
            return _between(text) if _DASH in text else parse_network(text.strip())
    except ValueError:
        pass
    message = f"{quoted(text)} is no address, network or range of addresses"
    step = _step(text, _STEPS) or f"write {FORM}"
    raise InvalidValueError("", "addresses", Fault("bad-address", message, step))


def _between(text: str) -> AddressRange:
    """Return the range between two addresses; a `ValueError` where there is none."""
    first, last = _ends(text)
    if first.version != last.version or int(first) > int(last):
        raise ValueError("no range")
    return AddressRange(version=first.version, first=int(first), last=int(last))


def _ends(text: str) -> tuple[Address, Address]:
    first, _, last = text.partition(_DASH)
    return parse_address(first.strip()), parse_address(last.strip())


def parse_network(text: str) -> AddressRange:
    """Return the range of a network, or of one address; of an IPv4-mapped one, its IPv4.

    A zone is left out, as `parse_address` does. Raises `ValueError` for anything else.

    >>> str(parse_network("::ffff:10.0.0.0/104"))
    '10.0.0.0/8'
    """
    network = ip_network(text)
    first = network.network_address
    last = network.broadcast_address
    if isinstance(first, IPv6Address) and network.prefixlen >= _MAPPED_BITS:
        first, last = parse_address(str(first)), parse_address(str(last))
    return AddressRange(version=first.version, first=int(first), last=int(last))


# What to do next about a text that is none.


def address_fault(text: str, otherwise: str) -> Fault:
    """Return what is wrong with a text that is no single address; `otherwise` is the next step."""
    step = _step(text, _STEPS_OF_ONE) or otherwise
    return Fault("bad-address", f"{quoted(text)} is no address", step)


def _step(text: str, steps: Sequence[Callable[[str], str | None]]) -> str | None:
    """Return the next step of the first that knows what was meant."""
    return next(filter(None, (find(text.strip()) for find in steps)), None)


def _zone(text: str) -> str | None:
    if "%" not in text:
        return None
    return "leave out `%` and what follows it: a zone is of one machine, and nobody comes from it"


def _wildcard(text: str) -> str | None:
    return "write a network instead of `*`, such as `192.0.2.0/24`" if "*" in text else None


def _leading_zero(text: str) -> str | None:
    if not _LEADING_ZERO.search(text):
        return None
    return "write its numbers without a zero in front: some read `010` as 10, others as 8"


def _with_port(text: str) -> str | None:
    """Return the step for an address as it stands in a URL: with a port, or in brackets."""
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        host = parts.hostname or ""
        bare = address_of(host)
    except ValueError:
        return None
    if bare is None or parts.path.strip("/"):
        return None
    return f"write the address alone: `{bare}`"


def _other_dash(text: str) -> str | None:
    """Return the step for a range whose dash is a longer one, as word processors put it."""
    plain = _DASHES.sub(_DASH, text)
    return f"write the dash of the keyboard: `{plain}`" if plain != text and _reads(plain) else None


def _blank(text: str) -> str | None:
    """Return the step for what is right but for blanks in it."""
    tight = re.sub(r"\s+", "", text)
    return f"write it without blanks: `{tight}`" if tight != text and _reads(tight) else None


def _several(text: str) -> str | None:
    """Return the step for several addresses in one text, or for commas where dots should be."""
    parts = [part for part in re.split(r"[,;\s]+", text) if part]
    if len(parts) > 1 and all(map(_reads, parts)):
        listed = ", ".join(f'"{part}"' for part in parts[:_MOST_SHOWN])
        more = ", …" if len(parts) > _MOST_SHOWN else ""
        return f"write each in quotes of its own: `{listed}{more}`"
    dotted = text.replace(",", ".")
    return f"write dots: `{dotted}`" if dotted != text and _reads(dotted) else None


def _reads(text: str) -> bool:
    """Say whether a text is an address, a network or a range."""
    try:
        parse_range(text)
    except InvalidValueError:
        return False
    return True


def _host_bits(text: str) -> str | None:
    """Return the step for a network that is written by one of its addresses."""
    address = address_of(text.partition("/")[0])
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    return f"did you mean the network `{network}`, or the one address `{address}`?"


def _wrong_ends(text: str) -> str | None:
    """Return the step for two addresses that are no range."""
    try:
        first, last = _ends(text)
    except ValueError:
        return None
    if first.version != last.version:
        return "a range is of one family: both ends are IPv4, or both are IPv6"
    return f"the first address comes first: {did_you_mean(f'{last}-{first}')}"


def _short_end(text: str) -> str | None:
    """Return the step for a range whose first end alone is an address."""
    first, _, last = text.partition(_DASH)
    if not last or address_of(first.strip()) is None:
        return None
    return "write both ends of a range in full, such as `192.0.2.10-192.0.2.40`"


def _name(text: str) -> str | None:
    if not _NAME.fullmatch(text):
        return None
    return "write the addresses: names are not looked up"


_STEPS_OF_ONE = (_leading_zero, _with_port, _name)
_STEPS = (
    _zone,
    _wildcard,
    _other_dash,
    _blank,
    _several,
    _leading_zero,
    _with_port,
    _host_bits,
    _wrong_ends,
    _short_end,
    _name,
)

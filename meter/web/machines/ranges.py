"""Addresses that an operator has published: files of ranges, and the look-up in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from meter.errors import quoted
from meter.web.addresses import Address, AddressRange, parse_range
from meter.web.institutions.segments import Segments

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

__all__ = ["AddressSet", "published_ranges", "read_ranges"]

_PREFIXES = ("ipv4Prefix", "ipv6Prefix")
_MOST_BYTES = 4 * 2**20
_FORM = '`{"prefixes": [{"ipv4Prefix": "192.0.2.0/24"}]}`'


class AddressSet:
    """Addresses and ranges of them, among which one is found in microseconds.

    Takes ranges, or texts that `parse_range` reads. Raises `ValueError` for a text that is none.

    >>> from ipaddress import ip_address
    >>> ip_address("192.0.2.7") in AddressSet(["192.0.2.0/24"])
    True
    """

    def __init__(self, ranges: Iterable[str | AddressRange] = ()) -> None:
        read = [parse_range(each) if isinstance(each, str) else each for each in ranges]
        self._segments = {
            version: Segments(version, [(each, None) for each in read]) for version in (4, 6)
        }

    def __contains__(self, address: Address) -> bool:
        return bool(self._segments[address.version].rights(address))


def published_ranges(path: str | PathLike[str]) -> tuple[str, ...]:
    """Return the ranges of a file in the form that search engines publish theirs in.

    Raises `OSError` where the file cannot be read, and `ValueError` for what is not in this form.
    """
    file = Path(path)
    if file.exists() and not file.is_file():
        # a pipe or a device may never end, or never begin
        raise ValueError(f"{quoted(file.name)} is not a file")
    with file.open("rb") as opened:
        raw = opened.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise ValueError(f"{quoted(file.name)} has more than 4 MiB; it is no list of ranges")
    try:
        return read_ranges(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError(f"{quoted(file.name)} is not UTF-8; it is no list of ranges") from None
    except ValueError as error:
        raise ValueError(f"{quoted(file.name)}: {error}") from None


def read_ranges(text: str) -> tuple[str, ...]:
    """Return the ranges of a published list, a JSON text.

    Raises `ValueError` for what is in another form, names no range or one that is none.

    >>> read_ranges('{"prefixes": [{"ipv4Prefix": "192.0.2.0/24"}]}')
    ('192.0.2.0/24',)
    """
    try:
        read: object = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"this is no JSON; a list of ranges looks like {_FORM}") from None
    prefixes = read.get("prefixes") if isinstance(read, dict) else None
    ranges = tuple(_prefix(item) for item in prefixes) if isinstance(prefixes, list) else ()
    if not ranges:
        raise ValueError(f"there are no `prefixes`; a list of ranges looks like {_FORM}")
    AddressSet(ranges)
    return ranges


def _prefix(item: object) -> str:
    if isinstance(item, dict):
        for key in _PREFIXES:
            if isinstance(item.get(key), str):
                return str(item[key])
    raise ValueError(f"{quoted(item)} names no range; one looks like {_FORM}")

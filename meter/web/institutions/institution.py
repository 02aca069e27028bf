"""Institutions, and the rights of whoever comes from their addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from meter.errors.kinds import TEXT, maybe
from meter.errors.values import check_fields
from meter.web.addresses import AddressRange, address_of, parse_range
from meter.web.institutions.segments import Segments

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meter.view import Entitlement

__all__ = ["Institution", "Institutions"]


def _ranges(given: Iterable[str | AddressRange]) -> tuple[AddressRange, ...]:
    return tuple(parse_range(each) if isinstance(each, str) else each for each in given)


@frozen(kw_only=True)
class Institution:
    """A library, a university or a company whose readers are known by their addresses.

    `name` is what files and messages call it. `product` is what its readers may read, a product of
    the policy; without it everything. `addresses` are ranges, or texts that `parse_range` reads.
    Raises `ValueError` for a text that is no range.
    """

    name: str
    product: str | None = None
    addresses: tuple[AddressRange, ...] = field(converter=_ranges)

    def __attrs_post_init__(self) -> None:
        check_fields(self, {"name": TEXT, "product": maybe(TEXT)})


class Institutions:
    """Every institution of a site: `rights` says what an address opens.

    >>> library = Institution(name="Harbour Library", addresses=["192.0.2.0/24"])
    >>> [right.kind.value for right in Institutions([library]).rights("192.0.2.7")]
    ['group']
    >>> Institutions([library]).rights("198.51.100.7")
    ()
    """

    def __init__(self, institutions: Iterable[Institution] = ()) -> None:
        self.institutions = tuple(institutions)
        ranges = [
            (each, institution.product)
            for institution in self.institutions
            for each in institution.addresses
        ]
        self._segments = {version: Segments(version, ranges) for version in (4, 6)}

    def __len__(self) -> int:
        return len(self.institutions)

    def rights(self, address: str | None) -> tuple[Entitlement, ...]:
        """Return the rights of whoever comes from an address: of the kind `group`, without end.

        One for each product that an institution with this address has, in the order of the file.
        What is no address, and `None`, has none: nothing is ever raised for what a reader sent.
        """
        found = address_of(address) if self.institutions else None
        return () if found is None else self._segments[found.version].rights(found)

"""From overlapping ranges of addresses to segments that do not overlap, found by bisection.

A *segment* is a stretch of one family in which the same products are opened. It starts where a
range starts or just behind where one ends; neighbours that open the same are one. So an address is
found in about log2(ranges) steps, however ranges nest, and a segment holds each product once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from meter.view import Entitlement
from meter.vocabulary import EntitlementKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meter.web.addresses import Address, AddressRange

__all__ = ["Segments"]

Product: TypeAlias = str | None
Rights: TypeAlias = tuple[Entitlement, ...]


class Segments:
    """The segments of the ranges of one family, `version` 4 or 6, each with its product."""

    def __init__(self, version: int, ranges: Iterable[tuple[AddressRange, Product]]) -> None:
        turns: dict[int, list[tuple[Product, int]]] = {}
        order: dict[Product, int] = {}
        for stretch, product in ranges:
            if stretch.version == version:
                order.setdefault(product, len(order))
                turns.setdefault(stretch.first, []).append((product, 1))
                turns.setdefault(stretch.last + 1, []).append((product, -1))
        self._starts: list[int] = []
        self._rights: list[Rights] = [()]  # before the first segment
        self._sweep(turns, order)

    def _sweep(
        self, turns: dict[int, list[tuple[Product, int]]], order: dict[Product, int]
    ) -> None:
        """Walk over the addresses at which ranges start or have ended."""
        rights = {
            product: Entitlement(kind=EntitlementKind.GROUP, product=product) for product in order
        }
        open_ranges: Counter[Product] = Counter()
        known: dict[frozenset[Product], Rights] = {frozenset(): ()}
        for start in sorted(turns):
            for product, change in turns[start]:
                open_ranges[product] += change
                if not open_ranges[product]:
                    del open_ranges[product]
            key = frozenset(open_ranges)
            if key not in known:
                known[key] = tuple(rights[each] for each in sorted(key, key=order.__getitem__))
            if known[key] is not self._rights[-1]:
                self._starts.append(start)
                self._rights.append(known[key])

    def __len__(self) -> int:
        return len(self._starts)

    def rights(self, address: Address) -> Rights:
        """Return the rights of whoever comes from an address of this family."""
        return self._rights[bisect_right(self._starts, int(address))]

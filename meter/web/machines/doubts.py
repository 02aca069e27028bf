"""What of a list of crawlers can be used, but is probably a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.errors import Problem, quoted
from meter.web.institutions.doubts import wide_range

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.loading.positions import Path
    from meter.web.addresses import AddressRange
    from meter.web.machines.crawlers import KnownCrawler

__all__ = ["doubts"]

_KEY = "crawlers"


class _RangePlace(NamedTuple):
    """A range of a crawler, and where it is said."""

    range: AddressRange
    crawler: KnownCrawler
    path: Path


def doubts(crawlers: Sequence[KnownCrawler], listed: Sequence[int]) -> Iterator[Problem]:
    """Yield warnings about crawlers; of each, `listed` says how many ranges stand in the list.

    The others are in the file that it names.
    """
    places = [
        _RangePlace(each, crawler, _path(index, number, own))
        for index, (crawler, own) in enumerate(zip(crawlers, listed, strict=True))
        for number, each in enumerate(crawler.ranges)
    ]
    for place in places:
        wide = wide_range(place.range, place.path, "is taken for it by its name")
        if wide is not None:
            yield wide
    yield from _shared_ranges(places)
    yield from _shared_domains(crawlers)


def _path(index: int, number: int, own: int) -> Path:
    where: Path = (_KEY, index)
    return (*where, "addresses", number) if number < own else (*where, "ranges")


def _shared_ranges(places: Sequence[_RangePlace]) -> Iterator[Problem]:
    """Yield each two crawlers of different classes that share an address, once."""
    told: set[frozenset[str]] = set()
    last: dict[tuple[int, object], _RangePlace] = {}
    for place in sorted(places, key=lambda each: (each.range.version, each.range.first)):
        version, _, end = place.range.version, place.range.first, place.range.last
        for (family, kind), other in last.items():
            names = frozenset((place.crawler.name, other.crawler.name))
            is_shared = family == version and place.range.first <= other.range.last
            if is_shared and kind != place.crawler.kind and names not in told:
                told.add(names)
                yield _shared(f"`{place.range}`", place.path, place.crawler, other.crawler)
        key = (version, place.crawler.kind)
        if key not in last or last[key].range.last < end:
            last[key] = place


def _shared_domains(crawlers: Sequence[KnownCrawler]) -> Iterator[Problem]:
    domains = [
        (domain, crawler, (_KEY, index, "domains", number))
        for index, crawler in enumerate(crawlers)
        for number, domain in enumerate(crawler.domains)
    ]
    first: dict[str, KnownCrawler] = {}
    for domain, crawler, _ in domains:
        first.setdefault(domain, crawler)
    for domain, crawler, path in domains:
        parts = domain.split(".")
        for start in range(len(parts)):
            other = first.get(".".join(parts[start:]))
            if other is not None and other.kind != crawler.kind:
                yield _shared(quoted(domain), path, crawler, other)
                break


def _shared(what: str, path: Path, crawler: KnownCrawler, other: KnownCrawler) -> Problem:
    return Problem(
        code="repeated-range",
        severity="warning",
        path=path,
        message=f"{what} is of {quoted(other.name)} too, which has another class: which of the two"
        " asks, its `User-Agent` alone says",
        help=f"give {quoted(crawler.name)} and {quoted(other.name)} the same class, or keep to what"
        " only one of them has",
    )

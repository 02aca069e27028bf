"""What is wrong with institutions as a whole, and what is allowed but probably a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import Problem, meant, quoted
from meter.web.addresses import parse_range
from meter.web.listed import repeated_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.loading.positions import Path
    from meter.policy import Policy
    from meter.web.addresses import AddressRange
    from meter.web.institutions.institution import Institution

__all__ = ["doubts", "faults", "wide_range"]

_KEY = "institutions"
_SIZES = {4: 1 << 32, 6: 1 << 128}
_FREE_BITS = {4: 24, 6: 112}
"""What a /8 of IPv4 and a /16 of IPv6 leave free: a range with more is wide."""
# fmt: off
_LOCAL = tuple(parse_range(network) for network in (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.168.0.0/16", "::1", "fc00::/7", "fe80::/10",
))
# fmt: on
"""Where nobody comes from over the internet (RFC 6890): only from the site's own network."""


def faults(institutions: Sequence[Institution], policy: Policy | None) -> Iterator[Problem]:
    """Yield what makes institutions unusable; their products are those of `policy`, if any."""
    products = set() if policy is None else {product.name for product in policy.products}
    yield from repeated_names(_KEY, [institution.name for institution in institutions])
    for index, institution in enumerate(institutions):
        product = institution.product
        # where a policy declares none, each opens everything
        if products and product is not None and product not in products:
            yield Problem(
                code="unknown-product",
                path=(_KEY, index, "product"),
                message=f"{quoted(product)} is not a product of the policy",
                help=meant(product, products),
            )


def doubts(institutions: Sequence[Institution]) -> Iterator[Problem]:
    """Yield warnings about the ranges of institutions that can be used."""
    first: dict[tuple[AddressRange, str | None], str] = {}
    for index, institution in enumerate(institutions):
        for number, each in enumerate(institution.addresses):
            path: Path = (_KEY, index, "addresses", number)
            wide = wide_range(each, path, "reads")
            if wide is not None:
                yield wide
            elif any(_overlap(each, local) for local in _LOCAL):
                yield _local(each, path)
            same = (each, institution.product)
            if same in first:
                yield _repeated(each, path, institution.name, first[same])
            first.setdefault(same, institution.name)


def _overlap(one: AddressRange, other: AddressRange) -> bool:
    return one.version == other.version and one.first <= other.last and other.first <= one.last


def wide_range(each: AddressRange, path: Path, what: str) -> Problem | None:
    """Return a warning where a range is wider than anybody's; `what` says what that would do."""
    if each.size <= 1 << _FREE_BITS[each.version]:
        return None
    share = _SIZES[each.version] // each.size
    part = "every address" if share == 1 else f"about 1 of {share} addresses"
    message = f"`{each}` is {part} of IPv{each.version}: whoever comes from there {what}"
    return _warning("wide-range", path, message, "write the networks that are theirs alone")


def _local(each: AddressRange, path: Path) -> Problem:
    message = (
        f"`{each}` holds local addresses: only machines of your own network have them, such as"
        " your proxies"
    )
    advice = "write the institution's public addresses; name your proxies as trusted ones"
    return _warning("local-range", path, message, advice)


def _repeated(each: AddressRange, path: Path, name: str, other: str) -> Problem:
    whose = "twice" if name == other else f"by `{other}` too"
    message = f"`{each}` is named {whose}"
    return _warning("repeated-range", path, message, "remove it from one of the two")


def _warning(code: str, path: Path, message: str, advice: str) -> Problem:
    return Problem(code=code, path=path, message=message, help=advice, severity="warning")

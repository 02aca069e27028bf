"""Find offers that whoever has no country never gets, and products that open nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import meant
from meter.verify.diagram import FALSE
from meter.verify.lints.findings import Findings, warning
from meter.verify.phrasing import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.errors import Problem

__all__ = ["needs_country", "undeclared_products"]


def needs_country(findings: Findings) -> Iterator[Problem]:
    """Yield the rules whose offers are for whoever has a country, and never for who has none."""
    space = findings.space
    diagrams = findings.diagrams
    unknown = space.is_("country", None)
    for index, rule in enumerate(findings.policy.rules):
        here = diagrams.conjoin(findings.reaches[index].fires, unknown)
        if not rule.offered or here == FALSE:
            continue
        fires = findings.reaches[index].fires
        if _offers(findings, here) or not _offers(findings, fires):
            continue
        key = "offers" if rule.offers else "offer"
        yield warning(
            code="offer-needs-country",
            path=("rules", index, key),
            message=f"rule `{rule.name}` offers {quoted(rule.offered)} to nobody whose country is"
            " not known",
            advice="end a list with an offer whose `when` does not ask for the country, such as"
            f' `offer = ["{rule.offered[0]}", "world"]`',
        )


def _offers(findings: Findings, where: int) -> bool:
    """Say whether somebody somewhere is shown an offer."""
    return findings.diagrams.some(where, [findings.whole], lambda seen: bool(seen.offers))


def undeclared_products(findings: Findings) -> Iterator[Problem]:
    """Yield the products that offers give or rules ask for, and that open nothing."""
    policy = findings.policy
    declared = {product.name for product in policy.products}
    if not declared:
        return
    places: list[tuple[tuple[str | int, ...], str, str | None]] = [
        (("offers", offer.name, "product"), f"offer `{offer.name}` gives", offer.product)
        for offer in policy.offers
    ]
    for index, rule in enumerate(policy.rules):
        path: tuple[str | int, ...] = ("rules", index, "when", "product")
        asked = sorted(rule.when.product or ())
        places += [(path, f"rule `{rule.name}` asks for", name) for name in asked]
    for where, does, product in places:
        if product is not None and product not in declared:
            yield warning(
                code="undeclared-product",
                path=where,
                message=f"{does} the product `{product}`, which opens nothing: it is not declared",
                advice=f"declare it under `[products.{product}]`; {meant(product, declared)}",
            )

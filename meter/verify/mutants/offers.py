"""Mistakes in an offer: who it is for, when it runs, what it costs and for how long."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attrs import evolve

from meter.forms import length_text
from meter.policy import Offer, Product, Then, When
from meter.verify.mutants.conditions import date_edits, when_edits
from meter.verify.mutants.edit import Edit, Kind, lifted, with_field
from meter.vocabulary import OfferKind
from meter.windows import Term

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

__all__ = ["offer_edits", "product_edits"]

_EVERYONE = When()
_OTHER_KIND = {
    OfferKind.TRIAL: OfferKind.SUBSCRIPTION,
    OfferKind.SUBSCRIPTION: OfferKind.TRIAL,
}


def offer_edits(offer: Offer) -> Iterator[Edit[Offer]]:
    """Yield every mistake in an offer."""
    name = f"offer `{offer.name}`"
    yield from lifted(when_edits(offer.when, name), ("when",), partial(with_field, offer, "when"))
    if offer.when != _EVERYONE:
        make = partial(with_field, offer, "when", _EVERYONE)
        yield Edit(Kind.OFFERS, name, "for those of its `when`", "for everybody", ("when",), make)
    for bound in ("starts", "ends"):
        edits = date_edits(getattr(offer, bound), f"{name} {bound}")
        yield from lifted(edits, (bound,), partial(with_field, offer, bound))
    prices = _prices(offer.price, f"{name}, price")
    yield from lifted(prices, ("price",), partial(with_field, offer, "price"))
    yield from lifted(
        _terms(offer.term, f"{name}, term"), ("term",), partial(with_field, offer, "term")
    )
    yield from lifted(_then(offer, name), ("then",), partial(with_field, offer, "then"))
    other = _OTHER_KIND[offer.kind]
    make = partial(with_field, offer, "kind", other)
    yield Edit(Kind.OFFERS, f"{name}, kind", f'"{offer.kind}"', f'"{other}"', ("kind",), make)
    if offer.lasts is not None:
        what, lasts = f"{name}, `lasts`", length_text(offer.lasts)
        make = partial(with_field, offer, "lasts", None)
        yield Edit(Kind.OFFERS, what, lasts, "left out", ("lasts",), make)
    if offer.once:
        what = f"{name}, `once`"
        yield Edit(Kind.OFFERS, what, "true", "false", ("once",), lambda: evolve(offer, once=False))


def _prices(price: Decimal, what: str) -> Iterator[Edit[Decimal]]:
    for other in (price - 1, price + 1):
        if other >= 0:
            yield Edit(Kind.PRICES, what, str(price), str(other), (), partial(_price, other))


def _price(price: Decimal) -> Decimal:
    return price


def _terms(term: Term, what: str) -> Iterator[Edit[Term]]:
    for count in (term.count - 1, term.count + 1):
        if count:
            other = Term(count, term.unit)
            yield Edit(Kind.NUMBERS, what, str(term), str(other), (), partial(_term, other))


def _term(term: Term) -> Term:
    return term


def _then(offer: Offer, name: str) -> Iterator[Edit[Then | None]]:
    then = offer.then
    if then is None:
        return
    old = f"{then.price} for {then.per}"
    yield Edit(Kind.PRICES, f"{name}, `then`", old, "left out", (), lambda: None)
    prices = _prices(then.price, f"{name}, price afterwards")
    yield from lifted(prices, ("price",), partial(_changed, then, "price"))
    terms = _terms(then.per, f"{name}, term afterwards")
    yield from lifted(terms, ("per",), partial(_changed, then, "per"))


def _changed(then: Then, name: str, value: object) -> Then | None:
    return with_field(then, name, value)


def product_edits(product: Product) -> Iterator[Edit[Product]]:
    """Yield every mistake in what a product opens."""
    if isinstance(product.opens, When):
        edits = when_edits(product.opens, f"product `{product.name}`, `opens`")
        yield from lifted(edits, ("opens",), lambda when: evolve(product, opens=when))

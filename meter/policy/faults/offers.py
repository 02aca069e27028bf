"""What makes offers, the rules that show them, and products unusable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import fields

from meter.errors import meant
from meter.validation import fault_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from meter.errors import Problem
    from meter.policy.conditions import When
    from meter.policy.offers import Offer, Product

__all__ = ["CODES", "MOST_OFFERS", "offer_faults"]

MOST_OFFERS = 4
"""How many offers stand side by side on one prompt at most."""

_Path = tuple[str | int, ...]
_OF_ARTICLES = {
    "access",
    "section",
    "kind",
    "tags",
    "age",
    "age_days",
    "published",
    "value",
    "any",
    "not_",
}
"""The keys of a condition that look at nothing but the article."""

_SAID = {
    "bad-number/price": ("the price of `{name}` is `{price}`", "a price is 0 or more"),
    "bad-number/was": (
        "offer `{name}` costs `{price}` and was `{was}`: that is no higher price",
        "write the price that was asked before, or take `was` out",
    ),
    "bad-number/then": ("the price of `{name}` afterwards is `{price}`", "a price is 0 or more"),
    "duplicate-name/offer": ("rule `{rule}` names offer `{name}` twice", "leave one out"),
    "empty-list/offer": (
        "the list `{key}` of rule `{rule}` is empty, so it offers nothing",
        "name at least one, or remove the key",
    ),
    "not-the-article": (
        "`opens` of product `{name}` asks for `{key}`, which is not of the article",
        "say what is opened, by `access`, `section`, `tags` or `kind`; who reads is for a rule",
    ),
    "offer-or-offers": (
        "rule `{rule}` has both `offer` and `offers`",
        "`offer` shows the first that is for the reader, `offers` several side by side: keep one",
    ),
    "too-many/offers": (
        "rule `{rule}` puts {count} offers side by side; at most {most} fit",
        "shorten the list, or write `offer` for the first that is for the reader",
    ),
    "unknown-offer": ("rule `{rule}` offers `{name}`, which is not an offer", "{meant}"),
}
CODES = sorted({key.partition("/")[0] for key in _SAID})


class _OfferingRule(Protocol):
    """A rule, as far as offers go."""

    @property
    def name(self) -> str: ...
    @property
    def offer(self) -> str | tuple[str, ...] | None: ...
    @property
    def offers(self) -> tuple[str, ...]: ...
    @property
    def offered(self) -> tuple[str, ...]: ...


class _OfferingPolicy(Protocol):
    """A policy, or what could be read of one, as far as offers go."""

    @property
    def rules(self) -> Iterable[_OfferingRule]: ...
    @property
    def offers(self) -> tuple[Offer, ...]: ...
    @property
    def products(self) -> tuple[Product, ...]: ...


def offer_faults(policy: _OfferingPolicy) -> Iterator[Problem]:
    """Yield what makes offers and products unusable, each with its path in the policy's tables."""
    offers = {offer.name for offer in policy.offers}
    for index, rule in enumerate(policy.rules):
        yield from _rule_faults(rule, ("rules", index), offers)
    for offer in policy.offers:
        if not (offer.price.is_finite() and offer.price >= 0):
            where = ("offers", offer.name, "price")
            yield fault_of(_SAID, "bad-number/price", where, name=offer.name, price=offer.price)
        was = offer.was
        if was is not None and not (was.is_finite() and was > offer.price):
            at: _Path = ("offers", offer.name, "was")
            told = {"name": offer.name, "price": offer.price, "was": was}
            yield fault_of(_SAID, "bad-number/was", at, **told)
        then = offer.then
        if then is not None and not (then.price.is_finite() and then.price >= 0):
            place: _Path = ("offers", offer.name, "then", "price")
            yield fault_of(_SAID, "bad-number/then", place, name=offer.name, price=then.price)
    for product in policy.products:
        if not isinstance(product.opens, str):
            path: _Path = ("products", product.name, "opens")
            yield from _opens_faults(product.opens, path, product.name)


def _rule_faults(rule: _OfferingRule, path: _Path, offers: set[str]) -> Iterator[Problem]:
    if rule.offer is not None and rule.offers:
        yield fault_of(_SAID, "offer-or-offers", (*path, "offers"), rule=rule.name)
    key = "offers" if rule.offer is None else "offer"
    place = (*path, key)
    if rule.offer == ():
        yield fault_of(_SAID, "empty-list/offer", place, rule=rule.name, key=key)
    for number, name in enumerate(rule.offered):
        where = place if isinstance(rule.offer, str) else (*place, number)
        if name not in offers:
            advice = meant(name, offers)
            yield fault_of(_SAID, "unknown-offer", where, rule=rule.name, name=name, meant=advice)
        elif name in rule.offered[:number]:
            yield fault_of(_SAID, "duplicate-name/offer", where, rule=rule.name, name=name)
    count = len(rule.offers)
    if count > MOST_OFFERS:
        yield fault_of(
            _SAID, "too-many/offers", place, rule=rule.name, count=count, most=MOST_OFFERS
        )


def _opens_faults(opens: When, path: _Path, name: str) -> Iterator[Problem]:
    """Yield what a product asks for that is not of the article."""
    for attribute in fields(type(opens)):
        asked = getattr(opens, attribute.name)
        if asked is not None and attribute.name not in _OF_ARTICLES:
            key = attribute.name.rstrip("_")
            yield fault_of(_SAID, "not-the-article", (*path, key), name=name, key=key)
    for index, part in enumerate(opens.any or ()):
        yield from _opens_faults(part, (*path, "any", index), name)
    if opens.not_ is not None:
        yield from _opens_faults(opens.not_, (*path, "not"), name)

"""What readers can buy, how a price moves them, and how long they go on paying."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from attrs import evolve, frozen

from meter.errors import MeterError
from meter.vocabulary import OfferKind
from meter.windows import Term, day_start

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from meter.policy import Offer, Policy
    from meter.simulate.assumptions import Assumptions

__all__ = ["Option", "Prices", "options_of", "prices"]

_LONG = Term.parse("1 year")
_RENEWALS = 130
_LISTED = 2
"""The options at list price, a month and a year, stand before those of the policy's offers."""
_MONTHS = {"day": 1 / 30.4, "week": 7 / 30.4, "month": 1, "year": 12}
"""A month has 30.4 days here: this is for money, not for deadlines."""


@frozen
class Option:
    """A way to pay again and again: a price for each term."""

    price: float
    term: Term
    product: str | None

    @property
    def months(self) -> float:
        """The length of the term in months."""
        return _months_in(self.term)


class Prices(NamedTuple):
    """What the loop has to know of money, by offer or by option."""

    trial: NDArray[np.bool_]
    offer_price: NDArray[np.float64]
    offer_lift: NDArray[np.float64]
    offer_stays: NDArray[np.float64]
    offer_later: NDArray[np.float64]
    offer_option: NDArray[np.int64]
    once: NDArray[np.int64]
    price: NDArray[np.float64]
    churn: NDArray[np.float64]
    worth: NDArray[np.float64]
    base_price: float


def options_of(policy: Policy, assumptions: Assumptions) -> list[Option]:
    """Return what can be subscribed to.

    The month and the year at list price, then the policy's subscription offers, then what its
    trials cost afterwards. Raises `MeterError` for a subscription whose price changes.
    """
    for offer in policy.offers:
        if offer.kind is OfferKind.SUBSCRIPTION and offer.then is not None:
            raise MeterError(
                f"not simulated yet: the subscription `{offer.name}` costs something else after its"
                ' first term; write it as a `kind = "trial"`, or leave `then` out'
            )
    usual = _usual_product(policy)
    month = float(assumptions.number("money.price_month"))
    year = float(assumptions.number("money.price_year"))
    offers = [
        Option(float(offer.price), offer.term, offer.product)
        for offer in policy.offers
        if offer.kind is OfferKind.SUBSCRIPTION
    ]
    afterwards = [
        Option(float(offer.then.price), offer.then.per, offer.product)
        for offer in policy.offers
        if offer.then is not None
    ]
    listed = [Option(month, Term.parse("1 month"), usual), Option(year, _LONG, usual)]
    return [*listed, *offers, *afterwards]


def prices(policy: Policy, options: list[Option], known: Assumptions) -> Prices:
    """Return the prices of a policy's offers and options, and what follows from them."""
    offers = policy.offers
    sold = [offer.name for offer in offers if offer.kind is OfferKind.SUBSCRIPTION]
    sold += [offer.name for offer in offers if offer.then is not None]
    bit_of = {name: 1 << bit for bit, name in enumerate(policy.rulebook.vocabulary.once)}
    option_of = {name: _LISTED + number for number, name in enumerate(sold)}
    churn, worth = zip(*(_lifetime(option, known) for option in options), strict=True)
    growth = 1 + known.number("money.discount_year")
    lengths = np.array([_months_in(offer.term) for offer in offers], np.float64)
    return Prices(
        trial=np.array([offer.kind is OfferKind.TRIAL for offer in offers], np.bool_),
        offer_price=np.array([float(offer.price) for offer in offers], np.float64),
        offer_lift=np.array([_lift(offer, known) for offer in offers], np.float64),
        offer_stays=lengths ** -known.number("trials.length_elasticity"),
        offer_later=growth ** (-lengths / 12),
        offer_option=np.array([option_of.get(offer.name, -1) for offer in offers], np.int64),
        once=np.array([bit_of.get(offer.name, 0) for offer in offers], np.int64),
        price=np.array([option.price for option in options], np.float64),
        churn=np.array(churn),
        worth=np.array(worth),
        base_price=_base_price(policy, known),
    )


def _months_in(term: Term) -> float:
    """Return a term as a number of months."""
    return term.count * _MONTHS[str(term.unit)]


def _usual_product(policy: Policy) -> str | None:
    """Return the product a subscription at list price is for.

    That of the first subscription offer, else of the first trial, else the first one mentioned.
    """
    for kind in (OfferKind.SUBSCRIPTION, OfferKind.TRIAL):
        for offer in policy.offers:
            if offer.kind is kind and offer.product:
                return offer.product
    for slot in policy.rulebook.vocabulary.slots:
        if slot.name == "product":
            return str(slot.mentioned[0])
    return None


def _lift(offer: Offer, known: Assumptions) -> float:
    """Return how much more often an offer is taken than the list price.

    It follows the price elasticity; what costs nearly nothing sells like `offers.free_sells_like`.
    """
    listed = known.number("money.price_month")
    if not listed:
        return 1.0
    share = max(
        float(offer.price) / _months_in(offer.term) / listed,
        known.number("offers.free_sells_like"),
    )
    return float(share ** -known.number("offers.price_elasticity"))


def _base_price(policy: Policy, known: Assumptions) -> float:
    """Return what a month brings on average of those who subscribe by the month already.

    A part of them changes to the policy's cheapest offer, at what it costs once it is no trial.
    That is one which some rule shows, that runs on the first day or later, and that is for readers
    whoever they are, but for their status.
    """
    listed = float(known.number("money.price_month"))
    offered = [listed]
    shown = {name for rule in policy.rules for name in rule.offered}
    first = day_start(known.day("horizon.start"), policy.zone)
    for offer in policy.offers:
        end = offer.instants(policy.zone)[1]
        is_public = evolve(offer.when, reader=None).matches_everything
        if offer.name not in shown or not is_public or (end is not None and end <= first):
            continue
        if offer.then is not None:
            offered.append(float(offer.then.price) / _months_in(offer.then.per))
        elif offer.kind is OfferKind.SUBSCRIPTION:
            offered.append(float(offer.price) / _months_in(offer.term))
    switch = known.number("subscribers.switch")
    return listed * (1 - switch) + min(offered) * switch


def _lifetime(option: Option, known: Assumptions) -> tuple[NDArray[np.float64], float]:
    """Return the chance to end at each renewal, and what a lifetime is worth at its start.

    The chances are those of a shifted-beta-geometric (Fader and Hardie 2007).
    """
    is_annual = option.months >= _months_in(_LONG)
    plan = "annual" if is_annual else "monthly"
    steps = max(1, round(option.months / (12 if is_annual else 1)))
    alpha = known.number(f"churn.{plan}_alpha")
    beta = known.number(f"churn.{plan}_beta")
    hazard = alpha / (alpha + beta + np.arange(_RENEWALS * steps))
    survival = np.cumprod(1 - hazard)[steps - 1 :: steps]
    churn = 1 - survival / np.concatenate([[1.0], survival[:-1]])
    # What is paid is counted up to the end of a lifetime, and discounted to the first payment.
    when = option.months * np.arange(1, _RENEWALS + 1)
    counted = when < known.number("money.lifetime_months") - 1e-9
    growth = 1 + known.number("money.discount_year")
    later = option.price * survival * growth ** (-when / 12) * counted
    return churn, option.price + float(later.sum())

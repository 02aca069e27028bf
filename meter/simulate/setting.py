"""What a simulation is set in: a first day, and the one currency that its money is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import MeterError
from meter.loading.today import first_day
from meter.simulate.assumptions import published_assumptions
from meter.simulate.report.words import listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from meter.policy import Policy
    from meter.simulate.assumptions import Assumptions

__all__ = ["settled"]

_CURRENCY = "money.currency"
_AMOUNTS = ("money.price_month", "money.price_year", "money.ads_per_1000_articles")


def settled(
    policies: Sequence[Policy], known: Assumptions, today: date | None = None
) -> Assumptions:
    """Return assumptions with a first day, after seeing that all money is in one currency.

    The first day is `horizon.start` where that is given, else that of `first_day`. Raises
    `MeterError` where the policies' prices are in several currencies, or in another one than the
    prices and the advertising that are taken for granted.
    """
    _check_currency(policies, known)
    if known["horizon.start"] is not None:
        return known
    return known.replace({"horizon.start": first_day(policies, today)})


def _check_currency(policies: Sequence[Policy], known: Assumptions) -> None:
    for policy in policies:
        _check_one(policy)
    used = {offer.currency for policy in policies for offer in policy.offers}
    if len(used) > 1:
        raise MeterError(
            f"the policies' prices are in {listed(sorted(used))}, and money of several currencies"
            " is never added up or ranked; compare policies of one currency"
        )
    assumed = known.word(_CURRENCY)
    currency = next(iter(used), assumed)
    if currency != assumed:
        raise MeterError(
            f"the policy's prices are in {currency}, but the prices and the advertising taken for"
            f" granted are in {assumed}; {_asked(currency)}"
        )
    defaults = published_assumptions()
    left = [name for name in _AMOUNTS if known.table[name] == defaults.table[name]]
    if assumed != defaults.word(_CURRENCY) and left:
        names = listed([f"`{name}`" for name in left])
        raise MeterError(
            f"money is in {assumed}, but {names} would still be the default in"
            f" {defaults.word(_CURRENCY)}; {_asked(assumed)}"
        )


def _check_one(policy: Policy) -> None:
    """Refuse a policy whose offers are priced in several currencies."""
    offers = {offer.currency: offer.name for offer in policy.offers}
    if len(offers) > 1:
        named = listed([f"`{name}` in {currency}" for currency, name in sorted(offers.items())])
        raise MeterError(
            f"`{policy.publication.name}` sells {named}, and money of several currencies is never"
            " added up; simulate a policy with the offers of one of them at a time"
        )


def _asked(currency: str) -> str:
    """Return how to say what money is worth in a currency."""
    lines = (
        "[money]",
        f'currency = "{currency}"',
        "price_month = …                # a month without an offer",
        "price_year = …                 # a year without an offer",
        "ads_per_1000_articles = …      # advertising earned by 1,000 articles read",
    )
    return f"say in a file for `--assumptions` what they are in {currency}:\n\n" + "\n".join(
        f"    {line}" for line in lines
    )

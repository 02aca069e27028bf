"""From who may have an offer, and when it runs, to a formula."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.facts import offered_name
from meter.formulas import And, Contains, Formula, In
from meter.formulas.translation import formula_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.facts import Vocabulary
    from meter.policy import Offer, Policy
    from meter.vocabulary import OfferKind

__all__ = ["JudgedOffer", "offer_formula"]


class JudgedOffer(NamedTuple):
    """An offer of a rule, and a formula that says where it runs and is for the reader."""

    name: str
    formula: Formula
    kind: OfferKind


def offer_formula(
    offer: Offer, vocabulary: Vocabulary, policy: Policy, spent: Sequence[str]
) -> Formula:
    """Return who may have an offer of a rule, and when it runs, as one formula.

    `spent` are the meters that the rule spends (see `formula_of`). One that an account starts once
    is not for who has started it; one that lasts a while is over then, for whom it was shown to.
    """
    parts: list[Formula] = []
    stretch = offer.instants(policy.zone)
    if stretch != (None, None):
        parts.append(In(vocabulary.place("period"), vocabulary.periods(stretch)))
    parts.append(formula_of(offer.when, vocabulary, policy, spent))
    if offer.once:
        parts.append(Contains(vocabulary.place("started"), offer.name, inside=False))
    if offer.lasts is not None:
        over = vocabulary.offered(offer.name).code(policy.lasting[offer.name].length)
        running = frozenset((None, *range(over or 0)))
        parts.append(In(vocabulary.place(offered_name(offer.name)), running))
    return parts[0] if len(parts) == 1 else And(tuple(parts))

"""Cards of ready questions: each makes a branch of the open policy, in its own text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.studio.what_if.cards.card import (
    Base,
    Branch,
    Card,
    CardField,
    DoesNotFitError,
    UnusableFieldError,
)
from meter.studio.what_if.cards.limits import LIMIT, REGISTRATION
from meter.studio.what_if.cards.offers import PRICE, SUMMER, TRIAL
from meter.studio.what_if.cards.premium import PREMIUM

if TYPE_CHECKING:
    from meter.studio.what_if.cards.card import Given

__all__ = [
    "CARDS",
    "Base",
    "Branch",
    "Card",
    "CardField",
    "DoesNotFitError",
    "UnusableFieldError",
    "branch_of",
]

CARDS = {card.key: card for card in (LIMIT, REGISTRATION, PRICE, TRIAL, SUMMER, PREMIUM)}
"""The ready questions, in the order in which they are asked."""


def branch_of(base: Base, key: str, given: Given) -> Branch:
    """Return the branch that a card makes of what was typed.

    Raises `DoesNotFitError` where this cannot be asked of the policy, and `UnusableFieldError` for
    a field.
    """
    try:
        return CARDS[key].branch(base, given)
    except LookupError:
        raise DoesNotFitError(
            "this policy is written in a way that a card cannot edit; change it in Policy"
        ) from None

"""What a rule does to a view: it matches, passes by or refuses, and what it then shows.

`SPENDING` is the one table of what a rule with `spend`, whose `when` holds, does to a view. The
engine's `judge`, the verifier's diagrams and its solver, and the explanations all read it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.facts import ACCESS, Code
from meter.facts.meters import MeterSlots, Opening, joined
from meter.formulas import Formula
from meter.formulas.offers import JudgedOffer
from meter.vocabulary import Access, ArticleAccess, OfferKind, RuleShow, Show, Status, Wall
from meter.vocabulary.machine_terms import MachineTerms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


__all__ = ["SPENDING", "Effect", "Fit", "JudgedRule", "Refusals", "also_refused", "wall_for"]


class Effect(StrEnum):
    """What a rule whose `when` holds does to a view."""

    MATCH = "match"
    """It decides: no later rule is tried."""
    PASS = "pass"  # noqa: S105 - no password
    """It is not about such an article: the next rule is tried."""
    REFUSE = "refuse"
    """Some of its meters have nothing left: the next rule is tried, and a wall tells of them."""


class Fit(StrEnum):
    """How an article's access fits the meters of a rule."""

    FREE = "free"
    """It is free: everybody reads it, and nothing is spent."""
    COUNTED = "counted"
    """It is read on these meters, and counts."""
    MISSING = "missing"
    """Some of these meters is not for such articles."""


SPENDING: Mapping[tuple[Fit, bool], Effect] = {
    (Fit.FREE, False): Effect.MATCH,
    (Fit.FREE, True): Effect.MATCH,
    (Fit.COUNTED, False): Effect.REFUSE,
    (Fit.COUNTED, True): Effect.MATCH,
    (Fit.MISSING, False): Effect.PASS,
    (Fit.MISSING, True): Effect.PASS,
}
"""What a rule with `spend` does, by how the article fits and whether all meters are open to it.

A rule without `spend` matches whatever its `when` holds for.
"""

Refusals = tuple[tuple[str, ...], ...]
"""The meters of each rule that refused a view, in the order of the rules."""


def also_refused(refused: Refusals, spend: tuple[str, ...]) -> Refusals:
    """Return what has refused a view after a rule with these meters has.

    A rule that spends all that an earlier one does refuses for at least as long: it is never told.
    """
    if any(set(earlier) <= set(spend) for earlier in refused):
        return refused
    return (*refused, spend)


_LAPSED = {
    Status.TRIAL_EXPIRED: Show.TRIAL_EXPIRED,
    Status.SUBSCRIPTION_EXPIRED: Show.SUBSCRIPTION_EXPIRED,
}
_COUNTDOWNS = (Show.COUNTDOWN, Show.LAST_FREE_ARTICLE)


def wall_for(status: Status, offered: OfferKind | None) -> Show:
    """Return what `show = "wall"` means for a reader who is given an offer of this kind."""
    if status in _LAPSED:
        return _LAPSED[status]
    return Show.TRIAL_OFFER if offered is OfferKind.TRIAL else Show.SUBSCRIPTION_WALL


@frozen
class JudgedRule:
    """A rule with its condition as a formula, and its offers, each with who may have it.

    `side_by_side`: all that run and are for the reader are shown, else the first. `slots` are the
    places of its meters, `nothing_left` the code of 0 left of each, and `access` the articles that
    all of them are for. `exhausted` are the meters that its condition asks whether nothing is left
    of them. `machines` is what it tells machines.
    """

    name: str
    formula: Formula
    spend: tuple[str, ...]
    slots: tuple[MeterSlots, ...]
    nothing_left: tuple[Code, ...]
    access: frozenset[ArticleAccess]
    exhausted: tuple[str, ...]
    show: RuleShow
    offers: tuple[JudgedOffer, ...]
    side_by_side: bool
    prompt: str | None
    machines: MachineTerms | None

    @property
    def opens(self) -> bool:
        """Whether a reader reads the whole article where it matches."""
        return not isinstance(self.show, Wall) and self.show.access is Access.FULL

    def given(self, values: Sequence[Any]) -> tuple[str, ...] | None:
        """Return the names of the offers a reader gets; `None` if that has to be observed."""
        given: tuple[str, ...] = ()
        for name, formula, _ in self.offers:
            holds = formula.holds(values)
            if holds is None:
                return None
            given += (name,) * holds
        return given if self.side_by_side else given[:1]

    def fit(self, access: ArticleAccess) -> Fit:
        """Return how an article of this access fits this rule's meters."""
        if access is ArticleAccess.FREE:
            return Fit.FREE
        return Fit.COUNTED if access in self.access else Fit.MISSING

    def effect(self, values: Sequence[Any]) -> Effect | None:
        """Return what this rule does where its `when` holds; `None` if that has to be observed."""
        if not self.spend:
            return Effect.MATCH
        if len(values) <= ACCESS:
            return None
        fit = self.fit(values[ACCESS])
        if fit is not Fit.COUNTED:
            return SPENDING[fit, False]
        opening = self.opening(values)
        return None if opening is None else SPENDING[fit, bool(opening)]

    def opening(self, values: Sequence[Any]) -> Opening | None:
        """Return how all of this rule's meters are open; `None` if that has to be observed."""
        if len(self.slots) == 1:
            place = self.slots[0].open
            opening: Opening | None = values[place] if place < len(values) else None
            return opening
        if any(slots.open >= len(values) for slots in self.slots):
            return None
        return joined([values[slots.open] for slots in self.slots])

    def leaves_nothing(self, values: Sequence[Any]) -> bool:
        """Say whether this view leaves nothing of one of this rule's meters."""
        for slots, nothing in zip(self.slots, self.nothing_left, strict=True):
            if values[slots.left] == nothing:
                return True
        return False

    def spends(self, access: ArticleAccess | None) -> bool:
        """Say whether an article of this access is read on this rule's meters where it matches."""
        return bool(self.spend) and access is not None and self.fit(access) is Fit.COUNTED

    def counts_down(self, access: ArticleAccess | None, opening: Opening) -> bool:
        """Say whether this rule tells what is left of its meters where it matches.

        It does not for an article that is free, nor for a reader who has no allowance of one of
        them, or no limit of any.
        """
        return self.show in _COUNTDOWNS and self.spends(access) and opening is Opening.OPEN

    def shown(
        self, status: Status, offers: tuple[str, ...], *, counts_down: bool, nothing_left: bool
    ) -> Show:
        """Return what this rule shows where it matches.

        `offers`: those that this reader gets. `counts_down`: it tells what is left of its meters.
        `nothing_left`: this view leaves nothing of one of them.
        """
        if self.spend and not counts_down:
            return Show.ARTICLE
        if isinstance(self.show, Wall):
            kinds = [offer.kind for offer in self.offers if offer.name in offers[:1]]
            return wall_for(status, kinds[0] if kinds else None)
        if self.show is Show.COUNTDOWN and nothing_left:
            return Show.LAST_FREE_ARTICLE
        if self.show is Show.TRIAL_OFFER and not offers:
            return Show.SUBSCRIPTION_WALL
        return self.show

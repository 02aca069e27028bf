"""A policy ready to be judged by: its rules as formulas over facts, its meters on the zone's time."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.facts import ALWAYS, Among, Every, Formula, Vocabulary
from meter.windows import Timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.decision import Show
    from meter.policy import Policy, Rule

__all__ = ["JudgedRule", "Rulebook"]


@frozen
class JudgedRule:
    """A rule with its condition as a formula, and its offer as a formula that says who may have it."""

    name: str
    formula: Formula
    spend: str | None
    open_slot: int
    left_slot: int
    nothing_left: int | None
    show: Show
    offer: str | None
    offer_formula: Formula
    prompt: str | None


class Rulebook:
    """A policy ready to be judged by.

    Its vocabulary, its rules as formulas, its meters on the zone's time.

    `situations` remembers what has been judged before, by facts: a pure memo, emptied when it grows
    past a bound.
    """

    def __init__(self, policy: Policy, vocabulary: Vocabulary | None = None) -> None:
        self.policy = policy
        self.vocabulary = vocabulary or Vocabulary([policy])
        self.digest = policy.digest
        self.situations: dict[Any, Any] = {}
        self.timelines = {
            meter.name: Timeline(meter.window, policy.zone) for meter in policy.meters
        }
        self.meters = tuple(
            (meter.name, self.timelines[meter.name], meter.count == "views")
            for meter in policy.meters
        )
        """Name, timeline, and whether views are counted, in the order of the vocabulary's meter
        slots.
        """

    def __reduce__(self) -> tuple[Any, ...]:
        return Rulebook, (self.policy, self.vocabulary)

    @cached_property
    def rules(self) -> tuple[JudgedRule, ...]:
        """The policy's rules, in order."""
        offers = {offer.name: self._offer_formula(offer.name) for offer in self.policy.offers}
        return tuple(self._judged(rule, offers) for rule in self.policy.rules)

    def _judged(self, rule: Rule, offers: dict[str, Formula]) -> JudgedRule:
        vocabulary, spend = self.vocabulary, rule.spend
        left = -1 if spend is None else vocabulary.place("left", spend)
        return JudgedRule(
            name=rule.name,
            formula=vocabulary.formula(rule.when, self.policy.zone),
            spend=spend,
            open_slot=-1 if spend is None else vocabulary.place("open", spend),
            left_slot=left,
            nothing_left=None if spend is None else vocabulary.slots[left].code(0),
            show=rule.show,
            offer=rule.offer,
            offer_formula=offers[rule.offer] if rule.offer else ALWAYS,
            prompt=rule.prompt,
        )

    @cached_property
    def limits(self) -> dict[str, tuple[tuple[Formula, int], ...]]:
        """Each meter's allowances, first match first."""
        return {
            meter.name: tuple(
                (self.vocabulary.formula(limit.when, self.policy.zone), limit.limit)
                for limit in meter.allowances()
            )
            for meter in self.policy.meters
        }

    def limit(self, meter: str, values: Sequence[Any]) -> int:
        """Return the allowance of a meter for these facts: the first that matches, or 0."""
        return next((limit for formula, limit in self.limits[meter] if formula.holds(values)), 0)

    def _offer_formula(self, name: str) -> Formula:
        """Return who may have an offer, and when it runs, as one formula."""
        offer = self.policy.offer(name)
        eligible = self.vocabulary.formula(offer.when, self.policy.zone)
        stretch = offer.instants(self.policy.zone)
        if stretch == (None, None):
            return eligible
        running = Among(self.vocabulary.place("period"), self.vocabulary.periods(stretch))
        return Every((running, eligible))

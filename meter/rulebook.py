"""A policy ready to be judged by: its rules as formulas over facts, and which of them matches.

`SPENDING` is the one table of what a rule with `spend`, whose `when` holds, does to a view. The
engine's `judge`, the verifier's diagrams and its solver, and the explanations all read it.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import frozen

from meter.facts import ACCESS, MeterSlots, Vocabulary
from meter.formulas import Formula
from meter.formulas.translation import JudgedOffer, formula_of, offer_formula
from meter.usage import Tally
from meter.vocabulary import Access, ArticleAccess, Count, Opening, Show
from meter.windows import Timeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from meter.policy import Policy, Rule, When

__all__ = [
    "SPENDING",
    "Effect",
    "JudgedMeter",
    "JudgedRule",
    "Rulebook",
    "Verdict",
    "first_match",
    "is_spent",
    "verdict_of",
]


class Effect(StrEnum):
    """What a rule whose `when` holds does to a view."""

    MATCH = "match"
    """It decides: no later rule is tried."""
    PASS = "pass"  # noqa: S105 - no password
    """It is not about such an article: the next rule is tried."""
    REFUSE = "refuse"
    """Its meter has nothing left: the next rule is tried, and a wall names the meter."""


SPENDING: Mapping[tuple[ArticleAccess, Opening], Effect] = {
    (ArticleAccess.FREE, Opening.CLOSED): Effect.MATCH,
    (ArticleAccess.FREE, Opening.OPEN): Effect.MATCH,
    (ArticleAccess.FREE, Opening.GIVEN): Effect.MATCH,
    (ArticleAccess.METERED, Opening.CLOSED): Effect.REFUSE,
    (ArticleAccess.METERED, Opening.OPEN): Effect.MATCH,
    (ArticleAccess.METERED, Opening.GIVEN): Effect.MATCH,
    (ArticleAccess.PREMIUM, Opening.CLOSED): Effect.PASS,
    (ArticleAccess.PREMIUM, Opening.OPEN): Effect.PASS,
    (ArticleAccess.PREMIUM, Opening.GIVEN): Effect.PASS,
}
"""What a rule with `spend` does, by the article's access and whether its meter is open to the view.

A rule without `spend` matches whatever its `when` holds for.
"""


def is_spent(access: ArticleAccess) -> bool:
    """Say whether an article of this access counts where a rule spends for it."""
    return SPENDING[access, Opening.CLOSED] is Effect.REFUSE


@frozen
class JudgedRule:
    """A rule with its condition as a formula, and its offers, each with who may have it.

    `side_by_side`: all that run and are for the reader are shown, else the first. `open_slot` and
    `left_slot` are the places of its meter, -1 without one; `nothing_left` is the code of 0 left.
    """

    name: str
    formula: Formula
    spend: str | None
    open_slot: int
    left_slot: int
    nothing_left: int | None
    show: Show
    offers: tuple[JudgedOffer, ...]
    side_by_side: bool
    prompt: str | None

    def given(self, values: Sequence[Any]) -> tuple[str, ...] | None:
        """Return the names of the offers a reader gets; `None` if that has to be observed."""
        given: tuple[str, ...] = ()
        for name, formula in self.offers:
            holds = formula.holds(values)
            if holds is None:
                return None
            given += (name,) * holds
        return given if self.side_by_side else given[:1]

    def effect(self, values: Sequence[Any]) -> Effect | None:
        """Return what this rule does where its `when` holds; `None` if that has to be observed."""
        if self.spend is None:
            return Effect.MATCH
        if len(values) <= ACCESS:
            return None
        access = values[ACCESS]
        if not is_spent(access):
            return SPENDING[access, Opening.CLOSED]
        if len(values) <= self.open_slot:
            return None
        return SPENDING[access, values[self.open_slot]]

    def spends(self, access: ArticleAccess | None) -> bool:
        """Say whether an article of this access is read on this rule's meter where it matches."""
        return self.spend is not None and access is not None and is_spent(access)

    def counts_down(self, access: ArticleAccess | None, opening: Opening) -> bool:
        """Say whether this rule tells what is left of its meter where it matches.

        It does not for an article that is free, or for a reader who has no allowance of it.
        """
        return self.show in _COUNTDOWNS and self.spends(access) and opening is not Opening.GIVEN

    def shown(self, *, counts_down: bool, nothing_left: bool, offered: bool) -> Show:
        """Return what this rule shows where it matches.

        `counts_down`: it tells what is left of its meter. `nothing_left`: this view leaves nothing
        of it. `offered`: an offer of the rule runs and is for this reader.
        """
        if self.spend is not None and not counts_down:
            return Show.ARTICLE
        if self.show is Show.COUNTDOWN and nothing_left:
            return Show.LAST_FREE_ARTICLE
        if self.show is Show.TRIAL_OFFER and not offered:
            return Show.SUBSCRIPTION_WALL
        return self.show


_COUNTDOWNS = (Show.COUNTDOWN, Show.LAST_FREE_ARTICLE)


class JudgedMeter(NamedTuple):
    """A meter with its window on the zone's time. `by_view`: it counts views, not articles."""

    name: str
    timeline: Timeline
    by_view: bool


class Rulebook:
    """A policy ready to be judged by.

    `memory` is room for what a layer above remembers of this policy (see `memo`); nothing here
    reads it.
    """

    def __init__(self, policy: Policy, vocabulary: Vocabulary | None = None) -> None:
        self.policy = policy
        self.vocabulary = vocabulary or Vocabulary([policy])
        self.digest = policy.digest
        self.memory: dict[Any, Any] = {}
        self.meters = tuple(
            JudgedMeter(
                name=meter.name,
                timeline=Timeline(meter.window, policy.zone),
                by_view=meter.count is Count.VIEWS,
            )
            for meter in policy.meters
        )
        """In the order of the policy, which is that of the vocabulary's meter slots."""
        self.timelines = {meter.name: meter.timeline for meter in self.meters}
        spent = {rule.spend for rule in policy.rules}
        self.sharing = tuple(
            place
            for place, meter in enumerate(self.meters)
            if meter.name in spent and not meter.by_view
        )
        """The places of the meters of articles that some rule spends.

        What one of them has counted is counted already for all of them.
        """

    def __reduce__(self) -> tuple[object, ...]:
        return (Rulebook, (self.policy, self.vocabulary))

    @cached_property
    def rules(self) -> tuple[JudgedRule, ...]:
        """The policy's rules, in order."""
        return tuple(self._judged(rule, self.offers) for rule in self.policy.rules)

    @cached_property
    def offers(self) -> dict[str, Formula]:
        """Who may have each offer, and when it runs, as one formula."""
        return {
            offer.name: offer_formula(offer, self.vocabulary, self.policy)
            for offer in self.policy.offers
        }

    def _judged(self, rule: Rule, offers: dict[str, Formula]) -> JudgedRule:
        slots = MeterSlots(open=-1, left=-1)
        nothing_left = None
        if rule.spend is not None:
            slots = self.vocabulary.meters[rule.spend]
            nothing_left = self.vocabulary.slots[slots.left].code(0)
        return JudgedRule(
            name=rule.name,
            formula=self._formula(rule.when),
            spend=rule.spend,
            open_slot=slots.open,
            left_slot=slots.left,
            nothing_left=nothing_left,
            show=rule.show,
            offers=tuple(JudgedOffer(name, offers[name]) for name in rule.offered),
            side_by_side=bool(rule.offers),
            prompt=rule.prompt,
        )

    def _formula(self, when: When) -> Formula:
        return formula_of(when, self.vocabulary, self.policy)

    @cached_property
    def limits(self) -> dict[str, tuple[tuple[Formula, int], ...]]:
        """Each meter's allowances, first match first."""
        return {
            meter.name: tuple(
                (self._formula(limit.when), limit.limit) for limit in meter.allowances()
            )
            for meter in self.policy.meters
        }

    def limit(self, meter: str, values: Sequence[Any]) -> int:
        """Return the allowance of a meter for these facts: the first that matches, or 0."""
        for formula, limit in self.limits[meter]:
            if formula.holds(values):
                return limit
        return 0

    def timelines_of(self, meter: str) -> tuple[Timeline, ...]:
        """Return a meter's window; every window, where the policy no longer has that meter."""
        if meter in self.timelines:
            return (self.timelines[meter],)
        return tuple(self.timelines.values())

    def inside(self, meter: str, tally: Tally, when: int) -> Tally:
        """Return what of a tally its window still holds at the instant `when`."""
        if meter in self.timelines:
            return tally.since(self.timelines[meter].inside(tally.ats, when))
        if not tally.ids:
            return tally
        # A meter the policy no longer has may come back with the next one: it is kept while the
        # longest window lasts.
        ends = [timeline.ends(tally.ats) for timeline in self.timelines.values()]
        kept = any(end is None or when < end for end in ends)
        return tally if kept else Tally()


@frozen
class Verdict:
    """What the rules say of some facts.

    `offers` are those shown, in order. `spend` is the meter to spend from, `meter` the one to tell
    the reader about.
    """

    rule: str
    show: Show
    prompt: str | None
    offers: tuple[str, ...]
    spend: str | None
    meter: str | None

    @property
    def offer(self) -> str | None:
        """The first of the offers shown."""
        return self.offers[0] if self.offers else None


def first_match(rulebook: Rulebook, facts: Sequence[Any]) -> Verdict | None:
    """Return what the first matching rule says, or `None` where it depends on more facts.

    The facts may end early: after the reader's status, or after all that needs no usage.
    """
    refused = None
    for rule in rulebook.rules:
        holds = rule.formula.holds(facts)
        if holds is False:
            continue
        effect = rule.effect(facts) if holds else None
        if effect is None:
            return None
        if effect is Effect.MATCH:
            return _verdict(rule, facts, refused)
        if effect is Effect.REFUSE:
            refused = refused or rule.spend
    # A policy ends with a rule that matches everything: it refuses any other when it is made.
    raise AssertionError("no rule matched")  # pragma: no cover


def _verdict(rule: JudgedRule, facts: Sequence[Any], refused: str | None) -> Verdict | None:
    """Return what a rule that matches says, or `None` where its offers depend on more facts."""
    offers = rule.given(facts)
    if offers is None:
        return None
    access = facts[ACCESS] if len(facts) > ACCESS else None
    opening = Opening.OPEN
    nothing_left = False
    if rule.spends(access):
        opening = facts[rule.open_slot]
        nothing_left = facts[rule.left_slot] == rule.nothing_left
    return verdict_of(
        rule, access, opening, nothing_left=nothing_left, offers=offers, refused=refused
    )


def verdict_of(
    rule: JudgedRule,
    access: ArticleAccess | None,
    opening: Opening = Opening.OPEN,
    *,
    nothing_left: bool,
    offers: tuple[str, ...],
    refused: str | None,
) -> Verdict:
    """Return what a rule that matches says.

    `opening`: how the rule's meter is open to the view. `nothing_left`: this view leaves nothing of
    it. `offers`: those of the rule that this reader gets. `refused`: the first meter that refused
    this view before.
    """
    spends = rule.spends(access)
    counts_down = rule.counts_down(access, opening)
    show = rule.shown(counts_down=counts_down, nothing_left=nothing_left, offered=bool(offers))
    # A prompt of a rule that spends is not for a free article; one that counts down, not for a
    # reader who has nothing to count down. Nor has an article a prompt by itself.
    says = rule.spend is None or (spends and (counts_down or rule.show is Show.ARTICLE))
    prompt = rule.prompt if says else None
    if prompt is None and show is not Show.ARTICLE:
        prompt = str(show)
    told = rule.spend if spends else None
    if not spends and show.access is Access.PREVIEW:
        told = refused
    return Verdict(
        rule=rule.name,
        show=show,
        prompt=prompt,
        offers=offers,
        spend=rule.spend if spends else None,
        meter=told,
    )

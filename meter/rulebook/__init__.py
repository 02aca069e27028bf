"""A policy ready to be judged by: its rules as formulas over facts, and which of them matches.

What a single rule does to a view is said in `effects`.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import frozen

from meter.facts import ACCESS, Vocabulary
from meter.facts.meters import Opening
from meter.formulas import ALWAYS, And, Formula, In, formula_of, held_by, leaves
from meter.rulebook.effects import (
    SPENDING,
    Effect,
    Fit,
    JudgedRule,
    Refusals,
    also_refused,
)
from meter.usage import Tally
from meter.vocabulary import Access, ArticleAccess, Count, Show, Status
from meter.windows import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.policy import Policy, Rule, When

__all__ = [
    "SPENDING",
    "Effect",
    "Fit",
    "JudgedMeter",
    "JudgedRule",
    "Refusals",
    "Rulebook",
    "Verdict",
    "also_refused",
    "first_match",
    "verdict_of",
]


class JudgedMeter(NamedTuple):
    """A meter with its window on the zone's time. `by_view`: it counts views, not articles."""

    name: str
    timeline: Timeline
    by_view: bool


EVERY_ACCESS = frozenset(ArticleAccess)
"""What a meter that no rule spends counts: free and premium articles too."""


class Kept(NamedTuple):
    """What a meter counts: articles of the accesses in `spent` where a rule spends it.

    Where `history` holds, every whole view of an article of those in `access` counts, whatever rule
    opened it. `None`: the meter keeps no history.
    """

    access: frozenset[ArticleAccess]
    spent: frozenset[ArticleAccess]
    history: Formula | None


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
        self.places = {meter.name: place for place, meter in enumerate(self.meters)}
        spent = {name for rule in policy.rules for name in rule.spend}
        self.spent = tuple(meter.name in spent for meter in self.meters)
        """By place, whether some rule spends the meter."""
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
        return {offer.name: self._offer_formula(offer.name) for offer in self.policy.offers}

    def _judged(self, rule: Rule, offers: dict[str, Formula]) -> JudgedRule:
        slots = tuple(self.vocabulary.meters[name] for name in rule.spend)
        kinds = {offer.name: offer.kind for offer in self.policy.offers}
        accesses = [self.policy.meter(name).access for name in rule.spend]
        formula = self._formula(rule.when, rule.spend)
        return JudgedRule(
            name=rule.name,
            formula=formula,
            spend=rule.spend,
            slots=slots,
            nothing_left=tuple(self.vocabulary.slots[at.left].code(0) for at in slots),
            access=frozenset.intersection(*accesses) if accesses else frozenset(),
            exhausted=tuple(dict.fromkeys(self._exhausted_in(formula))),
            show=rule.show,
            offer=rule.offer,
            offer_kind=kinds[rule.offer] if rule.offer else None,
            offer_formula=offers[rule.offer] if rule.offer else ALWAYS,
            prompt=rule.prompt,
        )

    def _exhausted_in(self, formula: Formula) -> Iterator[str]:
        """Yield the meters that a formula asks whether nothing is left of them."""
        for leaf in leaves(formula):
            slot = self.vocabulary.slots[leaf.slot]
            if slot.name == "open" and isinstance(leaf, In) and Opening.CLOSED in leaf.codes:
                yield str(slot.meter)

    @cached_property
    def kept(self) -> tuple[Kept, ...]:
        """What each meter counts, by place."""
        return tuple(
            Kept(
                access=meter.access if spent else EVERY_ACCESS,
                spent=meter.access,
                history=None if meter.counts is None else self._formula(meter.counts),
            )
            for meter, spent in zip(self.policy.meters, self.spent, strict=True)
        )

    @cached_property
    def histories(self) -> tuple[int, ...]:
        """The places of the meters that count views whatever rule opened them."""
        return tuple(place for place, kept in enumerate(self.kept) if kept.history is not None)

    def keeps(self, place: int, facts: Sequence[Any]) -> bool:
        """Say whether a meter's history counts a whole view with these facts."""
        access, _, history = self.kept[place]
        if history is None or facts[ACCESS] not in access:
            return False
        return bool(history.holds(facts))

    def adds(self, place: int, facts: Sequence[Any], seen: int) -> bool:
        """Say whether a view with these facts counts on a meter where a rule spends it.

        `seen`: is it counted already, and by this meter itself (1) or by another?
        """
        if self.kept[place].history is not None and seen != 1 and self.keeps(place, facts):
            return True
        return not seen and facts[ACCESS] in self.kept[place].spent

    def _formula(self, when: When, spent: Sequence[str] = ()) -> Formula:
        return formula_of(when, self.vocabulary, self.policy.zone, spent)

    @cached_property
    def limits(self) -> dict[str, tuple[tuple[Formula, int | None], ...]]:
        """Each meter's allowances, first match first; `None` is no limit."""
        return {
            meter.name: tuple(
                (self._formula(limit.when), limit.limit) for limit in meter.allowances()
            )
            for meter in self.policy.meters
        }

    def limit(self, meter: str, values: Sequence[Any]) -> int | None:
        """Return the allowance of a meter for these facts: the first that matches, or 0.

        `None` is no limit.
        """
        for formula, limit in self.limits[meter]:
            if formula.holds(values):
                return limit
        return 0

    def limit_at(self, place: int, values: Sequence[Any]) -> int | None:
        """Return the allowance of the meter at a place for these facts."""
        return self.limit(self.meters[place].name, values)

    def places_of(self, names: tuple[str, ...]) -> tuple[int, ...]:
        """Return the places of some meters."""
        return tuple(self.places[name] for name in names)

    def is_closed(self, place: int, values: Sequence[Any]) -> bool:
        """Say whether nothing is left of a meter for a view with these facts."""
        slot = self.vocabulary.meters[self.meters[place].name].open
        return slot < len(values) and values[slot] is Opening.CLOSED

    def exhausted_by(self, rule: str, values: Sequence[Any]) -> Iterator[int]:
        """Yield the places of the meters by whose being exhausted a rule's condition holds.

        There are none where the condition holds without looking at any meter.
        """
        judged = next(each for each in self.rules if each.name == rule)
        if judged.formula.holds(values[: self.vocabulary.base]):
            return
        held = set(held_by(judged.formula, values))
        for place, meter in enumerate(self.meters):
            slot = self.vocabulary.meters[meter.name].open
            if self.is_closed(place, values) and any(leaf.slot == slot for leaf in held):
                yield place

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

    def _offer_formula(self, name: str) -> Formula:
        """Return who may have an offer, and when it runs, as one formula."""
        offer = self.policy.offer(name)
        eligible = self._formula(offer.when)
        stretch = offer.instants(self.policy.zone)
        if stretch == (None, None):
            return eligible
        running = In(self.vocabulary.place("period"), self.vocabulary.periods(stretch))
        return And((running, eligible))


@frozen
class Verdict:
    """What the rules say of some facts.

    `spend` are the meters to spend from, `refused` those of each rule that refused the view before
    a wall, `exhausted` those that the wall itself asks whether nothing is left of them.
    """

    rule: str
    show: Show
    prompt: str | None
    offer: str | None
    spend: tuple[str, ...]
    refused: Refusals = ()
    exhausted: tuple[str, ...] = ()

    @property
    def meters(self) -> tuple[str, ...]:
        """The meters of which one may be told to the reader."""
        told = (*self.spend, *(name for group in self.refused for name in group), *self.exhausted)
        return tuple(dict.fromkeys(told))


def first_match(rulebook: Rulebook, facts: Sequence[Any]) -> Verdict | None:
    """Return what the first matching rule says, or `None` where it depends on more facts.

    The facts may end early: after the reader's status, or after all that needs no usage.
    """
    refused: Refusals = ()
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
            refused = also_refused(refused, rule.spend)
    # A policy ends with a rule that matches everything: it refuses any other when it is made.
    raise AssertionError("no rule matched")  # pragma: no cover


def _verdict(rule: JudgedRule, facts: Sequence[Any], refused: Refusals) -> Verdict | None:
    """Return what a rule that matches says, or `None` where its offer depends on more facts."""
    offered = rule.offer_formula.holds(facts)
    if offered is None:
        return None
    access = facts[ACCESS] if len(facts) > ACCESS else None
    opening = Opening.OPEN
    nothing_left = False
    if rule.spends(access):
        opening = rule.opening(facts) or Opening.CLOSED
        nothing_left = rule.leaves_nothing(facts)
    return verdict_of(
        rule,
        access,
        opening,
        status=rule.status_of(facts),
        nothing_left=nothing_left,
        offered=offered,
        refused=refused,
    )


def verdict_of(
    rule: JudgedRule,
    access: ArticleAccess | None,
    opening: Opening = Opening.OPEN,
    *,
    status: Status,
    nothing_left: bool,
    offered: bool,
    refused: Refusals,
) -> Verdict:
    """Return what a rule that matches says.

    `opening`: how all of the rule's meters are open to the view. `nothing_left`: this view leaves
    nothing of one of them. `offered`: the rule's offer runs and is for this reader. `refused`: the
    meters of the rules that refused this view before.
    """
    spends = rule.spends(access)
    offer = rule.offer if offered else None
    counts_down = rule.counts_down(access, opening)
    show = rule.shown(
        status, counts_down=counts_down, nothing_left=nothing_left, offered=offer is not None
    )
    # A prompt of a rule that spends is not for a free article; one that counts down, not for a
    # reader who has nothing to count down. Nor has an article a prompt by itself.
    says = not rule.spend or (spends and (counts_down or rule.show is Show.ARTICLE))
    prompt = rule.prompt if says else None
    if prompt is None and show is not Show.ARTICLE:
        prompt = str(show)
    is_wall = show.access is Access.PREVIEW
    return Verdict(
        rule=rule.name,
        show=show,
        prompt=prompt,
        offer=offer,
        spend=rule.spend if spends else (),
        refused=refused if is_wall else (),
        exhausted=rule.exhausted if is_wall else (),
    )

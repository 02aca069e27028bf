"""A policy ready to be judged by: its rules and its meters, as formulas over facts."""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from meter.facts import ACCESS, Vocabulary
from meter.facts.meters import ALREADY, OWN, Opening
from meter.formulas import Formula, In, held_by, holds_unless, leaves
from meter.formulas.offers import JudgedOffer, offer_formula
from meter.formulas.translation import formula_of
from meter.rulebook.effects import JudgedRule
from meter.rulebook.frequency import Frequencies
from meter.usage import Tally
from meter.vocabulary import ArticleAccess, Count
from meter.windows import Timeline

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from meter.policy import Policy, Rule, When

__all__ = ["JudgedExperiment", "JudgedMeter", "Kept", "Rulebook"]


class JudgedMeter(NamedTuple):
    """A meter with its window on the zone's time.

    `by_view`: it counts views, not articles. `opens` is what `Counts` says of a view that it has
    counted: it is open again, unless no rule spends the meter and it counts articles.
    """

    name: str
    timeline: Timeline
    by_view: bool
    opens: int


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


class JudgedExperiment(NamedTuple):
    """An experiment that some condition asks for: its slot, the variants that somebody is in.

    `formula` says whom it is for.
    """

    name: str
    slot: int
    variants: tuple[str, ...]
    formula: Formula


class Rulebook:
    """A policy ready to be judged by.

    `memory`, `said`, `drafted` and `day` are room for what layers above remember of this policy
    (see `memo` and `prompts.laid.kept`); nothing here reads them.
    """

    def __init__(self, policy: Policy, vocabulary: Vocabulary | None = None) -> None:
        self.policy = policy
        self.vocabulary = vocabulary or Vocabulary([policy])
        self.digest = policy.digest
        self.memory: Any = None
        self.said: dict[Any, str] = {}
        self.drafted: dict[Any, Any] = {}
        self.day: Any = None
        spent = {name for rule in policy.rules for name in rule.spend}
        self.meters = tuple(
            JudgedMeter(
                name=meter.name,
                timeline=Timeline(meter.window, policy.zone),
                by_view=meter.count is Count.VIEWS,
                opens=OWN | (ALREADY if meter.name in spent or meter.count is Count.VIEWS else 0),
            )
            for meter in policy.meters
        )
        """In the order of the policy, which is that of the vocabulary's meter slots."""
        self.timelines = {meter.name: meter.timeline for meter in self.meters}
        self.places = {meter.name: place for place, meter in enumerate(self.meters)}
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
        self.frequencies = Frequencies(policy, self.places)
        """How often prompts are shown."""
        self.looks_at_prompts = bool(self.frequencies.prompts or self.vocabulary.seen)
        """Whether it matters for some view what was shown or closed before."""
        self.nothing_shown = (*self.frequencies.may, *(0 for _ in self.vocabulary.seen))
        """What an empty record says of prompts in `decision.Counts`."""
        self.looks_beyond_meters = bool(
            self.looks_at_prompts or self.vocabulary.once or self.vocabulary.lasting
        )
        """Whether more of a record matters than what meters have counted."""
        self.lasting = policy.lasting
        """The offers that run for each reader for a while (see `Policy.lasting`)."""
        self.first_offer = 1 + 2 * len(self.meters)
        """Where the offers begin in `decision.Counts`: first those that are started once."""
        of_offers = len(self.vocabulary.once) + len(self.vocabulary.lasting)
        self.first_prompt = self.first_offer + of_offers
        """Where the prompts begin in `decision.Counts`."""

    def __reduce__(self) -> tuple[object, ...]:
        return (Rulebook, (self.policy, self.vocabulary))

    @cached_property
    def rules(self) -> tuple[JudgedRule, ...]:
        """The policy's rules, in order."""
        return tuple(map(self._judged, self.policy.rules))

    def _judged(self, rule: Rule) -> JudgedRule:
        slots = tuple(self.vocabulary.meters[name] for name in rule.spend)
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
            offers=tuple(self._judged_offer(name, rule.spend) for name in rule.offered),
            side_by_side=bool(rule.offers),
            prompt=rule.prompt,
            machines=rule.machines,
        )

    def _judged_offer(self, name: str, spent: Sequence[str]) -> JudgedOffer:
        offer = self.policy.offer(name)
        return JudgedOffer(
            name, offer_formula(offer, self.vocabulary, self.policy, spent), offer.kind
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

    @cached_property
    def experiments(self) -> tuple[JudgedExperiment, ...]:
        """The experiments that conditions ask for, in the order of the policy."""
        found = []
        for experiment in self.policy.experiments:
            way = self.policy.assignments[experiment.name]
            place = self.vocabulary.experiments.get((experiment.name, way))
            if place is not None:
                formula = self._formula(experiment.when)
                found.append(JudgedExperiment(experiment.name, place, way.shared, formula))
        return tuple(found)

    def keeps(self, place: int, facts: Sequence[Any]) -> bool:
        """Say whether a meter's history counts a whole view with these facts."""
        access, _, history = self.kept[place]
        if history is None or facts[ACCESS] not in access:
            return False
        return bool(history.holds(facts))

    def adds(self, place: int, facts: Sequence[Any], seen: int) -> bool:
        """Say whether a view with these facts counts on a meter where a rule spends it.

        `seen` says whether it is counted already, and by this meter itself (see `Counts`).
        """
        if not seen & OWN and self.keeps(place, facts):
            return True
        return not seen & ALREADY and facts[ACCESS] in self.kept[place].spent

    def _formula(self, when: When, spent: Sequence[str] = ()) -> Formula:
        return formula_of(when, self.vocabulary, self.policy, spent)

    @cached_property
    def limits(self) -> dict[str, tuple[tuple[Formula, int | None], ...]]:
        """Each meter's allowances, first match first; `None` is no limit."""
        return {
            meter.name: tuple(
                (self._formula(limit.when), None if limit.limit == "none" else limit.limit)
                for limit in meter.allowances()
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

    def possible_limits(
        self, meter: str, values: Sequence[Any], unknown: Container[int]
    ) -> frozenset[int | None]:
        """Return every allowance that a meter may have for facts of which some are unknown."""
        found: list[int | None] = []
        for formula, limit in self.limits[meter]:
            holds = holds_unless(formula, values, unknown)
            if holds is not False:
                found.append(limit)
            if holds:
                return frozenset(found)
        return frozenset((*found, 0))

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

    @property
    def every_timeline(self) -> Iterator[Timeline]:
        """Every window of the policy: those of meters and those of prompts."""
        return chain(self.timelines.values(), self.frequencies.timelines)

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

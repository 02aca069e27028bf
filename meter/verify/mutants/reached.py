"""Which journeys a mistake can touch at all: the others need not be run again.

A journey goes as before if at each of its steps the rules are tried as before. Of a rule that is
changed, moved or gone that is so where an earlier one decides, and where neither what it asks now
nor what it asked before holds. What is not known to leave a journey alone is taken to touch it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve

from meter.facts import Vocabulary
from meter.formulas.translation import formula_of
from meter.verify.mutants.edit import Kind
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from meter.facts import Codes
    from meter.journeys import Journey
    from meter.policy import Policy, Rule
    from meter.verify.mutants.edit import Mutant

__all__ = ["Reached"]

_TOLD = ("price", "term", "then")
"""What of an offer is only ever told."""


class _Step(NamedTuple):
    """A step as it goes by the policy: what is known of it, and the place of the rule it meets."""

    facts: Codes
    decider: int


class _Trace(NamedTuple):
    """A journey as it goes by the policy, whether it expects words, and whether it takes offers."""

    steps: tuple[_Step, ...]
    says: bool
    takes: bool


class Reached:
    """What journeys meet of a policy, so that it is known which of its mistakes they can notice."""

    def __init__(self, policy: Policy, journeys: Iterable[Journey], made: Iterable[Mutant]) -> None:
        self._policy = policy
        known = {id(rule) for rule in policy.rules}
        whens = [
            rule.when
            for mutant in made
            if mutant.path[0] == "rules"
            for rule in mutant.policy.rules
            if id(rule) not in known
        ]
        self._vocabulary = Vocabulary([policy], whens)
        self._places = {rule.name: place for place, rule in enumerate(policy.rules)}
        self._spent = _spent(policy)
        self._traces = {id(journey): self._trace(journey) for journey in journeys}

    def _trace(self, journey: Journey) -> _Trace:
        steps = []
        for step in journey.steps_of(self._policy):
            facts = self._vocabulary.observe(step.reader, step.view, instant(step.at))
            steps.append(_Step(facts, self._places[step.decision.rule]))
        says = any(step.expect is not None and step.expect.says != () for step in journey.steps)
        takes = any(getattr(step.action, "offer", None) is not None for step in journey.steps)
        return _Trace(tuple(steps), says, takes)

    def touches(self, mutant: Mutant) -> Callable[[Journey], bool]:
        """Return whether a mistake may change how one of the journeys goes."""
        table = mutant.path[0]
        # How often a prompt is shown matters to what its words are not.
        if table == "copy" or (table == "prompts" and mutant.kind is Kind.PROMPTS):
            return lambda journey: self._traces[id(journey)].says
        if table == "offers":
            return self._by_offer(mutant)
        if table == "rules" and _spent(mutant.policy) == self._spent:
            return self._by_rule(mutant)
        return lambda _: True

    def _by_offer(self, mutant: Mutant) -> Callable[[Journey], bool]:
        name = mutant.path[1]
        told = mutant.path[2] in _TOLD
        makers = {place for place, rule in enumerate(self._policy.rules) if name in rule.offered}

        def touched(journey: Journey) -> bool:
            trace = self._traces[id(journey)]
            made = any(step.decider in makers for step in trace.steps)
            return trace.takes or (made and (trace.says or not told))

        return touched

    def _by_rule(self, mutant: Mutant) -> Callable[[Journey], bool]:
        old = self._policy.rules
        new = mutant.policy.rules
        pairs = zip(old, new, strict=False)
        first = next((n for n, (one, other) in enumerate(pairs) if one is not other), len(new))
        matters = self._matters(old, new, first)

        def touched(journey: Journey) -> bool:
            return any(
                step.decider >= first and matters(step.facts)
                for step in self._traces[id(journey)].steps
            )

        return touched

    def _matters(
        self, old: tuple[Rule, ...], new: tuple[Rule, ...], place: int
    ) -> Callable[[Codes], bool]:
        """Return whether facts are such that it matters how the rules differ from a place on."""
        before = self._may_hold(old[place])
        if len(new) < len(old):
            return before
        after = self._may_hold(new[place])
        moved = new[place] is old[place + 1] if place + 1 < len(old) else False
        if moved:  # two that do not both hold may stand in any order
            return lambda facts: before(facts) and after(facts)
        if evolve(old[place], when=new[place].when) == new[place]:
            return lambda facts: _differ(before, after, facts)
        return lambda facts: before(facts) or after(facts)

    def _may_hold(self, rule: Rule) -> _Question:
        formula = formula_of(rule.when, self._vocabulary, self._policy, rule.spend)
        return _Question(formula.holds)


class _Question:
    """Whether something may hold of facts that end early."""

    def __init__(self, holds: Callable[[Codes], bool | None]) -> None:
        self.holds = holds

    def __call__(self, facts: Codes) -> bool:
        """Say whether it holds, or is not known not to."""
        return self.holds(facts) is not False


def _differ(one: _Question, other: _Question, facts: Codes) -> bool:
    answers = (one.holds(facts), other.holds(facts))
    return answers not in ((True, True), (False, False))


def _spent(policy: Policy) -> frozenset[str]:
    return frozenset(_names(policy))


def _names(policy: Policy) -> Iterator[str]:
    for rule in policy.rules:
        yield from rule.spend

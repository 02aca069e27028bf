"""What a lint may look at: the rules of a policy as diagrams, and how a warning is made."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from meter.errors import Problem
from meter.formulas import In, leaves
from meter.rulebook import Refusals, Verdict
from meter.verify.diagram import FALSE
from meter.verify.phrasing import status_words
from meter.verify.situations import RUNNING
from meter.verify.walk.symbolic import reaches, verdicts_from
from meter.vocabulary import OfferKind, Status

if TYPE_CHECKING:
    from collections.abc import Collection

    from meter.formulas import Formula
    from meter.verify.space import Space
    from meter.verify.walk.symbolic import RuleReach

__all__ = ["Findings", "statuses", "warning"]


def warning(*, code: str, path: tuple[str | int, ...], message: str, advice: str) -> Problem:
    """Return a warning about one place of a policy."""
    return Problem(code=code, path=path, message=message, help=advice, severity="warning")


def statuses(formula: Formula) -> set[Status]:
    """Return the statuses a formula asks for by name."""
    return {
        code
        for leaf in leaves(formula)
        if isinstance(leaf, In)
        for code in leaf.codes
        if isinstance(code, Status)
    }


class Findings:
    """One policy over its space; every diagram of it is made when first asked for, and once."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.diagrams = space.diagrams
        self.rulebook = space.rulebooks[0]
        self.rules = self.rulebook.rules
        self.policy = self.rulebook.policy
        self.reaches: list[RuleReach] = reaches(space)

    @cached_property
    def verdicts(self) -> list[dict[Refusals, int]]:
        """What the rules say from each on, by what refused before."""
        return verdicts_from(self.space)

    @property
    def whole(self) -> int:
        """What the policy says."""
        return self.verdicts[0][()]

    @cached_property
    def named(self) -> set[Status]:
        """The statuses that some rule names."""
        return {status for rule in self.rules for status in statuses(rule.formula)}

    @property
    def tells_crawlers_apart(self) -> bool:
        """Whether the policy names classes of crawlers."""
        place = self.space.named("crawler")
        return place is not None and len(self.space.variables[place].domain) > len((False, True))

    def asked(self, formula: Formula) -> set[Status]:
        """Return the statuses a formula asks for by name, or because their right covers a page."""
        slots = self.space.vocabulary.slots
        held = any(
            isinstance(leaf, In) and slots[leaf.slot].name == "whole" for leaf in leaves(formula)
        )
        return statuses(formula) | set(RUNNING if held else ())

    @cached_property
    def expected(self) -> tuple[Status, ...]:
        """The statuses there are readers of: those in a trial only where there are trials."""
        trials = {Status.TRIAL, Status.TRIAL_EXPIRED}
        sells_trials = any(offer.kind is OfferKind.TRIAL for offer in self.policy.offers)
        knows_trials = sells_trials or not self.named.isdisjoint(trials)
        return tuple(status for status in Status if knows_trials or status not in trials)

    def who(self, wanted: Collection[Status], diagram: int) -> str:
        """Say who the readers of a set are: their statuses, and that no product is theirs."""
        words = status_words(wanted)
        held = [
            self.space.is_("product", True, member=variable.member)
            for variable in self.space.variables
            if variable.name == "product"
        ]
        running = self.space.is_("reader", Status.SUBSCRIBER, Status.TRIAL)
        among_them = self.diagrams.conjoin(diagram, running)
        if not held or among_them == FALSE:
            return words
        if self.diagrams.conjoin(among_them, self.diagrams.disjoin(*held)) != FALSE:
            return words
        return f"{words} with none of the products named here"

    def verdicts_in(self, diagram: int) -> set[Verdict]:
        """Return every verdict that a diagram holds."""
        return {leaf for leaf in self.diagrams.values(diagram) if isinstance(leaf, Verdict)}

    def shown(self) -> set[Verdict]:
        """Return every verdict of the policy that somebody can meet."""
        return self.verdicts_in(self.diagrams.ite(self.space.possible, self.whole, FALSE))

    def with_and_without(self, index: int, refused: Refusals, here: int) -> tuple[int, int]:
        """Return what is said of some situations with the rule at `index`, and without it."""
        now = self.diagrams.ite(here, self.verdicts[index][refused], FALSE)
        then = self.diagrams.ite(here, self.verdicts[index + 1][refused], FALSE)
        return now, then

    def index_of(self, diagram: int) -> int:
        """Return the place of the rule that decides an example out of a set."""
        rule = self.space.ask(self.space.witness(diagram)).rule
        return [each.name for each in self.policy.rules].index(rule)

    def example(self, diagram: int) -> str:
        """Say an example out of a set, and what the engine shows there."""
        situation = self.space.witness(diagram)
        decision = self.space.ask(situation)
        return f"{self.space.describe(situation)}: `{decision.show}` by rule `{decision.rule}`"

"""What a lint may look at: the rules of a policy as diagrams, and how a warning is made."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from meter.errors import Problem
from meter.rulebook import Verdict
from meter.verify.diagram import FALSE
from meter.verify.symbolic import reaches, verdicts_from

if TYPE_CHECKING:
    from meter.verify.space import Space
    from meter.verify.symbolic import RuleReach

__all__ = ["Findings", "warning"]


def warning(*, code: str, path: tuple[str | int, ...], message: str, advice: str) -> Problem:
    """Return a warning about one place of a policy."""
    return Problem(code=code, path=path, message=message, help=advice, severity="warning")


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
    def verdicts(self) -> list[dict[str | None, int]]:
        """What the rules say from each on, by the meter that refused before."""
        return verdicts_from(self.space)

    @property
    def whole(self) -> int:
        """What the policy says."""
        return self.verdicts[0][None]

    def verdicts_in(self, diagram: int) -> set[Verdict]:
        """Return every verdict that a diagram holds."""
        return {leaf for leaf in self.diagrams.values(diagram) if isinstance(leaf, Verdict)}

    def shown(self) -> set[Verdict]:
        """Return every verdict of the policy that somebody can meet."""
        return self.verdicts_in(self.diagrams.ite(self.space.possible, self.whole, FALSE))

    def with_and_without(self, index: int, refused: str | None, here: int) -> tuple[int, int]:
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

"""What a policy says of every situation at once: its rules laid out from the first to the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.policy.promised import WALLS
from meter.rulebook import Effect, Refusals, Verdict, also_refused
from meter.verify.diagram import FALSE
from meter.verify.walk.rules import Walk
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Callable

    from meter.verify.space import Space
    from meter.vocabulary import Show

__all__ = [
    "Leaf",
    "RuleReach",
    "among",
    "comes_from",
    "previews",
    "reaches",
    "reports",
    "spends",
    "verdicts",
    "verdicts_from",
    "walls",
]


Leaf = Verdict | bool
"""What a policy's diagram holds: a verdict, or `False` outside the situations asked about."""


def verdicts(space: Space, side: int = 0, *, telling: bool = False) -> int:
    """Return what a policy says everywhere, as leaves that hold the engine's verdicts."""
    walk = Walk(space, space.diagrams, space.rulebooks[side], side, telling=telling)
    return walk.verdicts(FALSE)[0][()]


def verdicts_from(space: Space, side: int = 0) -> list[dict[Refusals, int]]:
    """Return, for each rule, what a policy says from it on, by what refused before."""
    return Walk(space, space.diagrams, space.rulebooks[side], side).verdicts(FALSE)


@frozen
class RuleReach:
    """Where readers arrive at one rule of a policy, where it matches, and where it decides.

    `arriving` has the set of them by what refused them on the way (`()`: nothing did). What the
    rule `touches` it matches or refuses; all else passes it by.
    """

    arriving: dict[Refusals, int]
    matches: int
    touches: int
    fires: int


def reaches(space: Space, side: int = 0) -> list[RuleReach]:
    """Return how the possible situations reach each rule, and where it fires."""
    diagrams = space.diagrams
    walk = Walk(space, diagrams, space.rulebooks[side], side)
    arriving: dict[Refusals, int] = {(): space.possible}
    result = []
    for rule in space.rulebooks[side].rules:
        matching = walk.effect(rule, Effect.MATCH)
        refusing = walk.effect(rule, Effect.REFUSE)
        fires = diagrams.disjoin(*(diagrams.conjoin(here, matching) for here in arriving.values()))
        touches = diagrams.disjoin(matching, refusing)
        result.append(RuleReach(arriving, matching, touches, fires))
        after: dict[Refusals, int] = {(): FALSE}
        for refused, here in arriving.items():
            onward = diagrams.difference(here, matching)
            more = also_refused(refused, rule.spend) if rule.spend else refused
            after[more] = diagrams.disjoin(
                after.get(more, FALSE), diagrams.conjoin(onward, refusing)
            )
            passing = diagrams.difference(onward, refusing)
            after[refused] = diagrams.disjoin(after.get(refused, FALSE), passing)
        arriving = {
            refused: here for refused, here in after.items() if here != FALSE or not refused
        }
    return result


# Sets of situations, by what is said of them.


def among(space: Space, diagram: int, holds: Callable[[Verdict], bool]) -> int:
    """Return where the verdict of a policy's diagram is one of those wanted, among what can be."""

    def wanted(leaf: Leaf) -> bool:
        return isinstance(leaf, Verdict) and holds(leaf)

    return space.diagrams.conjoin(space.possible, space.diagrams.relabel(diagram, wanted))


def comes_from(rule: str) -> Callable[[Verdict], bool]:
    """Return whether a verdict is that of a rule."""
    return lambda verdict: verdict.rule == rule


def spends(meter: str, *, but: Show | None = None) -> Callable[[Verdict], bool]:
    """Return whether a verdict spends from a meter, and shows anything `but` one thing."""
    return lambda verdict: meter in verdict.spend and verdict.show is not but


def walls(verdict: Verdict) -> bool:
    """Say whether a verdict is a wall: a preview, and no gate."""
    return verdict.show in WALLS


def previews(verdict: Verdict) -> bool:
    """Say whether a verdict shows a preview: a wall, or a gate."""
    return verdict.show.access is Access.PREVIEW


def reports(meter: str) -> Callable[[Leaf], bool]:
    """Return whether a leaf is a verdict that may tell the reader about a meter."""
    return lambda leaf: isinstance(leaf, Verdict) and meter in leaf.meters

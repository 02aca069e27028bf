"""What does a policy say of every situation? Its rules as diagrams, from the first to the last.

The order is the engine's: a rule that matches decides, a spending rule lets premium articles pass
and is closed where its meter is spent. The verdicts in the leaves are made by the engine itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.engine import verdict_of
from meter.verify.diagram import FALSE, TRUE
from meter.vocabulary import Access, ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Callable

    from meter.engine import Verdict
    from meter.rulebook import JudgedRule
    from meter.verify.space import Space
    from meter.vocabulary import Show

__all__ = [
    "Passing",
    "among",
    "comes_from",
    "matches",
    "passings",
    "reports",
    "spends",
    "verdicts",
    "verdicts_from",
    "walls",
]


@frozen
class Passing:
    """How the readers reach one rule of a policy.

    By what meter refused them on the way (`None`: by none) to the set of them.
    """

    arriving: dict[str | None, int]
    matches: int
    fires: int


def matches(space: Space, rule: JudgedRule, side: int = 0) -> tuple[int, int]:
    """Return where a rule matches, and where it would but for its meter being spent."""
    forest, holds = space.forest, space.where(rule.formula, side)
    if rule.spend is None:
        return holds, FALSE
    free, metered = (
        space.is_("access", ArticleAccess.FREE),
        space.is_("access", ArticleAccess.METERED),
    )
    opens = space.standing(rule.spend, side, "open", [True])
    matches = forest.both(forest.either(free, forest.both(metered, opens)), holds)
    return matches, forest.both(metered, forest.negate(opens), holds)


def verdicts_of(space: Space, rule: JudgedRule, refused: str | None, side: int = 0) -> int:
    """Return the engine's verdict where a rule fires, given the meter that refused the reader
    before.
    """
    forest = space.forest
    offer = space.where(rule.offer_formula, side) if rule.offer is not None else TRUE
    last = (
        space.standing(rule.spend, side, "left", [rule.nothing_left])
        if rule.spend is not None
        else FALSE
    )

    def leaf(access: ArticleAccess, *, nothing_left: bool, offered: bool) -> int:
        return forest.leaf(
            verdict_of(rule, access, nothing_left=nothing_left, offered=offered, refused=refused)
        )

    def by_offer(access: ArticleAccess, *, nothing_left: bool) -> int:
        return forest.choose(
            offer,
            leaf(access, nothing_left=nothing_left, offered=True),
            leaf(access, nothing_left=nothing_left, offered=False),
        )

    metered = by_offer(ArticleAccess.METERED, nothing_left=False)
    if rule.spend is None:
        return metered
    last_one = by_offer(ArticleAccess.METERED, nothing_left=True)
    free = by_offer(ArticleAccess.FREE, nothing_left=False)
    metered = forest.choose(last, last_one, metered)
    return forest.choose(space.is_("access", ArticleAccess.METERED), metered, free)


def verdicts(space: Space, side: int = 0) -> int:
    """Return what a policy says everywhere, as leaves that hold the engine's verdicts."""
    return verdicts_from(space, side)[0][None]


def verdicts_from(space: Space, side: int = 0) -> list[dict[str | None, int]]:
    """Return, for each rule, what a policy says of those who get as far as it, by the meter that
    refused them before.
    """
    rulebook, forest = space.rulebooks[side], space.forest
    refusals = (None, *dict.fromkeys(rule.spend for rule in rulebook.rules if rule.spend))
    after: dict[str | None, int] = dict.fromkeys(refusals, FALSE)
    result = []
    for rule in reversed(rulebook.rules):
        matching, spent = matches(space, rule, side)
        after = {
            refused: forest.choose(
                matching,
                verdicts_of(space, rule, refused, side),
                forest.choose(spent, after[refused or rule.spend], after[refused]),
            )
            for refused in refusals
        }
        result.append(after)
    return result[::-1]


def passings(space: Space, side: int = 0) -> list[Passing]:
    """Return how the possible situations reach each rule, and where it fires."""
    forest = space.forest
    arriving: dict[str | None, int] = {None: space.possible}
    result = []
    for rule in space.rulebooks[side].rules:
        matching, spent = matches(space, rule, side)
        fires = forest.either(*(forest.both(here, matching) for here in arriving.values()))
        result.append(Passing(arriving, matching, fires))
        after: dict[str | None, int] = {}
        for refused, here in arriving.items():
            onward = forest.minus(here, matching)
            for state, part in (
                (refused or rule.spend, forest.both(onward, spent)),
                (refused, forest.minus(onward, spent)),
            ):
                after[state] = forest.either(after.get(state, FALSE), part)
        arriving = {
            refused: here for refused, here in after.items() if here != FALSE or refused is None
        }
    return result


def among(space: Space, diagram: int, holds: Callable[[Verdict], bool]) -> int:
    """Return where the verdict of a policy's diagram is one of those wanted, among what can be."""
    return space.forest.both(
        space.possible,
        space.forest.relabel(diagram, lambda verdict: bool(verdict) and bool(holds(verdict))),
    )


def comes_from(rule: str) -> Callable[[Verdict], bool]:
    """Return whether a verdict is that of a rule."""
    return lambda verdict: verdict.rule == rule


def spends(meter: str, *, but: Show | None = None) -> Callable[[Verdict], bool]:
    """Return whether a verdict spends from a meter, and shows anything `but` one thing."""
    return lambda verdict: verdict.spend == meter and verdict.show is not but


def walls(verdict: Verdict) -> bool:
    """Say whether a verdict gives a preview only."""
    return verdict.show.access is Access.PREVIEW


def reports(meter: str) -> Callable[[Verdict | bool], bool]:
    """Return whether a leaf is a verdict that tells the reader about a meter."""
    return lambda verdict: not isinstance(verdict, bool) and verdict.meter == meter

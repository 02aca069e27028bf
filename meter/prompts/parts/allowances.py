"""What all meters of a list give a reader together: the allowance of one that binds always.

A reader of a rule that spends several meters reads as long as each of them is open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.vocabulary import Unit

if TYPE_CHECKING:
    from collections.abc import Container

    from meter.facts import Codes
    from meter.rulebook import Rulebook
    from meter.windows import Window

__all__ = ["Allowance", "joint_allowance"]

_INSIDE = {
    Unit.DAY: (Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.YEAR),
    Unit.WEEK: (),
    Unit.MONTH: (Unit.MONTH, Unit.YEAR),
    Unit.YEAR: (Unit.YEAR,),
}
"""The calendar units whose bounds never cut one in two."""


class Allowance(NamedTuple):
    """How much a meter gives: `limit`, or without a limit none."""

    meter: str
    limit: int | None


def joint_allowance(
    rulebook: Rulebook, spend: tuple[str, ...], facts: Codes, unknown: Container[int], told: str
) -> Allowance | None:
    """Return what the meters of a list give together, as the least of them does.

    `unknown` are the slots whose facts are not known, `told` the meter that is named if several
    give that. It is `None` where an allowance hangs on what is not known, and where another meter
    may have nothing left before the least has.
    """
    limits: dict[str, int | None] = {}
    for name in spend:
        possible = rulebook.possible_limits(name, facts, unknown)
        if len(possible) > 1:
            return None
        (limits[name],) = possible
    finite = {name: limit for name, limit in limits.items() if limit is not None}
    if not finite:
        if not spend:
            return None
        return Allowance(told if told in spend else spend[0], None)
    least = min(finite.values())
    binding = [
        name
        for name, limit in finite.items()
        if limit == least
        and all(other == name or _outlasts(rulebook, other, name) for other in finite)
    ]
    if not binding:
        return None
    return Allowance(told if told in binding else binding[0], least)


def _outlasts(rulebook: Rulebook, other: str, meter: str) -> bool:
    """Say whether one meter never has counted more than another has."""
    policy = rulebook.policy
    one, two = policy.meter(other), policy.meter(meter)
    if one.counts is not None or one.count is not two.count:
        return False
    together = all(meter in rule.spend for rule in policy.rules if other in rule.spend)
    return together and _lies_within(one.window, two.window)


def _lies_within(inner: Window, outer: Window) -> bool:
    """Say whether what one window holds another one holds too, whenever that is asked."""
    if outer.lifetime:
        return True
    if outer.rolling is not None:
        return inner.length is not None and inner.length <= outer.rolling
    if outer.calendar is None or inner.calendar is None:
        return False
    return inner == outer or outer.calendar in _INSIDE[inner.calendar]

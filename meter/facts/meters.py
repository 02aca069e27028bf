"""What a view may know of a meter: is it open, what is left of it, and what has it counted."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from meter.policy import Policy, When
    from meter.vocabulary import Range

__all__ = ["ALREADY", "OWN", "Asked", "MeterSlots", "Opening", "asked_of_meters", "joined"]

OWN = 1
"""The meter itself has counted the view (its article, where it counts articles)."""
ALREADY = 2
"""The view is counted already: it is open wherever a rule spends the meter.

Both add up: 0 is neither, 1 a history that no rule spends, 2 counted by another meter, 3 by this.
"""


class Opening(IntEnum):
    """Whether a meter is open to a view. The first is false, the others are true."""

    CLOSED = 0
    """Nothing is left of it, and the view is not counted already."""
    OPEN = 1
    """Allowance is left, or the view is counted already."""
    GIVEN = 2
    """The view is counted already, and this reader has no allowance to count it down from."""
    UNLIMITED = 3
    """This reader has no limit of it: it counts, and never refuses."""


def joined(openings: Sequence[Opening]) -> Opening:
    """Return how several meters are open to a view that needs all of them.

    One that is closed closes them all, and there is a countdown where each that has a limit has
    something to count down.
    """
    for opening in (Opening.CLOSED, Opening.GIVEN, Opening.OPEN):
        if opening in openings:
            return opening
    return Opening.UNLIMITED


@frozen
class MeterSlots:
    """The places of what a vocabulary asks of one meter, -1 for what no policy asks.

    `open`: is it open to this view? `left`: what is left after this view, where a rule spends it.
    `now`: what is left as it is. `used`: how much it has counted.
    """

    open: int
    left: int
    now: int = -1
    used: int = -1

    @property
    def end(self) -> int:
        """The place after the last of them."""
        return max(self.open, self.left, self.now, self.used) + 1


class Asked(NamedTuple):
    """The constants that conditions compare something with: `part` of the meter `name`."""

    name: str
    part: str
    constants: tuple[float, ...]


def asked_of_meters(policies: Sequence[Policy], others: Iterable[When]) -> dict[str, list[Asked]]:
    """Return what is asked of each meter: of what is left and of what is counted.

    `left` is always compared with 0: the last free article is its own. In a rule that spends a
    meter it is what this view leaves; anywhere else (in `others` too) what is left as it is.
    """
    names = dict.fromkeys(meter.name for policy in policies for meter in policy.meters)
    found: dict[tuple[str, str], set[float]] = {(name, "left"): {0} for name in names}
    for name, part, bounds in _compared(policies, others):
        found.setdefault((name, part), set()).update(bounds.constants())
    parts = ("left", "now", "used")
    return {
        name: [
            Asked(name, part, tuple(sorted(found[name, part])))
            for part in parts
            if (name, part) in found
        ]
        for name in names
    }


def _compared(
    policies: Sequence[Policy], others: Iterable[When]
) -> Iterator[tuple[str, str, Range]]:
    """Yield what is compared: a meter, `left`, `now` or `used`, and the bounds."""
    conditions = [pair for policy in policies for pair in _placed(policy)]
    conditions += [(when, ()) for when in others]
    for condition, spent in conditions:
        for when in condition.walk():
            for name, bounds in (when.left or {}).items():
                yield name, "left" if name in spent else "now", bounds
            for name, bounds in (when.used or {}).items():
                yield name, "used", bounds


def _placed(policy: Policy) -> Iterator[tuple[When, tuple[str, ...]]]:
    """Yield the conditions of rules and of their offers, each with the meters that are spent."""
    for rule in policy.rules:
        yield rule.when, rule.spend
        yield from ((policy.offer(name).when, rule.spend) for name in rule.offered)
    # Whether an offer is for a reader is asked without a rule too, where one is accepted.
    yield from ((offer.when, ()) for offer in policy.offers)

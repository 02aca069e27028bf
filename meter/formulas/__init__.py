"""What a policy says of facts: its conditions as formulas over codes.

A formula asks whether a slot's code is among some codes, or whether a slot's set contains a member,
and joins such questions by "every" and "some". There is no "not": a negation is pushed down to
single slots (De Morgan), where it means "some other known value", so missing data never matches.

Slots are observed in order. A formula over codes that end early answers `None` where it depends on
one that has not been observed.
"""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterator, Sequence
from typing import Any

from attrs import frozen

# fmt: off
__all__ = [
    "ALWAYS", "NEVER", "And", "Contains", "Formula", "In", "Or", "Turned", "held_by",
    "holds_unless", "leaves",
]
# fmt: on


@frozen
class In:
    """A slot holds one of some codes.

    `None`, a slot that is not observed yet, leaves the question open.
    """

    slot: int
    codes: frozenset[Hashable]

    def holds(self, values: Sequence[Any]) -> bool | None:
        """Say whether this is so; `None` while the slot has not been observed."""
        return values[self.slot] in self.codes if self.slot < len(values) else None


@frozen
class Contains:
    """A slot that holds a set contains a member (or, with `not inside`, does not)."""

    slot: int
    member: str
    inside: bool = True

    def holds(self, values: Sequence[Any]) -> bool | None:
        """Say whether this is so; `None` while the slot has not been observed."""
        if self.slot >= len(values):
            return None
        return (self.member in values[self.slot]) is self.inside


@frozen
class Turned:
    """Some switches of the policy are as they are: it holds for every view, or for none."""

    switches: tuple[str, ...]
    on: bool
    """Whether one of them is on."""
    wanted: bool

    def holds(self, values: Sequence[Any]) -> bool:  # noqa: ARG002 - no view can tell
        """Say whether they are as is asked for."""
        return self.on is self.wanted


@frozen
class And:
    """Every part holds; no parts hold always."""

    parts: tuple[Formula, ...]

    def holds(self, values: Sequence[Any]) -> bool | None:
        """Say whether this is so, as far as can be known."""
        known: bool | None = True
        for part in self.parts:
            holds = part.holds(values)
            if holds is False:
                return False
            if holds is None:
                known = None
        return known


@frozen
class Or:
    """At least one part holds; no parts hold never."""

    parts: tuple[Formula, ...]

    def holds(self, values: Sequence[Any]) -> bool | None:
        """Say whether this is so, as far as can be known."""
        known: bool | None = False
        for part in self.parts:
            holds = part.holds(values)
            if holds:
                return True
            if holds is None:
                known = None
        return known


Formula = In | Contains | Turned | And | Or
ALWAYS = And(())
NEVER = Or(())


def leaves(formula: Formula) -> Iterator[In | Contains]:
    """Yield what a formula asks of single slots, in the order it is tried."""
    if isinstance(formula, In | Contains):
        yield formula
    elif not isinstance(formula, Turned):
        for part in formula.parts:
            yield from leaves(part)


def holds_unless(formula: Formula, values: Sequence[Any], unknown: Container[int]) -> bool | None:
    """Say whether a formula holds whatever some slots are; `None` where it depends on them."""
    if isinstance(formula, In | Contains):
        return None if formula.slot in unknown else formula.holds(values)
    if isinstance(formula, Turned):
        return formula.holds(values)
    decisive = isinstance(formula, Or)
    parts = [holds_unless(part, values, unknown) for part in formula.parts]
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def held_by(formula: Formula, values: Sequence[Any]) -> Iterator[In | Contains]:
    """Yield what a formula asks of single slots and finds, of the parts by which it holds."""
    if not formula.holds(values):
        return
    if isinstance(formula, In | Contains):
        yield formula
    elif not isinstance(formula, Turned):
        for part in formula.parts:
            yield from held_by(part, values)

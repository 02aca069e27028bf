"""What is said of a policy in every position of its switches."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve

from meter.errors import listed
from meter.policy.faults.conditions import placed_conditions
from meter.verify.answers import ProofAnswer, ProofOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.policy import Policy

__all__ = [
    "MOST_POSITIONS",
    "Position",
    "asked_switches",
    "positions",
    "shared_switches",
    "together",
]

_PAIR = 2
MOST_POSITIONS = 16
"""How many positions are looked at; the policy's own is the first."""


class Position(NamedTuple):
    """A policy with its switches turned, and which of them are not as its file has them."""

    policy: Policy
    turned: str
    """In words; empty for the policy as it is."""


def asked_switches(policy: Policy) -> list[str]:
    """Return the switches that some condition asks for."""
    asked = {name for _, when in placed_conditions(policy) for name in when.switch or ()}
    return sorted(asked)


def shared_switches(old: Policy, new: Policy) -> list[str]:
    """Return the switches that either asks for, and that stand alike in both."""
    asked = {*asked_switches(old), *asked_switches(new)}
    return sorted(
        name
        for name in asked
        if name in old.switches and old.switches[name] == new.switches.get(name)
    )


def positions(policy: Policy, names: Sequence[str] | None = None) -> Iterator[Position]:
    """Yield a policy in each position of its switches (of some), first as it is."""
    turning = asked_switches(policy) if names is None else names
    for turned in product((False, True), repeat=len(turning)):
        switches = dict(policy.switches)
        said = []
        for name, turn in zip(turning, turned, strict=True):
            if turn:
                switches[name] = not switches[name]
                said.append(f"the switch `{name}` {'on' if switches[name] else 'off'}")
        if said:
            yield Position(evolve(policy, switches=switches), listed(said, "and"))
        else:
            yield Position(policy, "")


def together(
    found: Sequence[tuple[Position, Sequence[ProofAnswer]]], *, complete: bool
) -> tuple[ProofAnswer, ...]:
    """Return the answers of several positions as one: a promise holds where it holds in all.

    `complete` says that there are no other positions.
    """
    return tuple(
        _worst(
            [(found[place][0], answer) for place, answer in enumerate(answers)], complete=complete
        )
        for answers in zip(*(answers for _, answers in found), strict=True)
    )


def _worst(answers: Sequence[tuple[Position, ProofAnswer]], *, complete: bool) -> ProofAnswer:
    for outcome in (ProofOutcome.FAILS, ProofOutcome.NOT_DECIDED):
        for position, answer in answers:
            if answer.outcome is outcome:
                return _in_position(answer, position)
    answer = answers[0][1]
    if not complete:
        how = f"proved in the first {len(answers)} positions of the switches, and there are more"
        return evolve(answer, outcome=ProofOutcome.NOT_DECIDED, how=how)
    return answer if len(answers) == 1 else evolve(answer, how=_hows(answers))


def _hows(answers: Sequence[tuple[Position, ProofAnswer]]) -> str:
    """Return how a promise was proved in every position, which need not be one way for all."""
    found: dict[str, list[str]] = {}
    for position, answer in answers:
        found.setdefault(answer.how, []).append(position.turned)
    if len(found) == 1:
        return f"{answers[0][1].how}, whichever way the switches are"
    return "; ".join(f"{how}, {_in_positions(turned)}" for how, turned in found.items())


def _in_positions(turned: Sequence[str]) -> str:
    """Return some positions in words: the first, and how many others."""
    first = f"with {turned[0]}" if turned[0] else "as the switches are"
    if len(turned) == 1:
        return first
    others = "in one other position" if len(turned) == _PAIR else f"in {len(turned) - 1} others"
    return f"{first}, and {others}"


def _in_position(answer: ProofAnswer, position: Position) -> ProofAnswer:
    if not position.turned:
        return answer
    counterexample = answer.counterexample
    if counterexample is not None:
        counterexample = evolve(counterexample, turned=position.turned)
    how = f"{answer.how}, with {position.turned}"
    return evolve(answer, how=how, counterexample=counterexample)

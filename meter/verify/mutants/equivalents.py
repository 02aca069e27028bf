"""Whether a mistake changes anything at all: what readers see, what is counted, what is said."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from meter.verify.diagram import UndecidedError
from meter.verify.diff import changes
from meter.verify.mutants.seen import Told
from meter.verify.switches import MOST_POSITIONS, asked_switches

if TYPE_CHECKING:
    from meter.policy import Policy

__all__ = ["Equivalents", "MutantEffect"]


_MOST_SWITCHES = MOST_POSITIONS.bit_length() - 1


class MutantEffect(StrEnum):
    """What is known of how a policy with a mistake differs from the policy."""

    NONE = "none"
    """For no reader, whatever they read."""
    SOME = "some"
    NOT_DECIDED = "not decided"
    """It is too large to be known, and is taken for a difference."""


class Equivalents:
    """Says which policies are the same as one, as readers meet it.

    Names of rules and their order do not matter: what is seen, said and counted does.
    """

    def __init__(self, policy: Policy, *, seconds: float | None = None) -> None:
        self._policy = policy
        self._seconds = seconds
        self._told = Told(policy)

    def difference(self, other: Policy) -> MutantEffect:
        """Say whether another policy differs for some reader."""
        try:
            found = changes(self._policy, other, seconds=self._seconds)
            if found.rows or self._told.differs(other):
                return MutantEffect.SOME
        except UndecidedError:
            return MutantEffect.NOT_DECIDED
        return MutantEffect.NONE if self._all_positions(other) else MutantEffect.NOT_DECIDED

    def _all_positions(self, other: Policy) -> bool:
        """Say whether the policies were compared in every position of their switches."""
        asked = {*asked_switches(self._policy), *asked_switches(other)}
        return len(asked) <= _MOST_SWITCHES

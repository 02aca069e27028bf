"""The guarantees of a policy as tests: whether one that is proved fails with a mistake in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.verify.answers import ProofOutcome
from meter.verify.properties import BUILT_IN
from meter.verify.prove import guarantees

if TYPE_CHECKING:
    from meter.policy import Policy

__all__ = ["Guaranteed"]


class Guaranteed:
    """The guarantees of a policy that are proved: one that is not proved notices nothing."""

    def __init__(self, policy: Policy, *, seconds: float | None) -> None:
        self._seconds = seconds
        self.proved = self._with_outcome(policy, ProofOutcome.PROVED)

    def broken_by(self, policy: Policy) -> str | None:
        """Return the first of the guarantees that fails with a mistake in the policy, if any."""
        if not self.proved:
            return None
        failing = self._with_outcome(policy, ProofOutcome.FAILS)
        return next((name for name in self.proved if name in failing), None)

    def _with_outcome(self, policy: Policy, outcome: ProofOutcome) -> list[str]:
        if not policy.guarantees:
            return []
        answers = guarantees(policy, seconds=self._seconds, leave_out=tuple(BUILT_IN))
        own = {guarantee.name for guarantee in policy.guarantees}
        return [
            answer.name for answer in answers if answer.outcome is outcome and answer.name in own
        ]

"""The words around the answers to promises: titles, totals, and why a story is no test."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from meter.verify.answers import ProofOutcome, ProofSection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.verify.answers import ProofAnswer
    from meter.verify.counterexample import Counterexample

__all__ = ["ADVICE", "SECTION_TITLES", "is_advice", "totals", "why_not_kept"]

SECTION_TITLES = {
    ProofSection.YOURS: "What this policy promises",
    ProofSection.EVERY_PAYWALL: "What every paywall promises",
}
ADVICE = "advice"
"""What a promise is that fails and is no matter of safety."""


def is_advice(answer: ProofAnswer) -> bool:
    """Say whether a promise fails and is no matter of safety."""
    return answer.outcome is ProofOutcome.FAILS and not answer.is_no()


def totals(answers: Sequence[ProofAnswer], left_out: Sequence[str]) -> str:
    """Say how many promises have which outcome, of how many."""
    counts = Counter(answer.outcome for answer in answers)
    parts = [_total(outcome, counts[outcome]) for outcome in _ORDER if counts[outcome]]
    if left_out:
        parts.append(f"{len(left_out)} left out")
    return f"{', '.join(parts)} of {len(answers) + len(left_out)}"


_ORDER = (ProofOutcome.PROVED, ProofOutcome.FAILS, ProofOutcome.NOT_DECIDED)


def _total(outcome: ProofOutcome, count: int) -> str:
    if outcome is ProofOutcome.FAILS and count > 1:
        return f"{count} fail"
    return f"{count} {outcome}"


def why_not_kept(story: Counterexample) -> str:
    """Say why a counterexample cannot be kept as a journey test."""
    if story.turned:
        return f"it is with {story.turned}, and the file has it not"
    if not story.wanted and story.prompt is None:
        return "a journey expects what is shown, and this is not it"
    return "it starts with a reader who has been here before"

"""What came of a promise: proved, broken (with a counterexample), or not decided."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from meter.verify.counterexample import Counterexample

__all__ = ["EVERYONE", "ProofAnswer", "ProofOutcome"]

EVERYONE = "for every possible reader, page view and count"
"""How a promise about single page views is proved."""


class ProofOutcome(StrEnum):
    """The three answers. Nothing is ever rounded up to `proved`."""

    PROVED = "proved"
    FAILS = "fails"
    NOT_DECIDED = "not decided"


@frozen(kw_only=True)
class ProofAnswer:
    """What came of one promise. `how` says how it was decided, `means` what exactly it says."""

    code: str
    name: str
    outcome: ProofOutcome
    how: str
    means: str | None = None
    counterexample: Counterexample | None = None

"""What came of a promise: proved, broken (with a story), or not decided."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from meter.verify.counterexample import Story

__all__ = ["EVERYONE", "Answer", "Outcome"]

EVERYONE = "for every reader, page view and count there can be"
"""How a promise about single page views is proved."""


class Outcome(StrEnum):
    """The three answers. Nothing is ever rounded up to `proved`."""

    PROVED = "proved"
    FAILS = "fails"
    NOT_DECIDED = "not decided"


@frozen(kw_only=True)
class Answer:
    """What came of one promise. `how` says how it was decided, `means` what exactly it says."""

    code: str
    name: str
    outcome: Outcome
    how: str
    means: str | None = None
    story: Story | None = None

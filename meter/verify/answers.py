"""What came of a promise: proved, broken (with a counterexample), or not decided."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from meter.verify.counterexample import Counterexample

__all__ = [
    "EVERYONE",
    "NEVER_STRICTER",
    "OWN",
    "SAFETY",
    "ProofAnswer",
    "ProofOutcome",
    "ProofSection",
    "open_question",
    "proved",
]

EVERYONE = "for every possible reader, page view and count"
"""How a promise about single page views is proved."""
OWN = "guarantee"
"""The code of what a policy promises by itself."""
NEVER_STRICTER = "never-stricter"
"""The code of the promise that nobody is worse off than under another policy."""
SAFETY = frozenset(
    {
        "never-more-than-the-limit",
        "subscriber-never-walled",
        "premium-stays-closed",
        "search-crawlers-meet-no-refusal",
        "unverified-get-no-premium",
    }
)
"""The built-in promises that nobody means to break: each of them fails the whole policy."""


class ProofSection(StrEnum):
    """Whose promise it is: the policy's own, or one that every paywall makes."""

    YOURS = "yours"
    EVERY_PAYWALL = "every-paywall"


class ProofOutcome(StrEnum):
    """The three answers. Nothing is ever rounded up to `proved`."""

    PROVED = "proved"
    FAILS = "fails"
    NOT_DECIDED = "not decided"


def proved(code: str, name: str, how: str) -> ProofAnswer:
    """Return that a promise is proved."""
    return ProofAnswer(code=code, name=name, outcome=ProofOutcome.PROVED, how=how)


def open_question(code: str, name: str, how: str) -> ProofAnswer:
    """Return that a promise is not decided."""
    return ProofAnswer(code=code, name=name, outcome=ProofOutcome.NOT_DECIDED, how=how)


@frozen(kw_only=True)
class ProofAnswer:
    """What came of one promise. `how` says how it was decided, `means` what exactly it says."""

    code: str
    name: str
    outcome: ProofOutcome
    how: str
    means: str | None = None
    counterexample: Counterexample | None = None

    @property
    def section(self) -> ProofSection:
        """Whose promise it is; what is asked of two policies is asked by whoever changes one."""
        return (
            ProofSection.YOURS if self.code in (OWN, NEVER_STRICTER) else ProofSection.EVERY_PAYWALL
        )

    def is_no(self, *, strict: bool = False) -> bool:
        """Say whether this answer makes the whole answer a no.

        A promise of the policy's own does unless it is proved, a built-in one where it fails and is
        a matter of safety. Of the others, and of what is not decided, it is so if `strict`.
        """
        if self.outcome is ProofOutcome.PROVED:
            return False
        if strict or self.section is ProofSection.YOURS:
            return True
        return self.outcome is ProofOutcome.FAILS and self.code in SAFETY

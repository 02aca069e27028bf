"""A number that a replay tells, or between which numbers it lies; counts of prompts and arms."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

__all__ = ["NumberKind", "PromptViews", "ReplayNumber", "VariantReaders"]

NumberKind = Literal["exact", "at_least", "between", "refused"]


@frozen
class PromptViews:
    """How many views showed a prompt, and how many whose rule names it showed it not."""

    shown: int
    kept_back: int


@frozen
class VariantReaders:
    """How many readers were in a variant at some view, how many were exposed, at how many views."""

    readers: int
    readers_exposed: int
    exposures: int


@frozen(kw_only=True)
class ReplayNumber:
    """A number, with how much is known of it.

    `kind` is `exact` (then `value` is the number, and so are `low` and `high`), `at_least` (it is
    `low` or more), `between` (`low` or more, and `high` or less) or `refused` (nothing is known).
    """

    value: int | None
    kind: NumberKind
    low: int | None
    high: int | None

    @classmethod
    def exact(cls, value: int) -> ReplayNumber:
        """Return a number that is known."""
        return cls(value=value, kind="exact", low=value, high=value)

    @classmethod
    def between(cls, low: int, high: int | None) -> ReplayNumber:
        """Return what lies between two numbers; `high` is `None` where it has no end."""
        if high is None:
            return cls(value=None, kind="at_least", low=low, high=None)
        if low == high:
            return cls.exact(low)
        return cls(value=None, kind="between", low=low, high=high)

    @classmethod
    def of(cls, low: int, *, is_exact: bool) -> ReplayNumber:
        """Return a number that is known, or the least that it can be."""
        return cls.exact(low) if is_exact else cls.between(low, None)

    def to_dict(self) -> dict[str, int | str | None]:
        """Return it as plain data."""
        return {"value": self.value, "kind": self.kind, "low": self.low, "high": self.high}

"""A policy that tests get in place of another: `meter mutate` hands out mistakes in this way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.loading import load_policy
from meter.policy import Policy

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["HandedOut"]


class HandedOut:
    """The policy of one file, handed out wherever that of another is asked for."""

    def __init__(self, original: Path, instead: Path) -> None:
        self._original = load_policy(original)
        self._policy = load_policy(instead)
        self._asked = instead.with_suffix(".asked")

    def stands_for(self, value: object) -> bool:
        """Say whether a value is the policy that it stands in for."""
        return isinstance(value, Policy) and value.digest == self._original.digest

    def policy(self) -> Policy:
        """Return the policy, and leave a mark beside its file that somebody asked for it."""
        self._asked.touch()
        return self._policy

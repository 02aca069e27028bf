"""The words and numbers that policies, readers and articles are drawn from."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from meter.policy import Policy

__all__ = ["NUMBERS", "SPANS", "WORDS", "few", "maybe", "numbers", "words"]

WORDS: dict[str, tuple[str, ...]] = {
    "section": ("markets", "politics", "markets/asia"),
    "kind": ("news", "podcast"),
    "country": ("JP", "US", "SE-M", "SE"),
    "device": ("phone", "desktop"),
    "channel": ("newsletter", "search"),
    "language": ("en", "ja", "en-GB"),
    "referrer": ("google.com", "news.google.com", ""),
    "tags": ("sponsored", "exclusive", "opinion"),
    "segments": ("loyal", "student"),
    "product": ("digital", "print"),
}
NUMBERS: dict[str, tuple[float, ...]] = {
    "score": (0.5, 0.2, 0.8, 0.0, 1.0),
    "value": (0.5, 0.0, 1.0),
}
SPANS = ("7 days", "1 hour", "0 days", "24 hours", "30 days")
"""Lengths of time: ages, and times since something."""


_BELOW = {"section": "/more", "country": "-AB"}


def words(policy: Policy | None, name: str) -> tuple[str, ...]:
    """Return words worth drawing: the policy's own first, then one it does not have, then ours."""
    mentioned = _mentioned(policy, name)
    below = [f"{word}{_BELOW[name]}" for word in mentioned[:1]] if name in _BELOW else []
    return (*mentioned, *below, *WORDS[name])


def numbers(policy: Policy | None, name: str) -> tuple[float, ...]:
    """Return numbers worth drawing: those the policy mentions first, then ours."""
    return (*_mentioned(policy, name), *NUMBERS[name])


def _mentioned(policy: Policy | None, name: str) -> list[Any]:
    if policy is None:
        return []
    slots = policy.rulebook.vocabulary.slots
    return [constant for slot in slots if slot.name == name for constant in slot.mentioned]


# Made once for each list of words: making and validating a strategy costs more than drawing from
# it.
@lru_cache(maxsize=512)
def maybe(choices: tuple[Any, ...]) -> SearchStrategy[Any]:
    """Draw one of `choices`, or in a third of the draws `None`."""
    return st.sampled_from((None,) * (len(choices) // 2 + 1) + choices)


@lru_cache(maxsize=512)
def few(choices: tuple[str, ...]) -> SearchStrategy[frozenset[str]]:
    """Draw none, one or two of `choices`."""
    return st.frozensets(st.sampled_from(choices), max_size=2)

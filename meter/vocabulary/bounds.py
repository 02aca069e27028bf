"""Conditions on a set of words and on a number, and the kind of a set of words."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from attrs import field, frozen
from attrs.converters import optional

from meter.errors.kinds import NUMBER, TEXT, each, maybe
from meter.errors.values import check_fields
from meter.forms import Words, words

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["WORDS", "Members", "Range", "members"]

WORDS = each(TEXT, '["one", "two"]', frozenset)
"""The kind of a set of words."""
_BOUNDS = ("equals", "at_least", "at_most", "above", "below")
_BOUND = maybe(NUMBER)


@frozen(kw_only=True)
class Members:
    """A condition on a set: at least one of `any`, every one of `all`, not one of `none`."""

    any: frozenset[str] | None = field(default=None, converter=optional(words))
    all: frozenset[str] | None = field(default=None, converter=optional(words))
    none: frozenset[str] | None = field(default=None, converter=optional(words))

    def __attrs_post_init__(self) -> None:
        check_fields(self, dict.fromkeys(("any", "all", "none"), maybe(WORDS)))


@frozen(kw_only=True)
class Range:
    """A condition on a number; every bound given must hold."""

    equals: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(self, dict.fromkeys(_BOUNDS, _BOUND))

    def given(self) -> Iterator[tuple[str, float]]:
        """Yield the bounds that are given, each by its name."""
        named = ((name, getattr(self, name)) for name in _BOUNDS)
        return ((name, bound) for name, bound in named if bound is not None)

    def constants(self) -> Iterator[float]:
        """Yield the numbers this condition compares with."""
        return (bound for _, bound in self.given())

    def holds(self, number: float) -> bool:
        """Say whether a number is within every bound."""
        return (
            (self.equals is None or number == self.equals)
            and (self.at_least is None or number >= self.at_least)
            and (self.at_most is None or number <= self.at_most)
            and (self.above is None or number > self.above)
            and (self.below is None or number < self.below)
        )


def members(value: Members | Words) -> Members:
    """Return a condition on a set; a bare list means at least one of it."""
    if isinstance(value, Members):
        return value
    listed = words(value)
    return Members(any=listed) if WORDS(listed, "") is None else cast("Members", value)

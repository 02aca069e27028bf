"""One number the simulator takes for granted, with its range and its source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeAlias, TypedDict

from attrs import field, frozen

__all__ = ["Assumption", "AssumptionRow", "AssumptionValue", "Basis"]

AssumptionValue: TypeAlias = float | date | str | Mapping[str, float] | None
"""A number, a day (`None` where it is not said yet), a currency, or a table of shares by name."""


class Basis(StrEnum):
    """How a number came to be.

    Read in a source, computed from one, our own judgement, or given by the user.
    """

    PUBLISHED = "published"
    DERIVED = "derived"
    ASSUMED = "assumed"
    YOURS = "yours"


class AssumptionRow(TypedDict):
    """An assumption as a row of a table, or as JSON."""

    name: str
    value: float | str | Mapping[str, float] | None
    low: float | None
    high: float | None
    basis: str
    words: str
    source: str


@frozen(kw_only=True)
class Assumption:
    """One number the simulator takes for granted.

    `name` is the dotted key of a TOML file. `low` and `high` are the range in which we would not be
    surprised to find it: answers are given for the whole of it. `least` and `most` bound what makes
    sense at all. `value` is a number, a day, a word, or a table of shares by name. Shares add up to
    1 where `most` is 1, and each stand for themselves where it is larger.
    """

    name: str
    value: AssumptionValue
    words: str
    source: str
    basis: Basis = field(converter=Basis)
    low: float | None = None
    high: float | None = None
    least: float = 0
    most: float = 1

    @property
    def uncertain(self) -> bool:
        """Whether there is a range to draw from."""
        return self.low is not None and self.high is not None and self.low < self.high

    @property
    def is_day(self) -> bool:
        """Whether this is a day, be it said or not."""
        return self.value is None or isinstance(self.value, date)

    @property
    def is_table(self) -> bool:
        """Whether this is a table of names and shares."""
        return isinstance(self.value, Mapping)

    @property
    def adds_up(self) -> bool:
        """Whether the shares of this table are shares of one whole."""
        return self.is_table and self.most == 1

    def row(self) -> AssumptionRow:
        """Return plain values, for a table or for JSON."""
        return {
            "name": self.name,
            "value": str(self.value) if isinstance(self.value, date) else self.value,
            "low": self.low,
            "high": self.high,
            "basis": str(self.basis),
            "words": self.words,
            "source": self.source,
        }

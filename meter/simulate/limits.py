"""The limits that are tried to find the best, and what can be said about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

from attrs import evolve, frozen

from meter.errors import MeterError, meant
from meter.simulate.codes import CautionRow, caution_row, coded
from meter.simulate.measures import Estimate
from meter.simulate.results import Results
from meter.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.columns.cautions import Caution
    from meter.policy import Meter, Policy

__all__ = ["LimitChoice", "LimitChoiceTable", "LimitSearch", "TriedLimit"]

_SEARCH = re.compile(r"(?:([^.=]+)\.)?([^.=]+)=([0-9]{1,5})\.\.([0-9]{1,5})")
_MOST_VALUES = 60


class TriedLimit(TypedDict):
    """A limit that was tried, as JSON: its estimate and the 95 % interval of sampling."""

    limit: int
    value: float
    sampling: list[float]
    assumptions: list[float] | None


class LimitChoiceTable(TypedDict):
    """What can be said about the best limit, as JSON."""

    meter: str
    status: str | None
    by: str
    tried: list[TriedLimit]
    selected: int
    optimism: float
    not_distinguishable: list[int]
    recommended: int | None
    turned_by: list[str]
    verdict: str


@frozen(kw_only=True)
class LimitSearch:
    """The limits to try: whole numbers from `low` to `high`.

    The limit is a meter's: for everybody, or for one status.
    """

    meter: str
    status: str | None
    low: int
    high: int

    @classmethod
    def parse(cls, text: str, policy: Policy) -> LimitSearch:
        """Read `limit=1..20`, `monthly.limit=1..20` or `monthly.registered=1..20`.

        Raises `MeterError` in an editor's words.
        """
        match = _SEARCH.fullmatch(text.replace(" ", ""))
        if not match:
            raise MeterError(
                f"`{text}` is not something to optimise; write `limit=1..20`, or"
                " `monthly.registered=1..20` for one meter and status"
            )
        meters = [meter.name for meter in policy.meters]
        if not meters:
            raise MeterError("the policy has no meter, so there is no limit to choose")
        spent = [name for rule in policy.rules for name in rule.spend]
        meter = match[1] or [*spent, *meters][0]
        if meter not in meters:
            raise MeterError(f"there is no meter called `{meter}`; {meant(meter, meters)}")
        if match[2] != "limit" and match[2] not in list(Status):
            raise MeterError(
                f"`{match[2]}` is neither `limit` nor a reader's status;"
                f" {meant(match[2], ['limit', *Status])}"
            )
        low = int(match[3])
        high = int(match[4])
        if not low < high < low + _MOST_VALUES:
            raise MeterError(
                f"`{match[3]}..{match[4]}` is not a rising range of at most {_MOST_VALUES} limits"
            )
        status = None if match[2] == "limit" else match[2]
        return cls(meter=meter, status=status, low=low, high=high)

    @property
    def title(self) -> str:
        """What is turned, in words."""
        whose = f" for readers who are `{self.status}`" if self.status else ""
        return f"the limit of `{self.meter}`{whose}"

    def turned(self, policy: Policy, limit: int) -> Policy:
        """Return a policy with another limit."""
        meters = (
            self._turned(meter, limit) if meter.name == self.meter else meter
            for meter in policy.meters
        )
        return evolve(policy, meters=tuple(meters))

    def _turned(self, meter: Meter, limit: int) -> Meter:
        if self.status is None:
            return evolve(meter, limit=limit, limits=())
        if meter.limits or not isinstance(meter.limit, Mapping):
            raise MeterError(
                f"meter `{self.meter}` has no limit by status; write"
                f" `{self.meter}.limit={self.low}..{self.high}`"
            )
        return evolve(meter, limit={**meter.limit, Status(self.status): limit})


@frozen(kw_only=True)
class LimitChoice:
    """What can be said about the best limit.

    `limits` are those tried, `estimates` their `by` on fresh readers, `alike` those that cannot be
    distinguished from the best one, `recommended` the best, or `None` where `turned_by` names
    assumptions that would reverse the order inside their range.
    """

    search: LimitSearch
    limits: tuple[int, ...]
    estimates: tuple[Estimate, ...]
    selected: int
    optimism: float
    alike: tuple[int, ...]
    recommended: int | None
    turned_by: tuple[str, ...]
    by: str
    comparison: Results

    @property
    def at_edge(self) -> bool:
        """Whether the best is at an end of what was tried."""
        return self.selected in (self.limits[0], self.limits[-1])

    def to_dict(self) -> LimitChoiceTable:
        """Return plain tables."""
        tried: list[TriedLimit] = [
            {"limit": limit, **found.to_dict()}
            for limit, found in zip(self.limits, self.estimates, strict=True)
        ]
        return {
            "meter": self.search.meter,
            "status": self.search.status,
            "by": self.by,
            "tried": tried,
            "selected": self.selected,
            "optimism": self.optimism,
            "not_distinguishable": list(self.alike),
            "recommended": self.recommended,
            "turned_by": list(self.turned_by),
            "verdict": self.verdict(),
        }

    def verdict(self) -> str:
        """Return the answer in a sentence."""
        listed = ", ".join(map(str, self.alike))
        if self.recommended is None:
            names = ", ".join(f"`{name}`" for name in self.turned_by)
            return (
                f"no single limit is named: {self.selected} is best at the central assumptions, but"
                f" the order reverses inside the stated range of {names}; find out about these"
                " first"
            )
        if len(self.alike) == 1:
            return (
                f"{self.selected} is best, on fresh readers and over the whole stated range of"
                " every assumption"
            )
        return (
            f"{self.selected} is best on fresh readers, but cannot be distinguished from the others"
            f" of {listed}"
        )

    def warnings(self) -> list[CautionRow]:
        """Return the cautions that a search adds."""
        return [caution_row(caution) for caution in self._cautions()]

    def _cautions(self) -> Iterator[Caution]:
        yield coded(
            "W19",
            f"{len(self.limits)} limits were tried; the estimates are from other readers than the"
            " choice",
        )
        if self.at_edge:
            yield coded(
                "W12",
                f"the best limit, {self.selected}, is at the edge of what was tried: a better one"
                " may lie beyond",
            )
            yield coded(
                "W22",
                "such models tend to all free or all closed: an optimum at the end is a reason to"
                " doubt the model first",
            )
        if self.turned_by:
            names = ", ".join(f"`{name}`" for name in self.turned_by)
            yield coded("W13", f"the best limit changes inside the stated range of {names}")

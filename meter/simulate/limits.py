"""The limits that are tried to find the best, and what can be said about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypedDict

from attrs import evolve, frozen

from meter.errors import MeterError, meant
from meter.simulate.codes import CautionRow, caution_row, coded
from meter.simulate.measures import Estimate
from meter.simulate.report.verdict import ComparisonVerdict, verdict
from meter.simulate.report.words import listed
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
    """What can be said about the best limit, as JSON; see `ComparisonVerdict` and `LimitChoice`."""

    meter: str
    status: str | None
    by: str
    readers: int
    tried: list[TriedLimit]
    selected: int
    optimism: float
    not_distinguishable: list[int]
    recommended: int | None
    turned_by: list[str]
    verdict: str
    best: str | None
    shares: dict[str, float]
    draws: int


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

    `limits` are those tried, `estimates` their `by` on fresh readers, `selected` the one that had
    the most on `chosen_on` other readers, `alike` those that sampling cannot distinguish from it.
    `turned_by` names the assumptions at whose ends another limit than those has the most, where the
    assumptions were moved one at a time.
    """

    search: LimitSearch
    limits: tuple[int, ...]
    estimates: tuple[Estimate, ...]
    selected: int
    optimism: float
    alike: tuple[int, ...]
    turned_by: tuple[str, ...]
    by: str
    chosen_on: int
    comparison: Results

    @property
    def names(self) -> tuple[str, ...]:
        """What the limits are called, in the order of `limits`."""
        return self.comparison.names

    @property
    def at_edge(self) -> bool:
        """Whether the limit that was selected is at an end of what was tried."""
        return self.selected in (self.limits[0], self.limits[-1])

    @cached_property
    def verdict(self) -> ComparisonVerdict:
        """What the draws support, in a sentence, with the evidence for it."""
        ends = (self.names[0], self.names[-1])
        return verdict(self.comparison.evidence(edges=ends))

    @property
    def recommended(self) -> int | None:
        """The best limit, or `None` where none is called best."""
        best = self.verdict.best
        return None if best is None else self.limits[self.names.index(best)]

    def to_dict(self) -> LimitChoiceTable:
        """Return plain tables."""
        tried: list[TriedLimit] = [
            {"limit": limit, **found.to_dict()}
            for limit, found in zip(self.limits, self.estimates, strict=True)
        ]
        found = self.verdict
        return {
            "meter": self.search.meter,
            "status": self.search.status,
            "by": self.by,
            "readers": self.comparison.readers,
            "tried": tried,
            "selected": self.selected,
            "optimism": self.optimism,
            "not_distinguishable": list(self.alike),
            "recommended": self.recommended,
            "turned_by": list(self.turned_by),
            "verdict": found.sentence,
            "best": found.best,
            "shares": found.shares,
            "draws": found.draws,
        }

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
                "W22",
                f"`{self.names[self.limits.index(self.selected)]}` has the most and is at the edge"
                " of what was tried. Such models tend to all free or all closed: an optimum at the"
                " end is a reason to doubt the model first",
            )
        if self.turned_by:
            names = listed([f"`{name}`" for name in self.turned_by])
            yield coded(
                "W13", f"at an end of the stated range of {names} another limit has the most"
            )

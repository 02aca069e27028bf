"""Every number of a comparison of policies, and how sure each of them is."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from meter.simulate.calibrate import CalibrationRow
from meter.simulate.measures import (
    MEASURES,
    NAMES,
    Estimate,
    Measure,
    estimate,
    estimate_difference,
    influence,
    value,
)
from meter.simulate.population import Population
from meter.simulate.report.verdict import ComparisonVerdict, DrawnEvidence, verdict
from meter.simulate.report.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meter.policy import Policy
    from meter.simulate.assumptions import Assumptions

__all__ = ["TIE", "Results", "Sensitivity", "SensitivityRow", "leader_and_rival"]

TIE = 1e-9
"""What differs by no more is equal."""
_DRAWN = 4000
"""How often the chance of sampling is drawn."""


class SensitivityRow(TypedDict):
    """A sensitivity as JSON."""

    assumption: str
    low: float
    high: float
    at_low: float
    at_high: float
    flips: bool


@frozen(kw_only=True)
class Sensitivity:
    """What one assumption does to the answer, from the low to the high end of its range."""

    assumption: str
    low: float
    high: float
    at_low: float
    at_high: float
    flips: bool

    @property
    def size(self) -> float:
        """How far the answer moves."""
        return abs(self.at_high - self.at_low)

    def to_dict(self) -> SensitivityRow:
        """Return plain numbers."""
        return {
            "assumption": self.assumption,
            "low": self.low,
            "high": self.high,
            "at_low": self.at_low,
            "at_high": self.at_high,
            "flips": self.flips,
        }


@frozen(kw_only=True)
class Results:
    """Policies side by side over the same simulated people.

    The first is the one the others are compared with.

    `by` is the measure that decides which is best. `drawn` holds every measure under every draw of
    the assumptions, scaled to `readers` ([draw, policy, measure]), `sensitivities` one row for each
    assumption that has a range, the largest first; `ends` holds, by assumption, every measure at
    both ends of its range ([end, policy, measure]). `my_readers` is how many readers you have in a
    month, where that was said, and `fit` how the assumptions fit the numbers that were given.
    """

    names: tuple[str, ...]
    populations: tuple[Population, ...]
    by: Measure
    drawn: NDArray[np.float64]
    sensitivities: tuple[Sensitivity, ...]
    ends: dict[str, NDArray[np.float64]] = field(factory=dict)
    my_readers: int | None = None
    fit: tuple[CalibrationRow, ...] = ()

    @property
    def policies(self) -> list[Policy]:
        """The policies compared."""
        return [population.policy for population in self.populations]

    @property
    def assumptions(self) -> Assumptions:
        """What was taken for granted."""
        return self.populations[0].assumptions

    @property
    def readers(self) -> int:
        """How many readers there are in each month."""
        return self.populations[0].readers

    @property
    def months(self) -> int:
        """How many months were simulated."""
        return self.populations[0].months

    @property
    def seed(self) -> int:
        """The seed that repeats all of this."""
        return self.populations[0].seed

    @property
    def turning(self) -> list[str]:
        """The assumptions inside whose range the order turns, the largest effect first."""
        return [found.assumption for found in self.sensitivities if found.flips]

    @cached_property
    def measures(self) -> tuple[dict[str, Estimate], ...]:
        """For each policy, every measure with its intervals."""
        return tuple(
            {
                measure.name: estimate(people, measure, self._drawn(number, measure))
                for measure in MEASURES
            }
            for number, people in enumerate(self.populations)
        )

    @property
    def population(self) -> str:
        """Of how many readers the sums in sentences are: yours, where their number was said."""
        if self.my_readers is not None:
            return f"your {counted(self.my_readers, 'reader')} a month"
        return f"{counted(self.readers, 'reader', 'simulated')} a month"

    def totals(self, number: int) -> dict[str, Estimate]:
        """Return the sums of a policy for as many readers as you have; none where that is not said.

        The sample's sums and their intervals, times how often it goes into your readers.
        """
        return self._sums(self.measures[number])

    def total_differences(self, number: int) -> dict[str, Estimate]:
        """Return the sums of a policy minus those of the first one, for as many readers."""
        return self._sums(self.differences[number])

    def _sums(self, sample: Mapping[str, Estimate]) -> dict[str, Estimate]:
        if self.my_readers is None:
            return {}
        times = self.my_readers / self.readers
        return {
            measure.name: sample[measure.name].scaled(times)
            for measure in MEASURES
            if measure.per is None
        }

    def of_all(self, sample: Mapping[str, Estimate]) -> dict[str, Estimate]:
        """Return measures of the sample with their sums for as many readers as you have.

        Where that is not said the sums are those of the sample.
        """
        return {**sample, **self._sums(sample)}

    @cached_property
    def differences(self) -> tuple[dict[str, Estimate], ...]:
        """For each policy, every measure minus that of the first policy, reader by reader."""
        return tuple(
            {measure.name: self._difference(number, measure) for measure in MEASURES}
            for number in range(len(self.populations))
        )

    def _difference(self, number: int, measure: Measure) -> Estimate:
        """Return a measure of a policy minus that of the first one."""
        first = self.populations[0]
        people = self.populations[number]
        found = value(people, measure) - value(first, measure)
        parts = influence(people, measure) - influence(first, measure)
        mine = self._drawn(number, measure)
        others = self._drawn(0, measure)
        drawn = None
        if mine is not None and others is not None:
            drawn = mine - others
        return estimate_difference(found, parts, drawn)

    def _drawn(self, policy: int, measure: Measure) -> NDArray[np.float64] | None:
        """Return a measure of a policy under every draw, if the assumptions were drawn."""
        return self.drawn[:, policy, NAMES.index(measure.name)] if len(self.drawn) else None

    @cached_property
    def ahead(self) -> int:
        """The index of the policy with the most of `by` at the central assumptions.

        It is the first of several, and not yet the best: that is what `verdict` says.
        """
        return int(np.argmax([row[self.by.name].value for row in self.measures]))

    @property
    def best(self) -> str | None:
        """The policy that the draws agree on, by name, or `None`; see `verdict`."""
        return self.verdict.best

    @property
    def moved(self) -> int:
        """How many assumptions had a range to be drawn from, where any were drawn."""
        return len(self.assumptions.uncertain()) if len(self.drawn) else 0

    @cached_property
    def verdict(self) -> ComparisonVerdict:
        """What the draws support, in a sentence, with the evidence for it."""
        return verdict(self.evidence())

    def evidence(self, edges: tuple[str, ...] = ()) -> DrawnEvidence:
        """Return what was computed of all policies; `edges` are the ends of a search."""
        return DrawnEvidence(
            names=self.names,
            what=self.by.plain,
            values=tuple(row[self.by.name].value for row in self.measures),
            shares=self.shares,
            draws=len(self.drawn),
            moved=self.moved,
            alike=self._alike(),
            edges=edges,
        )

    def _alike(self) -> tuple[str, ...]:
        """Return the names of the policies that gave every reader what the one ahead gave."""
        one = self.populations[self.ahead].columns
        names = tuple(
            name
            for name, people in zip(self.names, self.populations, strict=True)
            if np.array_equal(people.columns, one)
        )
        return names if len(names) > 1 else ()

    @cached_property
    def _noise(self) -> NDArray[np.float64]:
        """What sampling may do to `by` of every policy at once ([draw, policy])."""
        parts = np.array([influence(people, self.by) for people in self.populations])
        parts -= parts.mean(axis=1, keepdims=True)
        return _noise(parts @ parts.T, self.seed)

    @cached_property
    def sampled(self) -> tuple[float, ...]:
        """For each policy, in which share of other samples of readers it has the most.

        The assumptions are the central ones.
        """
        centre = np.array([row[self.by.name].value for row in self.measures])
        return tuple(_shares_of_first(centre + self._noise).tolist())

    @cached_property
    def shares(self) -> tuple[float, ...]:
        """For each policy, in which share of the draws it has the most; empty without draws.

        Each draw takes other assumptions, as far as they have ranges, and another sample.
        """
        draws = len(self.drawn)
        if not draws:
            return ()
        drawn = self.drawn[:, :, NAMES.index(self.by.name)]
        return tuple(_shares_of_first(drawn + self._noise[:draws]).tolist())

    @cached_property
    def regret(self) -> tuple[float | None, ...]:
        """For each policy, what choosing it costs on average over the assumptions.

        The cost is against the best policy of each draw.
        """
        if not len(self.drawn):
            return (None,) * len(self.names)
        drawn = self.drawn[:, :, NAMES.index(self.by.name)]
        costs = (drawn.max(axis=1, keepdims=True) - drawn).mean(axis=0)
        return tuple(float(cost) for cost in costs)

    @cached_property
    def front(self) -> tuple[int, ...]:
        """The policies that no other beats in both starts and articles read (the Pareto front)."""
        points = [
            (row["starts_per_million"].value, row["articles_read"].value) for row in self.measures
        ]
        return tuple(
            number
            for number, point in enumerate(points)
            if not any(_beats(other, point) for other in points)
        )


def leader_and_rival(comparison: Results) -> tuple[int, int | None]:
    """Return the policy ahead and the one its lead is measured against.

    The first, or the next where the first is ahead.
    """
    best = comparison.ahead
    values = [row[comparison.by.name].value for row in comparison.measures]
    others = [number for number in range(len(values)) if number != best]
    if not others:
        return best, None
    if best != 0:
        return best, 0
    return best, max(others, key=lambda number: values[number])


def _beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Say whether a point is nowhere lower and somewhere higher."""
    return one != other and one[0] >= other[0] and one[1] >= other[1]


def _noise(covariance: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Return draws of what sampling may do to several sums at once."""
    strength, directions = np.linalg.eigh(covariance)
    source = np.random.Generator(np.random.Philox(key=seed + 1))
    # Independent draws along the axes of the covariance, as far as it reaches along each.
    reach = directions * np.sqrt(np.maximum(strength, 0))
    noise: NDArray[np.float64] = source.standard_normal((_DRAWN, len(strength))) @ reach.T
    return noise


def _shares_of_first(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how often each column is the largest; those that are equal share."""
    largest = values.max(axis=1, keepdims=True)
    ties = values >= largest - TIE * np.maximum(1.0, np.abs(largest))
    shares: NDArray[np.float64] = (ties / ties.sum(axis=1, keepdims=True)).mean(axis=0)
    return shares

"""The numbers that a comparison gives, and how sure each of them is.

Two sorts of doubt are kept apart: *sampling* (other simulated readers would give another number; it
shrinks with more readers) and *assumptions* (other values inside the stated ranges; it does not).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np
from attrs import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from meter.simulate.population import Population

__all__ = [
    "MEASURES",
    "NAMES",
    "Estimate",
    "EstimateRow",
    "Measure",
    "estimate",
    "influence",
    "spread",
    "value",
]

Z95 = 1.959963984540054


@frozen
class Measure:
    """A number about a population.

    A sum over readers, or with `per` a ratio of two sums times `scale`.
    """

    name: str
    title: str
    words: str
    column: str
    per: str | None = None
    scale: float = 1.0
    money: bool = False


MEASURES = (
    Measure(
        "readers_stopped", "Readers stopped", "readers who met a wall at least once", "was_stopped"
    ),
    Measure(
        "stop_rate",
        "Stopped a month",
        "reader-months with a wall, of all with reading",
        "stopped",
        "months",
    ),
    Measure(
        "starts_per_million",
        "Starts per million",
        "trials and subscriptions begun per million reader-months",
        "starts",
        "months",
        1e6,
    ),
    Measure("registrations", "Registrations", "readers who registered", "registrations"),
    Measure(
        "active_subscribers",
        "Subscribers at the end",
        "paying subscribers when the horizon closes",
        "subscriber",
    ),
    Measure("articles_read", "Articles read", "whole articles shown", "read"),
    Measure(
        "advertising",
        "Advertising",
        "earned by articles read, within the horizon",
        "advertising",
        money=True,
    ),
    Measure(
        "subscription_cash",
        "Subscriptions, cash",
        "paid for trials and subscriptions within the horizon",
        "cash",
        money=True,
    ),
    Measure(
        "subscription_lifetime",
        "Subscriptions, lifetime",
        "that, and what those who stay are expected to pay later",
        "lifetime",
        money=True,
    ),
    Measure("net", "Net, cash", "advertising and subscription cash", "net", money=True),
    Measure(
        "net_lifetime",
        "Net, lifetime",
        "advertising and subscription lifetime value",
        "net_lifetime",
        money=True,
    ),
)
"""In the order of a report. `net` never mixes with lifetime value: they are two numbers."""

NAMES = [measure.name for measure in MEASURES]
"""The names of the measures, in their order."""


class EstimateRow(TypedDict):
    """An estimate as JSON; `assumptions` is `None` where they were not varied."""

    value: float
    sampling: list[float]
    assumptions: list[float] | None


@frozen(kw_only=True)
class Estimate:
    """A number with two 95 % intervals.

    `low` to `high` is what sampling leaves open, `least` to `most` what the assumptions do.
    """

    value: float
    low: float
    high: float
    least: float | None = None
    most: float | None = None

    def to_dict(self) -> EstimateRow:
        """Return plain numbers; `assumptions` is `null` where they were not varied."""
        varied = None
        if self.least is not None and self.most is not None:
            varied = [self.least, self.most]
        return {"value": self.value, "sampling": [self.low, self.high], "assumptions": varied}


def _column(population: Population, name: str) -> NDArray[np.float64]:
    if name == "was_stopped":
        return (population.column("stopped") > 0).astype(np.float64)
    return population.column(name)


def value(population: Population, measure: Measure) -> float:
    """Return a measure of a population."""
    total = float(_column(population, measure.column).sum())
    if measure.per is None:
        return total * measure.scale
    whole = float(_column(population, measure.per).sum())
    return measure.scale * total / whole if whole else 0.0


def influence(population: Population, measure: Measure) -> NDArray[np.float64]:
    """Return what each reader adds to a measure; for a ratio, to first order.

    Spreads and paired differences are taken of these parts.
    """
    mine = _column(population, measure.column)
    if measure.per is None:
        return mine * measure.scale
    per = _column(population, measure.per)
    whole = float(per.sum())
    if not whole:
        return np.zeros(len(mine))
    ratio = float(mine.sum()) / whole
    return measure.scale * (mine - ratio * per) / whole


def spread(parts: NDArray[np.float64]) -> float:
    """Return the standard error of a sum over readers."""
    return float(np.sqrt(len(parts)) * parts.std(ddof=1)) if len(parts) > 1 else 0.0


def estimate(
    found: float, parts: NDArray[np.float64], drawn: NDArray[np.float64] | None = None
) -> Estimate:
    """Return a number with both intervals; `drawn` are its values under other assumptions."""
    reach = Z95 * spread(parts)
    low = found - reach
    high = found + reach
    if drawn is None or len(drawn) <= 1:
        return Estimate(value=found, low=low, high=high)
    least, most = (float(quantile) for quantile in np.quantile(drawn, [0.025, 0.975]))
    # The defaults are among what is possible.
    return Estimate(value=found, low=low, high=high, least=min(least, found), most=max(most, found))

"""Which numbers does a comparison tell, and how sure is each of them?

Two sorts of doubt are kept apart: *sampling* (other simulated readers would give another number; it
shrinks with more readers) and *assumptions* (other values inside the stated ranges; it does not).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

if TYPE_CHECKING:
    from meter.simulate.population import Population

__all__ = ["MEASURES", "Estimate", "Measure", "estimate", "influence", "value"]

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


@frozen(kw_only=True)
class Estimate:
    """A number, with the 95 % intervals that sampling (`low`, `high`) and the assumptions (`least`,
    `most`) leave open.
    """

    value: float
    low: float
    high: float
    least: float | None = None
    most: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers; `assumptions` is `null` where they were not varied."""
        varied = None if self.least is None or self.most is None else [self.least, self.most]
        return {"value": self.value, "sampling": [self.low, self.high], "assumptions": varied}


def _column(population: Population, name: str) -> Any:
    return (
        (population.column("stopped") > 0).astype(float)
        if name == "was_stopped"
        else population.column(name)
    )


def value(population: Population, measure: Measure) -> float:
    """Return a measure of a population."""
    total = float(_column(population, measure.column).sum())
    if measure.per is None:
        return total * measure.scale
    whole = float(_column(population, measure.per).sum())
    return measure.scale * total / whole if whole else 0.0


def influence(population: Population, measure: Measure) -> Any:
    """Return what each reader adds to a measure (for a ratio: to first order), so that spreads and
    differences can be told.
    """
    mine = _column(population, measure.column)
    if measure.per is None:
        return mine * measure.scale
    per = _column(population, measure.per)
    whole = float(per.sum())
    return (
        measure.scale * (mine - float(mine.sum()) / whole * per) / whole
        if whole
        else np.zeros(len(mine))
    )


def spread(parts: Any) -> float:
    """Return the standard error of a sum over readers."""
    return float(np.sqrt(len(parts)) * parts.std(ddof=1)) if len(parts) > 1 else 0.0


def estimate(found: float, parts: Any, drawn: Any = None) -> Estimate:
    """Return a number with both intervals; `drawn` are its values under other assumptions."""
    reach = Z95 * spread(parts)
    varied = drawn is not None and len(drawn) > 1
    if not varied:
        return Estimate(value=found, low=found - reach, high=found + reach)
    least, most = (
        float(q) for q in np.quantile(drawn, [0.025, 0.975])
    )  # the defaults are among what is possible
    return Estimate(
        value=found,
        low=found - reach,
        high=found + reach,
        least=min(least, found),
        most=max(most, found),
    )

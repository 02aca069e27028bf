"""The numbers that a comparison gives, and how sure each of them is.

Two sorts of uncertainty are kept apart: *sampling* (other simulated readers would give another
number; it shrinks with more readers) and *assumptions* (other values inside the stated ranges; it
does not).
"""

from __future__ import annotations

from math import inf, sqrt
from typing import TYPE_CHECKING, Protocol, TypedDict

import numpy as np
from attrs import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "MEASURES",
    "NAMES",
    "PER_MONTH",
    "Estimate",
    "EstimateRow",
    "Measure",
    "MeasuredReaders",
    "column_of",
    "estimate",
    "estimate_difference",
    "influence",
    "sampled_estimate",
    "score_interval",
    "spread",
    "value",
]

Z95 = 1.959963984540054


class MeasuredReaders(Protocol):
    """Readers with one number each in every column, such as a `Population`."""

    @property
    def readers(self) -> int:
        """How many readers there are in each month."""

    def column(self, name: str) -> NDArray[np.float64]:
        """Return one number for each reader."""


@frozen
class Measure:
    """A number about a population that is never below 0.

    A sum over readers, or with `per` a ratio of two sums times `scale`; `per` are the reader-months
    with reading, or nothing. `unit` is what is counted; money is in the currency of the policies.
    `event` says that it counts things that happen one at a time, `share` that it is at most all
    readers, or with `per` all of the whole.
    """

    name: str
    title: str
    words: str
    column: str
    unit: str = "money"
    per: str | None = None
    scale: float = 1.0
    event: bool = False
    share: bool = False

    @property
    def plain(self) -> str:
        """What it is called inside a sentence."""
        return self.title.lower().replace(",", "")

    @property
    def money(self) -> bool:
        """Whether this is an amount of money."""
        return self.unit == "money"


PER_MONTH = "reader-months with reading"
"""What a rate is a share of, in words."""
MEASURES = (
    Measure(
        "readers_stopped",
        "Readers stopped",
        "readers who met a wall at least once",
        "was_stopped",
        "readers",
        event=True,
        share=True,
    ),
    Measure(
        "stop_rate",
        "Stopped a month",
        "reader-months with a wall, of all with reading",
        "stopped",
        "share",
        "months",
        event=True,
        share=True,
    ),
    Measure(
        "starts_per_million",
        "Starts per million",
        "trials and subscriptions begun per million reader-months",
        "starts",
        "starts per million",
        "months",
        1e6,
    ),
    Measure(
        "registrations",
        "Registrations",
        "readers who registered",
        "registrations",
        "registrations",
        event=True,
    ),
    Measure(
        "active_subscribers",
        "Subscribers at the end",
        "paying subscribers when the horizon closes",
        "subscriber",
        "subscribers",
    ),
    Measure("articles_read", "Articles read", "whole articles shown", "read", "articles"),
    Measure(
        "advertising",
        "Advertising",
        "earned by articles read, within the horizon",
        "advertising",
    ),
    Measure(
        "subscription_cash",
        "Subscriptions, cash",
        "paid for trials and subscriptions within the horizon",
        "cash",
    ),
    Measure(
        "subscription_lifetime",
        "Subscriptions, lifetime",
        "what all starts are expected to pay in a lifetime, discounted",
        "lifetime",
    ),
    Measure("net", "Net, cash", "advertising and subscription cash", "net"),
    Measure(
        "net_lifetime",
        "Net, lifetime",
        "advertising and subscription lifetime value",
        "net_lifetime",
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

    @property
    def widest(self) -> tuple[float, float]:
        """The ends of both intervals together."""
        least = self.low if self.least is None else self.least
        most = self.high if self.most is None else self.most
        return min(self.low, least), max(self.high, most)

    def scaled(self, times: float) -> Estimate:
        """Return this estimate for so many times the readers."""
        least = None if self.least is None else self.least * times
        most = None if self.most is None else self.most * times
        return Estimate(
            value=self.value * times,
            low=self.low * times,
            high=self.high * times,
            least=least,
            most=most,
        )

    def to_dict(self) -> EstimateRow:
        """Return plain numbers; `assumptions` is `null` where they were not varied."""
        varied = None
        if self.least is not None and self.most is not None:
            varied = [self.least, self.most]
        return {"value": self.value, "sampling": [self.low, self.high], "assumptions": varied}


def column_of(population: MeasuredReaders, name: str) -> NDArray[np.float64]:
    """Return what a measure counts of each reader."""
    if name == "was_stopped":
        return (population.column("stopped") > 0).astype(np.float64)
    return population.column(name)


def value(population: MeasuredReaders, measure: Measure) -> float:
    """Return a measure of a population."""
    total = float(column_of(population, measure.column).sum())
    if measure.per is None:
        return total * measure.scale
    whole = float(column_of(population, measure.per).sum())
    return measure.scale * total / whole if whole else 0.0


def influence(population: MeasuredReaders, measure: Measure) -> NDArray[np.float64]:
    """Return what each reader adds to a measure; for a ratio, to first order.

    Spreads and paired differences are taken of these parts.
    """
    mine = column_of(population, measure.column)
    if measure.per is None:
        return mine * measure.scale
    per = column_of(population, measure.per)
    whole = float(per.sum())
    if not whole:
        return np.zeros(len(mine))
    ratio = float(mine.sum()) / whole
    return measure.scale * (mine - ratio * per) / whole


def spread(parts: NDArray[np.float64]) -> float:
    """Return the standard error of a sum over readers."""
    return float(np.sqrt(len(parts)) * parts.std(ddof=1)) if len(parts) > 1 else 0.0


def estimate(
    population: MeasuredReaders, measure: Measure, drawn: NDArray[np.float64] | None = None
) -> Estimate:
    """Return a measure with both intervals; `drawn` are its values under other assumptions."""
    per = measure.per
    whole = float(population.readers if per is None else column_of(population, per).sum())
    error = spread(influence(population, measure))
    found = sampled_estimate(measure, value(population, measure), error, whole)
    return _with_assumptions(found.value, found.low, found.high, drawn)


def sampled_estimate(measure: Measure, found: float, error: float, whole: float) -> Estimate:
    """Return a measure with what sampling leaves open, given its standard error.

    `whole` is what it is a share of, or the number of readers where it is a sum.
    """
    if measure.per is None:
        unit = measure.scale
        most = whole if measure.share else inf
    else:
        unit = measure.scale / whole if whole else 0.0
        most = measure.scale if measure.share else inf
    low, high = score_interval(found, error, most=most, unit=unit if measure.event else 0.0)
    return Estimate(value=found, low=low, high=high)


def estimate_difference(
    found: float, parts: NDArray[np.float64], drawn: NDArray[np.float64] | None = None
) -> Estimate:
    """Return a difference, which may have either sign, with both intervals.

    `parts` is what each reader adds to it.
    """
    reach = Z95 * spread(parts)
    return _with_assumptions(found, found - reach, found + reach, drawn)


def score_interval(
    found: float, error: float, *, most: float = inf, unit: float = 0.0
) -> tuple[float, float]:
    """Return the 95 % score interval of what is never below 0 nor above `most`.

    `error` is its standard error. The ends are the true values from which `found` is 1.96 standard
    errors away, where the variance is that of the true value: it shrinks with it towards 0, and
    towards `most`. For a share of independent readers that is the interval of Wilson (1927,
    "Probable inference, the law of succession, and statistical inference", JASA 22); without a
    `most` it is its limit for rare events, the score interval of a Poisson mean, here with the
    variance that was seen. `unit` is what one event adds: where none was seen (or nothing else),
    the variance of a count holds, and 0 seen leaves up to 3.84 open (the exact interval of Garwood
    1936, Biometrika 28: 3.69). A `unit` of 0 leaves nothing open there.

    >>> score_interval(0, 0, most=1000, unit=1)
    (0.0, 3.8267584855551235)
    >>> low, high = score_interval(3, 1.73, most=1000)
    >>> f"{low:.1f} to {high:.1f}"
    '1.0 to 8.8'
    """
    # (found - true)² = reach · true · (1 - true / most), solved for the true value.
    room = found * (1 - found / most)
    reach = Z95**2 * (error**2 / room if room > 0 and error > 0 else unit)
    middle = 2 * found + reach
    width = sqrt(max(0.0, reach**2 + 4 * reach * room))
    whole = 2 * (1 + reach / most)
    return max(0.0, (middle - width) / whole), min(most, (middle + width) / whole)


def _with_assumptions(
    found: float, low: float, high: float, drawn: NDArray[np.float64] | None
) -> Estimate:
    """Return an estimate with the interval that the assumptions leave open, if they were drawn."""
    if drawn is None or len(drawn) <= 1:
        return Estimate(value=found, low=low, high=high)
    least, most = (float(quantile) for quantile in np.quantile(drawn, [0.025, 0.975]))
    # The defaults are among what is possible.
    return Estimate(value=found, low=low, high=high, least=min(least, found), most=max(most, found))

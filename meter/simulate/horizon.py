"""The days and months of a simulation, and how reading is spread over them.

Every boundary is one that `windows` gives: days and months in the policy's zone, the ends of terms
by the calendar.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from attrs import field, frozen

from meter.simulate.kernel.arrays import Calendar
from meter.vocabulary import Unit
from meter.windows import Term, day_start, instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from meter.simulate.assumptions import Assumptions

__all__ = ["Horizon"]

_STEPS = 1024
_PEAK = slice(7 * 24, 14 * 24)
"""The hours of a month's second week, in which news may peak."""
_HOUR = 3_600_000_000
_NOON = time(12)
"""A time that every day has: a term from it ends on the day that counts, whatever the clocks do."""


@frozen
class Horizon:
    """Some calendar months from a day on, in a zone.

    `bounds` are their starts and the end of the last, as instants. A month runs from a day to the
    same day of the next month, or to its last where that is shorter: from 15 January to 15
    February, from 31 January to 28 February and then to 31 March.
    """

    first: date
    months: int
    zone: ZoneInfo
    bounds: tuple[int, ...] = field(init=False)

    @bounds.default
    def _bounds(self) -> tuple[int, ...]:
        first = datetime.combine(self.first, _NOON, self.zone)
        # Each month is counted from the first day: 31 January, 28 February, 31 March.
        later = (
            Term(number, Unit.MONTH).after(first, self.zone).date()
            for number in range(1, self.months + 1)
        )
        return tuple(day_start(day, self.zone) for day in (self.first, *later))

    @property
    def opens(self) -> int:
        """The first instant."""
        return self.bounds[0]

    @property
    def closes(self) -> int:
        """The instant after the last."""
        return self.bounds[-1]

    def time(self, terms: Sequence[Term], assumptions: Assumptions) -> Calendar:
        """Return the tables the loop runs on."""
        hours = tuple(_hours_of_a_day(assumptions).tolist())
        peak = int(assumptions.number("news.peak_month")) - 1
        factor = float(assumptions.number("news.peak_factor"))
        return _calendar(self, tuple(terms), hours, peak, factor)


class _Month(NamedTuple):
    """Where the hours of a month start (and the last one ends), and which of the day they are."""

    edges: NDArray[np.int64]
    hours: NDArray[np.int64]


def _hours_of_a_day(assumptions: Assumptions) -> NDArray[np.float64]:
    """Return the share of reading in each hour of the day; even, where nothing is said."""
    shares = assumptions.shares("sessions.hours")
    hours = np.array([shares.get(str(hour), 0.0) for hour in range(24)])
    whole = hours.sum()
    return hours / whole if whole else np.full(24, 1 / 24)


def _spread(edges: NDArray[np.int64], weight: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the instants before which equal parts of a month's reading lie."""
    opens = edges[0]
    share = np.concatenate([[0.0], np.cumsum(weight)])
    steps = np.linspace(0, share[-1], _STEPS + 1)
    since = np.interp(steps, share, (edges - opens).astype(float))
    instants: NDArray[np.int64] = since.astype(np.int64) + opens
    return instants


@lru_cache(maxsize=32)
def _calendar(
    horizon: Horizon, terms: tuple[Term, ...], shares: tuple[float, ...], peak: int, factor: float
) -> Calendar:
    """Return the tables of a horizon.

    `shares` are those of the hours of a day; in the month `peak`, one week has `factor` times the
    reading of another.
    """
    starts, ends, first_end = _days(horizon, terms)
    hours = np.array(shares)
    spread = []
    traffic = []
    for number, month in enumerate(_months(horizon)):
        weight = hours[month.hours] * np.diff(month.edges) / _HOUR + 1e-9
        busy = np.ones(len(weight))
        if number == peak:
            busy[_PEAK] = factor
        traffic.append(float((weight * busy).sum() / weight.sum()))
        spread.append(_spread(month.edges, weight * busy))
    bounds = np.array(horizon.bounds, np.int64)
    spreads = np.array(spread, np.int64)
    return Calendar(starts, bounds, spreads, np.array(traffic), ends, first_end)


class _Days(NamedTuple):
    """Where days start, and where terms end that start with a day, see `Calendar`."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    first_end: NDArray[np.int64]


@lru_cache(maxsize=32)
def _days(horizon: Horizon, terms: tuple[Term, ...]) -> _Days:
    """Return the days of a horizon and the ends of terms."""
    starts = [horizon.opens]
    day = horizon.first
    while starts[-1] < horizon.closes:
        day += timedelta(days=1)
        starts.append(day_start(day, horizon.zone))
    ends: list[int] = []
    first_end = np.zeros((len(terms), len(starts) + 1), np.int64)
    for row, term in enumerate(terms):
        for column, start in enumerate(starts):
            first_end[row, column] = len(ends)
            ends += _ends(term, start, horizon)
        first_end[row, -1] = len(ends)
    return _Days(np.array(starts, np.int64), np.array(ends, np.int64), first_end)


def _ends(term: Term, start: int, horizon: Horizon) -> Iterator[int]:
    """Yield the ends of one, two, three… terms from a day on, up to the first past the horizon."""
    begins = moment(start, horizon.zone)
    end = start
    times = 0
    while end < horizon.closes or not times:
        times += 1
        end = instant(Term(times * term.count, term.unit).after(begins, horizon.zone))
        yield end


@lru_cache(maxsize=8)
def _months(horizon: Horizon) -> list[_Month]:
    """Return the hours of each month."""
    months = []
    for opens, closes in pairwise(horizon.bounds):
        edges = np.array([*range(opens, closes, _HOUR), closes])
        hours = np.array([moment(int(edge), horizon.zone).hour for edge in edges[:-1]])
        months.append(_Month(edges, hours))
    return months

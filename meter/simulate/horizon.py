"""Over which days and months is a simulation run, and how is reading spread over them?

Every boundary is one that `windows` gives: days and months in the policy's zone, the ends of terms
by the calendar.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from attrs import field, frozen

from meter.simulate.kernel.arrays import Time
from meter.windows import Timeline, Window, day_start, instant, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.simulate.assumptions import Assumptions
    from meter.windows import Term

__all__ = ["Horizon"]

_STEPS = 1024
_PEAK = range(7, 14)
_HOUR = 3_600_000_000


@frozen
class Horizon:
    """Some months from a day on, in a zone.

    `bounds` are their starts and the end of the last, as instants.
    """

    first: date
    months: int
    zone: ZoneInfo
    bounds: tuple[int, ...] = field(init=False)

    @bounds.default
    def _bounds(self) -> tuple[int, ...]:
        opens = day_start(self.first, self.zone)
        if self.first.day == 1:
            month = Timeline(Window(calendar="month"), self.zone)
            bounds = [opens]
            for _ in range(self.months):
                bounds.append(month.bounds(bounds[-1])[1])
            return tuple(bounds)
        return tuple(
            day_start(self.first + timedelta(days=round(30.4375 * number)), self.zone)
            for number in range(self.months + 1)
        )

    @property
    def opens(self) -> int:
        """The first instant."""
        return self.bounds[0]

    @property
    def closes(self) -> int:
        """The instant after the last."""
        return self.bounds[-1]

    def time(self, terms: Sequence[Term], assumptions: Assumptions) -> Time:
        """Return the tables the loop runs on."""
        starts, ends = _days(self, tuple(terms))
        hours = np.array([assumptions["sessions.hours"].get(str(hour), 0.0) for hour in range(24)])
        hours = hours / hours.sum() if hours.sum() else np.full(24, 1 / 24)
        peak, factor = (
            int(assumptions["news.peak_month"]) - 1,
            float(assumptions["news.peak_factor"]),
        )
        spread, traffic = [], []
        for number, (opens, edges, local) in enumerate(
            zip(self.bounds[:-1], *_hours(self), strict=True)
        ):
            weight = hours[local] * np.diff(edges) / _HOUR + 1e-9
            busy = np.ones(len(weight))
            if number == peak:
                busy[_PEAK.start * 24 : _PEAK.stop * 24] = factor
            traffic.append(float((weight * busy).sum() / weight.sum()))
            share = np.concatenate([[0.0], np.cumsum(weight * busy)])
            spread.append(
                np.interp(
                    np.linspace(0, share[-1], _STEPS + 1), share, (edges - opens).astype(float)
                ).astype(np.int64)
                + opens
            )
        return Time(
            starts,
            np.array(self.bounds, np.int64),
            np.array(spread, np.int64),
            np.array(traffic),
            ends,
        )


@lru_cache(maxsize=32)
def _days(horizon: Horizon, terms: tuple[Term, ...]) -> tuple[Any, Any]:
    """Return where the days start, and by term and day where a term ends that starts with the day."""
    starts, day = [horizon.opens], horizon.first
    while starts[-1] < horizon.closes:
        day += timedelta(days=1)
        starts.append(day_start(day, horizon.zone))
    ends = [
        [instant(term.after(moment(start, horizon.zone), horizon.zone)) for start in starts]
        for term in terms
    ]
    return np.array(starts, np.int64), np.array(ends, np.int64)


@lru_cache(maxsize=8)
def _hours(horizon: Horizon) -> tuple[list[Any], list[Any]]:
    """Return, for each month, where its hours start (and the last one ends) and which hours of the
    day they are.
    """
    edges = [
        np.array([*range(opens, closes, _HOUR), closes])
        for opens, closes in pairwise(horizon.bounds)
    ]
    return edges, [
        np.array([moment(int(edge), horizon.zone).hour for edge in row[:-1]]) for row in edges
    ]

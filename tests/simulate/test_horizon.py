"""The months of a simulation, whatever day it begins on."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from meter.simulate.horizon import Horizon
from meter.windows import Timeline, Window, day_start, moment


@pytest.mark.parametrize(
    ("first", "days"),
    [
        ("2026-01-01", ["2026-02-01", "2026-03-01", "2026-04-01"]),
        ("2026-01-15", ["2026-02-15", "2026-03-15", "2026-04-15"]),
        ("2026-01-31", ["2026-02-28", "2026-03-31", "2026-04-30"]),
        ("2027-12-30", ["2028-01-30", "2028-02-29", "2028-03-30"]),
    ],
)
def test_months_are_calendar_months_from_the_first_day(first: str, days: list[str]) -> None:
    """Before, months that began after a 1st had 30.4375 days: from 15 January to 14 February."""
    zone = ZoneInfo("America/New_York")
    horizon = Horizon(date.fromisoformat(first), 3, zone)
    assert [first, *days] == [moment(at, zone).date().isoformat() for at in horizon.bounds]


@pytest.mark.parametrize("zone", ["Africa/Cairo", "America/Havana", "Pacific/Apia", "Asia/Tokyo"])
def test_months_from_a_1st_are_those_of_a_calendar_window(zone: str) -> None:
    """The months of a meter with a calendar month, day for day and instant for instant."""
    place = ZoneInfo(zone)
    horizon = Horizon(date(2011, 1, 1), 24, place)
    month = Timeline(Window(calendar="month"), place)
    assert all(month.bounds(start) == (start, end) for start, end in pairwise(horizon.bounds))


@pytest.mark.parametrize(
    ("zone", "first"), [("Pacific/Apia", "2011-11-30"), ("Africa/Cairo", "2014-03-25")]
)
def test_months_begin_where_their_days_begin(zone: str, first: str) -> None:
    """Also where the clocks leave out a midnight or a whole date."""
    place = ZoneInfo(zone)
    horizon = Horizon(date.fromisoformat(first), 6, place)
    assert all(start < end for start, end in pairwise(horizon.bounds))
    assert all(at == day_start(moment(at, place).date(), place) for at in horizon.bounds)

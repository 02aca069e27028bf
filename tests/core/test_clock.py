"""Does a clock only move forward, by as much as it was told?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from meter import ManualClock
from meter.clock import system_clock

NEW_YORK = ZoneInfo("America/New_York")


def test_the_system_clock_has_a_zone():
    """It is in UTC and does not go back."""
    first = system_clock()
    assert first.tzinfo == UTC
    assert first <= system_clock()


def test_a_manual_clock_stands_still_until_moved():
    """It moves by a length or to a time."""
    start = datetime(2026, 6, 1, tzinfo=UTC)
    clock = ManualClock(start)
    assert start == clock() == clock()
    assert start + timedelta(days=2, hours=1) == clock.advance(days=2, hours=1) == clock()
    assert start + timedelta(days=3) == clock.move_to(start + timedelta(days=3))
    assert start + timedelta(days=4) == clock.advance(timedelta(days=1))


def test_a_length_is_absolute_over_a_change_of_the_clocks():
    """An hour after 01:30 on the night the clocks go back it is 01:30 again, and later."""
    clock = ManualClock(datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK))
    first = clock()
    again = clock.advance(hours=1)
    assert (again.hour, again.minute, again.fold) == (1, 30, 1)
    assert timedelta(hours=1) == again.astimezone(UTC) - first.astimezone(UTC)


@pytest.mark.parametrize("back", [timedelta(microseconds=1), timedelta(hours=1)])
def test_a_clock_never_goes_back(back):
    """Neither by a microsecond, nor to the first 01:30 of a night that has two."""
    clock = ManualClock(datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=NEW_YORK))
    with pytest.raises(ValueError, match="a clock only moves forward"):
        clock.move_to((clock().astimezone(UTC) - back).astimezone(NEW_YORK))
    with pytest.raises(ValueError, match="a clock only moves forward"):
        clock.advance(-back)


def test_a_clock_needs_a_zone():
    """A time without one is refused at the start and later."""
    with pytest.raises(ValueError, match="has no zone"):
        ManualClock(datetime(2026, 6, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="has no zone"):
        ManualClock(datetime(2026, 6, 1, tzinfo=UTC)).move_to(datetime(2026, 6, 2))  # noqa: DTZ001

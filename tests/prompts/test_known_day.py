"""The day a prompt is made on is remembered, and is the one by the publication's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from meter import loads_policy
from meter.prompts.laid import kept

POLICY = loads_policy('[publication]\nname = "P"\n[[rules]]\nname = "all"\nshow = "article"\n')
ZONES = ("America/St_Johns", "Asia/Tokyo", "Pacific/Apia", "Asia/Beirut", "UTC")


def wrong_days(zone: str, turns: int) -> int:
    """Return at how many instants of some years a day is not that of the zone's clock."""
    publication = evolve(POLICY.publication, timezone=zone)
    rulebook = evolve(POLICY, publication=publication).rulebook
    random = Random(zone)
    clock = ZoneInfo(zone)
    at = datetime(2008, 1, 1, tzinfo=UTC)
    wrong = 0
    for _ in range(turns):
        at += timedelta(minutes=random.choice((7, 95, 155, -40)), seconds=random.randrange(60))
        for given in (at, at.astimezone(ZoneInfo("Europe/Oslo"))):
            wrong += kept.day_of(given, rulebook) != at.astimezone(clock).date()
    return wrong


@pytest.mark.parametrize("zone", ZONES)
def test_the_day_is_that_of_the_clock(zone: str) -> None:
    """Also where a day is left out, and where the clock goes back over midnight."""
    assert 0 == wrong_days(zone, 20_000)


def test_the_last_days_there_are() -> None:
    """Nothing is remembered where there is no day after, and nothing fails."""
    for at in (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)):
        assert at.date() == kept.day_of(at, POLICY.rulebook)


@pytest.mark.parametrize("longer", [timedelta(hours=23), timedelta(hours=25)])
def test_a_day_of_another_length_is_noticed(longer: timedelta, monkeypatch) -> None:
    """One that is remembered for too short or too long a time is another's."""
    plain = kept.day_start

    def wrong(day, zone):
        return plain(day, zone) + (longer - timedelta(days=1)) // timedelta(microseconds=1)

    monkeypatch.setattr(kept, "day_start", wrong)
    assert wrong_days("Asia/Tokyo", 2_000) > 0

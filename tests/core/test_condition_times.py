"""Conditions on time, in many zones, at the edges of clocks that jump."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter import Article, PageView, Policy, PolicyError, Reader, Rule, Usage, decide
from meter.policy import Dates, Hours, Lengths, Publication, When
from meter.vocabulary import Weekday

ZONES = (
    "Asia/Tokyo",
    "Europe/London",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Havana",
    "Asia/Kathmandu",
)
QUARTER = timedelta(minutes=15)
ZONED = st.sampled_from(ZONES)
FIRST = datetime(2011, 1, 1, tzinfo=UTC)
NINE = datetime.combine(date(2026, 6, 1), time(9))
LATER = datetime.combine(date(2026, 6, 2), time())


def changes(zone: str) -> list[datetime]:
    """Return the instants near which the clocks of a zone change, in some years."""
    days = [FIRST + timedelta(days=n) for n in range(16 * 366)]
    there = ZoneInfo(zone)
    return [
        before
        for before, after in pairwise(days)
        if before.astimezone(there).utcoffset() != after.astimezone(there).utcoffset()
    ]


CHANGES = {zone: changes(zone) for zone in ZONES}


@st.composite
def instants(draw, zone: str) -> datetime:
    """Draw instants, most of them within two days of a change of the clocks."""
    quarters = draw(st.integers(-192, 192))
    near = draw(st.sampled_from(CHANGES[zone] or [FIRST]))
    off = draw(st.sampled_from([0, 0, 1, -1]))
    return near + quarters * QUARTER + timedelta(microseconds=off)


def holds(when: When, zone: str, now: datetime, article: Article | None = None) -> bool:
    """Say whether a condition of a policy published in a zone lets a view in."""
    policy = Policy(
        publication=Publication(name="The Harbour Review", timezone=zone),
        rules=[
            Rule(name="asked", when=when, show="article"),
            Rule(name="rest", show="subscription-wall"),
        ],
    )
    view = PageView(article=article or Article(id="a"))
    return decide(policy, Reader(id="r"), view, Usage(), now)[0].rule == "asked"


@given(data=st.data(), zone=ZONED, first=st.integers(0, 23), length=st.integers(1, 23))
def test_hours_are_what_the_clock_on_the_wall_shows(data, zone, first, length):
    """Over midnight too, and in an hour that is lived twice."""
    now = data.draw(instants(zone))
    end = (first + length) % 24
    shown = now.astimezone(ZoneInfo(zone)).hour
    expected = shown in {(first + n) % 24 for n in range(length)}
    when = When(hour=Hours(at_least=first, below=end))
    assert expected == holds(when, zone, now)
    assert expected is not holds(When(not_=when), zone, now)


@given(data=st.data(), zone=ZONED, days=st.sets(st.sampled_from(list(Weekday)), min_size=1))
def test_days_of_the_week_are_the_calendars(data, zone, days):
    """Of the publication's zone, whatever the day is elsewhere."""
    now = data.draw(instants(zone))
    shown = list(Weekday)[now.astimezone(ZoneInfo(zone)).weekday()]
    assert (shown in days) == holds(When(weekday=days), zone, now)


@given(data=st.data(), zone=ZONED)
def test_a_local_time_is_the_first_instant_that_shows_it_or_a_later_one(data, zone):
    """That is its first, if it comes twice, and the jump, if it never comes."""
    near = data.draw(instants(zone))
    there = ZoneInfo(zone)
    wall = near.astimezone(there).replace(tzinfo=None, second=0, microsecond=0)
    wall += data.draw(st.integers(-4, 4)) * QUARTER
    start = wall.replace(tzinfo=UTC) - timedelta(hours=30)
    shown = (start + n * QUARTER for n in range(60 * 4))
    first = next(at for at in shown if at.astimezone(there).replace(tzinfo=None) >= wall)
    before = first - timedelta(microseconds=1)
    starting, ending = When(dates=Dates(from_=wall)), When(dates=Dates(until=wall))
    assert [False, True] == [holds(starting, zone, at) for at in (before, first)]
    assert [True, False] == [holds(ending, zone, at) for at in (before, first)]


@given(data=st.data(), zone=ZONED)
def test_a_date_is_a_whole_day_beside_a_time(data, zone):
    """Each bound goes by its own kind: `until` a date is to the end of that day."""
    now = data.draw(instants(zone))
    shown = now.astimezone(ZoneInfo(zone))
    day = shown.date() + timedelta(days=data.draw(st.integers(-1, 1)))
    noon = datetime.combine(day, time(12))
    by_time = When(dates=Dates(from_=day, until=noon))
    by_date = When(dates=Dates(from_=noon, until=day))
    assert (shown.date() == day and shown.hour < 12) == holds(by_time, zone, now)
    assert (shown.date() == day and shown.hour >= 12) == holds(by_date, zone, now)


@given(
    data=st.data(),
    zone=ZONED,
    length=st.sampled_from(["1 hour", "24 hours", "7 days", "90 minutes", "2 weeks"]),
)
def test_lengths_are_absolute_time_to_the_microsecond(data, zone, length):
    """A day is 24 hours on the days on which the clocks jump, too."""
    published = data.draw(instants(zone))
    article = Article(id="a", published=published.astimezone(ZoneInfo(zone)))
    edge = published + Lengths(at_least=length).at_least
    microsecond = timedelta(microseconds=1)
    times = (edge - microsecond, edge, edge + microsecond)
    found = {
        name: [holds(When(age=Lengths(**{name: length})), zone, now, article) for now in times]
        for name in ("at_least", "at_most", "above", "below")
    }
    assert found == {
        "at_least": [False, True, True],
        "at_most": [True, True, False],
        "above": [False, False, True],
        "below": [True, False, False],
    }


@given(data=st.data(), zone=ZONED)
def test_what_is_not_published_yet_matches_nothing_about_it(data, zone):
    """Neither its age nor its date, and no negation of either."""
    now = data.draw(instants(zone))
    article = Article(id="a", published=now + timedelta(microseconds=1))
    for when in (
        When(age=Lengths(below="1 hour")),
        When(published=Dates(from_=date(2000, 1, 1))),
        When(published=Dates(from_=date(2199, 1, 1))),
    ):
        assert not holds(when, zone, now, article)
        assert not holds(When(not_=when), zone, now, article)


@pytest.mark.parametrize(
    ("hours", "shown"),
    [
        (Hours(at_least=18), range(18, 24)),
        (Hours(below=6), range(6)),
        (Hours(at_least=18, below=24), range(18, 24)),
        (Hours(at_least=24, below=6), range(6)),
        (Hours(at_least=23, below=1), (23, 0)),
    ],
)
def test_an_open_side_of_hours_is_midnight(hours, shown):
    """And so are 0 and 24."""
    day = datetime(2026, 6, 1, tzinfo=UTC)
    found = [n for n in range(24) if holds(When(hour=hours), "UTC", day + timedelta(hours=n))]
    assert sorted(shown) == found


@pytest.mark.parametrize(
    "when",
    [
        When(hour=Hours()),
        When(hour=Hours(at_least=0)),
        When(hour=Hours(at_least=3, below=3)),
        When(hour=Hours(at_least=0, below=24)),
        When(age=Lengths()),
        When(age=Lengths(below="0 days")),
        When(age=Lengths(above="2 hours", below="1 hour")),
        When(dates=Dates()),
        When(published=Dates(from_=NINE, until=NINE)),
        When(dates=Dates(from_=LATER, until=date(2026, 6, 1))),
        When(weekday=[]),
        When(switch=["storm"]),
    ],
)
def test_what_can_never_hold_or_asks_nothing_is_refused(when):
    """A policy with such a condition cannot be made."""
    with pytest.raises(PolicyError):
        holds(when, "UTC", FIRST)

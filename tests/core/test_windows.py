"""When do windows start and end, in every zone, on every odd day?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from meter import Article, Meter, PageView, Policy, Reader, Rule, Usage, decide
from meter.forms import parse_length
from meter.policy import Publication
from meter.vocabulary import Unit, Weekday
from meter.windows import (
    DAY,
    Term,
    Timeline,
    Window,
    day_start,
    instant,
    length_text,
    local_instant,
    moment,
)

ZONES = sorted(available_timezones() - {"localtime", "posixrules", "Factory"})
HOUR = DAY // 24


def at(text: str) -> int:
    return instant(datetime.fromisoformat(text))


def first_instant_by_trying(day: date, zone: ZoneInfo) -> datetime:
    """Return the smallest UTC second whose local date is `day` or later.

    By arithmetic far from a clock change, else by trying.
    """
    wall = datetime(day.year, day.month, day.day, tzinfo=UTC)
    offsets = {(wall + timedelta(hours=h)).astimezone(zone).utcoffset() for h in (-26, 26)}
    if len(offsets) == 1:
        return wall - offsets.pop()
    found = wall - max(offsets)
    while found.astimezone(zone).date() < day:
        found += timedelta(minutes=1)
    while (found - timedelta(seconds=1)).astimezone(zone).date() >= day:
        found -= timedelta(seconds=1)
    return found


def odd_month_starts(zone: ZoneInfo) -> list[date]:
    """Return the first of the months, 2000 to 2037, whose midnight is missing or doubled.

    PEP 495's two readings differ.
    """
    days = [date(year, month, 1) for year in range(2000, 2038) for month in range(1, 13)]
    walls = [(day, datetime(day.year, day.month, 1, tzinfo=zone)) for day in days]
    return [day for day, wall in walls if wall.utcoffset() != wall.replace(fold=1).utcoffset()]


def test_every_month_starts_right_in_every_zone():
    """Each month from 2000 to 2037 starts at the first instant of its first day.

    That instant is found without the code under test.
    """
    wrong = [
        (name, year, month)
        for name in ZONES
        for zone in [ZoneInfo(name)]
        for year in range(2000, 2038)
        for month in range(1, 13)
        if moment(day_start(date(year, month, 1), zone), UTC)
        != first_instant_by_trying(date(year, month, 1), zone)
    ]
    assert wrong == []


def test_months_whose_midnight_is_missing_or_doubled_are_found_and_right():
    """The odd pairs of zone and month start and end on the first instant.

    There are 38 zones' own with tzdata 2026f, and 46 with aliases.
    """
    odd = [(name, day) for name in ZONES for day in odd_month_starts(ZoneInfo(name))]
    known = {
        ("America/Havana", date(2026, 11, 1)),
        ("America/Havana", date(2012, 4, 1)),
        ("Asia/Amman", date(2016, 4, 1)),
        ("Africa/Cairo", date(2014, 8, 1)),
        ("America/St_Johns", date(2009, 11, 1)),
        ("Asia/Khandyga", date(2004, 1, 1)),
        ("America/Asuncion", date(2023, 10, 1)),
        ("Asia/Damascus", date(2011, 4, 1)),
    }
    assert known <= set(odd)
    assert len(odd) >= 38
    for name, day in odd:
        zone = ZoneInfo(name)
        first = instant(first_instant_by_trying(day, zone))
        timeline = Timeline(Window(calendar="month"), zone)
        assert timeline.bounds(first)[0] == first, (name, day)
        assert Timeline(Window(calendar="month"), zone).bounds(first - 1)[1] == first, (name, day)
        assert moment(first, zone).date() == day, (name, day)


@pytest.mark.parametrize(
    ("zone", "day", "starts"),
    [
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00:00Z"),  # midnight twice: the first
        ("Africa/Cairo", date(2014, 8, 1), "2014-07-31T22:00:00Z"),  # no midnight: one o'clock
        (
            "Pacific/Apia",
            date(2011, 12, 30),
            "2011-12-30T10:00:00Z",
        ),  # a date nobody lived: the next one
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00:00Z"),
        ("Pacific/Kwajalein", date(1993, 8, 21), "1993-08-21T12:00:00Z"),
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00:00Z"),
        ("Asia/Tokyo", date(2026, 6, 1), "2026-05-31T15:00:00Z"),
        (
            "Africa/Monrovia",
            date(1972, 1, 7),
            "1972-01-07T00:44:30Z",
        ),  # an offset of 44 minutes and 30 seconds ends
    ],
)
def test_a_day_starts_at_the_first_instant_of_its_date(zone, day, starts):
    """A day starts at its first instant, whatever the clocks do at midnight."""
    assert at(starts) == day_start(day, ZoneInfo(zone))


@pytest.mark.parametrize(
    ("when", "end", "expected"),
    [
        (date(2026, 6, 30), False, "2026-06-29T15:00:00Z"),
        (date(2026, 6, 30), True, "2026-06-30T15:00:00Z"),
        (
            datetime(2026, 6, 30, 12),  # noqa: DTZ001
            True,
            "2026-06-30T03:00:00Z",
        ),
        (datetime(2026, 6, 30, 12, tzinfo=UTC), False, "2026-06-30T12:00:00Z"),
    ],
)
def test_a_date_and_a_local_time_are_read_in_the_publications_zone(when, end, expected):
    """An editor's date or time is an instant in the publication's zone.

    An end date lasts to the end of the day.
    """
    assert at(expected) == local_instant(when, ZoneInfo("Asia/Tokyo"), end=end)


def test_a_local_time_in_a_gap_is_the_first_instant_after_it():
    """02:30 on the night the clocks go forward does not exist: 03:00 does."""
    assert at("2026-03-08T07:00:00Z") == local_instant(
        datetime(2026, 3, 8, 2, 30),  # noqa: DTZ001
        ZoneInfo("America/New_York"),
    )


def test_a_time_without_a_zone_is_refused():
    """A guess would move somebody's month."""
    with pytest.raises(ValueError, match="the time `2026-06-01T00:00:00` has no zone"):
        instant(datetime(2026, 6, 1))  # noqa: DTZ001


@given(
    st.integers(at("1900-01-01T00:00:00Z"), at("2200-01-01T00:00:00Z")).map(
        lambda at: moment(at, ZoneInfo("Europe/London"))
    )
)
def test_instants_and_moments_are_inverse(when):
    """A time survives becoming an instant, to the microsecond."""
    assert when.astimezone(UTC) == moment(instant(when), UTC)


ODD_TIMES = st.sampled_from(
    [
        "Pacific/Apia",
        "America/Havana",
        "Africa/Cairo",
        "America/St_Johns",
        "Pacific/Kwajalein",
        "Europe/London",
    ]
)
HOURS = st.integers(at("1990-01-01T00:00:00Z") // HOUR, at("2037-12-31T00:00:00Z") // HOUR).map(
    lambda hours: hours * HOUR
)


@given(
    zone=ODD_TIMES,
    unit=st.sampled_from(list(Unit)),
    start=st.sampled_from(list(Weekday)),
    when=HOURS,
    off=st.sampled_from([-1, 0, 1]),
)
@example(
    zone="Pacific/Apia",
    unit=Unit.DAY,
    start=Weekday.MONDAY,
    when=at("2011-12-30T10:00:00Z"),
    off=-1,
)
@example(
    zone="America/St_Johns",
    unit=Unit.DAY,
    start=Weekday.MONDAY,
    when=at("2009-11-01T02:45:00Z"),
    off=0,
)  # lived twice
def test_calendar_windows_leave_no_instant_out_and_none_in_two(zone, unit, start, when, off):
    """An instant lies in its window, and the next window begins where it ends."""
    window = Window(calendar=unit, starts=start if unit is Unit.WEEK else None)
    timeline = Timeline(window, ZoneInfo(zone))
    low, high = timeline.bounds(when + off)
    assert low <= when + off < high
    assert high - low <= window.length // timedelta(microseconds=1)
    assert Timeline(window, ZoneInfo(zone)).bounds(high)[0] == high
    assert Timeline(window, ZoneInfo(zone)).bounds(low - 1)[1] == low


def test_a_date_lived_twice_belongs_to_the_window_that_has_begun():
    """St John's put the clocks back at one minute past midnight.

    The hour before it, lived again, is still November.
    """
    zone = ZoneInfo("America/St_Johns")
    begun, again = at("2009-11-01T02:30:00Z"), at("2009-11-01T02:45:00Z")
    assert (moment(again, zone).day, moment(again, zone).month) == (31, 10)
    assert begun == Timeline(Window(calendar="month"), zone).bounds(again)[0]


@pytest.mark.parametrize("starts", list(Weekday))
def test_a_week_starts_on_any_weekday(starts):
    """Seven local days from the given weekday."""
    zone = ZoneInfo("America/New_York")
    low, high = Timeline(Window(calendar="week", starts=starts), zone).bounds(
        at("2026-03-10T12:00:00Z")
    )
    assert list(Weekday)[moment(low, zone).weekday()] is starts
    assert moment(high, zone).date() - moment(low, zone).date() == timedelta(days=7)


def test_a_week_starts_on_monday_unless_said_otherwise():
    """ISO 8601's week."""
    assert (
        at("2026-06-08T00:00:00Z")
        == Timeline(Window(calendar="week"), ZoneInfo("UTC")).bounds(at("2026-06-14T23:59:59Z"))[0]
    )


@pytest.mark.parametrize(
    ("window", "read", "inside_until"),
    [
        ({"rolling": "30 days"}, "2026-03-01T12:00:00Z", "2026-03-31T12:00:00Z"),
        (
            {"rolling": "36 hours"},
            "2026-03-07T12:00:00Z",
            "2026-03-09T00:00:00Z",
        ),  # over a change of the clocks
        ({"fixed": "2 days"}, "2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z"),
        ({"calendar": "month"}, "2026-10-31T12:00:00Z", "2026-11-01T04:00:00Z"),
        ({"calendar": "year"}, "2026-10-31T12:00:00Z", "2027-01-01T05:00:00Z"),
        ({"calendar": "day"}, "2026-11-01T04:30:00Z", "2026-11-02T05:00:00Z"),  # a day of 25 hours
    ],
)
def test_a_read_is_inside_to_the_last_microsecond_and_no_longer(window, read, inside_until):
    """Every window is half-open: at its end a read is out, a microsecond before it is in."""
    timeline = Timeline(Window(**window), ZoneInfo("America/Havana"))
    reads, end = [at(read)], at(inside_until)
    assert timeline.inside(reads, end - 1) == 0
    assert timeline.inside(reads, end) == 1
    assert end == timeline.resets(reads, 1, at(read)) == timeline.ends(reads)


def test_a_lifetime_never_ends():
    """What was read for life stays read, and nothing comes back."""
    timeline = Timeline(Window(lifetime=True), ZoneInfo("UTC"))
    assert (
        timeline.inside([0], at("2037-01-01T00:00:00Z")),
        timeline.resets([0], 1, 0),
        timeline.ends([0]),
    ) == (0, None, None)


def test_nothing_resets_before_the_first_read_of_an_absolute_window():
    """Neither a rolling nor a fixed window runs before something is read.

    A calendar window always does.
    """
    zone = ZoneInfo("UTC")
    assert Timeline(Window(rolling="1 day"), zone).resets([], 3, 0) is None
    assert Timeline(Window(fixed="1 day"), zone).resets([], 3, 0) is None
    assert Timeline(Window(calendar="day"), zone).resets([], 3, 0) == DAY


def test_a_rolling_window_says_when_one_more_fits():
    """With more inside than a lowered limit, the next place is free when enough have left."""
    timeline = Timeline(Window(rolling="1 day"), ZoneInfo("UTC"))
    assert timeline.resets([1, 2, 3], 3, 3) == 1 + DAY
    assert timeline.resets([1, 2, 3], 2, 3) == 2 + DAY
    assert timeline.resets([1, 2, 3], 9, 3) == 1 + DAY
    assert timeline.resets([1, 2, 3], 0, 3) is None


def test_a_fixed_window_starts_with_the_first_read_after_the_one_before():
    """Reads at 0, 1 and 2 days and a half: the second window starts with the third read."""
    timeline = Timeline(Window(fixed="2 days"), ZoneInfo("UTC"))
    reads = [0, DAY, 5 * DAY // 2]
    assert [
        timeline.inside(reads, t)
        for t in (DAY, 2 * DAY - 1, 5 * DAY // 2, 9 * DAY // 2 - 1, 9 * DAY // 2)
    ] == [0, 0, 2, 2, 3]


@pytest.mark.parametrize(
    ("term", "start", "end"),
    [
        ("1 month", "2026-01-31T10:00:00+09:00", "2026-02-28T10:00:00+09:00"),
        ("1 month", "2028-01-31T10:00:00+09:00", "2028-02-29T10:00:00+09:00"),
        ("1 year", "2028-02-29T10:00:00+09:00", "2029-02-28T10:00:00+09:00"),
        ("3 months", "2026-11-30T10:00:00+09:00", "2027-02-28T10:00:00+09:00"),
        ("14 days", "2026-06-20T10:00:00+09:00", "2026-07-04T10:00:00+09:00"),
        ("2 weeks", "2026-06-20T01:00:00Z", "2026-07-04T01:00:00Z"),
        ("12 months", "2026-12-31T10:00:00+09:00", "2027-12-31T10:00:00+09:00"),
    ],
)
def test_a_term_ends_on_the_same_day_or_the_last_there_is(term, start, end):
    """31 January plus a month is the last of February; 29 February plus a year is the 28th."""
    assert datetime.fromisoformat(end) == Term.parse(term).after(
        datetime.fromisoformat(start), ZoneInfo("Asia/Tokyo")
    )


def test_a_term_keeps_the_time_on_the_clock_over_a_change():
    """One day later at the same time of day is 23 hours later on the night the clocks go forward.

    A missing time is the next.
    """
    zone = ZoneInfo("America/New_York")
    start = datetime(2026, 3, 7, 2, 30, tzinfo=zone)
    assert instant(Term.parse("1 day").after(start, zone)) - instant(start) == 47 * HOUR // 2
    assert Term.parse("1 day").after(start, zone).hour == 3


def test_lengths_and_terms_are_read_and_written_in_an_editors_words():
    """Both round-trip."""
    assert [timedelta(hours=36), timedelta(days=14), timedelta(days=1)] == [
        parse_length(t) for t in ("36 hours", "2 weeks", "1 day")
    ]
    assert [length_text(timedelta(hours=h)) for h in (36, 336, 24, 1)] == [
        "36 hours",
        "14 days",
        "1 day",
        "1 hour",
    ]
    assert [str(Term.parse(text)) for text in ("3 months", "1 year")] == ["3 months", "1 year"]


@pytest.mark.parametrize(
    "text",
    ["", "30", "0 days", "9999 weeks", "-1 days", "1.5 days", "30 days ", "３ days", "a month"],
)
def test_a_length_that_is_none_is_refused(text):
    """With what would be one."""
    with pytest.raises(ValueError, match="is not"):
        parse_length(text)


@pytest.mark.parametrize("text", ["", "0 months", "3", "3 fortnights"])
def test_a_term_that_is_none_is_refused(text):
    """With what would be one."""
    with pytest.raises(ValueError, match="is not a term such as"):
        Term.parse(text)


@pytest.mark.parametrize(
    "keys", [{}, {"calendar": "month", "lifetime": True}, {"rolling": "1 day", "fixed": "1 day"}]
)
def test_a_window_is_exactly_one_kind(keys):
    """None or two kinds are refused."""
    with pytest.raises(ValueError, match="exactly one of"):
        Window(**keys)


def test_only_a_week_has_a_weekday_to_start_on():
    """`starts` with another unit is refused."""
    with pytest.raises(ValueError, match="`starts` goes with"):
        Window(calendar="month", starts="sunday")


def test_windows_say_what_they_are():
    """In words for a page."""
    windows = [
        Window(calendar="month"),
        Window(calendar="week", starts="sunday"),
        Window(rolling="36 hours"),
        Window(fixed="2 days"),
        Window(lifetime=True),
    ]
    assert list(map(str, windows)) == [
        "calendar month",
        "calendar week (from Sunday)",
        "rolling 36 hours",
        "2 days from the first read",
        "lifetime",
    ]
    assert [
        timedelta(days=32),
        timedelta(days=8),
        timedelta(hours=36),
        timedelta(days=2),
        None,
    ] == [window.length for window in windows]


@pytest.mark.parametrize(
    ("when", "unit"),
    [
        ("9999-12-30T23:59:59+00:00", "year"),
        ("9999-12-30T00:00:00+00:00", "month"),
        ("0001-01-01T00:00:00+00:00", "day"),
    ],
)
def test_no_calendar_reaches_beyond_the_years_there_are(when, unit):
    """A window that would end after the year 9999, or begin before 1, is an error in words."""
    with pytest.raises(ValueError, match="no calendar reaches that far"):
        Timeline(Window(calendar=unit), ZoneInfo("America/New_York")).bounds(at(when))


@pytest.mark.parametrize("window", [Window(rolling="30 days"), Window(fixed="2 days")])
def test_a_length_past_the_last_year_is_told_in_words(window):
    """An absolute window that would end after the year 9999 is refused as a calendar one is."""
    policy = Policy(
        publication=Publication(name="x"),
        meters=[Meter(name="m", window=window, limit=1)],
        rules=[
            Rule(name="taste", spend="m", show="countdown"),
            Rule(name="rest", show="subscription-wall"),
        ],
    )
    with pytest.raises(ValueError, match="no calendar reaches that far"):
        decide(
            policy,
            Reader(id="r"),
            PageView(article=Article(id="a")),
            Usage(),
            datetime(9999, 12, 31, tzinfo=UTC),
        )

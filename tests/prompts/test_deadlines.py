"""The end of an offer or a window: the right day, with its year and its time where they matter."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter import Article, PageView, Policy, Reader, Usage, Window, decide, loads_policy, render
from meter.explanation import last_day
from meter.policy import Copy, Offer, Prompt, PromptWords, Publication, Rule
from meter.prompts.deadlines import from_text, until_text
from meter.resources.locales import locale_of
from meter.windows import day_start, moment
from tests.prompts.markup import read
from tests.prompts.midnights import JUMPING, days_without_midnight, wrong_days
from tests.prompts.staging import LANGUAGES, NOW, Stage, make_offer, make_policy

TOKYO = ZoneInfo("Asia/Tokyo")
ENGLISH = locale_of("en")
ZONES = ["Asia/Tokyo", "UTC", "America/Havana", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kabul"]


def offered(ends: date | datetime, now: datetime, zone: str = "Asia/Tokyo", locale="en") -> str:
    """The line of a prompt that says when the offer ends, seen at `now`."""
    policy = Policy(
        publication=Publication(name="H", timezone=zone),
        offers=[Offer(name="o", price=9, currency="USD", term="1 month", ends=ends)],
        rules=[Rule(name="all", show="trial-offer", offer="o")],
    )
    view = PageView(article=Article(id="a"))
    decision = decide(policy, Reader(id="r", registered=True), view, Usage(), now)[0]
    return read(render(decision, policy, locale=locale)).lines[1]


@pytest.mark.parametrize(
    ("ends", "now", "said"),
    [
        (date(2026, 6, 30), "2026-06-10T09:00", "June 30th"),
        (date(2026, 6, 30), "2026-06-30T23:59", "June 30th"),
        (date(2028, 6, 30), "2026-06-10T09:00", "June 30th, 2028"),
        (date(2027, 1, 1), "2026-12-31T23:59", "January 1st, 2027"),
        (date(2027, 1, 1), "2027-01-01T00:00", "January 1st"),
        (date(2026, 12, 31), "2026-12-31T23:59", "December 31st"),
        (datetime.fromisoformat("2026-06-01T18:30"), "2026-05-31T23:59", "June 1st"),
        (datetime.fromisoformat("2026-06-01T18:30"), "2026-06-01T00:00", "June 1st, 6:30\u202fPM"),
        (datetime.fromisoformat("2026-06-01T18:30"), "2026-06-01T18:29", "June 1st, 6:30\u202fPM"),
        (datetime.fromisoformat("2026-06-02T00:00"), "2026-06-01T18:29", "June 1st"),
        (datetime.fromisoformat("2027-01-01T00:00"), "2026-12-31T18:29", "December 31st"),
        (datetime.fromisoformat("2028-06-01T18:30"), "2026-06-01T18:29", "June 1st, 2028"),
        (datetime(2026, 6, 1, 9, 30, tzinfo=UTC), "2026-06-01T12:00", "June 1st, 6:30\u202fPM"),
    ],
)
def test_the_end_of_an_offer_cannot_be_mistaken(ends, now, said):
    """The last day; with its year where that is another, with the time on the day itself."""
    assert f"Offer ends {said}" == offered(ends, datetime.fromisoformat(now).replace(tzinfo=TOKYO))


@pytest.mark.parametrize(
    ("locale", "day", "time"),
    [
        ("en-GB", "Offer ends 1st June 2028", "Offer ends 1st June, 18:30"),
        ("ja", "お申し込みは2028年6月1日まで", "お申し込みは6月1日 18:30まで"),
        (
            "fr",
            "Offre valable jusqu’au 1er juin 2028",
            "Offre valable jusqu’au 1er juin, 18:30",
        ),
        (
            "it",
            "Offerta valida fino al 1º giugno 2028",
            "Offerta valida fino al 1º giugno 18:30",
        ),
        ("zh-Hant", "優惠至2028年6月1日止", "優惠至6月1日 下午6:30止"),
        ("pl", "Oferta ważna do 1 czerwca 2028", "Oferta ważna do 1 czerwca 18:30"),
        (
            "ru",
            "Предложение действует до 1 июня 2028\u202fг.",
            "Предложение действует до 1 июня, 18:30",
        ),
        (
            "de",
            "Angebot gültig bis zum 1. Juni 2028",
            "Angebot gültig bis zum 1. Juni, 18:30",
        ),
        ("nl", "Aanbieding eindigt op 1 juni 2028", "Aanbieding eindigt op 1 juni, 18:30"),
        (
            "sv",
            "Erbjudandet gäller till och med den 1 juni 2028",
            "Erbjudandet gäller till och med den 1 juni 18:30",
        ),
        (
            "nb",
            "Tilbudet gjelder til og med 1. juni 2028",
            "Tilbudet gjelder til og med 1. juni, 18:30",
        ),
        ("ar", "ينتهي العرض في 1 يونيو 2028", "ينتهي العرض في 1 يونيو، 6:30 م"),
        (
            "cy",
            "Mae’r cynnig yn dod i ben ar 1 Mehefin 2028",
            "Mae’r cynnig yn dod i ben ar 1 Mehefin, 18:30",
        ),
    ],
)
def test_years_and_times_are_those_of_the_language(locale, day, time):
    """In the locale's own form."""
    now = datetime(2026, 6, 1, 12, tzinfo=TOKYO)
    assert day == offered(date(2028, 6, 1), now, locale=locale)
    assert time == offered(datetime.fromisoformat("2026-06-01T18:30"), now, locale=locale)


def test_a_prompt_that_was_kept_is_not_shown_on_another_day():
    """Nor to somebody of another status: what is remembered knows what the words depend on."""
    policy = make_policy(offer=make_offer(ends=datetime.fromisoformat("2026-06-30T18:30")))
    view = PageView(article=Article(id="p", access="metered"))
    said = []
    for day in (29, 30, 29):
        now = datetime(2026, 6, day, 12, tzinfo=TOKYO)
        decision = decide(policy, Reader(id="r"), view, Usage(), now)[0]
        said.append(read(render(decision, policy)).lines[-3])
    assert ["Offer ends June 30th", "Offer ends June 30th, 6:30\u202fPM"] == said[:2]
    assert said[0] == said[2]


@pytest.mark.parametrize("zone", JUMPING)
def test_the_last_day_where_clocks_jump_at_midnight(zone):
    """Every such day of 2024 to 2030, and the days beside it."""
    jumps = list(days_without_midnight(ZoneInfo(zone)))
    assert jumps
    days = {day + timedelta(days=shift) for day in jumps for shift in (-2, -1, 0, 1)}
    assert [] == wrong_days(zone, sorted(days))


def test_there_are_58_such_days():
    """In ten zones by name."""
    assert 58 == sum(len(list(days_without_midnight(ZoneInfo(zone)))) for zone in JUMPING)


def test_no_day_is_told_that_never_was():
    """Samoa had no 30 December 2011: an offer to the end of the 29th ends on the 29th."""
    now = datetime(2011, 12, 29, 12, tzinfo=ZoneInfo("Pacific/Apia"))
    assert "Offer ends December 29th" == offered(date(2011, 12, 29), now, "Pacific/Apia")
    assert [] == wrong_days("Pacific/Apia", [date(2011, 12, 29), date(2011, 12, 31)])


@given(
    day=st.dates(date(2000, 1, 1), date(2035, 12, 31)),
    zone=st.sampled_from(ZONES),
    ahead=st.integers(0, 800),
)
def test_the_last_day_of_a_date_is_that_date(day, zone, ahead):
    """For any day that was, in any zone, seen from any day before it."""
    there = ZoneInfo(zone)
    end = day_start(day + timedelta(days=1), there)
    assert day == last_day(end, there)
    today = day - timedelta(days=ahead)
    said = until_text(end, today, there, ENGLISH)
    assert (str(day.year) in said) == (today.year != day.year)
    assert ":" not in said


@given(
    at=st.integers(0, 2_000_000_000_000_000),
    zone=st.sampled_from(ZONES),
)
def test_a_start_is_told_no_earlier_than_it_is(at, zone):
    """Allowance that comes back within a minute is told for the next whole one."""
    there = ZoneInfo(zone)
    today = moment(at, there).date()
    said = from_text(at, today, there, ENGLISH)
    if ":" in said:
        clock = datetime.strptime(said.split(", ")[1] + "+0000", "%I:%M\u202f%p%z").time()
        exact = moment(at, there).time()
        assert exact <= clock
        assert (clock.hour * 60 + clock.minute) - (exact.hour * 60 + exact.minute) <= 1
    tomorrow = from_text(at, today - timedelta(days=1), there, ENGLISH)
    assert ":" not in tomorrow


def test_one_instant_is_told_by_each_zones_own_clock():
    """Whatever was told of it to another publication before."""
    end = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
    now = datetime(2026, 6, 1, 8, tzinfo=UTC)
    said = [offered(end, now, zone) for zone in ("UTC", "Asia/Tokyo", "UTC")]
    early = "Offer ends June 1st, 9:30\u202fAM"
    assert [early, "Offer ends June 1st, 6:30\u202fPM", early] == said


@pytest.mark.parametrize(
    ("hour", "first", "wall"),
    [
        (9, "left until June 10th, 9:00\u202fPM", "(more from June 10th, 9:00\u202fPM)"),
        (14, "left until June 11th", "(more from June 11th)"),
    ],
)
def test_a_window_of_hours_says_the_time_on_its_last_day(hour, first, wall):
    """Twelve hours from the first read, in Tokyo."""
    policy = make_policy(window=Window(fixed="12 hours"), limit=2)
    usage = Usage()
    said = []
    for number in range(3):
        now = datetime(2026, 6, 10, hour, tzinfo=TOKYO) + timedelta(seconds=number)
        view = PageView(article=Article(id=f"a{number}"))
        decision, usage = decide(policy, Reader(id="r"), view, usage, now)
        said.append(read(render(decision, policy)).lines)
    assert said[0][0].endswith(first)
    assert said[2][1].endswith(wall)


def test_the_end_of_a_window_has_its_year():
    """Where it is another than the one of the read."""
    stage = Stage(make_policy(window=Window(fixed="300 days")))
    assert "until April 6th, 2027" in render(stage.read(1), stage.policy, format="text")
    assert NOW.year == 2026


def test_a_policy_file_says_the_same():
    """`ends = 2026-04-23` in Cairo, where the clock jumps over the midnight after it."""
    policy = loads_policy(
        '[publication]\nname = "H"\ntimezone = "Africa/Cairo"\n'
        '[offers.o]\nprice = 9\ncurrency = "USD"\nterm = "1 month"\nends = 2026-04-23\n'
        '[[rules]]\nname = "all"\nshow = "trial-offer"\noffer = "o"\n'
    )
    now = datetime(2026, 4, 23, 23, 59, tzinfo=policy.zone)
    view = PageView(article=Article(id="a"))
    decision = decide(policy, Reader(id="r"), view, Usage(), now)[0]
    assert "Offer ends April 23rd" in render(decision, policy)
    over = decide(policy, Reader(id="r"), view, Usage(), now + timedelta(minutes=1))[0]
    assert over.offer is None


def near(end: datetime | date, now: str, locale: str = "en", zone: str = "Asia/Tokyo") -> str:
    """What `{{ deadline }}` says of an offer that ends then, seen at `now`."""
    policy = Policy(
        publication=Publication(name="H", timezone=zone),
        offers=[Offer(name="o", price=9, currency="USD", term="1 month", ends=end)],
        prompts=[Prompt(name="sale", heading="{{ deadline }}")],
        copy={locale: Copy(prompts={"sale": PromptWords(heading="{{ deadline }}")})}
        if locale != "en"
        else {},
        rules=[Rule(name="all", show="subscription-wall", offer="o", prompt="sale")],
    )
    view = PageView(article=Article(id="a"))
    at = datetime.fromisoformat(now).replace(tzinfo=ZoneInfo(zone))
    decision = decide(policy, Reader(id="r"), view, Usage(), at)[0]
    return read(render(decision, policy, locale=locale)).lines[0]


@pytest.mark.parametrize(
    ("end", "now", "said"),
    [
        (date(2026, 6, 30), "2026-06-30T00:00", "Last day: ends tonight"),
        (date(2026, 6, 30), "2026-06-30T23:59", "Last day: ends tonight"),
        (date(2026, 6, 30), "2026-06-29T00:00", "Ends tomorrow"),
        (date(2026, 6, 30), "2026-06-28T12:00", "3 days left"),
        (date(2026, 6, 30), "2026-06-24T23:59", "7 days left"),
        (date(2026, 6, 30), "2026-06-23T23:59", "Offer ends June 30th"),
        (date(2027, 1, 1), "2026-12-31T23:59", "Ends tomorrow"),
        (datetime.fromisoformat("2026-06-30T18:30"), "2026-06-30T18:29", "Ends today at 6:30 PM"),
        (
            datetime.fromisoformat("2026-06-30T18:30"),
            "2026-06-29T18:31",
            "Ends tomorrow at 6:30 PM",
        ),
        (datetime.fromisoformat("2026-06-30T18:30"), "2026-06-28T18:31", "2 days left"),
        (datetime.fromisoformat("2026-07-01T00:00"), "2026-06-30T18:31", "Last day: ends tonight"),
    ],
)
def test_a_deadline_is_told_by_how_near_it_is(end, now, said):
    """By the days of the publication's zone; a midnight is the end of the day before."""
    assert said == near(end, now).replace("\u202f", " ")


def test_a_day_without_a_midnight_ends_tonight_too():
    """In Cairo the clock jumped from 23:59 to 1:00."""
    said = near(date(2026, 4, 23), "2026-04-23T20:00", zone="Africa/Cairo")
    assert said == "Last day: ends tonight"


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_language_tells_each_kind_of_deadline(locale):
    """Five sentences, all different, each of the language's own words."""
    timed = datetime.fromisoformat("2026-06-30T18:30")
    said = [
        near(date(2026, 6, 30), "2026-06-30T12:00", locale),
        near(date(2026, 6, 30), "2026-06-29T12:00", locale),
        near(timed, "2026-06-30T12:00", locale),
        near(timed, "2026-06-29T12:00", locale),
        near(timed, "2026-06-28T12:00", locale),
        near(timed, "2026-06-25T12:00", locale),
    ]
    assert len({*said}) == len(said)
    if locale != "en":
        assert not any("left" in words or "nds to" in words for words in said)


def owned(hours: int, **offer: object) -> list[str]:
    """What a reader sees at the wall so many hours after an offer of 72 hours was first shown."""
    policy = Policy(
        publication=Publication(name="H", timezone="Asia/Tokyo"),
        offers=[
            Offer(name="o", price=9, currency="USD", term="1 month", lasts="72 hours", **offer)
        ],
        rules=[Rule(name="all", show="trial-offer", offer="o")],
    )
    view = PageView(article=Article(id="a"))
    start = datetime(2026, 6, 10, 9, 0, 30, tzinfo=TOKYO)
    usage = decide(policy, Reader(id="r"), view, Usage(), start)[1]
    decision = decide(policy, Reader(id="r"), view, usage, start + timedelta(hours=hours))[0]
    return [line.replace("\u202f", " ") for line in read(render(decision, policy)).lines]


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0, "3 days left"),
        (14, "3 days left"),
        (15, "2 days left"),
        (39, "Ends tomorrow at 9:00 AM"),
        (71, "Ends today at 9:00 AM"),
    ],
)
def test_a_deadline_of_ones_own_is_told_to_its_reader(hours, said):
    """To the whole minute before: nobody is promised more than they have."""
    assert said in owned(hours)


def test_one_readers_deadline_is_not_told_to_another():
    """What is remembered of a prompt knows whose deadline it says."""
    assert "3 days left" in owned(0)
    assert "Ends today at 9:00 AM" in owned(71)
    assert "3 days left" in owned(0)
    assert all("left" not in line and "Ends" not in line for line in owned(72))


def test_an_offer_tells_what_it_cost_before():
    """Beside the price, and only where the policy says so."""
    assert "Instead of $19" in owned(0, was=19)
    assert not any("Instead" in line for line in owned(0))

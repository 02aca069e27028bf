"""A policy file becomes the policy it says, and back."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import Meter, Offer, Policy, PolicyError, Rule, Window, load_policy, loads_policy
from meter.loading import dumps_policy
from meter.policy import (
    Copy,
    Dates,
    Guarantee,
    Hours,
    Lengths,
    Limit,
    Links,
    Publication,
    Since,
    Tenure,
    When,
)
from meter.resources import template_root
from meter.testing import strategies
from meter.vocabulary import Members, Range, Show

WHOLE = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"
locale = "en"

[meters.monthly]
window = { calendar = "week", starts = "sunday" }
limit = { anonymous = 3, registered = 5 }
count = "views"

[meters.taste]
window = { rolling = "30 days" }
limits = [ { when = { score = { below = 0.2 } }, limit = 10 }, { limit = 3 } ]

[offers.summer]
kind = "subscription"
price = 9.5
currency = "USD"
term = "3 months"
product = "digital"
starts = 2026-06-01T09:00:00
ends = 2026-06-30
when = { reader = ["anonymous"] }

[[rules]]
name = "everything a condition can ask"
show = "article"
[rules.when]
reader = ["subscriber"]
access = ["free", "premium"]
section = ["markets"]
kind = ["opinion"]
product = ["digital"]
country = ["JP"]
device = ["mobile"]
channel = ["newsletter"]
language = ["ja"]
referrer = ["google.com"]
tags = ["sponsored"]
segments = { any = ["a"], all = ["b"], none = ["c"] }
score = { at_least = 0.2, below = 0.8 }
value = { above = 0.5 }
age = { above = "7 days" }
since.expiry = { at_least = "30 days", product = ["digital"] }
since.purchase = { below = "1 week" }
since.registration = { at_most = "1 day" }
account = true
entitled = false
published = { from = 2026-06-01T18:00:00, until = 2026-06-30T18:00:00Z }
weekday = ["saturday", "sunday"]
hour = { at_least = 18, below = 6 }
switch = ["storm"]
left = { taste = { at_most = 2 } }
gift = true
crawler = false
dates = { from = 2026-06-01, until = 2026-06-30 }
any = [ { access = ["free"] }, { tags = ["open"] } ]
not = { gift = true }

[[rules]]
name = "an allowance"
spend = "monthly"
show = "countdown"
offer = "summer"
prompt = "few-left"

[[rules]]
name = "everyone else"
show = "subscription-wall"

[[guarantees]]
name = "subscribers read"
when = { reader = ["subscriber"] }
never = ["subscription-wall"]
always = ["article"]

[copy]
headline = "Stay with us"
benefits = ["All articles", "All newsletters"]
[copy.ja]
pitch = "毎日、港から"

[links]
subscribe = "https://example.com/join"
sign_in = "/account"

[words]
kind = ["opinion"]
section = ["markets"]

[switches]
storm = true
"""


def test_a_file_is_read_key_by_key():
    """Every key of the format arrives in the field that is named after it."""
    low = When(score=Range(below=0.2))
    expected = Policy(
        publication=Publication(name="The Harbour Review", timezone="Asia/Tokyo", locale="en"),
        meters=[
            Meter(
                name="monthly",
                window=Window(calendar="week", starts="sunday"),
                limit={"anonymous": 3, "registered": 5},
                count="views",
            ),
            Meter(
                name="taste",
                window=Window(rolling="30 days"),
                limits=[Limit(when=low, limit=10), Limit(limit=3)],
            ),
        ],
        offers=[
            Offer(
                name="summer",
                kind="subscription",
                price=Decimal("9.5"),
                currency="USD",
                term="3 months",
                product="digital",
                starts=datetime.fromisoformat("2026-06-01T09:00:00"),
                ends=date(2026, 6, 30),
                when=When(reader=["anonymous"]),
            )
        ],
        rules=[
            Rule(
                name="everything a condition can ask",
                show="article",
                when=When(
                    reader=["subscriber"],
                    access=["free", "premium"],
                    section=["markets"],
                    kind=["opinion"],
                    product=["digital"],
                    country=["JP"],
                    device=["mobile"],
                    channel=["newsletter"],
                    language=["ja"],
                    referrer=["google.com"],
                    tags=["sponsored"],
                    segments=Members(any=["a"], all=["b"], none=["c"]),
                    score=Range(at_least=0.2, below=0.8),
                    value=Range(above=0.5),
                    age=Lengths(above="7 days"),
                    since=Since(
                        expiry=Tenure(at_least="30 days", product=["digital"]),
                        purchase=Tenure(below=timedelta(days=7)),
                        registration=Lengths(at_most="24 hours"),
                    ),
                    account=True,
                    entitled=False,
                    published=Dates(
                        from_=datetime.fromisoformat("2026-06-01T18:00:00"),
                        until=datetime.fromisoformat("2026-06-30T18:00:00+00:00"),
                    ),
                    weekday=["saturday", "sunday"],
                    hour=Hours(at_least=18, below=6),
                    switch=["storm"],
                    left={"taste": Range(at_most=2)},
                    gift=True,
                    crawler=False,
                    dates=Dates(from_=date(2026, 6, 1), until=date(2026, 6, 30)),
                    any=[When(access=["free"]), When(tags=["open"])],
                    not_=When(gift=True),
                ),
            ),
            Rule(
                name="an allowance",
                spend="monthly",
                show="countdown",
                offer="summer",
                prompt="few-left",
            ),
            Rule(name="everyone else", show="subscription-wall"),
        ],
        guarantees=[
            Guarantee(
                name="subscribers read",
                when=When(reader=["subscriber"]),
                never=["subscription-wall"],
                always=["article"],
            )
        ],
        copy={
            "en": Copy(headline="Stay with us", benefits=["All articles", "All newsletters"]),
            "ja": Copy(pitch="毎日、港から"),
        },
        links=Links(subscribe="https://example.com/join", sign_in="/account"),
        words={"kind": ["opinion"], "section": ["markets"]},
        switches={"storm": True},
    )
    assert expected == loads_policy(WHOLE)


def test_a_file_on_disk_is_read_with_its_path_as_its_name(tmp_path):
    """`load_policy` reads the same as `loads_policy`, and speaks of the file by its path."""
    path = tmp_path / "spring.toml"
    path.write_text(WHOLE, encoding="utf-8")
    assert loads_policy(WHOLE) == load_policy(path)
    path.write_text(WHOLE.replace("[meters.taste]", "[meters.tastes]"), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_policy(str(path))
    assert {str(path)} == {problem.name for problem in caught.value.problems}


@pytest.mark.parametrize("mark", ["\r\n", "\n"])
def test_a_byte_order_mark_and_either_line_end_are_fine(tmp_path, mark):
    """Files written on Windows are read like any other."""
    path = tmp_path / "policy.toml"
    path.write_bytes(("\ufeff" + WHOLE.replace("\n", mark)).encode())
    assert loads_policy(WHOLE) == load_policy(path)


def test_the_sample_policy_is_read():
    """The policy that ships with the project is one this reads."""
    text = (template_root() / "sample" / "policy.toml").read_text("utf-8")
    assert loads_policy(text).publication.name == "The Harbour Review"


def test_writing_the_whole_format_loses_nothing():
    """A written policy is the same policy when it is read again."""
    policy = loads_policy(WHOLE)
    assert policy == loads_policy(dumps_policy(policy))


_TEXTS = (
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=20)
    .map(str.strip)
    .filter(bool)
)
_COPIES = st.builds(
    Copy,
    headline=st.none() | _TEXTS,
    pitch=st.none() | _TEXTS,
    benefits=st.lists(_TEXTS, max_size=3),
)
_ALL_SHOWN = st.frozensets(st.sampled_from(Show), min_size=1, max_size=3)


_OPENINGS = st.datetimes(
    datetime.fromisoformat("2026-01-01"),
    datetime.fromisoformat("2026-03-01"),
    timezones=st.none() | st.just(UTC),
)


@given(
    policy=strategies.policies(),
    copy=st.dictionaries(st.sampled_from(["en", "ja", "pt-BR"]), _COPIES, max_size=3),
    links=st.builds(
        Links, subscribe=st.sampled_from(["/subscribe", "/join", "https://example.com/a?b=c"])
    ),
    never=_ALL_SHOWN,
    opens=st.none() | _OPENINGS,
    price=st.decimals(0, 1000, places=2),
)
@settings(max_examples=40, deadline=None)
def test_reading_what_was_written_gives_the_same_policy(policy, copy, links, never, opens, price):
    """`loads_policy(dumps_policy(p)) == p`, whatever the policy."""
    offer = Offer(
        name="extra",
        price=price,
        currency="JPY",
        term="1 year",
        starts=opens,
        ends=date(2026, 7, 1),
    )
    nouns = policy.copy["en"].nouns
    policy = Policy(
        publication=policy.publication,
        rules=policy.rules,
        meters=policy.meters,
        offers=(*policy.offers, offer),
        prompts=policy.prompts,
        guarantees=[Guarantee(name="never", never=never)],
        copy={
            **policy.copy,
            **{locale: evolve(words, nouns=nouns) for locale, words in copy.items()},
        },
        links=links,
        switches=policy.switches,
    )
    assert policy == loads_policy(dumps_policy(policy))


@pytest.mark.parametrize(
    "when",
    [
        "dates = { from = 2026-06-30, until = 2026-06-30 }",
        "dates = { from = 2026-06-30 }",
        "score = { above = 0.2, below = 0.3 }",
        "score = { at_least = 0.2, at_most = 0.2 }",
        "score = { equals = 0 }",
        "age = { above = '1 hour', below = '2 hours' }",
        "tags = { none = ['sponsored'] }",
    ],
)
def test_the_narrowest_conditions_are_conditions(when):
    """One day, one number and what lies between two are not nothing."""
    text = (
        f'publication.name = "x"\n[[rules]]\nname = "a"\nshow = "article"\nwhen = {{ {when}'
        ' }\n[[rules]]\nname = "b"\nshow = "article"\n'
    )
    assert not loads_policy(text).rules[0].when.matches_everything


def test_a_length_survives_however_it_is_written():
    """Weeks become days, hours stay hours."""
    lengths = {
        "2 weeks": timedelta(days=14),
        "36 hours": timedelta(hours=36),
        "1 day": timedelta(days=1),
    }
    text = WHOLE.replace('rolling = "30 days"', 'fixed = "{}"')
    assert lengths == {
        length: loads_policy(text.replace("{}", length)).meter("taste").window.fixed
        for length in lengths
    }


def test_a_price_is_kept_to_the_cent():
    """A price is a decimal number, not the nearest binary one."""
    assert Decimal("0.1") == loads_policy(WHOLE.replace("9.5", "0.1")).offer("summer").price


def test_a_time_without_an_offset_is_the_publications():
    """An offer that starts at nine starts at nine in Tokyo."""
    policy = loads_policy(WHOLE)
    starts, _ = policy.offer("summer").instants(policy.zone)
    assert datetime.combine(date(2026, 6, 1), time(0), UTC).timestamp() * 1e6 == starts

"""Does a condition hold of what is known, and of nothing that is not?"""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter import Article, Entitlement, PageView, Policy, Reader, Rule, Usage, decide
from meter.facts import OTHER, Vocabulary
from meter.forms import host
from meter.formulas import ALWAYS, And, In, Or
from meter.formulas.translation import formula_of
from meter.policy import Dates, Lengths, Publication, Since, Tenure, When
from meter.rulebook import Rulebook
from meter.vocabulary import Members, Range
from meter.windows import DAY, instant

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
OVER = Entitlement(kind="subscription", product="digital", ends=NOW - timedelta(days=7))
RUNS = Entitlement(kind="subscription", product="digital")


def holds(when: When, *, reader: dict | None = None, article: dict | None = None, **view) -> bool:
    """Say whether a condition of a policy lets a view in."""
    policy = Policy(
        publication=Publication(name="The Harbour Review", timezone="Asia/Tokyo"),
        rules=[
            Rule(name="asked", when=when, show="article"),
            Rule(name="rest", show="subscription-wall"),
        ],
    )
    page = PageView(article=Article(**{"id": "a"} | (article or {})), **view)
    return (
        decide(policy, Reader(**{"id": "r"} | (reader or {})), page, Usage(), NOW)[0].rule
        == "asked"
    )


@pytest.mark.parametrize(
    ("when", "facts"),
    [
        (When(reader=["anonymous", "trial"]), {}),
        (When(access=["premium"]), {"article": {"access": "premium"}}),
        (When(section=["markets"]), {"article": {"section": "markets"}}),
        (When(section=["markets"]), {"article": {"section": "markets/asia/tokyo"}}),
        (When(section=["markets", "markets/asia"]), {"article": {"section": "markets/asia/tokyo"}}),
        (When(kind=["podcast"]), {"article": {"kind": "podcast"}}),
        (When(country=["jp"]), {"reader": {"country": "JP"}}),
        (When(country=["NO"]), {"country": "no", "reader": {"country": "JP"}}),
        (When(device=["phone"]), {"device": "phone"}),
        (When(channel=["search"]), {"channel": "search"}),
        (When(language=["en"]), {"language": "en-GB"}),
        (When(referrer=["google.com"]), {"referrer": "https://news.google.com/a?b#c"}),
        (When(product=["digital", "print"]), {"reader": {"entitlements": [RUNS]}}),
        (When(tags=["a", "b"]), {"article": {"tags": ["b", "c"]}}),
        (When(tags=Members(all=["a", "b"])), {"article": {"tags": ["a", "b", "c"]}}),
        (When(tags=Members(none=["a"])), {"article": {"tags": ["c"]}}),
        (When(tags=Members(none=["a"])), {}),
        (
            When(segments=Members(any=["loyal"], none=["student"])),
            {"reader": {"segments": ["loyal"]}},
        ),
        (When(score=Range(at_least=0.2, below=0.8)), {"reader": {"score": 0.2}}),
        (When(score=Range(above=0.2, at_most=0.8)), {"reader": {"score": 0.8}}),
        (When(score=Range(equals=0.5)), {"reader": {"score": 0.5}}),
        (
            When(age=Lengths(at_most="2 days")),
            {"article": {"published": NOW - timedelta(days=2)}},
        ),
        (
            When(since=Since(expiry=Tenure(at_least="7 days", at_most="7 days"))),
            {"reader": {"entitlements": [OVER]}},
        ),
        (When(gift=True), {"gift": True}),
        (When(gift=False), {}),
        (When(crawler=True), {"crawler": True}),
        (When(dates=Dates(from_=date(2026, 6, 10), until=date(2026, 6, 10))), {}),
        (When(dates=Dates(until=date(2026, 6, 10))), {}),
        (When(any=[When(gift=True), When(device=["phone"])]), {"device": "phone"}),
        (When(not_=When(device=["phone"])), {"device": "desktop"}),
        (When(not_=When(device=["phone"], gift=True)), {"device": "phone"}),
        (When(not_=When(any=[When(gift=True), When(crawler=True)])), {}),
        (When(not_=When(not_=When(gift=True))), {"gift": True}),
        (When(not_=When(tags=Members(any=["a"]))), {"article": {"tags": ["b"]}}),
        (When(not_=When(tags=Members(all=["a", "b"]))), {"article": {"tags": ["b"]}}),
        (When(not_=When(tags=Members(none=["a", "b"]))), {"article": {"tags": ["b"]}}),
        (When(not_=When(product=["print"])), {"reader": {"entitlements": [RUNS]}}),
        (When(not_=When(score=Range(below=0.5))), {"reader": {"score": 0.5}}),
    ],
)
def test_a_condition_holds(when, facts):
    """One case of every key, at its edge."""
    assert holds(when, **facts)


@pytest.mark.parametrize(
    ("when", "facts"),
    [
        (When(section=["markets/asia"]), {"article": {"section": "markets"}}),
        (When(section=["markets"]), {"article": {"section": "marketspace"}}),
        (When(section=["*"]), {"article": {"section": "markets"}}),  # there are no wild cards
        (When(kind=["news"]), {"article": {"kind": "news/flash"}}),
        (When(language=["en-GB"]), {"language": "en"}),
        (When(referrer=["google.com"]), {"referrer": "https://notgoogle.com/"}),
        (When(referrer=["google.com"]), {"referrer": ""}),
        (When(tags=Members(all=["a", "b"])), {"article": {"tags": ["a"]}}),
        (When(product=["digital"]), {"reader": {"entitlements": [OVER]}}),
        (When(score=Range(at_least=0.2, below=0.8)), {"reader": {"score": 0.8}}),
        (When(score=Range(above=0.2)), {"reader": {"score": 0.2}}),
        (
            When(age=Lengths(at_most="2 days")),
            {"article": {"published": NOW - timedelta(days=2, microseconds=1)}},
        ),
        (
            When(age=Lengths(at_least="0 days")),
            {"article": {"published": NOW + timedelta(microseconds=1)}},
        ),
        (When(dates=Dates(from_=date(2026, 6, 11))), {}),
        (When(dates=Dates(until=date(2026, 6, 9))), {}),
        (When(device=["phone"], gift=True), {"device": "phone"}),
    ],
)
def test_a_condition_does_not_hold(when, facts):
    """Just past the edge."""
    assert not holds(when, **facts)


@pytest.mark.parametrize(
    "name", ["section", "kind", "country", "device", "channel", "language", "referrer"]
)
def test_a_missing_word_never_matches_not_even_under_not(name):
    """Neither the condition nor its opposite holds of what is not known."""
    when = When(**{name: ["x"]})
    assert not holds(when)
    assert not holds(When(not_=when))


@pytest.mark.parametrize("name", ["score", "value"])
def test_a_missing_number_never_matches_not_even_under_not(name):
    """The same for numbers."""
    when = When(**{name: Range(at_least=0)})
    assert not holds(when)
    assert not holds(When(not_=when))


def test_a_day_starts_and_ends_in_the_publications_zone():
    """10 June in Tokyo begins nine hours earlier than in UTC, to the microsecond."""
    start = instant(datetime(2026, 6, 9, 15, tzinfo=UTC))
    when = When(dates=Dates(from_=date(2026, 6, 10), until=date(2026, 6, 10)))
    policy = Policy(
        publication=Publication(name="x", timezone="Asia/Tokyo"),
        rules=[
            Rule(name="asked", when=when, show="article"),
            Rule(name="rest", show="subscription-wall"),
        ],
    )
    vocabulary = policy.rulebook.vocabulary
    formula = formula_of(when, vocabulary, policy)
    page = PageView(article=Article(id="a"))
    found = [
        formula.holds(vocabulary.observe(Reader(id="r"), page, start + off))
        for off in (-1, 0, DAY - 1, DAY)
    ]
    assert found == [False, True, True, False]


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        ("//google.com/x", "google.com"),
        ("https://News.Google.com:443/path?q=http://x.org", "news.google.com"),
        ("google.com.", "google.com"),
        ("", ""),
        ("https://user@evil.org@google.com/", "google.com"),
        ("android-app://com.google", "com.google"),
        ("google.com?x", "google.com"),
        ("google.com#x", "google.com"),
        ("https://evil.example\\@google.com/", "evil.example"),
        ("google.com/url?q=https://evil.example/x", "google.com"),
        ("http://[::1]/", "::1"),
        ("https://", ""),
        ("http://[/", ""),
        ("GOOGLE.com.", "google.com"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("xn--BCHER-kva.example", "xn--bcher-kva.example"),
        ("http:evil.example", "evil.example"),
        ("https:/evil.example/google.com", "evil.example"),
        ("google.com:8080/a", "google.com"),
        (" \thttps://a.\nb.example/ ", "a.b.example"),
        ("https://%67oogle.com/", "google.com"),
        ("mailto:somebody@google.com", ""),
        ("about:blank", ""),
        ("/only/a/path", ""),
        ("http://a b.example/", ""),
        (f"https://{'a' * 70}ü.example/", ""),
    ],
)
def test_the_host_of_a_referrer(referrer, expected):
    """An address or a bare domain."""
    assert expected == host(referrer)


@given(st.text(max_size=40))
def test_any_referrer_has_a_host_or_none(text):
    """Never an exception; and what has a host is that host again."""
    found = host(text)
    if found and ":" not in found:
        assert found == host(found)


def test_what_no_rule_asks_for_is_none():
    """An attribute that the policy never mentions has no code, and asking for it is no mistake."""
    page = PageView(article=Article(id="a", section="markets"))
    policy = Policy(
        publication=Publication(name="x"), rules=[Rule(name="rest", show="subscription-wall")]
    )
    decision, _ = decide(policy, Reader(id="r"), page, Usage(), datetime(2026, 6, 1, tzinfo=UTC))
    assert decision.facts["section"] is None
    assert decision.facts["reader"] == "anonymous"


def test_a_subdomain_goes_to_its_most_specific_mention():
    """What one rule says of a subdomain does not spill over to its parent."""
    policy = Policy(
        publication=Publication(name="x"),
        rules=[
            Rule(name="news", when=When(referrer=["news.google.com"]), show="article"),
            Rule(name="google", when=When(referrer=["google.com"]), show="article"),
            Rule(name="rest", show="subscription-wall"),
        ],
    )
    found = [
        decide(
            policy, Reader(id="r"), PageView(article=Article(id="a"), referrer=name), Usage(), NOW
        )[0].rule
        for name in ("https://uk.news.google.com/", "https://www.google.com", "https://example.org")
    ]
    assert found == ["news", "google", "rest"]


def test_what_is_not_observed_leaves_a_formula_open():
    """Three answers: so, not so, and not known yet."""
    first, second = In(0, frozenset({1})), In(1, frozenset({1}))
    assert [first.holds([1]), second.holds([1])] == [True, None]
    assert [formula.holds(v) for v in ([1], [0]) for formula in (And((first, second)),)] + [
        Or((first, second)).holds([0]),
        Or((first, second)).holds([1]),
    ] == [None, False, None, True]
    assert [ALWAYS.holds([]), Or(()).holds([])] == [True, False]


def test_a_vocabulary_can_be_asked_by_name():
    """Facts by the name of their slot; what was not looked at is `None`."""
    policy = Policy(
        publication=Publication(name="x"),
        rules=[
            Rule(name="in", when=When(reader=["staff"]), show="article"),
            Rule(name="asked", when=When(device=["phone"]), show="article"),
            Rule(name="rest", show="subscription-wall"),
        ],
    )
    page = PageView(article=Article(id="a"), device="fridge")
    anyone = decide(policy, Reader(id="r"), page, Usage(), NOW)[0].facts
    staff = decide(
        policy, Reader(id="r", entitlements=[Entitlement(kind="staff")]), page, Usage(), NOW
    )[0].facts
    assert [anyone["reader"], anyone["device"], staff["reader"], staff["device"]] == [
        "anonymous",
        OTHER,
        "staff",
        None,
    ]


def test_slots_list_every_code_they_can_hold():
    """What the verifier walks.

    Each interval and each constant, words, what is missing and what is not mentioned.
    """
    when = When(
        score=Range(below=0.5),
        device=["phone"],
        gift=True,
        tags=["a"],
        dates=Dates(from_=date(2026, 1, 1)),
    )
    policy = Policy(
        publication=Publication(name="x"),
        rules=[Rule(name="a", when=when, show="article"), Rule(name="b", show="article")],
    )
    codes = {slot.name: slot.codes() for slot in policy.rulebook.vocabulary.slots}
    assert {name: codes[name] for name in codes if name not in ("reader", "access")} == {
        "score": (0, 1, 2, None),
        "device": ("phone", OTHER, None),
        "gift": (False, True),
        "tags": ("a",),
        "period": (0, 1),
    }
    assert len(codes["reader"]) == 7


def test_conditions_that_ask_nothing_match_as_they_read():
    """A policy refuses them, but a vocabulary can be asked.

    An empty list matches nobody, an open date range everybody.
    """
    policy = Policy(publication=Publication(name="x"), rules=[Rule(name="all", show="article")])
    nothing, ever, any_score = When(section=[]), When(dates=Dates()), When(score=Range())
    vocabulary = Vocabulary([policy], [nothing, ever, any_score])
    asked = (nothing, ever, any_score, When(not_=ever), When(not_=any_score))
    assert [
        formula_of(when, vocabulary, policy).holds(("anonymous", "free")) for when in asked
    ] == [False, True, True, False, False]


def test_a_rulebook_survives_a_trip_to_another_process():
    """Pickled policies, decisions and rulebooks judge the same."""
    rules = [
        Rule(name="a", when=When(device=["phone"]), show="article"),
        Rule(name="b", show="subscription-wall"),
    ]
    policy = Policy(publication=Publication(name="x"), rules=rules)
    book = pickle.loads(pickle.dumps(Rulebook(policy)))
    decision, _ = decide(
        policy, Reader(id="r"), PageView(article=Article(id="a"), device="phone"), Usage(), NOW
    )
    assert (policy, decision) == (book.policy, pickle.loads(pickle.dumps(decision)))

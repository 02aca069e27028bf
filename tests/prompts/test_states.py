"""Every state of a reader has its very words, in both layouts and every format."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from attrs import evolve

from meter import (
    Article,
    Meter,
    PageView,
    Policy,
    PolicyError,
    PromptError,
    Rule,
    Window,
    render,
)
from meter.policy import Copy, Links, Publication
from tests.prompts.markup import read
from tests.prompts.staging import (
    HEADLINE,
    METERED,
    PITCH,
    PREMIUM,
    SPONSORED,
    Stage,
    every_state,
    make_offer,
    make_policy,
)

PLAIN, OFFERING = Stage(make_policy()), Stage(make_policy(offer=make_offer()))
BENEFITS = ["Read all stories with unlimited access", "Use our mobile and tablet apps"]
COUNT_4, COUNT_1 = (
    "You have 4 free articles left this month",
    "You have 1 free article left this month",
)
LAST = "This is your last free article this month"
ENDS, TRY, GET = "Offer ends June 30th", "Try 3 months for $9", "Get unlimited access"
ALL = "See all offers"

STATES = {
    "S1": (PLAIN, PLAIN.read(1), [COUNT_4, HEADLINE, PITCH, GET]),
    "S1, one left": (PLAIN, PLAIN.read(4), [COUNT_1, HEADLINE, PITCH, GET]),
    "S2": (PLAIN, PLAIN.read(5), [LAST, HEADLINE, PITCH, GET]),
    "S3": (OFFERING, OFFERING.read(1), [COUNT_4, HEADLINE, PITCH, ENDS, TRY, ALL]),
    "S3, one left": (OFFERING, OFFERING.read(4), [COUNT_1, HEADLINE, PITCH, ENDS, TRY, ALL]),
    "S4": (OFFERING, OFFERING.read(5), [LAST, HEADLINE, PITCH, ENDS, TRY, ALL]),
    "S5": (
        PLAIN,
        PLAIN.view(METERED, expired="trial"),
        [
            "Your trial period has expired",
            "You need a subscription to:",
            *BENEFITS,
            "See all offers and subscribe",
        ],
    ),
    "S6": (
        PLAIN,
        PLAIN.view(METERED, expired="subscription"),
        [
            "Your full access to The Harbour Review has expired",
            "You need a subscription to:",
            *BENEFITS,
            "See all offers",
        ],
    ),
    "S7": (PLAIN, PLAIN.view(SPONSORED), ["Sponsored Content", "About Sponsored Content"]),
}


@pytest.mark.parametrize("layout", ["wide", "narrow"])
@pytest.mark.parametrize("state", STATES)
def test_html_says_exactly_the_words_of_the_state(state, layout):
    """A browser shows these lines in this order, and no others."""
    stage, decision, words = STATES[state]
    assert words == read(render(decision, stage.policy, layout=layout)).lines


@pytest.mark.parametrize("layout", ["wide", "narrow"])
@pytest.mark.parametrize("state", STATES)
def test_text_says_exactly_the_words_of_the_state(state, layout):
    """Plain text holds every line whole, in the same order."""
    stage, decision, words = STATES[state]
    lines = [
        line
        for line in render(decision, stage.policy, layout=layout, format="text").splitlines()
        if line
    ]
    assert len(words) == len(lines)
    assert all(word in line for word, line in zip(words, lines, strict=True))


@pytest.mark.parametrize("state", STATES)
def test_json_holds_the_parts_of_the_state(state):
    """Heading, lines, benefits, offer and call to action, in reading order, are the same words."""
    stage, decision, words = STATES[state]
    parts = json.loads(render(decision, stage.policy, format="json"))
    links = [action["label"] for action in parts["actions"]]
    said = [parts["heading"], *parts["lines"], *parts["benefits"], *parts["fine_print"], *links]
    assert words == said
    named = [parts[key]["label"] for key in ("call_to_action", "about", "sign_in") if parts[key]]
    roles = {action["role"]: action["label"] for action in parts["actions"]}
    assert named == [label for role, label in roles.items() if role != "secondary"]


def test_json_tells_counts_and_offer_as_data():
    """Numbers are numbers, and instants are ISO 8601 in the publication's zone."""
    parts = json.loads(render(OFFERING.read(2), OFFERING.policy, format="json", layout="narrow"))
    assert {
        "meter": "monthly",
        "limit": 5,
        "used": 2,
        "left": 3,
        "resets_at": "2026-07-01T00:00:00+09:00",
    } == parts["counts"]
    offer = {
        "name": "summer",
        "kind": "trial",
        "price": "$9",
        "term": "3 months",
        "ends": "June 30th",
        "line": ENDS,
        "then": None,
        "renews": None,
    }
    assert offer == parts["offer"]
    assert {"label": TRY, "href": "/subscribe"} == parts["call_to_action"]
    assert ("countdown", "en", "ltr", "narrow") == (
        parts["prompt"],
        parts["lang"],
        parts["dir"],
        parts["layout"],
    )


@pytest.mark.parametrize(("form", "nothing"), [("html", ""), ("text", ""), ("json", "null")])
def test_a_plain_article_has_no_prompt(form, nothing):
    """A reader with access is told nothing."""
    decision = PLAIN.view(PageView(article=Article(id="f", access="free")))
    assert nothing == render(decision, PLAIN.policy, format=form)


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (1, "You have read your 1 free article this month"),
        (3, "You have read your 3 free articles this month"),
    ],
)
def test_a_wall_after_the_last_article_says_what_was_read(limit, said):
    """Counted in the singular for one."""
    stage = Stage(make_policy(limit=limit, offer=make_offer()))
    assert said in read(render(stage.read(limit + 1), stage.policy)).lines


@pytest.mark.parametrize("form", ["html", "text", "json"])
def test_a_wall_with_a_limit_of_nothing_never_says_free(form):
    """Neither in words nor in classes: nothing was free."""
    policy = make_policy(limit=0, offer=make_offer())
    stage = Stage(policy)
    walls = [
        stage.read(1),
        stage.read(1, registered=False),
        stage.view(PREMIUM),
        stage.view(PREMIUM, registered=False),
    ]
    assert {"trial-offer", "registration-wall", "subscription-wall"} == {
        str(wall.show) for wall in walls
    }
    assert not any("free" in render(wall, policy, format=form).lower() for wall in walls)


@pytest.mark.parametrize("limit", [0, 1, 2, 5, 11])
def test_zero_is_never_counted(limit):
    """No sequence of reads is ever told that 0 articles are left."""
    stage = Stage(make_policy(limit=limit, offer=make_offer()))
    said = [render(stage.read(count), stage.policy, format="text") for count in range(1, limit + 3)]
    assert not any(re.search(r"\b0 free", text) for text in said)


@pytest.mark.parametrize(
    ("window", "period"),
    [
        (Window(calendar="day"), " today"),
        (Window(calendar="week"), " this week"),
        (Window(calendar="month"), " this month"),
        (Window(calendar="year"), " this year"),
        (Window(rolling="30 days"), " (5 in any 30 days)"),
        (Window(rolling="36 hours"), " (5 in any 36 hours)"),
        (Window(fixed="1 day"), " until June 11th"),
        (Window(lifetime=True), ""),
    ],
)
def test_the_period_follows_the_meters_window(window, period):
    """`this month` is said of calendar months only."""
    stage = Stage(make_policy(window=window))
    assert (
        f"You have 4 free articles left{period}"
        == read(render(stage.read(1), stage.policy)).lines[0]
    )
    assert (
        f"This is your last free article{period}"
        == read(render(stage.read(5), stage.policy)).lines[0]
    )


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (date(2026, 6, 30), "June 30th"),
        (date(2026, 8, 1), "August 1st"),
        (date(2026, 7, 22), "July 22nd"),
        (date(2026, 7, 23), "July 23rd"),
        (date(2026, 7, 11), "July 11th"),
        (
            datetime.fromisoformat("2026-06-30T15:00:00"),
            "June 30th",
        ),
        (datetime.fromisoformat("2026-07-01T00:00:00"), "June 30th"),
        (datetime(2026, 6, 30, 15, tzinfo=UTC), "June 30th"),
        (datetime(2026, 6, 30, 15, 1, tzinfo=UTC), "July 1st"),
        (datetime(2026, 6, 30, 23, tzinfo=timezone(timedelta(hours=-7))), "July 1st"),
    ],
)
def test_an_offer_ends_on_its_last_day_in_the_publications_zone(ends, said):
    """An end is exclusive, and the day is Tokyo's."""
    stage = Stage(make_policy(offer=make_offer(ends=ends)))
    assert f"Offer ends {said}" in read(render(stage.read(1), stage.policy)).lines


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends": None}, [TRY]),
        ({"price": "9.50"}, [ENDS, "Try 3 months for $9.50"]),
        ({"price": 1200, "currency": "JPY", "term": "1 year"}, [ENDS, "Try 1 year for ¥1,200"]),
        ({"price": 0}, [ENDS, "Try 3 months at no charge"]),
        ({"kind": "subscription", "price": 99, "term": "1 year"}, [ENDS, "Get 1 year for $99"]),
        ({"term": "14 days", "price": "0.99"}, [ENDS, "Try 14 days for $0.99"]),
    ],
)
def test_the_call_to_action_is_made_of_the_offer(changes, words):
    """Kind, term and price are said; an offer without an end has no last day."""
    stage = Stage(make_policy(offer=make_offer(**changes)))
    assert [HEADLINE, PITCH, *words, ALL] == read(render(stage.read(1), stage.policy)).lines[1:]


def test_the_publishers_benefits_replace_ours():
    """What a subscription is good for is the publisher's to say."""
    stage = Stage(make_policy(copy=Copy(benefits=["The crossword", "The archive"])))
    lines = read(render(stage.view(METERED, expired="trial"), stage.policy)).lines
    assert ["The crossword", "The archive"] == lines[2:4]


def test_a_count_that_is_not_known_is_not_made_up():
    """A decision without a reading, as in an outage, says neither a number nor `last`."""
    stage = Stage(make_policy(copy=Copy()))
    decision = evolve(stage.read(1), meter=None)
    assert ["You are reading one of your free articles", GET] == read(
        render(decision, stage.policy)
    ).lines


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "//evil.example",
        "data:text/html,x",
        "/a b",
        "/a\\b",
        "http://example.com",
        "",
        "/a\nb",
    ],
)
def test_a_link_that_leads_astray_is_refused(href):
    """Only paths of the site and `https://` addresses become links."""
    base = make_policy()
    try:
        policy = Policy(
            publication=base.publication,
            rules=base.rules,
            meters=base.meters,
            links=Links(subscribe=href),
        )
    except PolicyError:
        return  # the policy refused it first
    with pytest.raises(PromptError, match="unsafe-link"):
        render(Stage(policy).read(1), policy)


def test_links_lead_where_the_policy_says():
    """Every link of every prompt is one of the policy's."""
    links = Links(
        subscribe="/s",
        register="/r",
        sign_in="https://id.example/in?a=1&b=2",
        offers="/o",
        about_sponsored="/about",
    )
    base = make_policy(offer=make_offer())
    policy = Policy(
        publication=base.publication,
        rules=base.rules,
        meters=base.meters,
        offers=base.offers,
        links=links,
    )
    found = {
        name: read(render(decision, policy)).links for name, decision in every_state(policy).items()
    }
    assert ["/s", "/o"] == found["countdown"]
    assert ["/r", "https://id.example/in?a=1&b=2"] == found["registration-wall"]
    assert ["/s", "/o"] == found["trial-offer"]
    assert ["/about"] == found["sponsored"]


@pytest.mark.parametrize(("word", "value"), [("layout", "tall"), ("format", "pdf")])
def test_a_word_that_is_none_is_refused(word, value):
    """The message lists the words there are."""
    with pytest.raises(ValueError, match=f"`{value}` is not a {word}"):
        render(PLAIN.read(1), PLAIN.policy, **{word: value})


def test_a_remembered_prompt_is_the_one_of_its_policy():
    """Another policy's decision, or layout, is another prompt, whichever policy it is given."""
    other = Stage(make_policy(offer=make_offer(price=12), copy=Copy(headline="Another")))
    decisions = [OFFERING.read(1), other.read(1)]
    for policy in (OFFERING.policy, other.policy):
        said = [read(render(decision, policy)).lines[1:] for decision in decisions]
        dearer = ["Another", ENDS, "Try 3 months for $12", ALL]
        assert [[HEADLINE, PITCH, ENDS, TRY, ALL], dearer] == said
        assert render(decisions[1], policy, layout="narrow") != render(decisions[1], policy)


def test_every_meter_says_its_own_period():
    """With two meters the words follow the one that was read."""
    policy = Policy(
        publication=Publication(name="H"),
        meters=[
            Meter(name="daily", window=Window(calendar="day"), limit=1),
            Meter(name="yearly", window=Window(calendar="year"), limit=9),
        ],
        rules=[
            Rule(name="day", spend="daily", show="countdown"),
            Rule(name="year", spend="yearly", show="countdown"),
            Rule(name="rest", show="subscription-wall"),
        ],
    )
    stage = Stage(policy)
    said = [read(render(stage.read(count), policy)).lines[0] for count in (1, 2)]
    assert [
        "This is your last free article today",
        "You have 8 free articles left this year",
    ] == said

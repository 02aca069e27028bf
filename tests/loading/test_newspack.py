"""What Newspack's settings say becomes a policy that says the same, or it is told."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import Article, Entitlement, PageView, Reader, Usage, loads_policy
from meter.engine import decide
from meter.loading.newspack import gates as gates_module
from meter.loading.newspack.convert import newspack_policy
from meter.loading.newspack.values import NewspackError
from tests.loading.newspack import Newspack

CORPUS = Path(__file__).parents[1] / "corpus" / "newspack"
CAMPAIGNS = json.loads((CORPUS / "campaigns.json").read_text(encoding="utf-8"))
GATES = json.loads((CORPUS / "gates.json").read_text(encoding="utf-8"))
START = datetime(2026, 6, 1, 12, tzinfo=UTC)


def policy_of(**files):
    """Return the policy of some settings."""
    made = newspack_policy(files, "The Harbour Review", "UTC")
    return loads_policy(made.text), made.notes


def _metering():
    return st.fixed_dictionaries(
        {
            "enabled": st.booleans(),
            "count": st.integers(0, 3),
            "period": st.sampled_from(["day", "week", "month"]),
        }
    )


def _content_rules():
    terms = st.lists(st.sampled_from(["1", "2", "3"]), min_size=1, max_size=2, unique=True)
    everything = [{"slug": "post_types", "value": ["post", "page"]}]
    return st.just(everything) | st.lists(
        st.one_of(
            st.fixed_dictionaries(
                {"slug": st.sampled_from(["category", "post_tag"]), "value": terms},
                optional={"exclusion": st.booleans()},
            ),
            st.fixed_dictionaries(
                {
                    "slug": st.just("post_types"),
                    "value": st.lists(
                        st.sampled_from(["post", "page"]), min_size=1, max_size=2, unique=True
                    ),
                },
                optional={"exclusion": st.booleans()},
            ),
        ),
        max_size=3,
    )


def _access_rules():
    rule = st.one_of(
        st.fixed_dictionaries(
            {
                "slug": st.just("subscription"),
                "value": st.lists(st.sampled_from([12, 13]), max_size=2, unique=True),
            }
        ),
        st.just({"slug": "email_domain", "value": "uni.example,lab.example"}),
    )
    return st.lists(st.lists(rule, min_size=1, max_size=2), max_size=2)


@st.composite
def gates(draw):
    """Draw content gates as the API has them."""
    return [
        {
            "id": number,
            "status": draw(st.sampled_from(["publish", "publish", "draft"])),
            "title": draw(st.sampled_from(["News", "Archive", "—"])),
            "priority": draw(st.integers(0, 2)) * 10 + number,
            "content_rules": draw(_content_rules()),
            "registration": {"active": draw(st.booleans()), "metering": draw(_metering())},
            "custom_access": {
                "active": draw(st.sampled_from([True, True, False])),
                "metering": draw(_metering()),
                "access_rules": draw(_access_rules()),
            },
        }
        for number in range(draw(st.integers(1, 3)))
    ]


READERS = st.fixed_dictionaries(
    {
        "name": st.just("anna"),
        "account": st.booleans(),
        "products": st.lists(st.sampled_from(["12", "13", "14"]), max_size=2, unique=True),
        "domain": st.sampled_from(["uni.example", "mail.example"]),
    }
).map(lambda reader: reader if reader["account"] else {**reader, "products": []})
TERMS = st.lists(st.sampled_from(["1", "2", "3"]), max_size=2, unique=True)
POSTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["post", "page"]), "category": TERMS, "post_tag": TERMS}
)
STEPS = st.sampled_from([0, 3_600, 43_200, 86_400, 3 * 86_400, 20 * 86_400])


def reader_of(known):
    """Return somebody whom Newspack knows, as the site says it to a paywall."""
    rights = tuple(
        Entitlement(kind="subscription", product=f"product-{number}")
        for number in known["products"]
    )
    domain = {f"email/{known['domain']}"} if known["account"] else ()
    return Reader(
        id="anna", registered=known["account"], entitlements=rights, segments=frozenset(domain)
    )


def view_of(post, name):
    """Return a view of a post."""
    tags = {f"category/{term}" for term in post["category"]} | set(post["post_tag"])
    return PageView(article=Article(id=name, kind=post["type"], tags=frozenset(tags)))


@settings(max_examples=150)
@given(
    gates(),
    READERS,
    st.lists(POSTS, min_size=1, max_size=4),
    st.lists(st.tuples(STEPS, st.integers(0, 3)), min_size=3, max_size=12),
)
def test_who_reads_what_is_what_newspack_says(drawn, known, posts, steps):
    """Gate by gate, count by count, over weeks and months, against its own source."""
    agree(drawn, known, posts, steps)


def agree(drawn, known, posts, steps):
    """Read some posts under gates and under the policy made of them, step by step."""
    site = Newspack(drawn)
    policy, _ = policy_of(gates=copy.deepcopy(drawn))
    usage = Usage()
    at = START
    for step, number in steps:
        at += timedelta(seconds=step)
        place = number % len(posts)
        post = {**posts[place], "id": place}
        decision, usage = decide(policy, reader_of(known), view_of(post, f"p{place}"), usage, at)
        assert (decision.access == "full") == site.reads(known, post, at)


PAID = {
    "id": 1,
    "status": "publish",
    "priority": 0,
    "content_rules": [{"slug": "post_types", "value": ["post"]}],
    "registration": {"active": True, "metering": {"enabled": False}},
    "custom_access": {
        "active": True,
        "metering": {"enabled": False},
        "access_rules": [[{"slug": "subscription", "value": [12]}]],
    },
}


def test_a_planted_bug_is_found(monkeypatch):
    """Those whom the access rules let in are stopped, and nobody else."""
    story = (
        [PAID],
        {"name": "anna", "account": True, "products": ["12"], "domain": "mail.example"},
        [{"type": "post", "category": [], "post_tag": []}],
        [(0, 0)],
    )
    agree(*story)
    monkeypatch.setattr(gates_module, "negated", lambda part: part)
    with pytest.raises(AssertionError):
        agree(*story)


@pytest.mark.parametrize(("account", "days"), [(False, ["Mon", "Sun"]), (True, ["Mon", "Mon"])])
def test_a_week_begins_as_it_does_there(account, days):
    """On Sunday for visitors, whose browser counts; on Monday for accounts."""
    week = {"enabled": True, "count": 1, "period": "week"}
    gate = copy.deepcopy(PAID)
    gate["registration"]["metering"] = gate["custom_access"]["metering"] = week
    policy, _ = policy_of(gates=[gate])
    reader = reader_of({"account": account, "products": [], "domain": "mail.example"})
    usage = Usage()
    read = []
    for day in range(8):
        at = START + timedelta(days=day)
        seen = view_of({"type": "post", "category": [], "post_tag": []}, f"p{day}")
        decision, usage = decide(policy, reader, seen, usage, at)
        read += [f"{at:%a}"] * (decision.access == "full")
    assert read == days


def test_a_whole_site_becomes_a_policy():
    """With everything that has no counterpart told, and written at the top of the policy."""
    made = newspack_policy({"c": CAMPAIGNS, "g": GATES}, "The Harbour Review", "Asia/Tokyo")
    policy = loads_policy(made.text)
    assert [meter.name for meter in policy.meters] == [
        "news-visitors",
        "news-accounts",
        "old-way-visitors",
        "old-way-accounts",
        "views-in-a-month",
        "articles-read",
    ]
    prompts = {prompt.name: prompt for prompt in policy.prompts}
    asks = prompts["support-our-newsroom"]
    assert (asks.heading, asks.text) == (
        "Support our newsroom",
        "Local news needs you From 5 a month.",
    )
    assert (asks.action, asks.link) == ("Give now", "/donate")
    assert [(cap.times, cap.window.rolling.days) for cap in asks.at_most] == [(2, 30)]
    assert (asks.every.meter, asks.every.views) == ("views-in-a-month", 5)
    assert prompts["follow-us"].instead == "tell-a-friend"
    for word in (
        "institution",
        "Later",
        "articles_read_in_session",
        "newspack-blocks/donate",
        "archives",
        "Next spring",
        "not verified",
        "category 9",
        "`donor`, `newsletter`",
    ):
        assert any(word in note for note in made.notes), word
    assert all(f"#   - {note}\n" in made.text for note in made.notes)


@pytest.mark.parametrize(
    ("frequency", "days"),
    [
        ({"frequency": "always"}, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ({"frequency": "daily"}, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ({"frequency": "weekly"}, [0, 7]),
        ({"frequency": "once"}, [0]),
        (
            {"frequency": "custom", "frequency_max": 2, "frequency_reset": "week"},
            [0, 1, 7, 8],
        ),
        (
            {"frequency": "custom", "frequency_start": 6, "frequency_reset": "month"},
            [6, 7, 8],
        ),
    ],
)
def test_a_prompt_is_shown_as_often_as_there(frequency, days):
    """One page a day, at the same time; a prompt is due again when its period is over."""
    prompt = {"title": "Give", "status": "publish", "options": {**frequency, "placement": "top"}}
    policy, _ = policy_of(x={"prompts": [prompt]})
    usage = Usage()
    shown = []
    for day in range(9):
        at = START + timedelta(days=day)
        seen = PageView(article=Article(id=f"p{day}"))
        decision, usage = decide(policy, Reader(id="anna"), seen, usage, at)
        shown += [day] * (decision.prompt == "give")
    assert shown == days


def test_a_frequency_that_is_not_known_is_told():
    """It is not taken for one that is, in silence."""
    for frequency, is_told in {"fortnightly": True, "always": False, "custom": False}.items():
        options = {"frequency": frequency, "placement": "inline"}
        prompt = {"title": "Give", "status": "publish", "options": options}
        _, notes = policy_of(x={"prompts": [prompt]})
        assert is_told == any(
            "`fortnightly`, a frequency that is not known" in one for one in notes
        )


def test_settings_without_gates_and_prompts_leave_everything_open():
    """With nothing that `meter check` would take out again."""
    policy, notes = policy_of(x=[])
    assert ((), ["everything else is open"]) == (notes, [rule.name for rule in policy.rules])


@pytest.mark.parametrize(
    ("title", "criteria", "is_told"),
    [
        ("Open an account", None, False),
        ("Our segments", None, False),
        ("Give", [{"criteria_id": "articles_read", "value": {"min": 3}}], True),
        ("Give", [{"criteria_id": "active_subscriptions", "value": [12]}], True),
        ("Give", [{"criteria_id": "subscribed_lists", "value": ["articles-read"]}], True),
    ],
)
def test_that_a_reader_is_in_one_segment_is_told_where_there_are_segments(title, criteria, is_told):
    """By the segments themselves, and by no word of a title; a meter only where one counts."""
    segments = [] if criteria is None else [{"id": 1, "name": "A", "criteria": criteria}]
    options = {"placement": "inline", "frequency": "always"}
    prompt = {"title": title, "status": "publish", "options": options, "segments": segments}
    policy, notes = policy_of(x={"prompts": [prompt], "segments": segments})
    assert any("in one segment" in note for note in notes) is is_told
    counts = bool(criteria) and criteria[0]["criteria_id"] == "articles_read"
    assert [meter.name for meter in policy.meters] == ["articles-read"] * counts


def test_what_is_not_read_is_told():
    """Whatever else stands in the files: nothing is dropped in silence."""
    answer = {
        "gates": [{**PAID, "title": "News", "halo": 1}],
        "config": {
            "content_gifting": {"enabled": True},
            "countdown_banner": {"enabled": False},
            "sound": [1],
        },
        "extra": 1,
    }
    _, notes = policy_of(x=answer)
    assert notes == (
        "gate `News`: nothing is read from its `halo`",
        "readers give articles away by links: a policy says so under `[gifts]`",
        "nothing is read from `x.config.sound`",
        "nothing is read from `x.extra`",
    )


def _places(value, path=()):
    """Yield the path of every part of a document."""
    yield path
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in members:
            yield from _places(inner, (*path, key))


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 1 << 40),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["", "{{ left }}", "<<x>>", "\u202e", '"', "a\nb", [], {}, [[]], "2026-13-01"]),
)
WHOLE = {"c": CAMPAIGNS, "g": GATES}
PLACES = list(_places(WHOLE))


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(PLACES), ODD), min_size=1, max_size=3))
def test_odd_settings_make_a_policy_or_an_error(changes):
    """Whatever stands where: no other exception, and no policy that cannot be read."""
    files = copy.deepcopy(WHOLE)
    for path, value in changes:
        if path:
            _put(files, path, value)
    with suppress(NewspackError):
        loads_policy(newspack_policy(files, "The Harbour Review", "UTC").text)


def _put(whole, path, value):
    for key in path[:-1]:
        try:
            whole = whole[key]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(whole, dict) or (isinstance(whole, list) and path[-1] < len(whole)):
        whole[path[-1]] = value


def test_where_something_odd_stands_is_told():
    """With the file, the place, what it should be and what it is."""
    with pytest.raises(NewspackError) as told:
        policy_of(**{"gates.json": [{"status": "publish", "priority": "first"}]})
    assert str(told.value) == (
        "`gates.json[0].priority` should be a whole number, not `first`; is it what Newspack"
        " exports?"
    )

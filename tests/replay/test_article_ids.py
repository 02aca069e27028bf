"""Ids that are addresses are one article in a replay, a paywall and `meter decide` alike."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import Article, AsyncPaywall, PageView, Paywall, Reader, loads_policy, open_store
from meter.cli import main
from meter.replay import replay

POLICY = """
[publication]
name = "P"
[meters.m]
window = {{ calendar = "day" }}
limit = 4
count = "{count}"
[[rules]]
name = "m"
spend = "m"
show = "countdown"
[[rules]]
name = "e"
show = "subscription-wall"
"""
POLICIES = {count: loads_policy(POLICY.format(count=count)) for count in ("articles", "views")}
START = datetime(2026, 6, 1, tzinfo=UTC)
ADDRESSES = (
    "/story",
    "/story/",
    "story?utm=1",
    "https://example.com/story#c",
    "/amp/story",
    "/tea",
    "/tea/page/2",
    "a1",
    "a2",
    "urn:x",
    "/caf%C3%A9",
    "café",
)
VIEWS = st.lists(
    st.tuples(st.sampled_from(["r1", "r2"]), st.sampled_from(ADDRESSES), st.integers(1, 300)),
    min_size=1,
    max_size=20,
)


@pytest.fixture(scope="module")
def policy_file(tmp_path_factory):
    """Return the path of the policy that counts articles."""
    path = tmp_path_factory.mktemp("policy") / "p.toml"
    path.write_text(POLICY.format(count="articles"))
    return str(path)


def dated(views):
    """Yield reader, article and time of each view."""
    now = START
    for reader, article, minutes in views:
        now += timedelta(minutes=minutes)
        yield reader, article, now


def by_paywall(policy, views, word):
    """Return what a paywall counts."""
    paywall = Paywall(policy, open_store("memory://"), article_ids=word)
    return [
        paywall.check(Reader(id=reader), PageView(article=Article(id=article)), now=now).counted
        for reader, article, now in views
    ]


@settings(max_examples=60, deadline=None)
@given(VIEWS, st.sampled_from(sorted(POLICIES)), st.sampled_from(["exact", "path"]))
def test_a_replay_counts_what_the_paywall_counts(views, count, word):
    """Law: view by view, whichever way ids are compared."""
    policy = POLICIES[count]
    views = list(dated(views))
    table = pa.table(
        dict(zip(("reader", "article", "time"), zip(*views, strict=True), strict=True))
    )
    found = replay(policy, table, recorded_under="none", decisions=True, article_ids=word)
    counted = [row for part in found.decisions for row in part["counted"].to_pylist()]
    assert counted == by_paywall(policy, views, word)


@settings(max_examples=15, deadline=None)
@given(VIEWS, st.sampled_from(["exact", "path"]))
def test_decide_counts_what_the_paywall_counts(policy_file, views, word):
    """Law: the command hands the word on, and so does the paywall that is awaited."""
    policy = POLICIES["articles"]
    views = list(dated(views))
    lines = "".join(
        json.dumps({"at": now.isoformat(), "reader": {"id": reader}, "article": article}) + "\n"
        for reader, article, now in views
    )
    command = ["decide", policy_file, "--article-ids", word]
    result = CliRunner().invoke(main, command, input=lines, catch_exceptions=False)
    expected = by_paywall(policy, views, word)
    assert [json.loads(line)["counted"] for line in result.stdout.splitlines()] == expected

    async def awaited():
        paywall = AsyncPaywall(policy, open_store("memory://"), article_ids=word)
        return [
            (await paywall.check(Reader(id=r), PageView(article=Article(id=a)), now=now)).counted
            for r, a, now in views
        ]

    assert asyncio.run(awaited()) == expected


def test_a_word_that_is_none_is_told():
    """When the paywall is made, and when a log is replayed."""
    policy = POLICIES["articles"]
    for make in (
        lambda: Paywall(policy, open_store("memory://"), article_ids="url"),
        lambda: replay(
            policy, pa.table({"reader": [], "time": [], "article": []}), article_ids="x"
        ),
    ):
        with pytest.raises(ValueError, match="is not a word for `article_ids`; it is `exact` or"):
            make()


@pytest.mark.parametrize(
    ("articles", "word", "warned"),
    [
        (["/story", "/story/"], "exact", True),
        (["/story", "/story/"], "path", False),
        (["/story", "/tea"], "exact", False),
        (["a1", "a2"], "exact", False),
        ([1, 2], "exact", False),
        ([1, 2], "path", False),
    ],
)
def test_ids_that_are_one_page_are_warned_of(articles, word, warned):
    """Where they are compared as they are."""
    policy = POLICIES["articles"]
    times = [START, START + timedelta(minutes=1)]
    table = pa.table({"reader": ["r1", "r1"], "time": times, "article": articles})
    found = replay(policy, table, recorded_under="none", article_ids=word)
    assert (["W25"] if warned else []) == [c.code for c in found.cautions if c.code == "W25"]
    assert found.views_counted == (1 if word == "path" and "/story/" in articles else 2)


def test_decide_warns_at_the_end(policy_file):
    """On stderr, once."""
    lines = "".join(
        json.dumps({"at": START.isoformat(), "reader": {"id": "r"}, "article": article}) + "\n"
        for article in ("/story", "/story/", "/story#c")
    )
    result = CliRunner().invoke(main, ["decide", policy_file], input=lines, catch_exceptions=False)
    assert (result.exit_code, result.stderr) == (
        0,
        (
            "W25 3 ids of articles are addresses of one page, such as `/story` and `/story/`: each"
            " is counted as an article; `--article-ids path` makes one of those of a page\n"
        ),
    )

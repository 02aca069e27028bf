"""Whatever a browser sends, nobody reads more than the limit: the laws of what can be forged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from meter import Article, PageView, Reader, Usage, decide, loads_policy
from meter.engine import ledger
from meter.testing import strategies
from meter.windows import instant

POLICY = """
[publication]
name = "The Harbour Review"
[meters.m]
window = {{ {window} }}
limit = {limit}
count = "{count}"
[[rules]]
name = "a few"
spend = "m"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
ANYONE = Reader(id="r")
SPELLED = ["v1", "a", "a@1780304400000000", "@1780304400000000", "~1~a~v1", "~1~a@1780304400000000"]


@st.composite
def forged_views(draw):
    """Draw a metered view with whatever a browser can make up about it."""
    return PageView(
        article=Article(id=draw(st.sampled_from(["a", "b", "c", "d", *SPELLED]))),
        id=draw(st.none() | st.sampled_from(SPELLED)),
        gift=draw(st.booleans()),
        crawler=draw(st.booleans() | st.sampled_from(["search", "training", "agent"])),
        prefetch=draw(st.booleans()),
        referrer=draw(st.none() | st.sampled_from(["", "google.com"])),
    )


@given(
    views=st.lists(forged_views(), max_size=30),
    limit=st.integers(0, 3),
    count=st.sampled_from(["articles", "views"]),
    window=st.sampled_from(['calendar = "month"', 'rolling = "30 days"', "lifetime = true"]),
)
def test_no_more_whole_articles_than_the_limit(views, limit, count, window):
    """Forged prefetches, gifts, crawlers and ids open no article that the limit does not."""
    policy = loads_policy(POLICY.format(window=window, limit=limit, count=count))
    usage = Usage()
    whole = set()
    for second, view in enumerate(views):
        decision, usage = decide(policy, ANYONE, view, usage, NOW + timedelta(seconds=second))
        if decision.access == "full":
            whole.add(view.article.id)
    assert len(whole) <= limit


@given(data=st.data())
def test_what_rules_open_is_all_a_forged_view_gets(data):
    """Under any policy a metered article is whole if a rule opens it freely, or it is counted."""
    policy = data.draw(strategies.policies())
    usage = Usage()
    for step in data.draw(strategies.journeys(policy)):
        decision, usage = decide(policy, step.reader, step.view, usage, step.now)
        spend = policy.rule(decision.rule).spend
        if decision.access == "full" and spend and step.view.article.access == "metered":
            running = ledger(policy, usage, step.now).values()
            known = {read for tally, _ in running for read in tally.ids}
            assert {step.view.article.key, step.view.view_key(instant(step.now))} & known


def newly(before, after):
    """Return the meters that have counted something between two usages."""
    return [
        name
        for name, tally in after.tallies.items()
        if set(zip(tally.ids, tally.ats, strict=True))
        - set(zip(before.tally(name).ids, before.tally(name).ats, strict=True))
    ]


@given(data=st.data())
def test_a_prefetch_is_judged_alike_and_opens_nothing_new(data):
    """It keeps its show, and is whole only where a person's view would count on no limit."""
    policy = data.draw(strategies.policies())
    usage = Usage()
    for step in data.draw(strategies.journeys(policy)):
        person, after = decide(
            policy, step.reader, evolve(step.view, prefetch=False), usage, step.now
        )
        ahead, same = decide(policy, step.reader, evolve(step.view, prefetch=True), usage, step.now)
        assert same is usage
        assert (person.show, person.rule, person.offer) == (ahead.show, ahead.rule, ahead.offer)
        limits = [policy.rulebook.limit(n, person.facts.values) for n in newly(usage, after)]
        assert ahead.speculative is any(limit is not None for limit in limits)
        if ahead.speculative:
            assert (ahead.access, ahead.prompt, ahead.counted) == ("preview", None, False)
        elif after is usage:
            assert person == ahead
        else:
            assert (person.access, person.prompt, False) == (
                ahead.access,
                ahead.prompt,
                ahead.counted,
            )
        meter = ahead.meter
        assert meter is None or meter.limit is None or meter.used + meter.left == meter.limit
        usage = after


@given(data=st.data())
def test_a_reader_without_an_id_reads_what_needs_no_count(data):
    """Meters with a limit are closed, nothing is remembered, and what was counted opens nothing."""
    policy = data.draw(strategies.policies())
    usage = data.draw(strategies.usages(policy))
    for step in data.draw(strategies.journeys(policy, max_size=4)):
        nobody = evolve(step.reader, id=None)
        decision, after = decide(policy, nobody, step.view, usage, step.now)
        assert after is usage
        assert not decision.counted
        assert not decision.speculative
        spend = policy.rule(decision.rule).spend
        limits = [policy.rulebook.limit(name, decision.facts.values) for name in spend]
        assert step.view.article.access == "free" or set(limits) <= {None}
        assert decision.meter is None or decision.meter.left == 0


def test_a_decision_is_neither_true_nor_false():
    """`if decision:` would hand out every wall; the message names what to ask instead."""
    policy = loads_policy(POLICY.format(window="lifetime = true", limit=1, count="articles"))
    decision, _ = decide(policy, ANYONE, PageView(article=Article(id="a")), Usage(), NOW)
    with pytest.raises(TypeError, match=r"`\.access`"):
        bool(decision)


NAMES = st.text("a~@1", min_size=1, max_size=5)


@given(one=st.tuples(NAMES, st.none() | NAMES), other=st.tuples(NAMES, st.none() | NAMES))
def test_two_views_never_share_a_key(one, other):
    """Another article or another id is another view, whatever either spells."""
    keys = [PageView(article=Article(id=name), id=own).view_key(1) for name, own in (one, other)]
    assert (one == other) is (keys[0] == keys[1])

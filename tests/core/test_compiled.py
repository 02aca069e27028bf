"""Do the ways that are written out for a policy decide as the plain engine does?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import (
    Article,
    Meter,
    PageView,
    Policy,
    Reader,
    Rule,
    Usage,
    Window,
    engine,
    memo,
)
from meter.memo.compiled import written
from meter.memo.memory import Memory
from meter.policy import Publication, When
from meter.testing.strategies import (
    campaigns,
    journeys,
    policies,
    usages,
    with_experiments,
)
from meter.usage import Tally
from meter.windows import instant

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
PAPER = Publication(name="The Harbour Review")
READER = Reader(id="r1")
WALL = Rule(name="rest", show="subscription-wall")


def metered(**window):
    """Return a policy that gives two articles in a window."""
    monthly = Meter(name="monthly", window=Window(**window), limit=2)
    rules = [Rule(name="taste", spend="monthly", show="countdown"), WALL]
    return Policy(publication=PAPER, meters=[monthly], rules=rules)


def agree(policy, reader, view, usage, now):
    """Decide in the plain way and in both that are written out; return the usage after it."""
    plain, after = engine.decide(policy, reader, view, usage, now)
    whole = memo.decide(policy, reader, view, usage, now)
    for decision, left in (whole, memo.observe(policy, reader, view, now).decide(usage)):
        assert (decision, decision.facts) == (plain, plain.facts)
        assert left.to_bytes() == after.to_bytes()
        assert (left is usage) == (after is usage)
    return after


@settings(max_examples=300)
@given(data=st.data())
def test_what_is_written_out_decides_as_the_engine(data):
    """Decision, facts and bytes are the same at every view of a journey, and at the next reader's.

    The ways are written out before the first view, and remember from view to view.
    """
    drawn = st.one_of(policies(), campaigns(), policies().flatmap(with_experiments))
    policy = data.draw(drawn)
    memo.write_out(policy, NOW)
    for _ in range(2):
        usage = data.draw(st.just(Usage()) | usages(policy))
        for step in data.draw(journeys(policy, max_size=8)):
            usage = agree(policy, step.reader, step.view, usage, step.now)


def test_a_reading_is_told_anew_when_the_window_is_another():
    """What was counted is as much as a month ago, and comes back a month later."""
    policy = metered(calendar="month")
    memo.write_out(policy, NOW)
    for days in (0, 1, 20, 40, 41, 0, 400):
        now = NOW + timedelta(days=days)
        usage = Usage({"monthly": Tally(("a",), (instant(now) - 1,))})
        for name in ("a", "b"):
            agree(policy, READER, PageView(article=Article(id=name)), usage, now)


def test_a_reading_that_hangs_on_what_was_read_is_never_another_readers():
    """In a rolling window it resets when the first of one's own reads is over."""
    policy = metered(rolling="30 days")
    memo.write_out(policy, NOW)
    for days in (1, 2, 3, 2, 1):
        at = instant(NOW - timedelta(days=days))
        usage = Usage({"monthly": Tally(("a", "b"), (at, at + 1))})
        for name in ("a", "c"):
            agree(policy, READER, PageView(article=Article(id=name)), usage, NOW)


def test_a_view_at_the_very_instant_of_the_last_is_put_in_order_of_ids():
    """As in any usage: bytes are canonical."""
    policy = metered(calendar="month")
    memo.write_out(policy, NOW)
    usage = Usage({"monthly": Tally(("b",), (instant(NOW),))})
    after = agree(policy, READER, PageView(article=Article(id="a")), usage, NOW)
    assert after.tally("monthly").ids == ("a", "b")


def test_no_word_of_a_policy_stands_in_the_text():
    """So nothing that stands in a policy file can be run."""
    sly = "x'); import os; ('"
    policy = Policy(
        publication=PAPER,
        meters=[Meter(name=sly, window=Window(calendar="month"), limit=2)],
        rules=[
            Rule(name=sly, when=When(section=[sly], tags=[sly, "b"], kind=[sly]), show="article"),
            Rule(name="taste", spend=sly, show="countdown"),
            WALL,
        ],
    )
    text, _ = written(Memory(policy.rulebook), NOW)
    assert "import" not in text
    memo.write_out(policy, NOW)
    page = PageView(article=Article(id="a", section=sly, kind=sly, tags=[sly]))
    agree(policy, READER, page, Usage(), NOW)


def test_the_ways_of_a_policy_are_written_out_when_some_views_were_decided():
    """Until then, as after it, decisions are the engine's."""
    policy = evolve(metered(calendar="month"))
    usage = Usage()
    ways = set()
    for number in range(300):
        now = NOW + timedelta(hours=number)
        page = PageView(article=Article(id=f"a{number}"))
        plain = engine.decide(policy, READER, page, usage, now)
        assert plain == memo.decide(policy, READER, page, usage, now)
        ways.add(policy.rulebook.memory.decide.__code__.co_filename)
        usage = plain[1]
    assert len(ways) == 2
    assert "<a policy>" in ways

"""Does remembering change nothing, and end?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from meter import (
    Access,
    Article,
    Entitlement,
    Meter,
    PageView,
    Policy,
    Reader,
    Rule,
    Usage,
    Window,
    engine,
    loads_policy,
    memo,
)
from meter.policy import Publication, When
from meter.testing.strategies import journeys, policies, usages
from meter.usage import Tally
from meter.windows import instant

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
ANYONE = Reader(id="r")
PAPER = Publication(name="The Harbour Review")
WALL = Rule(name="rest", show="subscription-wall")
MONTHLY = Meter(name="monthly", window=Window(calendar="month"), limit=2)
POLICY = Policy(
    publication=PAPER,
    meters=[MONTHLY],
    rules=[
        Rule(name="premium", when=When(access=["premium"]), show="subscription-wall"),
        Rule(name="taste", spend="monthly", show="countdown"),
        WALL,
    ],
)


def view(name, access="metered"):
    """Return a view of an article."""
    return PageView(article=Article(id=name, access=access))


@given(data=st.data())
def test_remembering_changes_nothing(data):
    """Decision and usage are those of the plain engine, in the first and in any later view."""
    policy = data.draw(policies())
    usage = data.draw(usages(policy))
    for step in data.draw(journeys(policy)):
        plain = engine.decide(policy, step.reader, step.view, usage, step.now)
        assert plain == memo.decide(policy, step.reader, step.view, usage, step.now)
        observed = memo.observe(policy, step.reader, step.view, step.now)
        final = not isinstance(observed, memo.Observed)
        assert plain == ((observed, usage) if final else observed.decide(usage))
        usage = plain[1]


def test_a_wall_for_a_status_looks_no_further_where_a_history_is_kept():
    """A history counts whole views only, so both end their look at the reader's status."""
    policy = Policy(publication=PAPER, meters=[evolve(MONTHLY, counts=When())], rules=[WALL])
    plain = engine.decide(policy, ANYONE, view("a"), Usage(), NOW)
    assert plain == memo.decide(policy, ANYONE, view("a"), Usage(), NOW)
    assert len(plain[0].facts.values) == 1


def test_a_view_is_final_where_no_usage_matters():
    """Premium is settled; what is metered, or asks what is left, is not."""
    assert memo.observe(POLICY, ANYONE, view("p", "premium"), NOW).show == "subscription-wall"
    assert isinstance(memo.observe(POLICY, ANYONE, view("a"), NOW), memo.Observed)


def test_a_reader_without_an_id_is_final():
    """Every meter is closed for nobody in particular, whatever is said to be counted."""
    nobody = evolve(ANYONE, id=None)
    final = memo.observe(POLICY, nobody, view("a"), NOW)
    counted = Usage({"monthly": Tally(("a",), (instant(NOW),))})
    assert (final, counted) == engine.decide(POLICY, nobody, view("a"), counted, NOW)
    assert (final.meter.name, final.meter.limit, final.meter.used) == ("monthly", 0, 0)
    assert final.access == "preview"


def test_no_more_outcomes_are_remembered_than_a_bound():
    """What was judged is forgotten when it grows past it, and what is decided stays the same."""
    meter = Meter(name="monthly", window=Window(lifetime=True), limit=5000)
    policy = evolve(POLICY, meters=[meter])
    usage = Usage({"monthly": Tally(tuple(f"x{n:04}" for n in range(4500)), tuple(range(4500)))})
    for n in range(4200):
        fewer = Usage({"monthly": usage.tally("monthly").since(n)})
        decision, _ = memo.decide(policy, ANYONE, view("new"), fewer, NOW)
        assert decision.meter.used == 4501 - n
    situations = policy.rulebook.memory.memory.situations.values()
    assert all(len(situation.outcomes) <= 4096 for situation in situations)


def test_no_more_situations_are_remembered_than_a_bound():
    """The same for what readers and views there were."""
    sections = [f"s{n}" for n in range(5000)]
    some = Rule(name="some", when=When(section=sections), show="article")
    many = evolve(POLICY, rules=[some, WALL])
    for name in sections:
        page = PageView(article=Article(id="a", section=name))
        assert memo.decide(many, ANYONE, page, Usage(), NOW)[0].access is Access.FULL
    assert len(many.rulebook.memory.memory.situations) <= 4096


def test_a_watcher_is_told_of_every_view():
    """What was judged before is told again, as the decision has it, until it is taken away."""
    policy, told = evolve(POLICY), []
    readers = [ANYONE, Reader(id="s", entitlements=[Entitlement(kind="subscription")])]
    before = [memo.decide(policy, reader, view("a"), Usage(), NOW)[0] for reader in readers]
    end = memo.watch(lambda rulebook, facts, at: told.append((rulebook.digest, facts)))
    for reader in readers:
        memo.decide(policy, reader, view("a"), Usage(), NOW)
    end()
    memo.decide(policy, ANYONE, view("p", "premium"), Usage(), NOW)
    assert told == [(policy.digest, decision.facts.values) for decision in before]
    with pytest.raises(ValueError, match="remove"):
        end()


def test_a_policy_that_asks_what_is_left_is_not_final():
    """Even for a premium article."""
    policy = loads_policy(
        """
        [publication]
        name = "The Harbour Review"
        [meters.monthly]
        window = { calendar = "month" }
        limit = 2
        [[rules]]
        name = "nearly"
        when = { left = { monthly = { at_most = 1 } } }
        show = "registration-wall"
        [[rules]]
        name = "rest"
        show = "subscription-wall"
        """
    )
    assert isinstance(memo.observe(policy, ANYONE, view("p", "premium"), NOW), memo.Observed)

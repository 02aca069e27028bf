"""The laws hold for every policy, and the kit that says so notices when they do not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from meter import (
    Access,
    Article,
    Entitlement,
    PageView,
    Policy,
    Reader,
    Show,
    Usage,
    Window,
    decide,
    loads_policy,
)
from meter.engine import expires_at
from meter.policy import When
from meter.testing import check_laws, strategies
from meter.testing.laws import LAWS, check_journey, take
from meter.testing.strategies import Step, edge_times, journeys, policies, usages
from meter.usage import Tally

TWO_A_MONTH = """
[publication]
name = "The Harbour Review"
[meters.monthly]
window = { calendar = "month" }
limit = 2
[[rules]]
name = "subscribers"
when = { reader = ["subscriber"] }
show = "article"
[[rules]]
name = "two a month"
when = { access = ["metered"] }
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""


@given(data=st.data())
def test_every_law_holds_for_every_policy(data):
    """Any journey under any policy keeps every law."""
    policy = data.draw(policies())
    check_journey(policy, data.draw(journeys(policy)))


def test_holds_a_publishers_own_policy_to_the_laws_in_one_line():
    """A policy from a file passes."""
    check_laws(loads_policy(TWO_A_MONTH), examples=20)


def test_a_broken_law_is_named_and_its_journey_told(monkeypatch):
    """What a publisher reads when a law does not hold."""
    monkeypatch.setitem(
        LAWS, "nothing counts", lambda _policy, taken: not any(t.decision.counted for t in taken)
    )
    with pytest.raises(AssertionError) as caught:
        check_laws(loads_policy(TWO_A_MONTH), examples=50)
    lines = str(caught.value).splitlines()
    assert lines[0] == "the law `nothing counts` does not hold for `The Harbour Review`:"
    assert re.match(r"1\. \S+ anonymous opens `a1` \(metered\)", lines[1])
    assert "\n2. " not in str(caught.value), "the journey is as short as it can be"


def _decided(**changes):
    """Return what spoils every decision of a journey."""
    return lambda taken: [t._replace(decision=evolve(t.decision, **changes)) for t in taken]


def _metered(**changes):
    """Return what spoils every reading of a meter."""
    return lambda taken: [
        t._replace(decision=evolve(t.decision, meter=evolve(t.decision.meter, **changes)))
        for t in taken
        if t.decision.meter is not None
    ]


THREE = Usage({"monthly": Tally(("a", "b", "c"), (1, 2, 3))})


@pytest.mark.parametrize(
    ("law", "spoil"),
    [
        ("reading again is free", lambda taken: [t._replace(after=t.before) for t in taken]),
        ("more allowance never closes a gate", _decided(access=Access.FULL)),
        ("used and left make the limit", _metered(used=99)),
        ("the last one is announced", _decided(show=Show.COUNTDOWN)),
        ("usage stays bounded", lambda taken: [t._replace(after=THREE) for t in taken]),
        ("nobody reads more than the limit", lambda taken: taken * 3),
        ("blocked views never count", _decided(access=Access.PREVIEW)),
        ("only people reading what a meter is for count", _decided(counted=True)),
        ("counted means remembered", _decided(counted=True)),
        ("counted means remembered", _decided(counted=False)),
        ("counted means remembered", lambda taken: [t._replace(after=THREE) for t in taken]),
        ("the entitled meet no wall", _decided(access=Access.PREVIEW)),
        ("bytes carry everything", _decided(rule="another")),
    ],
)
def test_a_law_notices_a_journey_that_breaks_it(law, spoil):
    """Each law is true of a journey as it went, and false of the same journey spoiled."""
    policy = loads_policy(TWO_A_MONTH)
    now = datetime(2026, 6, 1, tzinfo=UTC)
    subscriber = Reader(id="r", entitlements=[Entitlement(kind="subscription")])
    metered, premium = (
        PageView(article=Article(id=access, access=access)) for access in ("metered", "premium")
    )
    taken = take(
        policy,
        [
            Step(Reader(id="r"), metered, now),
            Step(subscriber, metered, now),
            Step(Reader(id="r"), premium, now),
        ],
    )
    assert LAWS[law](policy, taken)
    assert not LAWS[law](policy, spoil(taken))


@given(a=usages(), b=usages(), c=usages())
def test_a_union_is_commutative_associative_and_idempotent(a, b, c):
    """The halves of a record, put together in any order and grouping, and again, are the same."""
    assert a.union(b) == b.union(a)
    assert a.union(b).union(c) == a.union(b.union(c))
    assert a.union(b).union(b) == a.union(b)


@given(usage=usages())
def test_equal_usages_have_equal_bytes_that_carry_everything(usage):
    """Bytes round-trip, and are the same however the usage came about."""
    assert usage == Usage.from_bytes(usage.to_bytes())
    assert usage.to_bytes() == Usage().union(usage).to_bytes()
    assert hash(usage) == hash(Usage.from_bytes(usage.to_bytes()))


@pytest.mark.parametrize(
    "kind", [Policy, When, Window, Reader, Entitlement, Article, PageView, Usage]
)
def test_hypothesis_knows_how_to_draw_our_types(kind):
    """`from_type` works without an import of ours: the entry point says how."""

    @given(value=st.from_type(kind))
    def drawn(value):
        assert isinstance(value, kind)

    drawn()


@given(data=st.data())
def test_times_of_a_policy_carry_a_zone(data):
    """Every time drawn can be decided at."""
    policy = data.draw(policies())
    assert data.draw(edge_times(policy)).tzinfo is not None


def test_the_reference_lists_every_strategy_and_every_law():
    """Documented or it fails."""
    page = (Path(__file__).parents[2] / "docs/reference/strategies.md").read_text()
    assert [] == [name for name in strategies.__all__ if f"`{name}(" not in page and name != "Step"]
    assert [] == [name for name in LAWS if f"| `{name}` |" not in page]


@given(data=st.data())
def test_a_usage_that_has_expired_may_be_dropped(data):
    """From `expires_at` on, no decision depends on whether a store still has the usage."""
    policy = data.draw(policies())
    usage = data.draw(usages(policy))
    expires = expires_at(policy, usage)
    if expires is None:
        return
    step = data.draw(journeys(policy, max_size=1))[0]
    now = max(expires.astimezone(UTC), step.now)
    kept, dropped = (
        decide(policy, step.reader, step.view, remembered, now)[0]
        for remembered in (usage, Usage())
    )
    assert dropped == kept


@given(data=st.data())
def test_a_policy_built_again_decides_the_same(data):
    """What a rulebook remembers of earlier page views never shows: a fresh one decides alike."""
    policy = data.draw(policies())
    steps = data.draw(journeys(policy))
    taken = take(policy, steps)
    assert [t.decision for t in taken] == [t.decision for t in take(evolve(policy), steps)]

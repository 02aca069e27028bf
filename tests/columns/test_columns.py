"""Do the columns decide what the engine decides, view by view?"""

from __future__ import annotations


import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

from hypothesis import given, settings
from hypothesis import strategies as st

from meter import loads_policy
from meter.testing import strategies
from tests.columns.both import by_columns, by_engine

LIMIT_PER_STATUS = """
[publication]
name = "The Harbour Review"
timezone = "America/Havana"
[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 1, registered = 3 }
[meters.daily]
window = { rolling = "1 day" }
limit = 2
count = "views"
[[rules]]
name = "two a day from search"
when = { channel = ["search"] }
spend = "daily"
show = "countdown"
[[rules]]
name = "the last one asks for an account"
when = { reader = ["anonymous"], left = { monthly = { at_most = 0 } } }
show = "registration-wall"
[[rules]]
name = "within the allowance"
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""


@st.composite
def _populations(draw):
    policy = draw(strategies.policies())
    count = draw(st.integers(1, 3))
    return policy, {f"reader-{n}": draw(strategies.journeys(policy)) for n in range(count)}


@settings(max_examples=150, deadline=None)
@given(_populations())
def test_columns_decide_as_the_engine_does(population):
    """Show, rule, prompt, offer, meter and whether it counted agree on every view of random policies, at times on edges."""
    policy, people = population

    assert by_engine(policy, people) == by_columns(policy, people)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_columns_agree_on_several_meters(data):
    """A policy with two meters, a rule on what is left and limits by status is decided alike."""
    policy = loads_policy(LIMIT_PER_STATUS)
    people = {f"reader-{n}": data.draw(strategies.journeys(policy)) for n in range(2)}

    assert by_engine(policy, people) == by_columns(policy, people)


@settings(max_examples=30, deadline=None)
@given(_populations(), st.integers(2, 3))
def test_threads_change_nothing(population, workers):
    """The decisions do not depend on the number of threads."""
    policy, people = population

    assert by_columns(policy, people) == by_columns(policy, people, workers=workers)


def test_nothing_is_decided_of_no_views():
    """No views give no readers and no verdicts."""
    policy = loads_policy(LIMIT_PER_STATUS)

    assert by_columns(policy, {}) == []


def test_the_engine_is_asked_once_a_combination():
    """Ten thousand views of two sorts of reader are judged a handful of times."""
    from tests.columns.both import judged_for_ten_thousand_views

    assert judged_for_ten_thousand_views(loads_policy(LIMIT_PER_STATUS)) <= 16



"""Whoever is in an experiment is exposed exactly where another variant would decide otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import event, given
from hypothesis import strategies as st

from meter import Article, PageView, Policy, Reader, Usage, decide, engine, loads_policy
from meter.decision import Exposure
from meter.testing.strategies import (
    campaigns,
    journeys,
    policies,
    usages,
    with_experiments,
)
from meter.usage import Tally
from meter.windows import instant

FIELDS = ("show", "access", "prompt", "offers", "meter", "counted")
"""What a reader can tell of a decision."""
SPECULATIVE = "nobody looks"


def forced(policy: Policy, name: str, variant: str) -> Policy:
    """Return a policy that puts everybody into one variant of an experiment.

    In every other experiment everybody stays where they are.
    """
    kept = () if policy.holdout is None else (policy.holdout.filter,)
    experiments = [
        evolve(each, filters=(*each.filters, *kept))
        if each.name != name
        else evolve(
            each,
            variants={arm: float(arm == variant) for arm, _ in each.variants},
            coverage=1,
            filters=(),
        )
        for each in policy.experiments
    ]
    return evolve(policy, experiments=experiments, holdout=None)


def told(policy, reader, view, usage, now):
    """Return what a reader can tell of a view, and the record after it."""
    decision, after = engine.decide(policy, reader, view, usage, now)
    if decision.speculative:
        return SPECULATIVE
    return [getattr(decision, name) for name in FIELDS], after


def expected_exposures(policy, reader, view, usage, now):
    """Return the exposures of a view by deciding it anew for every variant that has a share."""
    mine = told(policy, reader, view, usage, now)
    for experiment in policy.experiments:
        way = policy.assignments[experiment.name]
        variant = way.by.variant(reader.visitor if way.by_visitor else reader.id)
        if variant is None:
            continue
        assert mine == told(forced(policy, experiment.name, variant), reader, view, usage, now)
        arms = [arm.variant for arm in way.by.arms if arm.first < arm.end]
        others = [
            told(forced(policy, experiment.name, arm), reader, view, usage, now) for arm in arms
        ]
        if SPECULATIVE in (mine, *others):
            continue  # nobody looks
        if any(other != mine for other in others):
            yield Exposure(experiment.name, variant)


@given(data=st.data())
def test_is_exposed_exactly_where_another_variant_would_decide_otherwise(data):
    """Brute force over the variants agrees, in control as in any; speculative views tell none."""
    plain = data.draw(st.one_of(policies(), campaigns()))
    policy = data.draw(with_experiments(plain))
    for step in data.draw(journeys(policy, max_size=4)):
        usage = data.draw(usages(policy))
        view = (policy, step.reader, step.view, usage, step.now)
        decision, after = engine.decide(*view)
        expected = tuple(expected_exposures(*view))
        event(f"{len(expected)} exposures")
        assert decision.exposures == expected
        assert decide(*view) == (decision, after)
        assert decide(*view) == (decision, after)


TWO_METERS = """
[publication]
name = "The Harbour Review"
[experiments.price]
seed = "price-test"
variants = {{ control = 0.5, nine = 0.5 }}
[meters.monthly]
window = {{ calendar = "month" }}
limits = [
  {{ when = {{ experiment = {{ price = ["nine"] }} }}, limit = {monthly} }},
  {{ limit = 2 }},
]
[meters.daily]
window = {{ calendar = "day" }}
limits = [
  {{ when = {{ experiment = {{ price = ["nine"] }} }}, limit = {daily} }},
  {{ limit = 2 }},
]
[[rules]]
name = "in a month"
spend = "monthly"
show = "countdown"
[[rules]]
name = "in a day"
spend = "daily"
show = "countdown"
[[rules]]
name = "everyone else"
show = "wall"
"""


@pytest.mark.parametrize(
    ("monthly", "daily", "is_exposed"), [(2, 2, False), (1, 2, False), (2, 1, True), (3, 2, True)]
)
def test_another_limit_of_a_meter_that_is_not_told_exposes_nobody(monthly, daily, is_exposed):
    """A wall tells of the daily meter, which resets first: another monthly limit is not met."""
    policy = loads_policy(TWO_METERS.format(monthly=monthly, daily=daily))
    now = datetime(2026, 6, 10, 9, tzinfo=UTC)
    reader = Reader(id="r1", visitor="a visitor of control")
    assert policy.assignments["price"].by.variant(reader.visitor) == "control"
    read = Tally(("a1", "a2"), (instant(now) - 2, instant(now) - 1))
    usage = Usage({"monthly": read, "daily": read})
    for _ in range(2):
        decision, _ = decide(policy, reader, PageView(article=Article(id="a3")), usage, now)
        assert decision.meter.name == "daily"
        assert decision.exposures == (Exposure("price", "control"),) * is_exposed


IN_ONE_VARIANT = """
[publication]
name = "The Harbour Review"
[experiments.price]
seed = "price-test"
variants = {{ control = 0.5, nine = 0.5 }}
[meters.monthly]
window = {{ calendar = "month" }}
limit = 3
[meters.daily]
window = {{ calendar = "day" }}
limit = 2
[[rules]]
name = "for nine"
when = {{ experiment = {{ price = ["nine"] }} }}
{nine}
show = "article"
[[rules]]
name = "for control"
spend = ["monthly", "daily"]
show = "article"
[[rules]]
name = "everyone else"
show = "wall"
"""
VISITORS = ("visitor-1", "visitor-2")


def exposed(nine, **view):
    """Return what a first view exposes a visitor of each variant to."""
    policy = loads_policy(IN_ONE_VARIANT.format(nine=nine))
    by = policy.assignments["price"].by
    assert [by.variant(visitor) for visitor in VISITORS] == ["control", "nine"]
    now = datetime(2026, 6, 10, 9, tzinfo=UTC)
    for visitor in VISITORS:
        reader = Reader(id="r1", visitor=visitor)
        shown = PageView(article=Article(id="a1"), **view)
        yield decide(policy, reader, shown, Usage(), now)[0].exposures


def test_rules_that_spend_the_same_meters_in_another_order_expose_nobody():
    """The same counts, and the same meter is told."""
    assert list(exposed('spend = ["daily", "monthly"]')) == [(), ()]


def test_what_is_speculative_in_one_variant_exposes_in_none():
    """A prefetch would count in `control` alone; were `nine` told of it, the shares would lie."""
    assert list(exposed("", prefetch=True)) == [(), ()]
    assert [len(exposures) for exposures in exposed("")] == [1, 1]

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
        others = (forced(policy, experiment.name, arm) for arm in arms)
        if any(told(other, reader, view, usage, now) != mine for other in others):
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
        expected = () if decision.speculative else tuple(expected_exposures(*view))
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

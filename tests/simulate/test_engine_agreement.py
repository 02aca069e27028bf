"""The simulated population against the engine.

Every page view is decided again by `decide`, one by one.
"""

from __future__ import annotations

from collections import Counter

import pytest

from meter import Policy, Usage, decide
from meter.engine import join, start
from meter.simulate.assumptions import published_assumptions
from meter.simulate.export.events import simulated_views
from meter.simulate.population import simulate
from tests.simulate.policies import (
    dynamic,
    hard_wall,
    metered,
    several,
    with_campaigns,
    with_trials,
    with_trials_once,
)

BUSY = published_assumptions().replace(
    {
        "population.bounce": 0.1,
        "population.fans": 0.3,
        "walls.conversion": 0.05,
        "walls.register": 0.4,
        "identity.bypass": 0.2,
        "articles.premium": 0.1,
        "articles.free": 0.1,
        "articles.tags": {"sponsored": 0.1},
        "articles.per_day": 12,
        "articles.sections": {"politics": 0.3, "sport": 0.7},
        "readers.segments": {"young": 0.4},
        "churn.monthly_alpha": 5.0,
        "trials.auto_renew": 0.6,
        "walls.leave": 0.05,
        "walls.end_session": 0.3,
        "trials.return": 0.2,
        "churn.return": 0.3,
    }
)
"""People who do much of everything, so that a few hundred of them meet every turn of a policy."""

POLICIES = {
    "month": metered(3),
    "month in Havana": metered(2, '{ calendar = "day" }', zone="America/Havana"),
    "week of views": metered(4, '{ calendar = "week", starts = "sunday" }', count="views"),
    "rolling": metered(5, '{ rolling = "7 days" }'),
    "fixed": metered(2, '{ fixed = "36 hours" }'),
    "lifetime": metered(6, "{ lifetime = true }"),
    "nothing free": metered(0),
    "hard wall": hard_wall(),
    "trials": with_trials(),
    "dynamic": dynamic(),
    "offers once": with_trials_once(),
    "several meters": several(),
    "campaigns": with_campaigns(),
}


def disagreements(
    policy: Policy, readers: int = 120, months: int = 4
) -> tuple[int, list[str], Counter[str]]:
    """Return the number of views, what the engine says otherwise, and how often each rule fired."""
    population = simulate(
        policy, readers=readers, months=months, seed=11, assumptions=BUSY, log=True
    )
    usages: dict[str, Usage] = {}
    wrong, rules, views = [], Counter[str](), 0
    for seen in simulated_views(population):
        views += 1
        name = seen.reader.id
        usage = usages.get(name, Usage())
        if seen.joined is not None:
            usage = join(policy, usages.get(seen.joined, Usage()), usage, seen.at)
        for offer in seen.started:
            usage = start(policy, usage, offer)
        decision, usages[name] = decide(policy, seen.reader, seen.view, usage, seen.at)
        rules[decision.rule] += 1
        told = (None, -1)
        if decision.meter is not None:
            told = (decision.meter.name, decision.meter.used)
        theirs = (decision.show, decision.rule, decision.offers, decision.counted, *told)
        said = seen.verdict
        ours = (said.show, said.rule, said.offers, seen.counted, seen.meter, seen.used)
        if theirs != ours:
            wrong.append(
                f"{seen.at} {name} {seen.view.article.id}: engine {theirs}, simulation {ours}"
            )
    return views, wrong, rules


@pytest.mark.parametrize("name", POLICIES)
def test_every_view_of_a_population_is_decided_as_the_engine_decides_it(name: str) -> None:
    """Show, rule, offer, what was counted and what that makes are the engine's, view by view."""
    views, wrong, _ = disagreements(POLICIES[name])
    assert not wrong
    assert views > 1000


@pytest.mark.parametrize(
    "name", ["trials", "dynamic", "offers once", "several meters", "campaigns"]
)
def test_busy_people_meet_every_rule(name: str) -> None:
    """The comparison above would say little about rules that nobody meets."""
    _, _, rules = disagreements(POLICIES[name])
    assert {rule.name for rule in POLICIES[name].rules} == set(rules)

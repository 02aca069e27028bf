"""Simulated readers at a gate: they go without the article, and nothing else is made up."""

from __future__ import annotations

from attrs import evolve

from meter import Policy, Rule
from meter.policy import Prompt, When
from meter.simulate.compare import compare
from meter.simulate.population import simulate
from meter.simulate.report.cautions import cautions_of
from tests.simulate.policies import metered

CONSENT = Prompt(name="consent", heading="Before you read on")


def gated(when: When) -> Policy:
    """Three a month, with a gate before everything for whom a condition describes."""
    policy = metered(3)
    gate = Rule(name="gate", when=when, show="gate", prompt="consent")
    return evolve(policy, prompts=[CONSENT], rules=[gate, *policy.rules])


def test_a_gate_stops_sells_and_drives_away_nobody():
    """Every view that meets one is a preview; who would do what it asks for is not known."""
    found = simulate(
        gated(When(reader=["anonymous", "registered"])), readers=2000, months=2, seed=5
    )
    shown = found.by_show()
    assert {"gate"} == {show for show, views in shown.items() if views}
    assert shown["gate"] == found.total("blocked") > 0
    assert [0, 0, 0, 0] == [
        found.total(name) for name in ("read", "stopped", "registrations", "starts")
    ]


def test_a_gate_counts_nothing_and_leaves_the_others_as_they_are():
    """Who comes to no gate meets the walls that they would have met."""
    nobody = simulate(gated(When(tags=["nowhere"])), readers=2000, months=1, seed=5)
    plain = simulate(metered(3), readers=2000, months=1, seed=5)
    assert plain.total("stopped") == nobody.total("stopped") > 0
    some = simulate(gated(When(tags=["sponsored"])), readers=2000, months=1, seed=5)
    assert some.by_show()["gate"] > 0
    assert some.total("stopped") <= plain.total("stopped")


def test_the_report_says_what_it_does_not_know_about_gates():
    """Where page views met one, and only there."""
    for when, told in ((When(tags=["sponsored"]), True), (When(tags=["nowhere"]), False)):
        found = compare([gated(when)], readers=400, months=1, draws=0, sweep=False)
        assert told == ("W26" in {caution.code for caution in cautions_of(found)})

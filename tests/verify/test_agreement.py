"""The verifier never disagrees with the engine: diagram against brute force against z3."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter.engine import decide, judge
from meter.facts import Vocabulary
from meter.rulebook import Rulebook
from meter.testing.strategies import edge_times as times
from meter.testing.strategies import page_views, policies, readers, usages
from meter.verify import ProofOutcome, changes, guarantees, lints
from meter.verify.budget import is_installed, open_solver
from meter.verify.concretize import ConcreteView
from meter.verify.space import Space
from meter.verify.walk.symbolic import reaches, verdicts
from tests.verify.agreement import compare
from tests.verify.brute import situations, size
from tests.verify.random_policies import random_policy

WORDS = ["list", "access", "none", "counts", "used", "exhausted", "left", "wall"]
WORDS += ["caps", "seen", "experiment"]


def test_agrees_with_the_engine():
    """In random situations of random policies the diagram says what the engine says.

    A quarter of those that `python -m tests.verify.agreement` looks at.
    """
    found = compare(25_000)
    assert [] == found.disagreements
    assert found.decided > 250
    assert min(found.drawn[word] for word in WORDS) > 5, found.drawn


@st.composite
def encounters(draw):
    """Draw a policy and a page view that it can tell from others."""
    policy = draw(policies())
    reader = draw(readers(policy))
    return policy, ConcreteView(
        reader=reader,
        view=draw(page_views(policy)),
        usage=draw(usages(policy)),
        now=draw(times(policy, [reader])),
    )


@given(encounters())
@settings(max_examples=80)
def test_takes_nothing_for_impossible_that_can_be_met(drawn):
    """Whatever is met is a situation that can be, and its verdict is the decision."""
    policy, met = drawn
    space = Space([Rulebook(policy, Vocabulary([policy]))])
    codes = space.codes(space.observe(met), known=space.knows(met))
    verdict = space.diagrams.at(verdicts(space), codes)
    decision, _ = decide(policy, met.reader, met.view, met.usage, met.now)
    assert space.diagrams.at(space.possible, codes) is True
    assert (decision.rule, decision.show, decision.offer, decision.prompt) == (
        verdict.rule,
        verdict.show,
        verdict.offer,
        None if decision.speculative else verdict.prompt,
    )


@pytest.mark.parametrize("seed", range(12))
def test_finds_a_reader_for_every_rule_that_somebody_meets(seed):
    """A rule fires in the diagram if and only if it fires for some combination of codes."""
    policy = random_policy(Random(1_000 + seed), rules=3)
    space = Space([Rulebook(policy, Vocabulary([policy]))])
    if size(space) > 30_000:
        policy = random_policy(Random(5_000 + seed), rules=1)
        space = Space([Rulebook(policy, Vocabulary([policy]))])
    met = {
        judge(space.rulebooks[0], space.facts(situation)).rule for situation in situations(space)
    }
    fires = {
        rule.name for rule, reach in zip(policy.rules, reaches(space), strict=True) if reach.fires
    }
    assert met == fires


@pytest.mark.skipif(not is_installed(), reason="needs the extra `smt`")
@pytest.mark.parametrize("seed", range(25))
def test_agrees_with_z3(seed):
    """z3 finds a reader for exactly the rules that fire, and they meet them in the engine."""
    policy = random_policy(Random(2_000 + seed))
    solver = open_solver([Rulebook(policy, Vocabulary([policy]))], "asked for")
    space = solver.space
    verdict = solver.verdict()
    for rule, reach in zip(policy.rules, reaches(space), strict=True):
        situation = solver.find(
            solver.among(verdict, lambda said, name=rule.name: said.rule == name)
        )
        assert bool(reach.fires) == (situation is not None)
        if situation is not None:
            assert rule.name == space.ask(situation).rule
            assert space.diagrams.at(reach.fires, situation.codes) is True


@pytest.mark.skipif(not is_installed(), reason="needs the extra `smt`")
@pytest.mark.parametrize("seed", range(25))
def test_agrees_with_z3_on_every_situation_at_once(seed):
    """z3 finds no situation in which the diagram and the rules as it has them differ."""
    policy = random_policy(Random(3_000 + seed))
    solver = open_solver([Rulebook(policy, Vocabulary([policy]))], "asked for")
    space = solver.space
    whole = verdicts(space)
    verdict = solver.verdict()
    other = [
        solver.conjoin(
            solver.diagram(space.diagrams.relabel(whole, said.__eq__)),
            solver.negate(solver.among(verdict, said.__eq__)),
        )
        for said in space.diagrams.values(whole)
    ]
    assert None is solver.find(solver.disjoin(*other))
    assert None is solver.find(solver.negate(solver.diagram(space.possible)))


@given(policies(), policies())
@settings(max_examples=10)
def test_answers_for_any_policy(policy, other):
    """Any policy gets lints, proofs and comparisons; the engine does what counterexamples say."""
    assert [] == [warning for warning in lints(policy) if warning.code == "not-analysed"]
    assert changes(policy, other).complete
    for answer in guarantees(policy):
        assert answer.outcome is not ProofOutcome.NOT_DECIDED
        if answer.counterexample is not None:
            usage = answer.counterexample.steps[0].asked.usage
            for step in answer.counterexample.steps:
                decision, usage = decide(
                    answer.counterexample.policy,
                    step.asked.reader,
                    step.asked.view,
                    usage,
                    step.asked.now,
                )
                assert (step.decision.show, step.decision.rule) == (decision.show, decision.rule)

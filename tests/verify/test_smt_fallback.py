"""The second opinion: z3 says what the diagram says, and nothing is said where neither can."""

from __future__ import annotations

import sys
from random import Random

import pytest

from meter import loads_policy
from meter.facts import Vocabulary
from meter.rulebook import Rulebook
from meter.verify import BUILT_IN, ProofOutcome, UndecidedError, changes, guarantees, lints
from meter.verify.budget import decided, is_installed
from meter.verify.diff import one_difference
from meter.verify.properties import OF_MACHINES
from meter.verify.smt.fallback import rules_that_fire
from meter.verify.space import Space
from meter.verify.walk.symbolic import reaches, verdicts
from tests.bench.bench_verify import narrow
from tests.verify.mutants import mutants
from tests.verify.random_policies import random_policy
from tests.verify.test_lints import GOOD, LAST, rule

needs_z3 = pytest.mark.skipif(not is_installed(), reason="needs the extra `smt`")
FEW = 40
"""Steps that are not enough for any policy here."""


def joint(old, new):
    vocabulary = Vocabulary([old, new])
    return [Rulebook(policy, vocabulary) for policy in (old, new)]


@needs_z3
@pytest.mark.parametrize("seed", range(25))
def test_finds_a_difference_where_the_diagram_does(seed):
    """Of a policy and a mutant, z3 finds a difference if and only if there are rows."""
    random = Random(seed)
    old = random_policy(random)
    new = random.choice([mutant for _, mutant in mutants(old)])
    found = changes(old, new)
    assert found.complete
    assert bool(found.rows) == bool(list(one_difference(joint(old, new), "asked for", 30.0)))


@needs_z3
def test_gives_one_example_where_all_would_be_too_many():
    """Past the diagram's budget there is one example, and it is said that it is not all."""
    old = loads_policy(GOOD)
    new = loads_policy(GOOD.replace('show = "trial-expired"', 'show = "subscription-wall"'))
    found = changes(old, new, steps=FEW)
    assert not found.complete
    assert [("`trial-expired`", "`subscription-wall`")] == [
        (row.before, row.after) for row in found.rows
    ]
    assert found.rows[0].who.startswith("for example a reader whose trial has expired opens a ")
    assert () == changes(old, old, steps=FEW).rows


@needs_z3
@pytest.mark.parametrize(
    ("this", "that"),
    [
        ('window = { calendar = "month" }', "window = { lifetime = true }"),
        ("limit = { anonymous = 3", "limit = { anonymous = 4"),
    ],
)
def test_sees_meters_that_differ(this, that):
    """Another window and another limit are differences for z3 too."""
    old = loads_policy(GOOD)
    new = loads_policy(GOOD.replace(this, that))
    assert changes(old, new, steps=FEW).rows


@needs_z3
def test_tells_by_z3_who_breaks_a_promise():
    """Past the diagram's budget a broken promise is shown on a view the engine reproduces."""
    own = (
        '[[guarantees]]\nname = "no trial offers"\nwhen = { reader = ["anonymous"] }\nnever ='
        ' ["trial-offer"]\n'
    )
    answers = {answer.name: answer for answer in guarantees(loads_policy(GOOD + own), steps=FEW)}
    assert ProofOutcome.FAILS is answers["no trial offers"].outcome
    assert "trial-offer" == answers["no trial offers"].counterexample.steps[-1].decision.show
    assert {ProofOutcome.PROVED} == {
        answers[BUILT_IN[code]].outcome
        for code in BUILT_IN
        if code not in {"last-free-is-announced", *OF_MACHINES}
    }


@needs_z3
def test_never_takes_unknown_for_proved():
    """With no time at all z3 does not know, and that is not decided."""
    outcomes = {answer.outcome for answer in guarantees(narrow(60, 40), steps=FEW, seconds=0.0001)}
    assert ProofOutcome.NOT_DECIDED in outcomes


def test_is_undecided_without_diagram_and_z3(monkeypatch):
    """Past the budget and without z3 there is no comparison."""
    monkeypatch.setitem(sys.modules, "z3", None)  # as if it were not installed
    with pytest.raises(UndecidedError, match=r"meter-paywall\[smt\]"):
        changes(loads_policy(GOOD), loads_policy(GOOD), steps=FEW)


def test_tries_another_order_before_giving_up(monkeypatch):
    """Without z3 the variables are put in another order once; both orders give the same answer."""
    monkeypatch.setitem(sys.modules, "z3", None)  # as if it were not installed
    policy = narrow(8, 6)
    orders = []

    def question(space):
        orders.append(space.by_mention)
        if not space.by_mention:
            raise UndecidedError("too large for this test")
        return space.diagrams.values(verdicts(space))

    rulebook = Rulebook(policy)
    by_mention = decided([rulebook], question)
    assert [False, True] == orders
    assert by_mention == decided([rulebook], lambda space: space.diagrams.values(verdicts(space)))


@needs_z3
def test_finds_rules_that_never_fire_where_the_diagram_cannot():
    """Past the diagram's budget z3 still says which rules nobody meets."""
    hidden = rule(
        "students", '{ reader = ["subscriber"], section = ["campus"] }', "registration-wall"
    )
    warnings = lints(loads_policy(GOOD.replace(LAST, hidden + LAST)), steps=FEW)
    assert ["rule-never-fires", "not-analysed"] == [warning.code for warning in warnings]
    assert warnings[0].message.startswith("rule `students` can never match")
    assert "`rule-never-fires`" not in warnings[1].message


@needs_z3
@pytest.mark.parametrize("seed", range(10))
def test_finds_the_rules_that_fire_by_either_way(seed):
    """The rules that z3 finds a reader for are those that the diagram finds one for."""
    rulebook = Rulebook(random_policy(Random(9_000 + seed)))
    by_diagram = {
        each.name
        for each, reach in zip(rulebook.rules, reaches(Space([rulebook])), strict=True)
        if reach.fires
    }
    assert by_diagram == rules_that_fire(rulebook)

"""Offers that last a while for each reader, in proofs, differences, lints and mutants."""

from __future__ import annotations

import pytest

from meter import Usage, decide, loads_policy
from meter.engine import complete, count, judge
from meter.facts import Vocabulary, offered_name
from meter.rulebook import Rulebook
from meter.verify import ProofOutcome, changes, guarantees
from meter.verify.budget import is_installed
from meter.verify.diagram import FALSE
from meter.verify.mutants.offers import offer_edits
from meter.verify.smt.fallback import rules_that_fire
from meter.verify.space import Space
from meter.windows import instant

POLICY = """
[publication]
name = "The Harbour Review"

[meters.monthly]
window = {{ calendar = "month" }}
limit = 1

[offers.back]
kind = "subscription"
price = 9
currency = "USD"
term = "3 months"
{lasts}

[[rules]]
name = "free articles"
spend = "monthly"
show = "countdown"

[[rules]]
name = "wall"
show = "wall"
offer = "back"
"""
DAY = 86_400_000_000


def lasting(lasts):
    """A policy whose offer lasts so long; nothing is for ever."""
    return loads_policy(POLICY.format(lasts=f'lasts = "{lasts}"' if lasts else ""))


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ("3 days", "1 day", ["is at least 1 day and below 3 days"]),
        ("1 day", "3 days", ["is at least 1 day and below 3 days"]),
        (None, "3 days", ["is at least 3 days"]),
        ("3 days", "72 hours", []),
    ],
)
def test_a_difference_is_who_has_had_it_for_so_long(old, new, lost):
    """Exactly they, whatever else; the terms that changed are told besides."""
    found = changes(lasting(old), lasting(new))
    assert found.complete
    rows = [row for row in found.rows if "first shown" in row.who]
    assert bool(rows) == bool(lost)
    assert all(words in row.who for row in rows for words in lost)
    assert bool(found.rows) == (lasting(old).digest != lasting(new).digest)


@pytest.mark.parametrize("side", [0, 1])
def test_every_time_since_a_showing_is_decided_as_the_diagrams_say(side):
    """Never shown, within, at and past each length of two policies: the engine says the same."""
    policies = [lasting("1 day"), lasting("3 days")]
    vocabulary = Vocabulary(policies)
    space = Space([Rulebook(policy, vocabulary) for policy in policies])
    slot = vocabulary.offered("back")
    assert (DAY, 3 * DAY) == slot.mentioned
    offered = {}
    for code in slot.codes():
        where = space.diagrams.conjoin(space.possible, space.is_(offered_name("back"), code))
        walled = space.diagrams.conjoin(where, space.is_("access", "premium"))
        assert walled != FALSE
        situation = space.witness(walled)
        offered[code] = space.ask(situation, side).offer is not None
    running = {None, 0} if side == 0 else {None, 0, 1, 2}
    assert {code: code in running for code in slot.codes()} == offered


def test_a_concrete_view_has_the_code_it_was_made_for():
    """What is put into a record is read back as that."""
    policies = [lasting("1 day"), lasting("3 days")]
    vocabulary = Vocabulary(policies)
    rulebook = Rulebook(policies[0], vocabulary)
    space = Space([rulebook])
    place = vocabulary.place(offered_name("back"))
    for code in vocabulary.slots[place].codes():
        where = space.diagrams.conjoin(space.possible, space.is_(offered_name("back"), code))
        asked = space.concretize(space.witness(where))
        facts = vocabulary.observe(asked.reader, asked.view, instant(asked.now))
        counts, _ = count(rulebook, asked.reader, asked.view, asked.usage, instant(asked.now))
        assert code == complete(rulebook, facts, counts)[place]


def test_readers_without_an_id_never_get_it():
    """In the diagrams as in the engine."""
    space = Space([lasting("3 days").rulebook])
    nobody = space.diagrams.conjoin(space.possible, space.without_id())
    assert nobody != FALSE
    assert judge(space.rulebooks[0], space.facts(space.witness(nobody))).offer is None


@pytest.mark.skipif(not is_installed(), reason="needs the extra `smt`")
def test_the_second_opinion_agrees():
    """Where the diagrams run out of steps."""
    policy = lasting("3 days")
    assert {"free articles", "wall"} == rules_that_fire(policy.rulebook, seconds=30.0)


def test_promises_hold_whether_it_runs_or_not():
    """A wall that needs the offer is caught with a reader who has had it too long."""
    text = POLICY.format(lasts='lasts = "3 days"')
    promised = loads_policy(
        text.replace('show = "wall"', 'show = "trial-offer"')
        + '[[guarantees]]\nname = "no bare wall"\nnever = ["subscription-wall"]\n'
    )
    found = {answer.name: answer for answer in guarantees(promised)}["no bare wall"]
    assert found.outcome is ProofOutcome.FAILS
    step = found.counterexample.steps[-1].asked
    assert "back" in step.usage.offered
    said = decide(promised, step.reader, step.view, step.usage, step.now)[0]
    assert ("subscription-wall", None) == (said.show, said.offer)
    assert decide(promised, step.reader, step.view, Usage(), step.now)[0].offer in ("back", None)


def test_leaving_it_out_is_a_mutant():
    """One that changes something for somebody."""
    (offer,) = lasting("3 days").offers
    (edit,) = [edit for edit in offer_edits(offer) if edit.path == ("lasts",)]
    assert edit.make() == lasting(None).offers[0]

"""A promise is kept in every position of the switches, or it is not kept."""

from __future__ import annotations

from meter import loads_policy
from meter.verify import changes, guarantees, lints
from meter.verify.answers import ProofOutcome

CALM = """
[publication]
name = "The Harbour Review"
[switches]
storm = false
[[rules]]
name = "storm"
when = { switch = ["storm"] }
show = "article"
[[rules]]
name = "payers"
when = { entitled = true }
show = "article"
[[rules]]
name = "what is free"
when = { access = ["free"] }
show = "article"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
OPEN = """
[[guarantees]]
name = "walled"
when = { reader = ["anonymous"], access = ["metered"] }
always = ["subscription-wall"]
"""


def test_a_promise_that_breaks_when_a_switch_is_turned_is_not_proved():
    """It says so, with the switch it takes; turned in the file, it breaks as it is."""
    policy = loads_policy(CALM + OPEN)
    answer = next(a for a in guarantees(policy) if a.name == "walled")
    assert answer.outcome is ProofOutcome.FAILS
    assert answer.counterexample.turned == "the switch `storm` on"
    turned = loads_policy((CALM + OPEN).replace("storm = false", "storm = true"))
    answer = next(a for a in guarantees(turned) if a.name == "walled")
    assert (answer.outcome, answer.counterexample.turned) == (ProofOutcome.FAILS, "")


def test_what_holds_in_every_position_is_proved_so():
    """And the answer says that it is about every position."""
    answer = next(a for a in guarantees(loads_policy(CALM)) if "subscriber never" in a.name)
    assert answer.outcome is ProofOutcome.PROVED
    assert "whichever way the switches are" in answer.how


def test_what_is_proved_one_way_here_and_another_there_is_told_for_each_position():
    """Nobody meets the storm while it is off; while it is on, everybody who does is looked at."""
    promise = """
[[guarantees]]
name = "open in a storm"
when = { switch = ["storm"] }
always = ["article"]
"""
    answer = next(a for a in guarantees(loads_policy(CALM + promise)) if "in a storm" in a.name)
    assert answer.outcome is ProofOutcome.PROVED
    assert answer.how == (
        "nobody can be in that situation, as the switches are; for every possible reader, page"
        " view and count, with the switch `storm` on"
    )


def test_a_rule_that_waits_for_a_switch_is_no_dead_rule():
    """But one that fires in no position is."""
    assert lints(loads_policy(CALM)) == ()
    dead = CALM.replace('switch = ["storm"]', 'switch = ["storm"], not = { switch = ["storm"] }')
    assert "rule-never-fires" in [found.code for found in lints(loads_policy(dead))]


def test_a_difference_under_a_switch_that_is_off_is_told():
    """With the switch it takes; where the files turn it differently, as they stand."""
    other = loads_policy(CALM.replace('show = "article"', 'show = "registration-wall"', 1))
    (row,) = changes(loads_policy(CALM), other).rows
    assert row.who.endswith("with the switch `storm` on")
    turned = loads_policy(CALM.replace("storm = false", "storm = true"))
    rows = changes(loads_policy(CALM), turned).rows
    assert {(row.before, row.after) for row in rows} == {("`subscription-wall`", "`article`")}

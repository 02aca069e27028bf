"""A countdown that is told at an article that was read before misleads as any other does."""

from __future__ import annotations

import pytest

from meter import loads_policy
from meter.usage import Tally
from meter.verify import ProofOutcome, guarantees
from meter.verify.clock.endings import without_first

MORNING = "hour = { below = 12 }", "hour = { at_least = 12 }"
DESKTOP = 'device = ["desktop"]', 'device = ["phone"]'
TWO_METERS = """
[publication]
name = "The Harbour Review"
timezone = "UTC"
[meters.first]
window = {{ calendar = "month" }}
limits = [{{ when = {{ {here} }}, limit = 2 }}, {{ limit = 0 }}]
[meters.second]
window = {{ calendar = "month" }}
limit = 2
[[rules]]
name = "news here"
when = {{ section = ["news"], {here} }}
spend = "first"
show = "article"
[[rules]]
name = "news elsewhere"
when = {{ section = ["news"], {elsewhere}, not = {{ exhausted = ["first"] }} }}
spend = "second"
show = "countdown"
[[rules]]
name = "markets"
when = {{ section = ["markets"] }}
spend = "second"
show = "article"
[[rules]]
name = "all"
show = "wall"
"""
"""A new article of the news meets a wall elsewhere: only one that was read has a countdown."""


@pytest.mark.parametrize("times", [MORNING, DESKTOP])
def test_what_is_told_at_an_article_that_was_read_is_held_to(times: tuple[str, str]) -> None:
    """By a search that waits for a clock, and by one that does not."""
    here, elsewhere = times
    policy = loads_policy(TWO_METERS.format(here=here, elsewhere=elsewhere))
    (answer,) = [each for each in guarantees(policy) if each.code == "last-free-is-announced"]
    assert ProofOutcome.FAILS is answer.outcome
    assert answer.counterexample is not None
    steps = answer.counterexample.steps
    shown = [(str(step.decision.show), step.decision.counted, step.again) for step in steps]
    assert [("article", True, False)] * 3 == [each for each in shown if each[1]]
    assert [("countdown", False, True)] == [each for each in shown if not each[1]]
    assert steps[-1].decision.meter is not None
    assert 0 == steps[-1].decision.meter.left


def test_an_article_may_be_opened_otherwise_than_one_like_it_was_read() -> None:
    """News and sport are alike here and not elsewhere: one of them must not stand for the other."""
    here, elsewhere = DESKTOP
    text = TWO_METERS.format(here=here, elsewhere=elsewhere)
    text = text.replace('["news"], ' + here, '["news", "sport"], ' + here)
    for section in ("news", "sport"):
        policy = loads_policy(text.replace('["news"], ' + elsewhere, f'["{section}"], {elsewhere}'))
        (answer,) = [each for each in guarantees(policy) if each.code == "last-free-is-announced"]
        assert answer.outcome is not ProofOutcome.PROVED


def test_what_is_back_in_a_rolling_window_leaves_it_last() -> None:
    """The number of an article says when it was read first, not when it was counted."""
    tally = Tally(("a-1", "a-2"), (5, 5))
    assert ("a-2",) == without_first(tally, 1, ["a-1", "a-2"]).ids
    assert ("a-1",) == without_first(tally, 1, ["a-2", "a-1"]).ids

"""What is said of an audience is what comes of deciding each of its views, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("numba", reason="an audience needs the `sim` extra")

from meter.loading import load_policy, loads_policy
from meter.replay.both import replay_both
from meter.studio.policy.audience import log_audience, simulated_audience
from tests.studio.audiences import wrong_answers, wrong_campaigns

if TYPE_CHECKING:
    from pathlib import Path


def test_random_edits_are_told_as_one_view_after_another_tells_them() -> None:
    """Another limit, window, zone or rule: the same views, readers and words."""
    changed, wrong = wrong_answers(40)
    assert [] == wrong
    assert changed > 20


def test_campaigns_are_told_as_one_view_after_another_tells_them() -> None:
    """Prompts that are kept back, closed or quiet after a purchase, offers started once or over."""
    changed, wrong = wrong_campaigns(40)
    assert [] == wrong
    assert changed > 20


def test_a_policy_that_asks_for_more_has_the_log_read_again(folder: Path) -> None:
    """A new rule may look at what no rule before it looked at."""
    text = (folder / "policy.toml").read_text(encoding="utf-8")
    log = folder / "events.jsonl"
    old = load_policy(folder / "policy.toml")
    audience = log_audience(log)
    rule = '[[rules]]\nname = "{0}"\nwhen = {{ {0} = ["{1}"] }}\nshow = "subscription-wall"\n'
    for asked, word in (("section", "ports/asia"), ("device", "phone"), ("language", "ja")):
        new = loads_policy(text.replace("[[rules]]", rule.format(asked, word) + "\n[[rules]]", 1))
        told = audience.concerned(old, new)
        assert replay_both(old, new, log) == told.logged
        assert told.logged.changed > 0
        assert all(one.examples for one in told.changes)


def test_simulated_people_are_the_same_each_time(folder: Path) -> None:
    """Two audiences of one policy give the same numbers, and say that they are simulated."""
    old = load_policy(folder / "policy.toml")
    text = (folder / "policy.toml").read_text(encoding="utf-8")
    new = loads_policy(text.replace("anonymous = 3", "anonymous = 5"))
    first, second = (simulated_audience(old) for _ in range(2))
    assert first.concerned(old, new) == second.concerned(old, new)
    assert first.concerned(old, new).logged.changed > 0
    assert first.is_simulated

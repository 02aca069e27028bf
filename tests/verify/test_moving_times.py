"""What depends on when somebody comes is not proved by a search that stays at one time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from meter import (
    Access,
    Article,
    PageView,
    Policy,
    Reader,
    Usage,
    decide,
    load_policy,
    loads_policy,
)
from meter.verify import guarantees
from meter.verify.answers import ProofOutcome
from meter.verify.subsumption import never_stricter

POLICIES = Path(__file__).parent / "moving"
PROMISE = "last-free-is-announced"
BROKEN = {
    "hour": [(6, 1, 17), (6, 1, 18), (6, 1, 19)],
    "dates": [(6, 9, 17), (6, 10, 18), (6, 10, 19)],
    "weekday": [(6, 5, 17), (6, 6, 18), (6, 6, 19)],
    "weekmonth": [(6, 29, 10), (6, 30, 10), (7, 1, 10), (7, 1, 11), (7, 1, 12)],
}


def outcome(policy: Policy) -> ProofOutcome:
    """Return what is said of the last free article."""
    (answer,) = [answer for answer in guarantees(policy) if answer.code == PROMISE]
    return answer.outcome


@pytest.mark.parametrize("name", BROKEN)
def test_a_promise_that_somebody_breaks_at_another_time_is_not_proved(name: str) -> None:
    """The last one goes by in silence, for a reader who was counting."""
    policy = load_policy(POLICIES / f"{name}.toml")
    usage = Usage()
    shown = []
    for number, (month, day, hour) in enumerate(BROKEN[name]):
        view = PageView(article=Article(id=f"x{number}"))
        now = datetime(2026, month, day, hour, tzinfo=UTC)
        decision, usage = decide(policy, Reader(id="r"), view, usage, now)
        shown.append(str(decision.show))
    assert "countdown" in shown
    assert "last-free-article" not in shown
    assert "wall" in shown[-1]
    assert outcome(policy) is not ProofOutcome.PROVED


WINDOWS = {
    "month": '{ calendar = "month" }',
    "week": '{ calendar = "week" }',
    "rolling": '{ rolling = "7 days" }',
    "fixed": '{ fixed = "3 days" }',
}
MIXED = """
[publication]
name = "X"
timezone = "UTC"
[meters.one]
window = {one}
limit = 4
[meters.other]
window = {other}
limit = 3
[[rules]]
name = "silent"
when = {{ used = {{ one = {{ at_least = 3 }}, other = {{ at_most = 1 }} }} }}
spend = ["one", "other"]
show = "article"
[[rules]]
name = "counted"
spend = ["one", "other"]
show = "countdown"
[[rules]]
name = "else"
show = "wall"
"""


@pytest.mark.parametrize("one", WINDOWS)
@pytest.mark.parametrize("other", WINDOWS)
def test_windows_that_end_at_different_times_are_not_decided_by_a_search(one, other) -> None:
    """Nor is one that rolls; two of one sort are."""
    found = outcome(loads_policy(MIXED.format(one=WINDOWS[one], other=WINDOWS[other])))
    if one == other != "rolling":
        assert found is not ProofOutcome.NOT_DECIDED
    else:
        assert found is not ProofOutcome.PROVED


EVENINGS = """
[publication]
name = "X"
timezone = "UTC"
[meters.m]
window = {{ calendar = "month" }}
limits = [ {{ when = {{ hour = {{ at_least = 6, below = 12 }} }}, limit = 0 }}, {{ limit = 3 }} ]
{evening}
[[rules]]
name = "counted"
spend = "m"
show = "countdown"
[[rules]]
name = "else"
show = "wall"
"""
OPEN = """
[[rules]]
name = "evening"
when = { hour = { at_least = 18, below = 22 }, access = ["metered"] }
show = "article"
"""


def test_what_is_not_counted_any_more_may_be_missed_later() -> None:
    """An article of the evening is not counted already the next morning."""
    old = loads_policy(EVENINGS.format(evening=""))
    new = loads_policy(EVENINGS.format(evening=OPEN))
    last = {}
    for name, policy in (("old", old), ("new", new)):
        usage = Usage()
        for day, hour in ((1, 19), (2, 8)):
            now = datetime(2026, 6, day, hour, tzinfo=UTC)
            view = PageView(article=Article(id="x"))
            last[name], usage = decide(policy, Reader(id="r"), view, usage, now)
    assert (Access.FULL, Access.PREVIEW) == (last["old"].access, last["new"].access)
    assert never_stricter(new, old).outcome is not ProofOutcome.PROVED


def test_what_is_open_to_everyone_is_not_missed() -> None:
    """A section that needs no allowance any more is proved to be no stricter."""
    old = loads_policy(MIXED.format(one=WINDOWS["month"], other=WINDOWS["month"]))
    opened = '[[rules]]\nname = "sport"\nwhen = { section = ["sport"] }\nshow = "article"\n'
    text = MIXED.format(one=WINDOWS["month"], other=WINDOWS["month"])
    new = loads_policy(text.replace("[[rules]]", f"{opened}[[rules]]", 1))
    assert never_stricter(new, old).outcome is ProofOutcome.PROVED

"""The last free article is proved to be announced only where no instant breaks that.

`python -m tests.verify.clocks` asks more policies; here are some, and bugs that it has to notice.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime
from random import Random

import pytest
from attrs import evolve

from meter import Article, PageView, Policy, Reader, loads_policy
from meter.facts.slots import observer_of
from meter.policy import Publication
from meter.verify import guarantees
from meter.verify.clock.tape import tapes
from meter.windows import instant
from tests.laws.test_planted_bugs import Bug, copy_with, said_in
from tests.planted import some
from tests.verify.clocks import PROMISE, SHORT_DAY, ZONES, drawn, story_misleads, wrong_about

BUGS = (
    Bug(
        "no clock is ever changed",
        "verify/clock/tape.py",
        "if _offset(zone, after) != before:",
        "if False:",
    ),
    Bug(
        "another hour comes in no window",
        "verify/clock/passing.py",
        "for told, start in next_.items():",
        "for told, start in [(run.told, run.start)]:",
    ),
    Bug(
        "a limit is the same at every hour",
        "verify/clock/passing.py",
        "        if not moving:\n",
        "        if True:\n",
    ),
    Bug(
        "what was told is forgotten",
        "verify/clock/journeys.py",
        "told |= {decision.meter.name}",
        "told = told",
    ),
    Bug(
        "what is told at an article that was read is forgotten",
        "verify/clock/journeys.py",
        " or then.told - before.told):",
        "):",
    ),
    Bug(
        "a journey stays in its first phase",
        "verify/clock/phases.py",
        "if number != place and not after.isdisjoint(other.codes)",
        "if False",
    ),
    Bug(
        "a window is as long as its first run",
        "verify/clock/passing.py",
        "most = min(length - 1, last[told] - 1 - run.start)",
        "most = min(length - 1, run.end - 1 - run.start)",
    ),
)


MINUTES_30 = 1_800_000_000
"""In microseconds."""


@pytest.mark.parametrize("policy", list(drawn(12)))
def test_no_instant_breaks_what_is_proved(policy: Policy) -> None:
    """Every answer is given, and is what the journeys over the instants of a week say."""
    assert "" == wrong_about(policy)


def test_what_only_a_day_of_23_hours_breaks_is_found() -> None:
    """The countdown and the silent last one are 24 hours apart by the clock, and 23 in truth."""
    (answer,) = [each for each in guarantees(SHORT_DAY) if each.code == PROMISE]
    assert answer.counterexample is not None
    assert story_misleads(SHORT_DAY, answer)
    first, last = answer.counterexample.steps
    assert first.asked.now.utcoffset() != last.asked.now.utcoffset()
    in_a_zone = Publication(name="The Harbour Review", timezone="Asia/Tokyo")
    elsewhere = evolve(SHORT_DAY, publication=in_a_zone)
    (answer,) = [each for each in guarantees(elsewhere) if each.code == PROMISE]
    assert "proved" == str(answer.outcome)


TEXT = """
[publication]
name = "X"
timezone = "{zone}"
[[rules]]
name = "early"
when = {{ hour = {{ at_least = 2, below = 9 }}, weekday = ["sunday"], dates = {{ from = {day} }} }}
show = "article"
[[rules]]
name = "else"
show = "wall"
"""


@pytest.mark.parametrize("zone", ZONES)
def test_the_tape_says_what_the_clocks_say(zone: str) -> None:
    """At its cuts, just before and after them, and in between, also where the clock changes."""
    vocabulary = loads_policy(TEXT.format(zone=zone, day=ZONES[zone])).rulebook.vocabulary
    slots = tuple(slot for slot in vocabulary.slots if slot.zone or slot.name == "period")
    (runs,) = tapes(slots)
    starts = [run.start for run in runs]
    random = Random(zone)
    near = [start + step for start in random.sample(starts[1:], 500) for step in (-1, 0, 1)]
    anywhere = [random.randrange(starts[0], runs[-1].end) for _ in range(1_500)]
    observers = [observer_of(slot) for slot in slots]
    for at in near + anywhere:
        view = PageView(article=Article(id="a"))
        told = tuple(observe(Reader(id="r"), view, at) for observe in observers)
        assert runs[bisect_right(starts, at) - 1].told == told


def test_a_date_off_the_quarter_hour_moves_no_change_of_the_clock() -> None:
    """The hour of a spring morning, in a policy with a date a second before midnight."""
    text = TEXT.replace("at_least = 2, below = 9", "at_least = 3")
    text = text.format(zone="America/New_York", day="2026-03-01T23:59:59")
    vocabulary = loads_policy(text).rulebook.vocabulary
    slots = tuple(slot for slot in vocabulary.slots if slot.zone or slot.name == "period")
    (runs,) = tapes(slots)
    starts = [run.start for run in runs]
    spring = instant(datetime(2026, 3, 8, 7, tzinfo=UTC))
    view = PageView(article=Article(id="a"))
    for at in range(spring - MINUTES_30, spring + MINUTES_30, MINUTES_30 // 30):
        told = tuple(observer_of(slot)(Reader(id="r"), view, at) for slot in slots)
        assert runs[bisect_right(starts, at) - 1].told == told


FAR_APART = """
[publication]
name = "X"
timezone = "UTC"
[meters.articles]
window = {window}
limit = 2
[[rules]]
name = "then"
when = {{ dates = {{ from = 2017-01-01, until = 2017-12-31 }} }}
spend = "articles"
show = "countdown"
[[rules]]
name = "later"
when = {{ dates = {{ from = 2026-01-01 }} }}
spend = "articles"
show = "article"
[[rules]]
name = "else"
show = "article"
"""


@pytest.mark.parametrize(
    ("window", "never"),
    [
        ("{ lifetime = true }", "proved"),
        ('{ fixed = "3660 days" }', "proved"),
        ('{ fixed = "2000 days" }', "fails"),
    ],
)
def test_dates_that_lie_far_apart_come_in_one_long_window(window: str, never: str) -> None:
    """A countdown of 2017 holds still in 2026, where the window has not ended by then."""
    policy = loads_policy(FAR_APART.format(window=window))
    (answer,) = [each for each in guarantees(policy) if each.code == PROMISE]
    assert never != str(answer.outcome)


@pytest.mark.parametrize("bug", some(BUGS), ids=lambda bug: bug.name)
def test_a_planted_bug_is_noticed(bug: Bug, tmp_path) -> None:
    """As a policy that is called proved and is broken, or as an answer that is not given."""
    assert [] != said_in(copy_with(tmp_path, bug), "tests.verify.clocks")

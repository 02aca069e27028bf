"""Are prompts, experiments and offers that last decided in columns as the engine decides them?"""

from __future__ import annotations

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from meter import loads_policy
from meter.columns import decide as columns
from meter.columns import one_by_one
from meter.columns.decide import Columns
from meter.testing import strategies
from tests.columns.both import by_columns, by_engine, closing_journeys
from tests.columns.noticing import is_noticed
from tests.planted import some

CAMPAIGN = loads_policy("""
[publication]
name = "The Harbour Review"
timezone = "America/New_York"
[experiments.price]
seed = "price-test"
variants = { control = 0.5, nine = 0.5 }
[meters.daily]
window = { calendar = "day" }
limit = 2
[prompts.give]
heading = "Give"
at_most = [ { times = 1, window = { rolling = "36 hours" } } ]
quiet_after = { closed = "7 days", purchase = "1 day" }
instead = "bar"
[prompts.bar]
heading = "Still here?"
at_most = [ { times = 2, window = { calendar = "day" } } ]
[offers.back]
price = 9
currency = "USD"
term = "1 month"
lasts = "1 day"
[[rules]]
name = "who has seen the bar"
when = { seen = { bar = { at_least = 2 } } }
show = "article"
[[rules]]
name = "nine"
when = { experiment = { price = ["nine"] }, section = ["markets"] }
show = "article"
[[rules]]
name = "two a day"
spend = "daily"
show = "countdown"
prompt = "give"
[[rules]]
name = "premium"
when = { access = ["premium"] }
show = "article"
prompt = "bar"
[[rules]]
name = "everyone else"
show = "subscription-wall"
offer = "back"
""")


@st.composite
def _people(draw, policy):
    return {f"reader-{n}": draw(closing_journeys(policy)) for n in range(draw(st.integers(1, 2)))}


@st.composite
def _campaigns(draw):
    policy = draw(strategies.campaigns())
    if draw(st.booleans()):
        policy = draw(strategies.with_experiments(policy))
    return policy, draw(_people(policy))


@settings(max_examples=60, deadline=None)
@given(_campaigns())
def test_columns_decide_campaigns_as_the_engine_does(population):
    """Prompts with caps, what was seen and experiments: every decision on every view agrees."""
    assert by_engine(*population) == by_columns(*population)


@settings(max_examples=25, deadline=None)
@given(_people(CAMPAIGN))
def test_an_offer_that_lasts_is_over_in_columns_too(people):
    """A policy with everything at once is decided alike, what it counts and whom it exposes too."""
    assert by_engine(CAMPAIGN, people) == by_columns(CAMPAIGN, people)


def test_only_campaigns_are_decided_one_by_one():
    """A policy without any goes through arrays, and one with any does not."""
    plain = loads_policy(
        '[publication]\nname = "Plain"\n[[rules]]\nname = "all"\nshow = "article"\n'
    )
    assert not Columns(plain).has_campaigns
    assert Columns(CAMPAIGN).has_campaigns


BUGS = {
    "a closing is forgotten": (
        "usage = self._close(usage, closings[closed])",
        "self._close(usage, closings[closed])",
    ),
    "a closing comes a view late": (
        "(closing.at, closing.before) <= (at, place)",
        "(closing.at, closing.before) < (at, place)",
    ),
    "nothing is remembered": ("told, usage = spend(", "told, _ = spend("),
    "who bought is not looked at": (
        "int(views.right[place]) if len(views.right) else 0",
        "0",
    ),
    "a retry shows once more": (
        'name = f"{key[place]}" if len(key)',
        'name = f"{place}" if len(key)',
    ),
    "everybody has closed what the first reader has": (
        "self.closings[int(self.views.reader[places[0]])]",
        "self.closings[0]",
    ),
    "facts of one view are taken for another's": (
        "self._situation(int(views.group[place if",
        "self._situation(int(views.group[0 if",
    ),
    "a prompt is never kept back": (
        "prompt = conclusion.decision.prompt\n",
        "prompt = verdict.prompt\n",
    ),
    "nobody is exposed": ("exposed = conclusion.decision.exposures\n", "exposed = ()\n"),
}


def _differs(population):
    try:
        return by_engine(*population) != by_columns(*population)
    except (AssertionError, IndexError):  # the rows do not even add up
        return True


def _is_found():
    populations = st.tuples(st.just(CAMPAIGN), _people(CAMPAIGN))
    return is_noticed(populations, _differs, examples=400)


@pytest.mark.parametrize("name", some(BUGS))
def test_a_planted_bug_is_found(name, monkeypatch):
    """Readers who come back and close prompts tell a spoiled walk from the engine."""
    right, wrong = BUGS[name]
    source = Path(one_by_one.__file__).read_text(encoding="utf-8")
    assert source.count(right) == 1, f"the line to spoil has changed: {right}"
    spoiled = module_from_spec(spec_from_loader(one_by_one.__name__, loader=None))
    exec(compile(source.replace(right, wrong), "spoiled", "exec"), spoiled.__dict__)
    monkeypatch.setattr(columns, "decide_one_by_one", spoiled.decide_one_by_one)

    assert _is_found(), f"nobody noticed that {name}"


def test_arrays_alone_would_be_told_from_the_engine(monkeypatch):
    """What was so before is found too: campaigns that go through arrays like any other policy."""
    monkeypatch.setattr(Columns, "has_campaigns", False)

    assert _is_found()

"""Would the comparison with the engine find a bug in the counting?

Each one planted here must be found.
"""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

from hypothesis import given, settings
from hypothesis import strategies as st

from meter import loads_policy
from meter.columns import counting, spending, tables, windows
from meter.columns import decide as columns
from meter.testing import strategies
from tests.columns.both import by_columns, by_engine
from tests.columns.noticing import is_noticed
from tests.planted import some

BUGS = {
    "a blocked view counts": (
        spending,
        "counts = tables.spends[verdict, m] and seen & ALREADY == 0",
        "counts = seen & ALREADY == 0",
    ),
    "an article counts again when it is read again": (
        spending,
        "tables.spends[verdict, m] and seen & ALREADY == 0",
        "tables.spends[verdict, m]",
    ),
    "a read at the end of a rolling window is still inside": (
        windows,
        "return now + length\n",
        "return now + length + 1\n",
    ),
    "a rolling window forgets all it holds with the first of it": (
        windows,
        "if memory.ends[holder, m, last] <= now:",
        "if True:",
    ),
    "a fixed window never ends": (
        windows,
        "if kind == LIFETIME:",
        "if kind in (LIFETIME, FIXED):",
    ),
    "a calendar window starts one microsecond late": (
        windows,
        "if edges[middle] <= now:",
        "if edges[middle] < now:",
    ),
    "a month does not forget the one before": (
        windows,
        "return edge_after(tables.edges, tables.edge_at[m], tables.edge_at[m + 1] - 1, now)",
        "return tables.edges[tables.edge_at[m + 1] - 1] + now",
    ),
    "a reader inherits what the one before counted": (
        spending,
        "memory.size[holder, m] = 0\n",
        "pass\n",
    ),
    "a lowered limit is ignored by what was used": (
        spending,
        "min(memory.size[holder, m], tables.limit[g, m])",
        "memory.size[holder, m]",
    ),
    "views at one instant are always one": (
        windows,
        "if same_time and memory.ids[holder, m, slot] == view:",
        "if same_time or memory.ids[holder, m, slot] == view:",
    ),
    "a prefetch counts": (spending, "if counts and tables.prefetch[g]:", "if False:"),
}
OF_SEVERAL = {
    "a list spends only one of its meters": (
        spending,
        "elif counts:",
        "elif counts and done == 0:",
    ),
    "a list is told of by its first meter": (
        spending,
        "if tables.full[verdict] and left_of(",
        "if False and left_of(",
    ),
    "a list is told of by the meter that resets first": (
        spending,
        "resets > last_resets",
        "resets < last_resets",
    ),
    "a wall tells of the rule whose refusal ends last": (
        spending,
        "last_resets < chosen_resets",
        "last_resets > chosen_resets",
    ),
    "a history forgets": (
        spending,
        "counts = memory.used[m] < tables.limit[g, m]",
        "counts = False",
    ),
    "a history counts beyond its limit": (
        spending,
        "counts = memory.used[m] < tables.limit[g, m]",
        "counts = True",
    ),
    "a history counts what a wall kept": (
        spending,
        "tables.keeps[g, m] and tables.full[verdict]",
        "tables.keeps[g, m]",
    ),
    "a history opens": (
        tables,
        "shares=np.isin(np.arange(len(self.meters)), self.rulebook.sharing)",
        "shares=np.array([not meter.by_view for meter in meters], np.bool_)",
    ),
    "a view on a history counts as spent": (
        spending,
        "if tables.spends[verdict, m]:\n                done = COUNTED",
        "done = COUNTED",
    ),
    "what one meter has counted is taken for another's": (
        windows,
        "4 * min(size, most)",
        "4 * min(memory.used[0], most)",
    ),
    "a wall forgets who has expired": (
        tables,
        "key = (verdict, told_places(",
        "key = (verdict.rule, told_places(",
    ),
}
"""Bugs that show with several meters, a history, or the wall that fits."""
BUGS |= OF_SEVERAL

SHOWN_BY = {
    "rolling": ("rolling",),
    "fixed": ("from the first read",),
    "calendar": ("calendar",),
    "month": ("calendar",),
}
"""The windows in which a bug shows, where its name says so; what others draw would be time lost."""


def run_spoiled(module, right="", wrong=""):
    """Return a module's names, not compiled (a compiled loop would take seconds), with a bug."""
    source = Path(module.__file__).read_text(encoding="utf-8")
    if right:
        assert source.count(right) == 1, f"the line to spoil has changed: {right}"
        source = source.replace(right, wrong)
    for compiler in ("compiled, inlined", "compiled"):
        source = source.replace(
            f"from meter.columns.compiled import {compiler}\n",
            "compiled = inlined = lambda function: function\n",
        )
    spoiled = module_from_spec(spec_from_loader(module.__name__, loader=None))
    exec(compile(source, "spoiled", "exec"), spoiled.__dict__)
    return spoiled


def _count_with(name):
    """Return the counting loop with one bug, and the arithmetic of windows that it calls."""
    where, right, wrong = BUGS[name]
    modules = (counting, spending, windows)
    loop, parts, arithmetic = (
        run_spoiled(module, *((right, wrong) if where is module else ())) for module in modules
    )
    for part in ("combination_of", "recall", "reset_of"):
        setattr(loop, part, getattr(arithmetic, part))
    parts.keep, parts.reset_of = arithmetic.keep, arithmetic.reset_of
    for part in spending.__all__:
        setattr(loop, part, getattr(parts, part))
    return loop.count


def _plant(name, monkeypatch):
    """Put a bug into the loop, or into what makes its tables."""
    where, right, wrong = BUGS[name]
    monkeypatch.setattr(columns, "count", _count_with(name))
    if where is tables:
        spoiled = run_spoiled(tables, right, wrong).Judging
        for method in ("_number", "tables"):
            monkeypatch.setattr(tables.Judging, method, spoiled.__dict__[method])


POLICY = """
[publication]
name = "The Harbour Review"
timezone = "America/New_York"
[meters.m]
window = {{ {window} }}
limit = {{ anonymous = 1, registered = 2, trial-expired = 3 }}
count = "{count}"
[[rules]]
name = "a few"
spend = "m"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
WINDOWS = ('calendar = "day"', 'calendar = "month"', 'rolling = "36 hours"', 'fixed = "2 days"')
POLICIES = [
    loads_policy(POLICY.format(window=window, count=count))
    for count in ("articles", "views")
    for window in WINDOWS
]


@st.composite
def _populations(draw, windows):
    policy = draw(
        st.sampled_from(
            [
                policy
                for policy in POLICIES
                if any(word in str(policy.meters[0].window) for word in windows)
            ]
        )
    )
    return policy, {
        f"reader-{n}": draw(strategies.journeys(policy)) for n in range(draw(st.integers(1, 2)))
    }


SEVERAL = """
[publication]
name = "The Harbour Review"
timezone = "America/New_York"
[meters.daily]
window = {{ calendar = "day" }}
limit = 2
[meters.monthly]
window = {{ {window} }}
limit = {{ anonymous = 2, registered = 3 }}
[meters.heard]
window = {{ rolling = "36 hours" }}
limit = 2
counts = {{ access = ["free", "metered", "premium"] }}
[meters.extra]
window = {{ rolling = "1 hour" }}
limit = 1
[offers.back]
kind = "trial"
price = 1
currency = "USD"
term = "1 month"
[[rules]]
name = "who has heard more than there is"
when = {{ used = {{ heard = {{ at_least = 3 }} }} }}
show = "article"
[[rules]]
name = "premium"
when = {{ access = ["premium"] }}
show = "subscription-wall"
[[rules]]
name = "who has heard enough"
when = {{ account = false, exhausted = ["heard"] }}
show = "registration-wall"
[[rules]]
name = "two a day and three a month"
spend = ["daily", "monthly"]
show = "countdown"
[[rules]]
name = "a little more"
spend = "extra"
show = "countdown"
[[rules]]
name = "everyone else"
show = "wall"
offer = "back"
"""
OF_LISTS = [loads_policy(SEVERAL.format(window=window)) for window in WINDOWS]


@st.composite
def _several(draw):
    policy = draw(st.sampled_from(OF_LISTS))
    return policy, {
        f"reader-{n}": draw(strategies.journeys(policy)) for n in range(draw(st.integers(1, 2)))
    }


@settings(max_examples=40, deadline=None)
@given(_several())
def test_lists_and_histories_are_decided_alike(population):
    """Without a bug, the policies that show one are decided as the engine decides them."""
    assert by_engine(*population) == by_columns(*population)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize("name", some(BUGS))
def test_a_planted_bug_is_found(name, monkeypatch):
    """Readers who come back on the edges of windows tell a spoiled loop from the engine."""
    _plant(name, monkeypatch)

    def differs(population):
        try:
            return by_engine(*population) != by_columns(*population)
        except (AssertionError, IndexError):  # the rows do not even add up
            return True

    windows = next((words for word, words in SHOWN_BY.items() if word in name), ("",))
    populations = _several() if name in OF_SEVERAL else _populations(windows)
    assert is_noticed(populations, differs), f"nobody noticed that {name}"

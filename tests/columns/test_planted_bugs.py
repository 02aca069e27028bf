"""Would the comparison with the engine find a bug in the counting?

Each one planted here must be found.
"""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from meter import loads_policy
from meter.columns import counting, windows
from meter.columns import decide as columns
from meter.testing import strategies
from tests.columns.both import by_columns, by_engine

BUGS = {
    "a blocked view counts": (counting, "tables.spend[verdict] < 0 or ", ""),
    "an article counts again when it is read again": (
        counting,
        " or memory.seen[meter] != 0",
        "",
    ),
    "a read at the end of a rolling window is still inside": (
        windows,
        "return now + length\n",
        "return now + length + 1\n",
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
        counting,
        "            memory.size[_ONE, m] = 0\n",
        "            pass\n",
    ),
    "a lowered limit is ignored by what was used": (
        windows,
        "used = min(size, limit)\n",
        "used = min(size, limit - 1)\n",
    ),
    "views at one instant are always one": (
        windows,
        "if same_time and memory.ids[holder, m, slot] == view:",
        "if same_time or memory.ids[holder, m, slot] == view:",
    ),
    "a prefetch counts": (counting, "if tables.prefetch[g]:", "if False:"),
}

SHOWN_BY = {
    "rolling": ("rolling",),
    "fixed": ("from the first read",),
    "calendar": ("calendar",),
    "month": ("calendar",),
}
"""The windows in which a bug shows, where its name says so; what others draw would be time lost."""


def _run_spoiled(module, right="", wrong=""):
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
    loop = _run_spoiled(counting, *((right, wrong) if where is counting else ()))
    arithmetic = _run_spoiled(windows, *((right, wrong) if where is windows else ()))
    loop.combination_of = arithmetic.combination_of
    loop.keep = arithmetic.keep
    return loop.count


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


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found(name, monkeypatch):
    """Readers who come back on the edges of windows tell a spoiled loop from the engine."""
    monkeypatch.setattr(columns, "count", _count_with(name))

    def differs(population):
        try:
            return by_engine(*population) != by_columns(*population)
        except (AssertionError, IndexError):  # the rows do not even add up
            return True

    windows = next((words for word, words in SHOWN_BY.items() if word in name), ("",))
    options = settings(
        max_examples=600,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    try:
        find(_populations(windows), differs, settings=options)
    except NoSuchExample:
        pytest.fail(f"nobody noticed that {name}")

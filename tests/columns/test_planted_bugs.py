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
from meter.columns import counting
from meter.columns import decide as columns
from meter.testing import strategies
from tests.columns.both import by_columns, by_engine

BUGS = {
    "a blocked view counts": ("if tables.spend[verdict] >= 0 and", "if"),
    "an article counts again when it is read again": ("and memory.seen[meter] == 0:", ":"),
    "a read at the end of a rolling window is still inside": (
        (
            "memory.ats[m, memory.first[m]] + tables.length[m] <= now:\n                           "
            " memory.first"
        ),
        (
            "memory.ats[m, memory.first[m]] + tables.length[m] < now:\n                           "
            " memory.first"
        ),
    ),
    "a fixed window never ends": (
        "elif kind == FIXED and size > 0 and",
        "elif kind == FIXED and size > 1_000 and",
    ),
    "a calendar window starts one microsecond late": (
        "if edges[middle] <= now:",
        "if edges[middle] < now:",
    ),
    "a month does not forget the one before": (
        (
            "memory.start[m], memory.end[m] = tables.edges[after - 1], tables.edges[after]\n       "
            "                     size = 0"
        ),
        "memory.start[m], memory.end[m] = tables.edges[after - 1], tables.edges[after]",
    ),
    "a reader inherits what the one before counted": ("        memory.size[:] = 0\n", ""),
    "a lowered limit is ignored by what was used": (
        "used = min(size, limit)\n",
        "used = min(size, limit - 1)\n",
    ),
    "views at one instant are always one": (
        "memory.ids[m, slot] == mark and (not",
        "(memory.ids[m, slot] == mark or memory.ats[m, slot] == now) and (not",
    ),
    "a prefetch counts": ("and tables.spends[g] and", "and"),
}

SHOWN_BY = {
    "rolling": ("rolling",),
    "fixed": ("from the first read",),
    "calendar": ("calendar",),
    "month": ("calendar",),
}
"""The windows in which a bug shows, where its name says so; what others draw would be time lost."""


def _count_with(name):
    """Return the counting loop with one bug, not compiled: a compiled one would take seconds."""
    right, wrong = BUGS[name]
    source = Path(counting.__file__).read_text(encoding="utf-8")
    assert source.count(right) == 1, f"the line to spoil for {name!r} has changed"
    spoiled = source.replace(right, wrong).replace(
        "from meter.columns.compiled import compiled", "compiled = lambda function: function"
    )
    module = module_from_spec(spec_from_loader("spoiled", loader=None))
    exec(compile(spoiled, "spoiled", "exec"), module.__dict__)
    return module.count


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
    """Readers who come back on the edges of windows tell a spoiled counting loop from the engine."""
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

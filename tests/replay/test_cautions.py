"""Each warning comes when it should, and only then."""

from __future__ import annotations

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import loads_policy
from meter.columns.cautions import CAUTIONS, holdout_size
from meter.replay.run import replay

POLICY = """
[publication]
name = "The Harbour Review"
[meters.m]
window = {{ {window} }}
limit = 3
[[rules]]
name = "staff"
when = {{ reader = ["staff"] }}
show = "article"
[[rules]]
name = "a few articles"
spend = "m"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
MONTH, DAY = 1_767_225_600_000_000, 86_400_000_000


def _codes(window='calendar = "month"', views=(1,) * 100, start=MONTH, days=30, **columns):
    """Return the codes of the warnings about a log of some views a reader, over some days."""
    reader = np.repeat(np.arange(len(views)), views)
    at = np.linspace(start, start + days * DAY, len(reader)).astype(np.int64)
    more = {
        name: pa.array([values[n % len(values)] for n in range(len(reader))])
        for name, values in columns.items()
    }
    table = pa.table(
        {
            "reader": reader,
            "time": pa.array(at, pa.timestamp("us", "UTC")),
            "article": np.arange(len(reader)),
            **more,
        }
    )
    found = replay(loads_policy(POLICY.format(window=window)), table, recorded_under="none")
    return {caution.code for caution in found.cautions}


@pytest.mark.parametrize(
    ("code", "worth", "not_worth"),
    [
        ("W06", {"registered": [True, False]}, {"registered": [True]}),
        ("W07", {"views": (2,) * 100}, {"views": (1, *[2] * 99)}),
        ("W07", {"views": (5,) * 44}, {"views": (1, *[5] * 43)}),
        ("W07", {"views": (2,) * 14}, {"views": (2,) * 13}),
        ("W08", {"start": MONTH + 5 * DAY}, {"start": MONTH}),
        ("W08", {"window": 'rolling = "30 days"'}, {"window": 'rolling = "7 days"'}),
        ("W08", {"window": "lifetime = true"}, {"window": 'fixed = "2 days"'}),
        ("W16", {"views": (1,) * 99 + (50,)}, {"views": (1,) * 100}),
        ("W17", {}, {"crawler": [False]}),
    ],
)
def test_a_warning_comes_when_it_should(code, worth, not_worth):
    """A log that deserves a warning gets it, one that does not gets none."""
    assert code in _codes(**worth)
    assert code not in _codes(**not_worth)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=30))
def test_a_log_of_active_readers_is_one_that_chance_does_not_make(views):
    """With a fifth of the readers at one view, fewer than one log in twenty has none of them."""
    is_selected = 1 not in views and 0.8 ** len(views) < 0.05

    assert is_selected is ("W07" in _codes(views=tuple(views)))


@pytest.mark.parametrize(
    ("code", "recorded", "asked", "other"),
    [("W01", 3, 4, 3), ("W01", 3, 4, 2)],
)
def test_a_looser_policy_is_told(code, recorded, asked, other):
    """Also where nobody was stopped yet."""
    table = pa.table({"reader": [1], "time": [MONTH], "article": [1]})

    def codes(limit):
        policy, old = (
            loads_policy(POLICY.format(window='calendar = "month"').replace("3", str(number)))
            for number in (limit, recorded)
        )
        return {caution.code for caution in replay(policy, table, recorded_under=old).cautions}

    assert code in codes(asked)
    assert code not in codes(other)


def test_addresses_of_one_page_are_told():
    """W25 comes with ids that are two addresses of a page, and only then."""

    def codes(*pages):
        table = pa.table({"reader": [1, 1], "time": [MONTH, MONTH + 1], "article": list(pages)})
        policy = loads_policy(POLICY.format(window='calendar = "month"'))
        return {caution.code for caution in replay(policy, table).cautions}

    assert "W25" in codes("/story", "/story/")
    assert "W25" not in codes("/story", "/other")


def test_what_no_log_can_know_is_always_said():
    """Randomisation, cookies, behaviour and news are limits of every replay."""
    assert {"W03", "W05", "W09", "W15"} <= _codes()


def test_every_warning_is_documented():
    """The how-to's table lists each code of the table of cautions."""
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "replay-your-log.md").read_text(
        encoding="utf-8"
    )

    assert set(CAUTIONS) == set(re.findall(r"^\| `(W\d\d)` \|", page, re.MULTILINE))


def test_a_holdout_of_the_suggested_size_has_the_power():
    """Two groups of the suggested size tell a change of a tenth about four times in five."""
    share = 0.05
    size = holdout_size(share)
    random = np.random.default_rng(8)
    first = random.binomial(size, share, 4_000) / size
    second = random.binomial(size, share * 1.1, 4_000) / size
    mean = (first + second) / 2
    found = np.abs(second - first) / np.sqrt(2 * mean * (1 - mean) / size) > 1.96

    assert 0.77 < found.mean() < 0.83


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_nothing_can_be_planned_for_nobody_or_everybody(share):
    """A share of 0 or 1 has no holdout."""
    assert holdout_size(share) is None

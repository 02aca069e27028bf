"""A replay refuses what its log cannot know."""

from __future__ import annotations

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import loads_policy
from meter.replay.run import replay

POLICY = """
[publication]
name = "The Harbour Review"
[meters.m]
window = {{ {window} }}
limit = {limit}
[[rules]]
name = "sponsored"
when = {{ tags = ["{tag}"] }}
show = "article"
[[rules]]
name = "a few articles"
spend = "m"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
MONTH = 1_767_225_600_000_000
DAY = 86_400_000_000


def _policy(limit, window='calendar = "month"', tag="sponsored"):
    return loads_policy(POLICY.format(limit=limit, window=window, tag=tag))


def _uncensored(readers=4_000, seed=3):
    """Return what heavy-tailed readers would read in a month if nobody stopped them."""
    random = np.random.default_rng(seed)
    reads = np.minimum(random.geometric(random.beta(1.2, 3.0, readers).clip(0.02, 1)), 60)
    reader = np.repeat(np.arange(readers), reads)
    at = MONTH + random.integers(0, 30 * DAY, len(reader))
    return pa.table(
        {
            "reader": reader,
            "time": pa.array(at, pa.timestamp("us", "UTC")),
            "article": np.arange(len(reader)),
        }
    )


def _recorded(log, policy):
    """Return what a publication with this policy records: only the articles it let people read."""
    found = replay(policy, log, decisions=True, recorded_under="none")
    full = np.concatenate(
        [table["access"].to_numpy(zero_copy_only=False) == "full" for table in found.decisions]
    )
    return log.filter(pa.array(full))


def test_a_looser_limit_is_refused_with_bounds_that_hold_the_truth():
    """A log cut off at 5 articles says 0 % were stopped at 10.

    The answer is refused, and the truth lies within the bounds.
    """
    log = _uncensored()
    truth = replay(_policy(10), log, recorded_under="none").readers_stopped
    cut = _recorded(log, _policy(5))
    naive = replay(_policy(10), cut)
    found = replay(_policy(10), cut, recorded_under=_policy(5))

    assert 0 == naive.readers_stopped
    assert truth > 50
    assert None is found.readers_stopped
    assert None is found.views_blocked
    assert {} == found.first_stop_curve
    assert found.refused is not None
    bounds = found.bounds["readers_stopped"]
    assert bounds.at_least <= truth <= bounds.at_most
    assert "W01" in {caution.code for caution in found.cautions}


def test_not_knowing_is_a_caution():
    """Without `recorded_under` the report warns; with it, or with `none`, it does not."""
    log = _uncensored(50)

    def codes(**said):
        return {caution.code for caution in replay(_policy(3), log, **said).cautions}

    assert "W02" in codes()
    assert "W02" not in codes(recorded_under="none")
    assert "W02" not in codes(recorded_under=_policy(3))


@pytest.mark.parametrize("limit", [0, 1, 4, 5])
def test_a_limit_that_is_not_looser_is_answered_from_a_log_of_all_views(limit):
    """With the walls in the log, a limit up to the recorded one is answered without bounds."""
    log = _uncensored(300)
    truth = replay(_policy(limit), log, recorded_under="none").readers_stopped
    found = replay(_policy(limit), log, recorded_under=_policy(5))

    assert None is found.refused
    assert truth == found.readers_stopped


@pytest.mark.parametrize(
    "asked",
    [
        lambda: _policy(5, 'rolling = "30 days"'),
        lambda: _policy(3, 'calendar = "day"'),
        lambda: _policy(6),
        lambda: loads_policy(
            POLICY.format(limit=5, window='calendar = "month"', tag="sponsored").replace(
                "subscription-wall", "article"
            )
        ),
    ],
)
def test_another_window_or_a_way_round_is_looser(asked):
    """Another window, one article more, or no wall cannot be answered once somebody was stopped."""
    assert replay(asked(), _uncensored(300), recorded_under=_policy(5)).refused is not None


def test_a_looser_policy_is_answered_where_nobody_was_stopped():
    """If no reader came near the recorded limit, nothing was cut off and the answer stands."""
    log = pa.table(
        {
            "reader": [1, 1, 2],
            "time": pa.array([MONTH, MONTH + 1, MONTH + 2], pa.timestamp("us", "UTC")),
            "article": [1, 2, 3],
        }
    )
    found = replay(_policy(10), log, recorded_under=_policy(5))

    assert (None, 0) == (found.refused, found.readers_stopped)
    assert "W01" in {caution.code for caution in found.cautions}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1_000), st.integers(1, 6), st.integers(1, 12))
def test_bounds_hold_the_truth_whatever_was_recorded(seed, recorded, asked):
    """Whatever was recorded and is asked, an answer is the truth, or bounds it."""
    log = _uncensored(120, seed)
    truth = replay(_policy(asked), log, recorded_under="none").readers_stopped
    if asked > recorded:
        log = _recorded(log, _policy(recorded))
    found = replay(_policy(asked), log, recorded_under=_policy(recorded))

    if found.refused is None:
        assert truth == found.readers_stopped
    else:
        assert asked > recorded
        bounds = found.bounds["readers_stopped"]
        assert bounds.at_least <= truth <= bounds.at_most

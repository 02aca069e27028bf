"""How sure a number is: intervals that stay where the number can be."""

from __future__ import annotations

from math import sqrt

import pytest

from meter.simulate.measures import MEASURES, estimate, score_interval
from meter.simulate.population import simulate
from tests.simulate.policies import hard_wall, metered, with_trials


@pytest.mark.parametrize(("seen", "of"), [(1, 30), (3, 1000), (15, 30), (29, 30), (400, 5000)])
def test_the_interval_of_a_share_is_that_of_wilson(seen: int, of: int) -> None:
    """The textbook's formula, with 1.96."""
    z = 1.959963984540054
    share = seen / of
    middle = (share + z**2 / (2 * of)) / (1 + z**2 / of)
    half = z / (1 + z**2 / of) * sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    found = score_interval(seen, sqrt(of * share * (1 - share)), most=of, unit=1)
    assert found == pytest.approx((of * (middle - half), of * (middle + half)))


@pytest.mark.parametrize(
    ("seen", "low", "high"), [(1, 0.025, 5.572), (3, 0.619, 8.767), (10, 4.795, 18.390)]
)
def test_the_interval_of_a_rare_count_is_close_to_the_exact_one(
    seen: int, low: float, high: float
) -> None:
    """The table of Garwood (1936), which no number of readers bounds."""
    found = score_interval(seen, sqrt(seen), unit=1)
    assert found == pytest.approx((low, high), abs=0.65)


def test_registrations_cannot_be_fewer_than_none() -> None:
    """Three of a hundred registered: 1.0 to 8.5, where it was −0.3 to 6.3."""
    low, high = score_interval(3, sqrt(100 * 0.03 * 0.97), most=100, unit=1)
    assert (round(low, 1), round(high, 1)) == (1.0, 8.5)


@pytest.mark.parametrize(
    "policy", [metered(3), hard_wall(), with_trials()], ids=["metered", "hard wall", "trials"]
)
@pytest.mark.parametrize("readers", [1, 2, 20, 300])
def test_no_measure_of_few_readers_reaches_below_0(policy: object, readers: int) -> None:
    """Neither a count nor money; and a share of readers never more than all of them."""
    people = simulate(policy, readers=readers, months=2, seed=3)
    for measure in MEASURES:
        found = estimate(people, measure)
        assert 0 <= found.low <= found.value <= found.high
    stopped = estimate(people, MEASURES[0])
    assert stopped.high <= readers

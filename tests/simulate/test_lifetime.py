"""What a start is worth over its lifetime, however many months are simulated."""

from __future__ import annotations

import pytest

from meter.simulate.assumptions import published_assumptions
from meter.simulate.compare import compare
from meter.simulate.population import simulate
from tests.simulate.policies import metered, with_trials

MONTHS = (1, 6, 12, 24, 36, 48, 60)


def expected(months: int = 36, discount: float = 0.10) -> float:
    """Return what a monthly plan of 10 is worth, by the shifted-beta-geometric written anew.

    Each payment times the chance to be still there (Fader and Hardie 2007, equation 1) and the
    discount of its month.
    """
    alpha, beta = 0.905, 5.33
    alive, worth = 1.0, 0.0
    for month in range(months):
        worth += 10 * alive / (1 + discount) ** (month / 12)
        alive *= (beta + month) / (alpha + beta + month)
    return worth


def per_start(months: int, **changes: float) -> float:
    """Return the lifetime value of one start by the month."""
    known = published_assumptions().replace({"money.annual_share": 0.0, **changes})
    people = simulate(metered(2), readers=1500, months=months, seed=4, assumptions=known)
    return people.total("lifetime") / people.total("starts")


@pytest.mark.parametrize("months", MONTHS)
def test_a_lifetime_is_worth_the_same_for_every_horizon(months: int) -> None:
    """Discounted throughout, and ended by `money.lifetime_months`."""
    assert per_start(months) == pytest.approx(expected(), rel=1e-9)
    assert 113.30 == pytest.approx(expected(), abs=0.005)


@pytest.mark.parametrize("lifetime", [1, 12, 60])
@pytest.mark.parametrize("discount", [0.0, 0.2])
def test_it_follows_its_two_assumptions(lifetime: int, discount: float) -> None:
    """The limit and the discount."""
    changes = {"money.lifetime_months": lifetime, "money.discount_year": discount}
    assert per_start(3, **changes) == pytest.approx(expected(lifetime, discount), rel=1e-9)


def test_a_trial_is_worth_the_same_for_every_horizon() -> None:
    """What is paid after it is discounted by its length; the mix of offers is held still."""
    known = published_assumptions()
    found = []
    for months in (1, 12, 36):
        people = simulate(with_trials(), readers=1500, months=months, seed=4, assumptions=known)
        found.append(people.total("lifetime") / people.total("starts"))
    assert max(found) / min(found) < 1.01


@pytest.mark.parametrize("months", [1, 6])
def test_months_and_readers_add_up_to_the_same(months: int) -> None:
    """Starts, cash and reading, month by month or reader by reader, also with a base."""
    known = published_assumptions().replace({"subscribers.share": 0.2})
    people = simulate(with_trials(), readers=800, months=months, seed=4, assumptions=known)
    by_month = people.by_month()
    for name in ("starts", "cash", "read", "known", "advertising", "net", "stopped"):
        assert by_month[name].sum() == pytest.approx(people.total(name)), name


def test_a_policy_breaks_even_where_its_sum_overtakes_the_first_for_good() -> None:
    """Recounted from the months of the report."""
    found = compare(
        [metered(5), metered(1), metered(5)], readers=800, months=6, draws=0, sweep=False
    )
    months = [[row["net"] for row in policy["monthly"]] for policy in found.to_dict()["policies"]]
    for policy, mine in zip(found.to_dict()["policies"], months, strict=True):
        gains = [sum(mine[: n + 1]) - sum(months[0][: n + 1]) for n in range(6)]
        behind = [n for n, gain in enumerate(gains) if gain < -0.05]
        after = behind[-1] + 2 if behind else 1
        assert policy["break_even_month"] == (after if after <= 6 else None)
    assert 1 == found.to_dict()["policies"][2]["break_even_month"]

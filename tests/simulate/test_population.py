"""What simulated people do, and that the same people do the same."""

from __future__ import annotations

import numpy as np
import pytest

from meter.errors import MeterError
from meter.simulate.assumptions import published_assumptions
from meter.simulate.kernel.arrays import MONTHLY
from meter.simulate.population import Population, simulate
from tests.simulate.audiences import OPEN_LOOP
from tests.simulate.policies import free_for_all, hard_wall, metered, with_trials

USUAL = published_assumptions()


def same(one: Population, other: Population) -> bool:
    """Say whether two populations are equal in every number."""
    pairs = (
        (one.columns, other.columns),
        (one.monthly, other.monthly),
        (one.shown, other.shown),
        (one.wanted, other.wanted),
    )
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("workers", [2, 3, 7])
def test_the_number_of_workers_changes_nothing(workers: int) -> None:
    """Every number is the same to the last bit, whoever did the work."""
    one, many = (
        simulate(with_trials(), readers=30_000, months=2, seed=3, workers=n) for n in (1, workers)
    )
    assert same(one, many)


def test_another_seed_is_another_sample() -> None:
    """A seed is not decoration."""
    one, other = (simulate(metered(3), readers=5000, months=1, seed=seed) for seed in (1, 2))
    assert not same(one, other)
    assert one.total("stopped") == pytest.approx(other.total("stopped"), rel=0.15)


def test_more_readers_are_the_same_readers_and_more() -> None:
    """A reader's life depends on the seed and the reader, not on who else is simulated."""
    few, many = (simulate(metered(3), readers=n, months=2, seed=4) for n in (500, 20_000))
    assert np.array_equal(few.columns, many.columns[:500])


def test_expected_starts_and_payments_are_those_that_happen_on_average() -> None:
    """The expectations have the mean of the lives drawn; only their spread is smaller."""
    eager = USUAL.replace({"walls.conversion": 0.01, "trials.auto_renew": 0.5})
    for policy in (metered(2), with_trials()):
        people = simulate(policy, readers=100_000, months=6, seed=8, assumptions=eager)
        for expected, drawn in (("starts", "began"), ("subscriber", "pays"), ("cash", "paid")):
            difference = people.column(expected) - people.column(drawn)
            error = difference.std() / np.sqrt(len(difference))
            assert abs(difference.mean()) < 4 * error
            assert people.column(expected).std() < people.column(drawn).std()


def test_what_months_say_adds_up_to_what_readers_say() -> None:
    """Two ways of adding up the same lives give the same sums."""
    people = simulate(with_trials(), readers=9000, months=5, seed=6)
    for column in ("wanted", "read", "blocked", "stopped", "registrations", "starts", "cash"):
        assert people.monthly[:, MONTHLY.index(column)].sum() == pytest.approx(people.total(column))
    assert people.monthly[-1, MONTHLY.index("subscribers")] == pytest.approx(
        people.total("subscriber")
    )
    assert people.monthly[-1, MONTHLY.index("trials")] == pytest.approx(people.total("trial"))
    assert (
        int(people.total("read") + people.total("blocked"))
        == int(people.shown.sum())
        == sum(people.by_rule().values())
    )


def test_a_site_without_walls_stops_nobody_and_a_hard_wall_everybody_who_has_not_paid() -> None:
    """The two corners are exact."""
    free = simulate(free_for_all(), readers=4000, months=2)
    assert (0, 0) == (free.total("stopped"), free.total("cash"))
    closed = simulate(hard_wall(), readers=4000, months=1)
    assert closed.total("stopped") == closed.total("months")


@pytest.mark.parametrize(
    ("calendar", "rolling"),
    [
        ('{ calendar = "month" }', "31 days"),
        ('{ calendar = "week" }', "7 days"),
        ('{ calendar = "day" }', "25 hours"),
    ],
)
def test_a_rolling_window_never_blocks_less_than_a_shorter_calendar_period(
    calendar: str, rolling: str
) -> None:
    """For every single reader, where nobody reacts and every view counts."""
    blocked = [
        simulate(
            metered(3, window, count="views", zone="Europe/Oslo"),
            readers=4000,
            months=3,
            seed=2,
            assumptions=OPEN_LOOP,
        ).column("blocked")
        for window in (calendar, f'{{ rolling = "{rolling}" }}')
    ]
    assert (blocked[1] >= blocked[0]).all()
    assert blocked[1].sum() > blocked[0].sum() > 0


def test_who_leaves_comes_back_and_who_finds_the_way_round_reads_on() -> None:
    """Leaving lowers reading, bypassing raises it, and both only where there are walls."""
    read = {
        name: (
            simulate(metered(2), readers=8000, months=4, assumptions=USUAL.replace(values)).total(
                "read"
            )
        )
        for name, values in {
            "as usual": {},
            "nobody leaves": {"walls.leave": 0.0},
            "most leave": {"walls.leave": 0.5},
            "many bypass": {"identity.bypass": 0.5},
        }.items()
    }
    assert read["most leave"] < read["as usual"] < read["nobody leaves"]
    assert read["many bypass"] > read["as usual"]


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"readers": 0}, "number of readers"),
        ({"months": 61}, "number of months"),
        ({"seed": -1}, "a seed is"),
        ({"workers": 0}, "at least 1 worker"),
    ],
)
def test_numbers_that_make_no_sense_are_refused_in_words(
    numbers: dict[str, int], words: str
) -> None:
    """The bounds are said."""
    with pytest.raises(MeterError, match=words):
        simulate(metered(3), **{"readers": 10, "months": 1, **numbers})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"population.bounce": 0.7, "population.fans": 0.4}, "add up to more than 1"),
        ({"articles.free": 0.7, "articles.premium": 0.4}, "add up to more than 1"),
        ({"identity.devices": {"9": 1.0}}, "by number of devices"),
    ],
)
def test_assumptions_that_contradict_each_other_are_refused(
    values: dict[str, object], words: str
) -> None:
    """Two shares of one whole cannot be more than the whole."""
    with pytest.raises(MeterError, match=words):
        simulate(metered(3), readers=10, months=1, assumptions=USUAL.replace(values))

"""Taking only those again whom an assumption concerns, against taking everybody again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from meter.simulate.assumptions import published_assumptions
from meter.simulate.lives.variations import concerned, varied
from meter.simulate.population import Population, simulate
from meter.simulate.setting import settled
from tests.simulate.policies import metered, with_trials
from tests.simulate.test_engine_agreement import BUSY

if TYPE_CHECKING:
    from meter import Policy
    from meter.simulate.assumptions import Assumptions

MONTHS = 6
POLICIES = {"metered": metered(3), "trials": with_trials()}
WORLDS = {
    "published": (published_assumptions(), 2500),
    "busy": (BUSY, 500),
    "with subscribers": (BUSY.replace({"subscribers.share": 0.3}), 300),
}


def population(policy: Policy, known: Assumptions, readers: int) -> Population:
    return simulate(policy, readers=readers, months=MONTHS, seed=4, workers=1, assumptions=known)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", POLICIES)
def test_whoever_an_assumption_does_not_concern_lives_the_same_life(name: str, world: str) -> None:
    """Each assumption at each end of its range: the same columns, to the last bit."""
    policy = POLICIES[name]
    known, readers = WORLDS[world]
    known = settled([policy], known)
    people = population(policy, known, readers)
    differing = []
    for item in known.uncertain():
        for end in (item.low, item.high):
            other = known.replace({item.name: end})
            whole = population(policy, other, readers // 2)
            some = varied(people, readers // 2, other, item.name)
            if not np.array_equal(whole.columns, some.columns):
                differing.append((item.name, end))
    assert differing == []


def test_an_assumption_at_walls_concerns_a_part_and_one_of_reading_everybody() -> None:
    """Whoever never met a wall is not taken again; nor is anybody for a price of advertising."""
    known = settled([metered(3)], published_assumptions())
    people = population(metered(3), known, 2500)
    share = {
        name: concerned(people, name).mean()
        for name in ("walls.leave", "churn.return", "sessions.rereads", "walls.register")
    }
    assert 0.2 < share["walls.leave"] < 0.6
    assert share["churn.return"] < 0.05
    assert share["sessions.rereads"] == 1
    assert share["walls.register"] == 0
    assert not concerned(people, "money.ads_per_1000_articles").any()
    assert concerned(people, None).all()


def test_a_life_that_is_wrongly_kept_would_show() -> None:
    """An assumption of reading, taken for one of walls, gives other columns."""
    known = settled([metered(3)], published_assumptions())
    people = population(metered(3), known, 1000)
    other = known.replace({"sessions.rereads": 0.9})
    whole = population(metered(3), other, 1000)
    assert not np.array_equal(whole.columns, varied(people, 1000, other, "walls.leave").columns)
    assert np.array_equal(whole.columns, varied(people, 1000, other, "sessions.rereads").columns)

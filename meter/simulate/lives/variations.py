"""What becomes of the same people where one assumption is another.

Random numbers belong to a reader and a purpose, so whoever an assumption does not concern lives the
very life that is known already. Only the others are taken through the months again. Which those are
is said here by assumption; one that is not named concerns everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from meter.simulate.kernel.arrays import REGISTER
from meter.simulate.lives.blocks import BLOCK, lives_of
from meter.simulate.lives.columns import ReaderColumns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from meter.simulate.assumptions import Assumptions
    from meter.simulate.population import Population

__all__ = ["concerned", "varied"]

_ADDED_LATER = ("money.ads_per_1000_articles", "registered.advertising")
"""What is applied to sums over readers, and to nobody's life."""
_OF_SUBSCRIBERS = ("subscribers.switch",)
"""What concerns only those who subscribe when the first month opens."""
_AT_REGISTRATION = ("walls.register", "walls.registration_sells")
"""What concerns whoever meets a wall that asks to register."""
_BY_COLUMN = {
    "registered.conversion": "registrations",
    "trials.return": "began",
    "churn.return": "began",
    **dict.fromkeys(
        (
            "identity.bypass",
            "identity.bypass_willing",
            "walls.conversion",
            "walls.frailty",
            "walls.wear",
            "walls.register",
            "walls.registration_sells",
            "walls.leave",
            "walls.come_back",
            "walls.end_session",
            "offers.price_elasticity",
            "offers.free_sells_like",
            "trials.continue_auto_renew",
            "trials.continue_auto_cancel",
            "trials.length_elasticity",
            "trials.takeup_auto_cancel",
            "churn.monthly_beta",
            "churn.annual_beta",
            "habit.wear",
            "money.price_month",
            "money.annual_share",
        ),
        "stopped",
    ),
}
"""The column that is 0 for all whom an assumption does not concern."""


def varied(
    people: Population, readers: int, known: Assumptions, moved: str | None = None
) -> ReaderColumns:
    """Return what becomes of the first readers of a population under other assumptions.

    `moved` names the one in which they differ from the population's, or nothing where they differ
    in several.
    """
    columns = people.columns[:readers].copy()
    chosen = concerned(people, moved)[:readers]
    if chosen.any():
        columns[chosen] = 0
        lives = lives_of(people.policy, known, people.months, people.seed, views=0)
        for first in range(0, readers, BLOCK):
            last = min(first + BLOCK, readers)
            lives.block(columns[first:last], chosen[first:last], first, last)
    return ReaderColumns(assumptions=known, columns=columns)


def concerned(people: Population, moved: str | None) -> NDArray[np.bool_]:
    """Return, for each reader, whether an assumption may change what becomes of them."""
    nobody = np.zeros(people.readers, np.bool_)
    if moved in _ADDED_LATER:
        return nobody
    if moved is None or people.assumptions.number("subscribers.share") > 0:
        return ~nobody
    if moved in _OF_SUBSCRIBERS:
        return nobody
    if moved in _AT_REGISTRATION and REGISTER not in people.reading.policy_tables.sells:
        return nobody
    column = _BY_COLUMN.get(moved)
    return ~nobody if column is None else people.column(column) > 0

"""Take readers through the months, a block of them at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from attrs import frozen

from meter.simulate.arms import SimulatedArms
from meter.simulate.horizon import Horizon
from meter.simulate.kernel.arrays import (
    EVERYTHING,
    LOG,
    MONTHLY,
    ArmTables,
    AskedOfPeople,
    Behaviour,
    Calendar,
)
from meter.simulate.kernel.walk import walk
from meter.simulate.people import people
from meter.simulate.simulated_policy import SimulatedPolicy
from meter.simulate.world import World

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from meter.policy import Policy
    from meter.simulate.assumptions import Assumptions

__all__ = ["BLOCK", "Block", "Lives", "lives_of"]

BLOCK = 8192
"""How many readers are one piece of work."""
_WANTED = 64


class Block(NamedTuple):
    """What became of some readers: as in a population, but for the rows of its columns."""

    monthly: NDArray[np.float64]
    shown: NDArray[np.int64]
    wanted: NDArray[np.int64]
    log: NDArray[np.int64]


@frozen(kw_only=True)
class Lives:
    """What the loop has to know: the policy, the people, the calendar, and how much to log."""

    reading: SimulatedPolicy
    behaviour: Behaviour
    time: Calendar
    asked: AskedOfPeople
    months: int
    seed: int
    views: int

    def block(
        self,
        columns: NDArray[np.float64],
        chosen: NDArray[np.bool_],
        first: int,
        last: int,
    ) -> Block:
        """Take the chosen readers from `first` up to `last` through all months; fill their rows.

        Which of their ids are hashed shows on the way: they go again until all that were asked for
        are known.
        """
        arms = SimulatedArms(self.reading.bucketings, first, last)
        while True:
            found = self._walk(columns, chosen, first, last, arms.tables)
            if not arms.learn():
                return found
            columns[first:last][chosen[first:last]] = 0

    def _walk(
        self,
        columns: NDArray[np.float64],
        chosen: NDArray[np.bool_],
        first: int,
        last: int,
        arms: ArmTables,
    ) -> Block:
        monthly = np.zeros((self.months, len(MONTHLY)))
        shown = np.zeros(len(self.reading.judging.verdicts), np.int64)
        wanted = np.zeros(_WANTED, np.int64)
        rows = np.empty((self.views * (last - first) * self.months, len(LOG)), np.int64)
        logged = walk(
            self.reading.policy_tables,
            self.reading.tables,
            self.behaviour,
            self.time,
            arms,
            self.asked,
            np.uint64(self.seed),
            chosen,
            first,
            last,
            columns,
            monthly,
            shown,
            wanted,
            rows,
        )
        return Block(monthly, shown, wanted, rows[:logged].copy())


def lives_of(policy: Policy, known: Assumptions, months: int, seed: int, *, views: int) -> Lives:
    """Return what the loop has to know; there is room for so many page views a reader and month."""
    horizon = Horizon(known.day("horizon.start"), months, policy.zone)
    world = World(known)
    reading = SimulatedPolicy(policy, world, horizon)
    terms = [offer.term for offer in policy.offers] + [option.term for option in reading.options]
    return Lives(
        reading=reading,
        behaviour=people(known, world),
        time=horizon.time(terms, known),
        asked=EVERYTHING if views else reading.asked,
        months=months,
        seed=seed,
        views=views,
    )

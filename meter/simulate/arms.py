"""In which variants simulated readers are: by the hash that the policy names, of the ids they have.

An identity is a device, until its cookies are deleted, or an account. The id of the device is what
a site keeps through sign-in: the visitor's. The id that counts, of the device or the account, is
the reader's. Both are hashed as any other id is.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from attrs import field, frozen

from meter.experiments import Assignment
from meter.facts.attributes import OTHER
from meter.simulate.kernel.arrays import ArmTables
from meter.simulate.lives.hashed import variants_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.columns.arrays import Codes, Integers
    from meter.facts import Slot

__all__ = ["Bucketing", "SimulatedArms", "identity_name"]

_MOST_KEPT = 64
"""For how many stretches of readers tables are kept."""


def identity_name(reader: int, identity: int) -> str:
    """Return the id of one of the identities of a simulated reader."""
    return f"r{reader}-{identity}"


@frozen(eq=False)
class Bucketing:
    """The experiments that go by one id: their places among the facts, and all that is possible.

    `known` are the codes of each; an arm is the number of a row of `codes`, which has one of each.
    """

    slots: tuple[int, ...]
    known: tuple[tuple[Hashable, ...], ...]
    assignments: tuple[Assignment, ...]
    codes: tuple[tuple[Hashable, ...], ...] = field(init=False)
    """The variants of all experiments side by side; those of the last one change first."""

    @codes.default
    def _codes(self) -> tuple[tuple[Hashable, ...], ...]:
        return tuple(product(*self.known))

    @classmethod
    def of(cls, slots: Sequence[Slot], *, by_visitor: bool) -> Bucketing:
        """Return the experiments among some slots that go by the visitor's id, or the reader's."""
        found = [
            (place, slot.codes(), slot.assignment)
            for place, slot in enumerate(slots)
            if slot.assignment is not None and slot.assignment.by_visitor is by_visitor
        ]
        known = tuple(tuple(code for code in codes if code is not None) for _, codes, _ in found)
        places = tuple(place for place, _, _ in found)
        return cls(places, known, tuple(way for _, _, way in found))

    def arms(self, ids: Sequence[str]) -> Integers:
        """Return the number of the variants that each id is in."""
        arms = np.zeros(len(ids), np.int64)
        for way, known in zip(self.assignments, self.known, strict=True):
            arms = arms * len(known) + variants_of(way.by, ids, known, OTHER)
        return arms


@frozen(eq=False)
class _KeptArms:
    """Tables that were made for some experiments, by their first reader.

    The ids are the same in every life, and a comparison takes the same people through hundreds.
    Tables are replaced and never changed, and hold nothing but what would be hashed again.
    """

    assignments: tuple[tuple[Assignment, ...], ...]
    tables: dict[int, ArmTables] = field(factory=dict)

    def keep(self, tables: ArmTables) -> None:
        """Keep the tables of some readers."""
        if len(self.tables) >= _MOST_KEPT:
            self.tables.clear()
        self.tables[tables.first] = tables


@lru_cache(maxsize=4)
def _kept(assignments: tuple[tuple[Assignment, ...], ...]) -> _KeptArms:
    return _KeptArms(assignments)


class SimulatedArms:
    """The variants of some readers, as far as they were asked for."""

    def __init__(self, bucketings: tuple[Bucketing, Bucketing], first: int, last: int) -> None:
        self._bucketings = bucketings
        self._asks = any(bucketing.slots for bucketing in bucketings)
        self._kept = _kept(tuple(bucketing.assignments for bucketing in bucketings))
        readers = last - first
        visitors, ids = bucketings
        self.tables = ArmTables(
            by_visitor=np.zeros((readers if visitors.slots else 0, 0), np.int32),
            by_reader=np.zeros((readers if ids.slots else 0, 0), np.int32),
            asked=np.ones(readers, np.int64),
            first=first,
        )
        self._known = np.zeros(readers, np.int64)
        found = self._kept.tables.get(first)
        if self._asks and found is not None and len(found.asked) == readers:
            self._known = found.asked
            self.tables = found._replace(asked=found.asked.copy())
        self.learn()

    def learn(self) -> bool:
        """Hash the ids that were asked for and are not known yet; say whether there were any."""
        asked = self.tables.asked
        new = np.flatnonzero(asked > self._known)
        if not self._asks or not len(new):
            return False
        visitors, ids = self._bucketings
        self.tables = self.tables._replace(
            by_visitor=self._wider(visitors, self.tables.by_visitor, new),
            by_reader=self._wider(ids, self.tables.by_reader, new),
        )
        self._known = asked.copy()
        self._kept.keep(self.tables._replace(asked=self._known))
        return True

    def _wider(self, bucketing: Bucketing, known: Codes, new: Integers) -> Codes:
        """Return a table with what is new of some readers."""
        asked = self.tables.asked
        table = np.zeros((len(known), int(asked.max())), np.int32)
        if bucketing.slots:
            table[:, : known.shape[1]] = known
            counts = asked[new] - self._known[new]
            places = np.repeat(new, counts)
            before = np.repeat(np.cumsum(counts) - counts - self._known[new], counts)
            identities = np.arange(len(places)) - before
            readers = (places + self.tables.first).tolist()
            ids = [*map(identity_name, readers, identities.tolist())]
            table[places, identities] = bucketing.arms(ids)
        return table

"""In which variants simulated readers are: by the hash that the policy names, of the ids they have.

An identity is a device, until its cookies are deleted, or an account. The id of the device is what
a site keeps through sign-in: the visitor's. The id that counts, of the device or the account, is
the reader's. Both are hashed as any other id is.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from meter.facts.attributes import Read
from meter.facts.slots import observer_of
from meter.simulate.kernel.arrays import ArmTables
from meter.view import Article, PageView, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.columns.arrays import Codes
    from meter.facts import Slot

__all__ = ["Bucketing", "SimulatedArms", "identity_name"]

_SOMETHING = PageView(article=Article(id="something"))


def identity_name(reader: int, identity: int) -> str:
    """Return the id of one of the identities of a simulated reader."""
    return f"r{reader}-{identity}"


@frozen(eq=False)
class Bucketing:
    """The experiments that go by one id: their places among the facts, and all that is possible.

    `codes` are the variants of all of them side by side; an arm is the number of such a row.
    """

    slots: tuple[int, ...]
    codes: tuple[tuple[Hashable, ...], ...]
    observers: tuple[Read, ...]

    @classmethod
    def of(cls, slots: Sequence[Slot], *, by_visitor: bool) -> Bucketing:
        """Return the experiments among some slots that go by the visitor's id, or the reader's."""
        found = [
            (place, slot)
            for place, slot in enumerate(slots)
            if slot.assignment is not None and slot.assignment.by_visitor is by_visitor
        ]
        known = [[code for code in slot.codes() if code is not None] for _, slot in found]
        places = tuple(place for place, _ in found)
        return cls(places, tuple(product(*known)), tuple(observer_of(slot) for _, slot in found))

    def arm(self, name: str) -> int:
        """Return the number of the variants that an id is in."""
        reader = Reader(id=name, visitor=name)
        return self.codes.index(tuple(read(reader, _SOMETHING, 0) for read in self.observers))


class SimulatedArms:
    """The variants of some readers, as far as they were asked for."""

    def __init__(self, bucketings: tuple[Bucketing, Bucketing], first: int, last: int) -> None:
        self._bucketings = bucketings
        self._asks = any(bucketing.slots for bucketing in bucketings)
        self._known = np.zeros(last - first, np.int64)
        visitors, readers = bucketings
        self.tables = ArmTables(
            by_visitor=_table(visitors, last - first),
            by_reader=_table(readers, last - first),
            asked=np.ones(last - first, np.int64),
            first=first,
        )
        self.learn()

    def learn(self) -> bool:
        """Hash the ids that were asked for and are not known yet; say whether there were any."""
        asked = self.tables.asked
        new = np.flatnonzero(asked > self._known)
        if not self._asks or not len(new):
            return False
        width = int(asked.max())
        tables = []
        for bucketing, known in zip(self._bucketings, self.tables[:2], strict=True):
            table = np.zeros((len(known), width), np.int32)
            if bucketing.slots:
                table[:, : known.shape[1]] = known
                for place in new.tolist():
                    for identity in range(self._known[place], asked[place]):
                        name = identity_name(self.tables.first + place, identity)
                        table[place, identity] = bucketing.arm(name)
            tables.append(table)
        self._known = asked.copy()
        self.tables = self.tables._replace(by_visitor=tables[0], by_reader=tables[1])
        return True


def _table(bucketing: Bucketing, readers: int) -> Codes:
    """Return a table of which nothing is known yet; of no experiment, an empty one."""
    return np.zeros((readers if bucketing.slots else 0, 0), np.int32)

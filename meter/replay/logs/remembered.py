"""What a log says of readers besides their views: what they closed or started, and their rights.

Lines `{"at", "reader", "dismissed": NAME}` and `{"at", "reader", "started": NAME}` are no views.
Rights are kept where a prompt is quiet after a purchase, since everything else that they are asked
for lies in the facts of a view.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field

from meter.columns.attributes import Form, scene
from meter.view import Entitlement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from meter.replay.logs.rows import RawRows

__all__ = ["CLOSED", "OF_RIGHTS", "STARTED", "KnownRights", "ToldRow", "ToldRows"]

OF_RIGHTS = ("reader.entitlements", "reader.status")
"""The attributes that say which rights a reader has."""
CLOSED = "dismissed"
STARTED = "started"


class ToldRow(NamedTuple):
    """A row that says that a reader has closed a prompt or started an offer: which, by `name`."""

    reader: str
    at: int
    row: int
    name: str


@define
class ToldRows:
    """The rows of a log that are no views, by the column that says so: `CLOSED` or `STARTED`.

    `rows` are those with one of the `known` names, or with any; `unknown` counts others.
    """

    column: str
    known: Collection[str] | None = None
    rows: list[ToldRow] = field(factory=list)
    unknown: int = 0
    _start: int = 0
    """How many rows there were before this piece."""

    def mark(self, piece: RawRows) -> NDArray[np.bool_]:
        """Return which rows of a piece say so; in a table, nothing does."""
        if piece.form is Form.CELL or self.column not in piece.table.column_names:
            return np.zeros(piece.table.num_rows, np.bool_)
        return np.asarray(pc.is_valid(piece.table[self.column]))

    def take(
        self,
        piece: RawRows,
        fine: NDArray[np.bool_],
        reader: pa.Array,
        at: NDArray[np.int64],
    ) -> None:
        """Take the rows of a piece that are marked, with who it is of, and when."""
        for place in np.flatnonzero(fine).tolist():
            name = piece.table[self.column][place].as_py()
            if self.known is None or name in self.known:
                who = str(reader[place].as_py())
                self.rows.append(ToldRow(who, int(at[place]), self._start + place, name))
            else:
                self.unknown += 1
        self._start += piece.table.num_rows


@define
class KnownRights:
    """Every set of rights that a reader of a log has, by number; without any, there are none."""

    numbers: dict[tuple[Entitlement, ...], int] = field(factory=lambda: {(): 0})

    @property
    def all(self) -> tuple[tuple[Entitlement, ...], ...]:
        """The sets of rights in the order of their numbers."""
        return tuple(self.numbers)

    def of_views(
        self, coded: Mapping[str, tuple[NDArray[np.int64], Sequence[object]]], total: int
    ) -> NDArray[np.int32]:
        """Return the number of each view's rights, given columns as codes and values."""
        there = [name for name in OF_RIGHTS if name in coded]
        if not there or not total:
            return np.zeros(total, np.int32)
        codes = np.stack([coded[name][0] for name in there])
        kinds, place = np.unique(codes, axis=1, return_inverse=True)
        found = []
        for kind in kinds.T.tolist():
            values = {name: coded[name][1][code] for name, code in zip(there, kind, strict=True)}
            rights = scene(values)[0].entitlements
            found.append(self.numbers.setdefault(rights, len(self.numbers)))
        return np.array(found, np.int32)[place.reshape(-1)]

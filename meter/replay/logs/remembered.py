"""What a log says of readers besides their views: what they closed or started, and their rights.

Lines `{"at", "reader", "dismissed": NAME}` and `{"at", "reader", "started": NAME}` are no views. A
view may have a field of that name that is no text, since a publication notes what it likes.
Rights are kept where a prompt is quiet after a purchase, since everything else that they are asked
for lies in the facts of a view.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field

from meter.columns.attributes import Form, scene
from meter.errors import listed, quoted
from meter.view import Entitlement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from meter.replay.logs.rows import RawRows

__all__ = ["CLOSED", "OF_RIGHTS", "STARTED", "KnownRights", "ToldRow", "ToldRows", "told_twice"]

OF_RIGHTS = ("reader.entitlements", "reader.status")
"""The attributes that say which rights a reader has."""
CLOSED = "dismissed"
STARTED = "started"
_MOST_NAMED = 3
"""Of how many names that a policy does not have the first are told."""


class ToldRow(NamedTuple):
    """A row that says that a reader has closed a prompt or started an offer: which, by `name`."""

    reader: str
    at: int
    row: int
    name: str


@define
class ToldRows:
    """The rows of a log that are no views, by the column that says so: `CLOSED` or `STARTED`.

    `rows` are those with one of the `known` names, or with any; `unknown` counts others, of whose
    names the first few are kept.
    """

    column: str
    known: Collection[str] | None = None
    rows: list[ToldRow] = field(factory=list)
    unknown: int = 0
    unknown_names: dict[str, None] = field(factory=dict)
    _start: int = 0
    """How many rows there were before this piece."""

    def mark(self, piece: RawRows) -> NDArray[np.bool_]:
        """Return which rows of a piece have a text there; in a table, nothing says so."""
        there = piece.form is not Form.CELL and self.column in piece.table.column_names
        if not there or not pa.types.is_string(piece.table[self.column].type):
            return np.zeros(piece.table.num_rows, np.bool_)
        says = pc.not_equal(piece.table[self.column], "")
        return np.asarray(pc.fill_null(says, fill_value=False))

    def unknown_in_words(self, one: str, several: str) -> str:
        """Say how many others there were, and name the first few."""
        names = [quoted(name) for name in self.unknown_names]
        if len(names) > _MOST_NAMED:
            names[_MOST_NAMED:] = ["others"]
        count = f"1 {one} was" if self.unknown == 1 else f"{self.unknown:,} {several} were"
        return f"{count} left out: {listed(names)}"

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
                if len(self.unknown_names) <= _MOST_NAMED:
                    self.unknown_names[name] = None
        self._start += piece.table.num_rows


def told_twice(
    told: Iterable[tuple[ToldRows, NDArray[np.bool_]]], views: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.bool_], str]]:
    """Yield which rows are two events, and the reason: `meter decide` refuses them, too.

    They have an article (`views`) beside what was closed or started, or both of these.
    """
    events = [("an article", views), *((f"`{rows.column}`", marked) for rows, marked in told)]
    for (one, marked), (other, too) in combinations(events, 2):
        yield marked & too, f"{one} and {other}, which are two events"


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

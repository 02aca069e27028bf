"""What a log says of readers besides their views: prompts they closed, and rights they had.

A line `{"at", "reader", "dismissed": NAME}` is no view. Rights are kept where a prompt is quiet
after a purchase, since everything else that they are asked for lies in the facts of a view.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field

from meter.columns.attributes import Form, scene
from meter.policy import Policy
from meter.policy.faults.frequency import known_prompts
from meter.view import Entitlement

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from meter.replay.logs.rows import RawRows

__all__ = ["OF_RIGHTS", "ClosedPrompts", "ClosedRow", "KnownRights"]

OF_RIGHTS = ("reader.entitlements", "reader.status")
"""The attributes that say which rights a reader has."""
_CLOSED = "dismissed"


class ClosedRow(NamedTuple):
    """A row that says that a reader has closed a prompt."""

    reader: str
    at: int
    row: int
    prompt: str


@define(slots=False)
class ClosedPrompts:
    """The closings of a log, of prompts that the policy knows; `unknown` counts others."""

    policy: Policy | None = None
    rows: list[ClosedRow] = field(factory=list)
    unknown: int = 0
    _start: int = 0
    """How many rows there were before this piece."""

    @cached_property
    def _prompts(self) -> Collection[str]:
        return () if self.policy is None else known_prompts(self.policy)

    def mark(self, piece: RawRows) -> NDArray[np.bool_]:
        """Return which rows of a piece are closings; in a table, nothing says so."""
        columns = piece.table.column_names
        if piece.form is Form.CELL or _CLOSED not in columns:
            return np.zeros(piece.table.num_rows, np.bool_)
        return np.asarray(pc.is_valid(piece.table[_CLOSED]))

    def take(
        self,
        piece: RawRows,
        fine: NDArray[np.bool_],
        reader: pa.Array,
        at: NDArray[np.int64],
    ) -> None:
        """Take the closings of a piece that are marked, with who closed them and when."""
        for place in np.flatnonzero(fine):
            prompt = piece.table[_CLOSED][int(place)].as_py()
            if prompt in self._prompts:
                row = ClosedRow(
                    str(reader[int(place)].as_py()),
                    int(at[place]),
                    self._start + int(place),
                    prompt,
                )
                self.rows.append(row)
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

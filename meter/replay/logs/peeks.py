"""Pass by what nobody read: lines of `JsonLines` that are no `read`, peeks and looks ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define

from meter.columns.attributes import Form

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from meter.replay.logs.rows import RawRows

__all__ = ["PassedBy"]

_KIND = "kind"
_UNREAD = ("peek", "speculative")


@define
class PassedBy:
    """How many lines of a log were passed by, since somebody only looked ahead."""

    unread: int = 0

    def mark(self, piece: RawRows) -> NDArray[np.bool_] | None:
        """Return which rows of a piece nobody read, counted here; `None` if no row is.

        In a table, `kind` is whatever the publication calls by that name.
        """
        if piece.form is Form.CELL or _KIND not in piece.table.column_names:
            return None
        kinds = piece.table[_KIND]
        if not pa.types.is_string(kinds.type):
            return None
        unread = np.asarray(pc.is_in(kinds, value_set=pa.array(_UNREAD)))
        self.unread += int(unread.sum())
        return unread

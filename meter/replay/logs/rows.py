"""Pieces of a log, and the rows that could not be read: located, coded, counted and explained."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import pyarrow as pa
from attrs import define, field, frozen
from numpy.typing import NDArray

from meter.columns.attributes import Form
from meter.errors import printable

__all__ = ["BadRow", "BadRows", "RawRows", "RowProblem", "shortened"]

_MOST_SHOWN = 20
_LONGEST = 160


class RowProblem(StrEnum):
    """Why a row is left out: a code that stays the same from version to version."""

    NO_EVENT = "L01"
    NOT_TEXT = "L02"
    CELLS = "L03"
    NO_READER = "L04"
    NO_ARTICLE = "L05"
    NO_TIME = "L06"
    BAD_VALUE = "L07"


@frozen
class BadRow:
    """A row that was left out.

    Where it is (the first row is 1; in text, the line), why, and the code of that.
    """

    row: int
    reason: str
    code: RowProblem


@define
class BadRows:
    """Rows that were left out: all are counted, the first few are kept, the reasons are tallied."""

    count: int = 0
    first: list[BadRow] = field(factory=list)
    reasons: dict[str, int] = field(factory=dict)

    def add(self, row: int, code: RowProblem, reason: str, kind: str | None = None) -> None:
        """Count one row; `kind` is the reason without the row's own values."""
        self.count += 1
        self.reasons[kind or reason] = self.reasons.get(kind or reason, 0) + 1
        if len(self.first) < _MOST_SHOWN:
            self.first.append(BadRow(row, shortened(reason, _LONGEST), code))

    def summary(self) -> str:
        """Say how many rows were left out for which reason.

        `2 rows with no reader, 1 row with no article`.
        """
        return ", ".join(
            f"{count:,} row{'s' * (count > 1)} with {reason}"
            for reason, count in self.reasons.items()
        )


@frozen
class RawRows:
    """Some rows of a log: a table with our column names.

    `rows` is the number of each row (or line) in the log, `form` how its attributes are written.
    """

    table: pa.Table
    rows: NDArray[np.int64]
    form: Form = Form.CELL

    def where(self, fine: NDArray[np.bool_]) -> RawRows:
        """Return the rows that are marked; the piece itself if all are."""
        if fine.all():
            return self
        return RawRows(self.table.filter(pa.array(fine)), self.rows[fine], self.form)


def shortened(words: str, longest: int) -> str:
    """Return what a log says, cut to a length and harmless to a terminal."""
    kept = words
    if len(words) > longest:
        kept = f"{words[: longest // 2]} … {words[-longest // 4 :]}"
    return printable(kept)

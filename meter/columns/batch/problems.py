"""What is wrong with a table: every problem, with its column and its first row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from attrs import define, field

from meter.errors import Problem
from meter.loading.events import EventError
from meter.loading.problems import ProblemCollector

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TableProblems"]


@define
class TableProblems:
    """Collects what is wrong with a table, which messages call `name`."""

    name: str
    _report: ProblemCollector = field(factory=ProblemCollector)

    def add(self, code: str, message: str, advice: str, *, row: int | None = None) -> None:
        """Note one problem of the whole table, or of one row (the first is 1)."""
        self._report.add_problem(Problem(code=code, message=message, help=advice, line=row))

    def add_rows(self, wrong: NDArray[np.bool_], code: str, message: str, advice: str) -> None:
        """Note what is wrong with some rows: the first is named, the others are counted."""
        rows = np.flatnonzero(wrong)
        if len(rows):
            more = f", as do {len(rows) - 1:,} more rows" if len(rows) > 1 else ""
            self.add(code, message + more, advice, row=int(rows[0]) + 1)

    def refuse(self) -> None:
        """Raise `EventError` with all that was noted, if anything was."""
        if self._report.found:
            raise EventError(self._report.unlocated(self.name))

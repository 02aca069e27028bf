"""What became of readers, one row each."""

from __future__ import annotations

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from meter.simulate.assumptions import Assumptions
from meter.simulate.kernel.arrays import COLUMNS

__all__ = ["ReaderColumns"]


@frozen(kw_only=True, repr=False)
class ReaderColumns:
    """What became of readers, one row each, and the assumptions that say what it is worth.

    The columns are those of `kernel.arrays.COLUMNS`, summed over the months.
    """

    assumptions: Assumptions
    columns: NDArray[np.float64]

    @property
    def readers(self) -> int:
        """How many readers there are in each month."""
        return len(self.columns)

    def first(self, readers: int) -> ReaderColumns:
        """Return the first so many readers alone."""
        return ReaderColumns(assumptions=self.assumptions, columns=self.columns[:readers])

    def column(self, name: str) -> NDArray[np.float64]:
        """Return one number for each reader.

        A column of `kernel.arrays.COLUMNS`, or `advertising`, `net` and `net_lifetime`.
        """
        if name == "advertising":
            return self.advertising_of(self.column("read"), self.column("known"))
        if name == "net":
            return self.column("advertising") + self.column("cash")
        if name == "net_lifetime":
            return self.column("advertising") + self.column("lifetime")
        return self.columns[:, COLUMNS.index(name)]

    def advertising_of(
        self, read: NDArray[np.float64], known: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return what articles earn of which some were read by known readers."""
        per_article = self.assumptions.number("money.ads_per_1000_articles") / 1000
        more = self.assumptions.number("registered.advertising") - 1
        return (read + more * known) * per_article

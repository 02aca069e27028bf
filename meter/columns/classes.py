"""Put views that agree in some columns of whole numbers into one class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from attrs import define
from numpy.typing import NDArray

from meter.columns.compiled import compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ViewClasses", "classes_of"]

_FEW = 1 << 20
"""Up to this many possible classes are looked up in a table rather than sorted."""
_FAR = 1 << 62
"""Numbers of classes must stay below this to be whole numbers of 64 bits."""


@define
class ViewClasses:
    """Views in classes: a number of each view, and one view (`firsts`) of each class.

    `met` are the numbers of the classes, in their order.
    """

    codes: NDArray[np.int64]
    firsts: NDArray[np.int64]
    met: NDArray[np.int64]

    def spread(self, values: Sequence[int]) -> NDArray[np.int64]:
        """Return, for each view, the value of its class."""
        if len(values) == 1:
            return np.broadcast_to(np.int64(values[0]), len(self.codes))
        table = np.zeros(int(self.met[-1]) + 1, np.int64)
        table[self.met] = values
        return table[self.codes]


def classes_of(columns: Sequence[NDArray[np.int64]], total: int) -> ViewClasses:
    """Put views (at least one) that agree in all columns of whole numbers into one class."""
    # The columns are read as the digits of one number: `codes` is that number of each view, and
    # `size` how many there could be. Where there could be too many, those that are met are
    # numbered anew, so that another digit fits.
    codes = np.broadcast_to(np.int64(0), total)
    size = 1
    for column in columns:
        low = int(column.min())
        span = int(column.max()) - low + 1
        if span == 1:
            continue
        if size * span > _FEW:
            codes = np.unique(codes, return_inverse=True)[1]
            size = int(codes.max()) + 1
        digit = column - low if low else column
        if size * span > _FAR:
            digit = np.unique(column, return_inverse=True)[1]
            span = int(digit.max()) + 1
        codes = digit if size == 1 else codes * span + digit
        size *= span
    if size == 1:
        return ViewClasses(codes, np.zeros(1, np.int64), np.zeros(1, np.int64))
    if size <= _FEW:
        first = np.full(size, -1, np.int64)
        find_firsts(np.ascontiguousarray(codes), first)
        met = np.flatnonzero(first >= 0)
        return ViewClasses(codes, first[met], met)
    _, firsts, codes = np.unique(codes, return_index=True, return_inverse=True)
    return ViewClasses(codes, firsts, np.arange(len(firsts)))


@compiled
def find_firsts(codes: NDArray[np.int64], first: NDArray[np.int64]) -> None:
    """Write the first view of each code."""
    for view in range(len(codes)):
        if first[codes[view]] < 0:
            first[codes[view]] = view

"""The meters of which decisions tell, and their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from meter.columns.decide import Columns

__all__ = ["limits_told"]

_NONE = -1
_FEW = 1 << 20
"""Up to so many limits are looked up in a table rather than sorted for."""


def limits_told(
    columns: Columns, group: NDArray[np.int32], told: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the limit that each decision reports; -1 where it tells of no meter, or no limit."""
    # A limit depends on the group and the meter only; there are few pairs of these, so each is
    # asked for once. A pair is numbered as one whole number.
    width = len(columns.meters) + 1
    pairs = group.astype(np.int64) * width + told + 1
    size = len(columns.groups) * width
    if size > _FEW:
        met, place = np.unique(pairs, return_inverse=True)
        limits = [_limit(columns, *divmod(int(pair), width)) for pair in met]
        return np.array(limits, np.int32)[place]
    table = np.full(size, _NONE, np.int32)
    is_met = np.zeros(size, np.bool_)
    is_met[pairs] = True
    for pair in np.flatnonzero(is_met).tolist():
        table[pair] = _limit(columns, *divmod(pair, width))
    limits_of: NDArray[np.int32] = table[pairs]
    return limits_of


def _limit(columns: Columns, group: int, number: int) -> int:
    limit = columns.limit(group, number - 1) if number else None
    return _NONE if limit is None else limit

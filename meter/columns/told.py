"""The meters of which decisions tell, and their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from meter.columns.decide import Columns

__all__ = ["limits_told"]

_NONE = -1


def limits_told(
    columns: Columns, group: NDArray[np.int32], told: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the limit that each decision reports; -1 where it tells of no meter, or no limit."""
    # A limit depends on the group and the meter only; there are few pairs of these, so each is
    # asked for once. A pair is numbered as one whole number.
    width = len(columns.meters) + 1
    pairs, place = np.unique(group.astype(np.int64) * width + told + 1, return_inverse=True)
    limits = [_limit(columns, *divmod(int(pair), width)) for pair in pairs]
    return np.array(limits, np.int32)[place]


def _limit(columns: Columns, group: int, number: int) -> int:
    limit = columns.limit(group, number - 1) if number else None
    return _NONE if limit is None else limit

"""What the intervals of a measure have to know of readers, as sums that add up over parts."""

from __future__ import annotations

from math import sqrt

import numpy as np
from attrs import frozen

from meter.simulate.measures import Estimate, Measure, MeasuredReaders, column_of, sampled_estimate

__all__ = ["MeasureMoments", "estimate_of", "moments_of"]


@frozen(kw_only=True)
class MeasureMoments:
    """Sums over some readers of two numbers: what a measure counts, and what that is a share of.

    Where it is a share of nothing, `whole` and the products with it are 0.
    """

    counted: float
    counted_squared: float
    whole: float
    whole_squared: float
    product: float


def moments_of(people: MeasuredReaders, measure: Measure) -> MeasureMoments:
    """Return the sums of a measure over some readers."""
    mine = column_of(people, measure.column)
    whole = np.zeros(len(mine)) if measure.per is None else column_of(people, measure.per)
    return MeasureMoments(
        counted=float(mine.sum()),
        counted_squared=float(mine @ mine),
        whole=float(whole.sum()),
        whole_squared=float(whole @ whole),
        product=float(mine @ whole),
    )


def estimate_of(moments: MeasureMoments, measure: Measure, readers: int) -> Estimate:
    """Return a measure of so many readers, with the interval that sampling leaves open.

    It is that of `measures.estimate`, but for the last digits: the spread of what each reader adds
    is computed of sums and not reader by reader.
    """
    if measure.per is None:
        scale, ratio = measure.scale, 0.0
        found = moments.counted * scale
        centre = moments.counted / readers
        whole = float(readers)
    else:
        whole = moments.whole
        scale = measure.scale / whole if whole else 0.0
        ratio = moments.counted / whole if whole else 0.0
        found = measure.scale * ratio
        # The parts of a ratio, `mine - ratio * whole`, add up to 0.
        centre = 0.0
    squares = (
        moments.counted_squared
        - 2 * ratio * moments.product
        + ratio**2 * moments.whole_squared
        - readers * centre**2
    )
    variance = max(squares, 0.0) / (readers - 1) if readers > 1 else 0.0
    return sampled_estimate(measure, found, scale * sqrt(readers * variance), whole)

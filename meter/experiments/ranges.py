"""Which numbers of a hash belong to which variant, as half-open ranges.

Variants lie one after the other in the order of the file, each as long as its weight. Coverage
shortens each from its end. So a raised coverage, or a variant added at the end, takes no number
away from a variant that has it. What no range holds belongs to no variant.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate, pairwise
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from meter.experiments.hashes import Hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Arm", "arms", "as_written", "bucket_ranges", "first_number"]

_IN_FLOATS = frozenset({Hash.GROWTHBOOK_2, Hash.GROWTHBOOK_1})
"""The systems that add weights as floating-point numbers, so that 0.1 and 0.2 end behind 0.3."""


class Arm(NamedTuple):
    """The numbers of one variant: from `first` up to but not including `end`."""

    variant: str
    first: int
    end: int


def arms(
    hash_: Hash, variants: Sequence[tuple[str, float]], coverage: float = 1
) -> tuple[Arm, ...]:
    """Return the numbers of each variant, in their order; of one without weight there are none."""
    weights = [weight for _, weight in variants]
    bounds = bucket_ranges(weights, coverage, exact=hash_ not in _IN_FLOATS)
    return tuple(
        Arm(name, first_number(start, hash_.parts), first_number(end, hash_.parts))
        for (name, _), (start, end) in zip(variants, bounds, strict=True)
    )


def bucket_ranges(
    weights: Iterable[float], coverage: float = 1, *, exact: bool
) -> list[tuple[float | Fraction, float | Fraction]]:
    """Return the range of each weight, within 0 and 1, of which coverage leaves the beginning.

    `exact` adds decimals as they are written; else they are added as floating-point numbers, in the
    order in which GrowthBook adds them (`getBucketRanges` of growthbook/growthbook-python).

    >>> bucket_ranges([0.1, 0.2], exact=False)
    [(0.0, 0.1), (0.1, 0.30000000000000004)]
    """
    number = as_written if exact else float
    lengths = [number(weight) for weight in weights]
    covered = number(coverage)
    starts = accumulate(lengths, initial=number(0))
    return [
        (start, start + covered * length)
        for (start, _), length in zip(pairwise(starts), lengths, strict=True)
    ]


def as_written(number: float) -> Fraction:
    """Return the decimal number that somebody wrote, exactly: 0.1 is a tenth."""
    return Fraction(str(number))


def first_number(bound: float | Fraction, parts: int) -> int:
    """Return the least number of a hash whose part of all `parts` is at or above a bound.

    It is `parts` where there is none: sums in floating point may end a little behind 1.
    """
    exact = bound if isinstance(bound, Fraction) else as_written(bound)
    return min(ceil(exact * parts), parts)

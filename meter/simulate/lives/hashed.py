"""The variants of many simulated ids at once, in arrays.

The ids of simulated readers are ASCII and have no blank, so FNV-1a takes one byte of all of them at
a time. What a number means is asked of the experiment itself, once for each number there is. Other
hashes are computed id by id. `tests/simulate/test_arms.py` holds this to `Experiment.variant`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from meter.experiments import Hash
from meter.experiments.hashes import FNV_PRIME, fnv1a

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from meter.experiments import Experiment

__all__ = ["variants_of"]

_PRIME = np.uint32(FNV_PRIME)
Numbers = NDArray[np.int64]


def variants_of(
    experiment: Experiment, ids: Sequence[str], codes: Sequence[Hashable], none: Hashable
) -> Numbers:
    """Return for each id the place among `codes` of its variant, as `Experiment.variant` says it.

    `none` is the code of those who are in none.
    """
    places = {code: place for place, code in enumerate(codes)}

    def place_of(number: int) -> int:
        return places[experiment.variant_of_number(number) or none]

    letters = np.array(ids, np.bytes_)
    found = _of_each(_numbers(experiment.hash, experiment.seed, ids, letters), place_of)
    for each in experiment.filters:
        admitted = _of_each(_numbers(each.hash, each.seed, ids, letters), each.admits_number)
        found = np.where(admitted, found, places[none])
    return found


def _of_each(numbers: Numbers, told: Callable[[int], int]) -> Numbers:
    """Return what is told of each number, asked once for numbers that are alike."""
    distinct, places = np.unique(numbers, return_inverse=True)
    return np.array([told(number) for number in distinct.tolist()], np.int64)[places]


def _numbers(hash_: Hash, seed: str, ids: Sequence[str], letters: NDArray[np.bytes_]) -> Numbers:
    """Return the number of each id."""
    if hash_ is Hash.GROWTHBOOK_2:
        first = _fnv1a(fnv1a(seed), letters)
        return (_fnv1a(fnv1a(""), first.astype(np.bytes_)) % hash_.parts).astype(np.int64)
    return np.array([hash_.number(seed, each) for each in ids], np.int64)


def _fnv1a(start: int, letters: NDArray[np.bytes_]) -> NDArray[np.uint32]:
    """Return FNV-1a of a text before, whose number is `start`, and ASCII texts behind it."""
    numbers = np.full(len(letters), start, np.uint32)
    if not letters.itemsize:
        return numbers
    for column in letters.view(np.uint8).reshape(len(letters), -1).T:
        # Shorter texts end in zeros.
        numbers = np.where(column == 0, numbers, (numbers ^ column) * _PRIME)
    return numbers

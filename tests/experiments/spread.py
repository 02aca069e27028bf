"""Are variants as large as their weights, and do two experiments know nothing of each other?

`python -m tests.experiments.spread` puts 100,000 ids into variants by each hash and prints how far
the largest share is from its weight, and the chi-square of pairs of experiments; `--whole` takes a
million. Exit 1 where a share of a million is 0.2 % of all ids or more from its weight (of fewer,
as much more as chance makes of it), or where a chi-square is one that chance gives once in a
thousand.
"""

from __future__ import annotations

import sys
from collections import Counter
from math import prod, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

from meter.experiments import Experiment, Hash
from tests.experiments.ids import ids

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY, WHOLE = 100_000, 1_000_000
CLOSE = 0.002
RARE = 0.999
WEIGHTS = {"control": 0.5, "nine": 0.3, "twelve": 0.15}
SEEDS = ("price-1", "price-2", "prix-été", "a")
HASHES = (Hash.GROWTHBOOK_2, Hash.UNLEASH, Hash.OPTIMIZELY, Hash.LAUNCHDARKLY)


class Spread(NamedTuple):
    """One figure, and the bound it has to be below."""

    what: str
    found: float
    below: float

    @property
    def fine(self) -> bool:
        """Whether it is below its bound."""
        return self.found < self.below

    def __str__(self) -> str:
        return f"{self.what:52s} {self.found:9.5f} (below {self.below:.5f})"


def spreads(count: int, hashes: tuple[Hash, ...] = HASHES) -> Iterator[Spread]:
    """Yield the figures of each hash, over `count` ids."""
    close = CLOSE * sqrt(WHOLE / count)
    for hash_ in hashes:
        tests = [Experiment(seed=seed, hash=hash_, variants=WEIGHTS) for seed in SEEDS]
        rows = Counter(tuple(test.variant(unit) for test in tests) for unit in ids(count))
        for place, seed in enumerate(SEEDS):
            yield Spread(f"{hash_}, `{seed}`: share", _farthest(rows, place), close)
        for first in range(len(SEEDS)):
            for second in range(first):
                pair = f"`{SEEDS[second]}` and `{SEEDS[first]}`"
                statistic, freedom = chi_square(rows, second, first)
                yield Spread(f"{hash_}, {pair}: chi-square", statistic, critical(freedom))


def _farthest(rows: Counter, place: int) -> float:
    """Return how far from its weight the share is that is farthest from it."""
    found = _margin(rows, place)
    weights = {**WEIGHTS, None: 1 - sum(WEIGHTS.values())}
    return max(abs(found[name] / rows.total() - weight) for name, weight in weights.items())


def _margin(rows: Counter, *places: int) -> Counter:
    found = Counter()
    for row, count in rows.items():
        found[row[places[0]] if len(places) == 1 else tuple(row[at] for at in places)] += count
    return found


def chi_square(rows: Counter, first: int, second: int) -> tuple[float, int]:
    """Return the statistic of independence of two columns, and its degrees of freedom."""
    one, other, both = _margin(rows, first), _margin(rows, second), _margin(rows, first, second)
    statistic = 0.0
    for left in one:
        for right in other:
            expected = one[left] * other[right] / rows.total()
            statistic += (both[left, right] - expected) ** 2 / expected
    return statistic, prod(len(margin) - 1 for margin in (one, other))


def critical(freedom: int) -> float:
    """Return the statistic that chance exceeds once in a thousand (Wilson and Hilferty, 1931)."""
    part = 2 / (9 * freedom)
    return freedom * (1 - part + NormalDist().inv_cdf(RARE) * sqrt(part)) ** 3


def main(arguments: list[str]) -> int:
    """Print every figure."""
    fine = True
    for spread in spreads(WHOLE if "--whole" in arguments else MANY):
        sys.stdout.write(f"{spread}\n")
        fine &= spread.fine
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

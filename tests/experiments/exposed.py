"""Are readers exposed in the ratio of the weights, control as any other?

`python -m tests.experiments.exposed` lets 10,000 readers read until they meet a wall, under a
policy whose wall has a price by an experiment, and prints how many were exposed in each variant and
how far that is from the weights, in standard errors; `--whole` takes 100,000. Exit 1 where a
variant is farther off than chance gives once in a thousand, or where who meets no wall was exposed.
"""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

from meter import Article, PageView, Reader, Usage, decide, loads_policy
from tests.experiments.ids import ids

MANY, WHOLE = 10_000, 100_000
RARE = NormalDist().inv_cdf(0.9995)
POLICY = """
[publication]
name = "The Harbour Review"
[experiments.price]
seed = "price-test"
variants = { control = 0.4, nine = 0.4, ten = 0.1 }
[meters.monthly]
window = { calendar = "month" }
limit = 1
[offers.nine]
price = 9
currency = "USD"
term = "1 month"
when = { experiment = { price = ["nine"] } }
[offers.ten]
price = 10
currency = "USD"
term = "1 month"
when = { experiment = { price = ["ten"] } }
[offers.twelve]
price = 12
currency = "USD"
term = "1 month"
[[rules]]
name = "one a month"
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
offer = ["nine", "ten", "twelve"]
"""
VIEWS = [PageView(article=Article(id=name)) for name in ("a1", "a2")]
NOW = datetime(2026, 6, 1, tzinfo=UTC)


class Exposed(NamedTuple):
    """How many readers were exposed in a variant, and how far that is from its weight."""

    variant: str
    readers: int
    expected: float
    errors: float

    @property
    def fine(self) -> bool:
        """Whether chance gives so many."""
        return abs(self.errors) < RARE


def exposed(count: int) -> tuple[list[Exposed], int]:
    """Return the exposed of `count` readers by variant, and how many met no wall and were too."""
    policy = loads_policy(POLICY)
    found: Counter[str] = Counter()
    wrong = 0
    for number, unit in enumerate(ids(count)):
        reader = Reader(id=f"r{number}", visitor=unit)
        usage = Usage()
        # Every third reads one article only.
        for view in VIEWS[: 1 if number % 3 == 0 else 2]:
            decision, usage = decide(policy, reader, view, usage, NOW)
            found.update(exposure.variant for exposure in decision.exposures)
            wrong += bool(decision.exposures) and decision.show == "last-free-article"
    met = count - len(range(0, count, 3))
    rows = []
    for variant, weight in policy.experiment("price").variants:
        error = sqrt(met * weight * (1 - weight))
        rows.append(
            Exposed(variant, found[variant], met * weight, (found[variant] - met * weight) / error)
        )
    return rows, wrong


def main(arguments: list[str]) -> int:
    """Print every figure."""
    rows, wrong = exposed(WHOLE if "--whole" in arguments else MANY)
    for row in rows:
        expected = f"{row.expected:9.1f} expected, {row.errors:+.2f} standard errors"
        sys.stdout.write(f"{row.variant:10s} {row.readers:7d} exposed, {expected}\n")
    sys.stdout.write(f"{wrong} exposed without meeting a wall\n")
    return 0 if not wrong and all(row.fine for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

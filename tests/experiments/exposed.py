"""Are readers exposed in the ratio of the weights, control as any other?

`python -m tests.experiments.exposed` takes 10,000 simulated readers through a month of a policy
whose wall has a price by an experiment, and asks the engine about each of their views. It prints
how many visitors were exposed in each variant and how far that is from the weights, in standard
errors; `--whole` takes 100,000 readers. Exit 1 where a variant is farther off than chance gives
once in a thousand, or where a view without a wall exposed somebody, or where the simulation has
another decision than the engine.
"""

from __future__ import annotations

import sys
from collections import Counter
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

from meter import Usage, decide, loads_policy
from meter.engine import join
from meter.simulate.export.events import simulated_views
from meter.simulate.population import simulate
from meter.vocabulary import Access

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


class Exposed(NamedTuple):
    """How many visitors were exposed in a variant, and how far that is from its weight."""

    variant: str
    visitors: int
    expected: float
    errors: float

    @property
    def fine(self) -> bool:
        """Whether chance gives so many."""
        return abs(self.errors) < RARE


def exposed(count: int) -> tuple[list[Exposed], int]:
    """Return the exposed visitors of `count` simulated readers by variant, and what went wrong.

    Wrong is a view that exposed without a wall, and a decision that the simulation has otherwise.
    """
    policy = loads_policy(POLICY)
    population = simulate(policy, readers=count, months=1, seed=5, log=True)
    usages: dict[str | None, Usage] = {}
    met: set[str | None] = set()
    found: set[tuple[str | None, str]] = set()
    wrong = 0
    for seen in simulated_views(population):
        name = seen.reader.id
        usage = usages.get(name, Usage())
        if seen.joined is not None:
            usage = join(policy, usages.get(seen.joined, Usage()), usage, seen.at)
        decision, usages[name] = decide(policy, seen.reader, seen.view, usage, seen.at)
        wrong += (decision.rule, decision.offers) != (seen.verdict.rule, seen.verdict.offers)
        wrong += bool(decision.exposures) and decision.access is Access.FULL
        if decision.access is Access.PREVIEW:
            met.add(seen.reader.visitor)
        found |= {(seen.reader.visitor, exposure.variant) for exposure in decision.exposures}
    counts = Counter(variant for _, variant in found)
    rows = []
    for variant, weight in policy.experiment("price").variants:
        expected = len(met) * weight
        error = sqrt(expected * (1 - weight))
        off = (counts[variant] - expected) / error
        rows.append(Exposed(variant, counts[variant], expected, off))
    return rows, wrong


def main(arguments: list[str]) -> int:
    """Print every figure."""
    rows, wrong = exposed(WHOLE if "--whole" in arguments else MANY)
    for row in rows:
        expected = f"{row.expected:9.1f} expected, {row.errors:+.2f} standard errors"
        sys.stdout.write(f"{row.variant:10s} {row.visitors:7d} visitors exposed, {expected}\n")
    sys.stdout.write(f"{wrong} exposed without a wall, or decided otherwise than by the engine\n")
    return 0 if not wrong and all(row.fine for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Which of some policies does better, by how much, how sure is that, and which assumption would
turn it round?

All policies meet the same people with the same inclinations (common random numbers), so differences
are taken reader by reader. The assumptions are then varied inside their ranges: all at once, to say
how far an answer can move, and one at a time, to say why.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import evolve, field, frozen

from meter.errors import MeterError
from meter.simulate.assumptions import Assumption, Assumptions, published_assumptions
from meter.simulate.measures import MEASURES, Estimate, Measure, estimate, influence, value
from meter.simulate.population import Population, simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from meter.policy import Policy

__all__ = ["NAMES", "Comparison", "Swing", "compare", "lead_of", "lives"]

_SMALL = 4000
_DRAWN = 4000
_TIE = 1e-9
NAMES = [measure.name for measure in MEASURES]


@frozen(kw_only=True)
class Swing:
    """What one assumption does to the answer, from the low to the high end of its range."""

    assumption: str
    low: float
    high: float
    at_low: float
    at_high: float
    flips: bool

    @property
    def size(self) -> float:
        """How far the answer moves."""
        return abs(self.at_high - self.at_low)

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers."""
        return {
            "assumption": self.assumption,
            "low": self.low,
            "high": self.high,
            "at_low": self.at_low,
            "at_high": self.at_high,
            "flips": self.flips,
        }


@frozen(kw_only=True)
class Comparison:
    """Policies side by side over the same simulated people.

    The first is the one the others are compared with.

    `by` is the measure that decides which is best. `drawn` holds every measure under every draw of
    the assumptions, scaled to `readers` ([draw, policy, measure]), `swings` one row for each
    assumption that has a range, the largest first; `ends` holds, by assumption, every measure at
    both ends of its range ([end, policy, measure]).
    """

    names: tuple[str, ...]
    populations: tuple[Population, ...]
    by: Measure
    drawn: Any
    swings: tuple[Swing, ...]
    ends: dict[str, Any] = field(factory=dict)

    @property
    def policies(self) -> list[Policy]:
        """The policies compared."""
        return [population.policy for population in self.populations]

    @property
    def assumptions(self) -> Assumptions:
        """What was taken for granted."""
        return self.populations[0].assumptions

    @property
    def readers(self) -> int:
        """How many readers there are in each month."""
        return self.populations[0].readers

    @property
    def months(self) -> int:
        """How many months were simulated."""
        return self.populations[0].months

    @property
    def seed(self) -> int:
        """The seed that repeats all of this."""
        return self.populations[0].seed

    @cached_property
    def measures(self) -> tuple[dict[str, Estimate], ...]:
        """For each policy, every measure with its intervals."""
        return tuple(
            {
                m.name: estimate(value(people, m), influence(people, m), self._drawn(number, m))
                for m in MEASURES
            }
            for number, people in enumerate(self.populations)
        )

    @cached_property
    def differences(self) -> tuple[dict[str, Estimate], ...]:
        """For each policy, every measure minus that of the first policy, reader by reader."""
        first, found = self.populations[0], []
        for number, people in enumerate(self.populations):
            row = {}
            for m in MEASURES:
                parts = influence(people, m) - influence(first, m)
                drawn = (
                    None
                    if self._drawn(0, m) is None
                    else self._drawn(number, m) - self._drawn(0, m)
                )
                row[m.name] = estimate(value(people, m) - value(first, m), parts, drawn)
            found.append(row)
        return tuple(found)

    def _drawn(self, policy: int, measure: Measure) -> Any:
        return self.drawn[:, policy, NAMES.index(measure.name)] if len(self.drawn) else None

    @cached_property
    def best(self) -> int:
        """The index of the policy with the most of `by` at the central assumptions (the first of
        several).
        """
        return int(np.argmax([row[self.by.name].value for row in self.measures]))

    @cached_property
    def probability_best(self) -> tuple[dict[str, float], ...]:
        """For each policy, the chance to be the best.

        Over other samples of readers, and over the assumptions as well.
        """
        parts = np.array([influence(people, self.by) for people in self.populations])
        centre = np.array([row[self.by.name].value for row in self.measures])
        parts -= parts.mean(axis=1, keepdims=True)
        noise = _noise(parts @ parts.T, self.seed)
        sampling = _shares_of_best(centre + noise)
        if not len(self.drawn):
            return tuple({"sampling": float(share)} for share in sampling)
        drawn = self.drawn[:, :, NAMES.index(self.by.name)]
        both = _shares_of_best(drawn[np.arange(len(noise)) % len(drawn)] + noise)
        return tuple(
            {"sampling": float(a), "assumptions": float(b)}
            for a, b in zip(sampling, both, strict=True)
        )

    @cached_property
    def regret(self) -> tuple[float | None, ...]:
        """For each policy, what choosing it costs on average over the assumptions, against the best
        of each draw.
        """
        if not len(self.drawn):
            return (None,) * len(self.names)
        drawn = self.drawn[:, :, NAMES.index(self.by.name)]
        return tuple(
            float(cost) for cost in (drawn.max(axis=1, keepdims=True) - drawn).mean(axis=0)
        )

    @cached_property
    def front(self) -> tuple[int, ...]:
        """The policies that no other one beats in both starts and articles read (the Pareto front)."""
        points = [
            (row["starts_per_million"].value, row["articles_read"].value) for row in self.measures
        ]
        return tuple(
            number
            for number, (starts, read) in enumerate(points)
            if not any(s >= starts and r >= read and (s > starts or r > read) for s, r in points)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the whole report as plain tables, for JSON."""
        from meter.simulate.report.summary import (
            report_table,
        )

        return report_table(self)

    def _repr_html_(self) -> str:
        """Return the tables for a notebook."""
        from meter.simulate.report.html import (
            notebook_html,
        )

        return notebook_html(self)


def compare(
    policies: Sequence[Policy],
    *,
    names: Sequence[str] | None = None,
    readers: int = 100_000,
    months: int = 12,
    seed: int = 1,
    workers: int | None = None,
    assumptions: Assumptions | None = None,
    draws: int = 32,
    sweep: bool = True,
    by: str = "net",
    progress: Callable[[int], None] | None = None,
) -> Comparison:
    """Take the same people through each policy and compare what becomes of them, with the first
    policy as the baseline.

    `draws` is how often the assumptions are drawn anew from their ranges (0: not at all), `sweep`
    whether each is also moved alone from end to end; both use a smaller sample of the same people.
    `by` names the measure that says which is best. The same seed gives the same answer whatever
    `workers` is. `progress` is called with the number of reader-lives done. Raises `MeterError`.
    """
    known = {measure.name: measure for measure in MEASURES}
    if by not in known:
        raise MeterError(
            f"there is no measure called `{by}`; there are:"
            f" {', '.join(f'`{name}`' for name in known)}"
        )
    if not policies:
        raise MeterError("there is nothing to compare; name at least one policy")
    assumptions, threads = assumptions or published_assumptions(), workers or os.cpu_count() or 1
    told = tuple(names or distinct_names(policies))
    populations = tuple(
        simulate(
            policy,
            readers=readers,
            months=months,
            seed=seed,
            workers=workers,
            assumptions=assumptions,
            progress=progress,
        )
        for policy in policies
    )
    small = min(readers, _SMALL)
    worlds = [assumptions, *_drawn_worlds(assumptions, draws, seed)]
    uncertain = assumptions.uncertain() if sweep else []
    worlds += [
        _sound(assumptions.replace({item.name: end}))
        for item in uncertain
        for end in (item.low, item.high)
    ]
    if draws == 0 and not sweep:
        worlds = []

    def work(world: Assumptions) -> Any:
        found = [
            simulate(policy, readers=small, months=months, seed=seed, workers=1, assumptions=world)
            for policy in policies
        ]
        if progress is not None:
            progress(small * len(policies))
        return [[value(people, measure) for measure in MEASURES] for people in found]

    with ThreadPoolExecutor(threads) as pool:
        values = np.array(list(pool.map(work, worlds))).reshape(
            len(worlds), len(policies), len(MEASURES)
        )
    main = np.array([[value(people, measure) for measure in MEASURES] for people in populations])
    if worlds:
        # The small sample differs from the large one by chance alone: what the assumptions change
        # is added to the large one.
        scale = np.array([1.0 if measure.per else readers / small for measure in MEASURES])
        values = main + (values - values[0]) * scale
    drawn, swept = values[1 : 1 + draws], values[1 + draws :]
    comparison = Comparison(
        names=told, populations=populations, by=known[by], drawn=drawn, swings=()
    )
    ends = {item.name: swept[2 * number : 2 * number + 2] for number, item in enumerate(uncertain)}
    return evolve(comparison, swings=_swings(uncertain, ends, comparison), ends=ends)


def lives(assumptions: Assumptions, policies: int, readers: int, draws: int, *, sweep: bool) -> int:
    """Return how many reader-lives `compare` takes, for a progress bar."""
    worlds = draws + 2 * len(assumptions.uncertain()) * sweep
    return policies * (readers + (worlds + 1) * min(readers, _SMALL) * (worlds > 0))


def distinct_names(policies: Sequence[Policy]) -> list[str]:
    """Return a name for each policy: the publication's, numbered where there are several."""
    names = [policy.publication.name for policy in policies]
    return (
        names
        if len(set(names)) == len(names)
        else [f"{name} {number}" for number, name in enumerate(names, 1)]
    )


def _drawn_worlds(assumptions: Assumptions, draws: int, seed: int) -> Iterable[Assumptions]:
    """Yield assumptions drawn from their ranges, spread evenly (Latin hypercube: McKay, Beckman and
    Conover 1979).

    Half of the draws lie on either side of the default, wherever it lies in its range.
    """
    uncertain = assumptions.uncertain()
    source = np.random.Generator(np.random.Philox(key=seed))
    places = np.array([source.permutation(draws) for _ in uncertain]).reshape(
        len(uncertain), draws
    ) + source.random((len(uncertain), draws))
    for n in range(draws):
        yield _sound(
            assumptions.replace(
                {
                    item.name: _between(item, float(p[n]) / draws)
                    for item, p in zip(uncertain, places, strict=True)
                }
            )
        )


def _sound(assumptions: Assumptions) -> Assumptions:
    """Return drawn assumptions without contradictions.

    Two shares of one whole are at most the whole.
    """
    for one, other in (
        ("population.bounce", "population.fans"),
        ("articles.free", "articles.premium"),
    ):
        if assumptions[one] + assumptions[other] > 1:
            assumptions = assumptions.replace({one: 1 - assumptions[other]})
    return assumptions


def _between(item: Assumption, share: float) -> float:
    low, middle, high = float(item.low or 0), float(item.value), float(item.high or 0)
    return (
        low + (middle - low) * 2 * share
        if share < 0.5
        else middle + (high - middle) * (2 * share - 1)
    )


def _swings(
    uncertain: Sequence[Assumption], ends: dict[str, Any], comparison: Comparison
) -> tuple[Swing, ...]:
    """Return what each assumption does to the best policy's lead over the first (or over the next
    best, where the first is best).
    """
    column = NAMES.index(comparison.by.name)
    lead, other = lead_of(comparison)
    swings = []
    for item in uncertain:
        at_low, at_high = (
            float(e[lead] - e[other]) if other is not None else float(e[lead])
            for e in ends[item.name][:, :, column]
        )
        flips = other is not None and min(at_low, at_high) < -_TIE
        swings.append(
            Swing(
                assumption=item.name,
                low=float(item.low or 0),
                high=float(item.high or 0),
                at_low=at_low,
                at_high=at_high,
                flips=flips,
            )
        )
    return tuple(sorted(swings, key=lambda swing: -swing.size))


def lead_of(comparison: Comparison) -> tuple[int, int | None]:
    """Return the best policy and the one its lead is told against.

    The first, or the next best where the first is best.
    """
    best, values = comparison.best, [row[comparison.by.name].value for row in comparison.measures]
    others = [number for number in range(len(values)) if number != best]
    if not others:
        return best, None
    return best, 0 if best else max(others, key=lambda number: values[number])


def _noise(covariance: Any, seed: int) -> Any:
    """Return draws of what sampling may do to several sums at once."""
    strength, directions = np.linalg.eigh(covariance)
    source = np.random.Generator(np.random.Philox(key=seed + 1))
    return (
        source.standard_normal((_DRAWN, len(strength)))
        @ (directions * np.sqrt(np.maximum(strength, 0))).T
    )


def _shares_of_best(values: Any) -> Any:
    """Return how often each column is the largest; those that are equal share."""
    largest = values.max(axis=1, keepdims=True)
    ties = values >= largest - _TIE * np.maximum(1.0, np.abs(largest))
    return (ties / ties.sum(axis=1, keepdims=True)).mean(axis=0)

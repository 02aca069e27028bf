"""Compare policies over the same simulated people, and vary the assumptions.

All policies meet the same people with the same inclinations (common random numbers), so differences
are taken reader by reader. The assumptions are then varied inside their ranges: all at once, to say
how far an answer can move, and one at a time, to say why.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from attrs import evolve, field, frozen

from meter.columns.tidy import tidy
from meter.errors import MeterError
from meter.policy import Policy
from meter.simulate.assumptions import Assumption, Assumptions, published_assumptions
from meter.simulate.lives.variations import varied
from meter.simulate.measures import MEASURES, NAMES, Measure, value
from meter.simulate.population import Population, simulate
from meter.simulate.report.frame import comparison_rows
from meter.simulate.report.html import notebook_html
from meter.simulate.report.summary import report_table
from meter.simulate.results import TIE, Results, Sensitivity, leader_and_rival
from meter.simulate.setting import settled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from meter.simulate.lives.columns import ReaderColumns
    from meter.simulate.report.shapes import ReportTable

__all__ = ["Comparison", "compare", "lives"]

World: TypeAlias = "tuple[Assumptions, str | None]"
"""Assumptions, and the one in which they differ from the central ones, where it is one."""

_SMALL = 4000
"""How many readers are simulated under each variation of the assumptions, at most."""
_HALF = 0.5


@frozen(kw_only=True)
class Comparison(Results):
    """Policies side by side, as a notebook and a program read them; the numbers are `Results`."""

    def to_dict(self) -> ReportTable:
        """Return the whole report as plain tables, for JSON."""
        return report_table(self)

    def to_frame(self) -> object:
        """Return every number as a tidy pandas frame, or an Arrow table without pandas.

        The columns are `policy measure value low high kind unit`.
        """
        return tidy(comparison_rows(self))

    def _repr_html_(self) -> str:
        """Return the tables for a notebook."""
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
    today: date | None = None,
    progress: Callable[[int], None] | None = None,
    first: Callable[[Comparison], None] | None = None,
) -> Comparison:
    """Take the same people through each policy and compare what becomes of them.

    The first policy is the baseline. `draws` is how often the assumptions are drawn anew from their
    ranges (0: not at all), `sweep` whether each is also moved alone from end to end; both use a
    smaller sample of the same people. `by` names the measure that says which is best, if any is
    (`Comparison.verdict`). All start on one day: `horizon.start` of the assumptions where that is
    said, else `today`, else as in `meter.loading.today`. The same seed and first day give the same
    answer whatever `workers` is. `progress` is called with the number of reader-lives done, and
    `first` with the comparison at the central assumptions, where others are still to be tried: the
    same numbers, without the intervals of the assumptions. Raises `MeterError`, also where money is
    in several currencies.
    """
    measure = _measure(by)
    if not policies:
        raise MeterError("there is nothing to compare; name at least one policy")
    known = settled(policies, assumptions or published_assumptions(), today)
    study = _Study(
        policies=tuple(policies), readers=readers, months=months, seed=seed, progress=progress
    )
    populations = study.populations(known, workers)
    uncertain = known.uncertain() if sweep else []
    central = Comparison(
        names=tuple(names or distinct_names(policies)),
        populations=populations,
        by=measure,
        drawn=np.empty((0, len(policies), len(MEASURES))),
        sensitivities=(),
    )
    worlds: list[World] = [(world, None) for world in _drawn(known, draws, seed)]
    worlds += _swept(known, uncertain)
    if first is not None and worlds:
        first(central)
    values = study.under(worlds, populations, workers)
    swept = values[draws:]
    ends = {item.name: swept[2 * number : 2 * number + 2] for number, item in enumerate(uncertain)}
    comparison = evolve(central, drawn=values[:draws], ends=ends)
    return evolve(comparison, sensitivities=_sensitivities(uncertain, comparison))


def lives(assumptions: Assumptions, policies: int, readers: int, draws: int, *, sweep: bool) -> int:
    """Return how many reader-lives `compare` takes, for a progress bar."""
    worlds = draws + 2 * len(assumptions.uncertain()) * sweep
    return policies * (readers + (worlds + 1) * min(readers, _SMALL) * (worlds > 0))


def distinct_names(policies: Sequence[Policy]) -> list[str]:
    """Return a name for each policy: the publication's, numbered where there are several."""
    names = [policy.publication.name for policy in policies]
    if len(set(names)) == len(names):
        return names
    return [f"{name} {number}" for number, name in enumerate(names, 1)]


def _measure(name: str) -> Measure:
    """Return a measure by its name."""
    known = {measure.name: measure for measure in MEASURES}
    if name not in known:
        listed = ", ".join(f"`{other}`" for other in known)
        raise MeterError(f"there is no measure called `{name}`; there are: {listed}")
    return known[name]


@frozen(kw_only=True)
class _Study:
    """The people every policy meets, and for how long."""

    policies: tuple[Policy, ...]
    readers: int
    months: int
    seed: int
    progress: Callable[[int], None] | None = field(eq=False)

    @property
    def small(self) -> int:
        """How many of the readers are simulated under each variation of the assumptions."""
        return min(self.readers, _SMALL)

    def populations(self, known: Assumptions, workers: int | None) -> tuple[Population, ...]:
        """Return what becomes of all readers under each policy."""
        return tuple(
            simulate(
                policy,
                readers=self.readers,
                months=self.months,
                seed=self.seed,
                workers=workers,
                assumptions=known,
                progress=self.progress,
            )
            for policy in self.policies
        )

    def under(
        self,
        worlds: Sequence[World],
        populations: tuple[Population, ...],
        workers: int | None,
    ) -> NDArray[np.float64]:
        """Return [world, policy, measure] under other assumptions than those of the populations.

        The small sample differs from the large one by chance alone: what the assumptions change is
        added to the large one. No measure is ever below 0.
        """

        def values_of(world: World) -> list[list[float]]:
            return self._values(world, populations)

        shape = (len(worlds), len(self.policies), len(MEASURES))
        with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
            values = np.array(list(pool.map(values_of, worlds))).reshape(shape)
        main = np.array([_row(people) for people in populations])
        small = np.array([_row(people.first(self.small)) for people in populations])
        scale = np.array(
            [1.0 if measure.per else self.readers / self.small for measure in MEASURES]
        )
        moved: NDArray[np.float64] = np.maximum(main + (values - small) * scale, 0)
        return moved

    def _values(self, world: World, populations: tuple[Population, ...]) -> list[list[float]]:
        """Return [policy, measure] of the small sample under some assumptions."""
        known, moved = world
        found = [varied(people, self.small, known, moved) for people in populations]
        if self.progress is not None:
            self.progress(self.small * len(self.policies))
        return [_row(people) for people in found]


def _row(people: ReaderColumns) -> list[float]:
    return [value(people, measure) for measure in MEASURES]


def _drawn(assumptions: Assumptions, draws: int, seed: int) -> Iterator[Assumptions]:
    """Yield assumptions drawn from their ranges, spread evenly.

    This is a Latin hypercube (McKay, Beckman and Conover 1979). Half of the draws lie on either
    side of the default, wherever it lies in its range.
    """
    uncertain = assumptions.uncertain()
    shape = (len(uncertain), draws)
    source = np.random.Generator(np.random.Philox(key=seed))
    strata = np.array([source.permutation(draws) for _ in uncertain]).reshape(shape)
    places = strata + source.random(shape)
    for draw in range(draws):
        values = {
            item.name: _between(item, float(row[draw]) / draws)
            for item, row in zip(uncertain, places, strict=True)
        }
        yield _sound(assumptions.replace(values))


def _swept(assumptions: Assumptions, uncertain: Sequence[Assumption]) -> Iterator[World]:
    """Yield assumptions with each in turn at the low and at the high end of its range."""
    for item in uncertain:
        for end in (item.low, item.high):
            if end is not None:
                yield _sound(assumptions.replace({item.name: end})), item.name


def _sound(assumptions: Assumptions) -> Assumptions:
    """Return drawn assumptions without contradictions.

    Two shares of one whole are at most the whole.
    """
    for one, other in (
        ("population.bounce", "population.fans"),
        ("articles.free", "articles.premium"),
    ):
        if assumptions.number(one) + assumptions.number(other) > 1:
            assumptions = assumptions.replace({one: 1 - assumptions.number(other)})
    return assumptions


def _between(item: Assumption, share: float) -> float:
    """Return what lies at a share of the way from the low end over the default to the high end."""
    low, middle, high = _range(item)
    if share < _HALF:
        return low + (middle - low) * 2 * share
    return middle + (high - middle) * (2 * share - 1)


def _range(item: Assumption) -> tuple[float, float, float]:
    """Return the low end, the default and the high end of an assumption that has a range."""
    if not isinstance(item.value, int | float):
        raise TypeError(f"`{item.name}` is not a number")
    return float(item.low or 0), float(item.value), float(item.high or 0)


def _sensitivities(uncertain: Sequence[Assumption], results: Results) -> tuple[Sensitivity, ...]:
    """Return what each assumption does to the lead of the policy ahead, the largest first.

    The lead is over the first policy, or over the next where the first is ahead.
    """
    column = NAMES.index(results.by.name)
    ahead, other = leader_and_rival(results)
    sensitivities = []
    for item in uncertain:
        low, _, high = _range(item)
        at_low, at_high = (
            float(end[ahead]) if other is None else float(end[ahead] - end[other])
            for end in results.ends[item.name][:, :, column]
        )
        flips = other is not None and min(at_low, at_high) < -TIE
        sensitivities.append(
            Sensitivity(
                assumption=item.name,
                low=low,
                high=high,
                at_low=at_low,
                at_high=at_high,
                flips=flips,
            )
        )
    return tuple(sorted(sensitivities, key=lambda sensitivity: -sensitivity.size))

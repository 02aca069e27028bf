"""Choose a limit, as far as one can be called the best.

A limit is selected on half as many readers and estimated again on fresh ones, because the first of
many looks better than it is. Whether one is called best is decided by `report.verdict`, as in every
comparison.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from meter.simulate.compare import Comparison, compare
from meter.simulate.limits import LimitChoice
from meter.simulate.measures import NAMES, influence, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from meter.policy import Policy
    from meter.simulate.assumptions import Assumptions
    from meter.simulate.limits import LimitSearch
    from meter.simulate.results import Results

__all__ = ["choose"]

_OTHERS = 0x9E3779B9
_ERROR = 0.05


def choose(
    policy: Policy,
    search: LimitSearch,
    *,
    readers: int = 100_000,
    months: int = 12,
    seed: int = 1,
    workers: int | None = None,
    assumptions: Assumptions | None = None,
    draws: int = 32,
    by: str = "net",
    sweep: bool = True,
    today: date | None = None,
    progress: Callable[[int], None] | None = None,
) -> LimitChoice:
    """Try every limit of a search, select on half as many readers, and estimate on fresh ones.

    The fresh readers are those of `seed`: `compare` with the same seed gives the same numbers. The
    arguments are those of `compare`. Raises `MeterError`.
    """
    limits = tuple(range(search.low, search.high + 1))
    half = max(readers // 2, 1)

    def run(
        tried: Sequence[int], number: int, seed: int, *, draws: int = 0, sweep: bool = False
    ) -> Comparison:
        return compare(
            [search.turned(policy, limit) for limit in tried],
            names=[f"limit {limit}" for limit in tried],
            readers=number,
            months=months,
            seed=seed,
            workers=workers,
            assumptions=assumptions,
            draws=draws,
            sweep=sweep,
            by=by,
            today=today,
            progress=progress,
        )

    first = run(limits, half, seed ^ _OTHERS)
    selected = first.ahead
    believed = first.measures[selected][by].value * readers / half
    del first  # a million readers times twenty limits: one set at a time
    fresh = run(limits, readers, seed, draws=draws)
    estimates = tuple(row[by] for row in fresh.measures)
    alike = tuple(limits[number] for number in _alike(fresh, selected))
    turned_by: tuple[str, ...] = ()
    if sweep:
        candidates = _candidates(limits, selected, alike)
        turned_by = _turned_by(run(candidates, half, seed, sweep=True), candidates, alike)
    return LimitChoice(
        search=search,
        limits=limits,
        estimates=estimates,
        selected=limits[selected],
        optimism=believed - estimates[selected].value,
        alike=alike,
        turned_by=turned_by,
        by=by,
        chosen_on=half,
        comparison=fresh,
    )


def _candidates(limits: Sequence[int], selected: int, alike: Sequence[int]) -> list[int]:
    """Return the limits to move the assumptions for: the ends, some of those alike, the selected.

    Its nearer surroundings are a fifth of the way to either side.
    """
    step = max(1, len(limits) // 5)
    near = [place for place in (selected - step, selected + step) if 0 <= place < len(limits)]
    some = alike[:: max(1, len(alike) // 3)]
    return sorted(
        {limits[0], limits[-1], *some, limits[selected], *(limits[place] for place in near)}
    )


def _alike(fresh: Results, selected: int) -> list[int]:
    """Return the limits whose difference from the selected one may be nothing.

    The chance of an error is shared among all that were tried (Bonferroni).
    """
    reach = NormalDist().inv_cdf(1 - _ERROR / 2 / max(len(fresh.names) - 1, 1))
    by = fresh.by
    mine = influence(fresh.populations[selected], by)
    most = fresh.measures[selected][by.name].value
    found = []
    for number, people in enumerate(fresh.populations):
        lead = most - fresh.measures[number][by.name].value
        if lead <= reach * spread(mine - influence(people, by)):
            found.append(number)
    return found


def _turned_by(swept: Results, candidates: Sequence[int], alike: Sequence[int]) -> tuple[str, ...]:
    """Return the assumptions at whose ends another limit than those alike has the most."""
    column = NAMES.index(swept.by.name)
    return tuple(
        name
        for name, ends in swept.ends.items()
        if any(candidates[int(np.argmax(end[:, column]))] not in alike for end in ends)
    )

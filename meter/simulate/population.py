"""Take simulated readers through months under a policy, and keep what became of them.

The readers have devices, habits and purses; what they are shown is decided by the engine itself.
Every number behind it is an assumption (`assumptions`); the same seed gives the same answer,
whatever the number of workers.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from meter.columns.tidy import tidy
from meter.errors import MeterError
from meter.policy import Policy
from meter.simulate.assumptions import Assumptions, published_assumptions
from meter.simulate.export.rows import population_rows
from meter.simulate.kernel.arrays import COLUMNS, LOG, MONTHLY
from meter.simulate.lives.blocks import BLOCK, Block, lives_of
from meter.simulate.lives.columns import ReaderColumns
from meter.simulate.setting import settled
from meter.simulate.simulated_policy import SimulatedPolicy
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

__all__ = ["MOST_READERS", "Population", "check_span", "simulate"]

MOST_READERS = 20_000_000
_MOST_MONTHS = 60
_VIEWS_LOGGED = 200
"""For how many page views of a reader and month a log has room."""


@frozen(kw_only=True, repr=False)
class Population(ReaderColumns):
    """What became of simulated readers under one policy.

    `readers` is the number of readers in each month (a reader who is gone for good is replaced by a
    new one of the same kind). `columns` has one row a reader and the columns of
    `kernel.arrays.COLUMNS`, summed over the months; `monthly` one row a month; `shown` counts page
    views by verdict of `reading`; `wanted` counts the readers of the first month by the articles
    they wanted.
    """

    policy: Policy
    months: int
    seed: int
    reading: SimulatedPolicy
    monthly: NDArray[np.float64]
    shown: NDArray[np.int64]
    wanted: NDArray[np.int64]
    log: NDArray[np.int64] = field(factory=lambda: np.empty((0, len(LOG)), np.int64))

    def by_reader(self) -> dict[str, NDArray[np.float64]]:
        """Return one number for each reader, by the name of the column."""
        return {name: self.columns[:, place] for place, name in enumerate(COLUMNS)}

    def by_month(self) -> dict[str, NDArray[np.float64]]:
        """Return one number for each month, by the name of the column.

        Those of `kernel.arrays.MONTHLY`, `advertising` and `net`.
        """
        months = {name: self.monthly[:, place] for place, name in enumerate(MONTHLY)}
        months["advertising"] = self.advertising_of(months["read"], months["known"])
        months["net"] = months["advertising"] + months["cash"]
        return months

    def to_frame(self) -> object:
        """Return every measure as a tidy pandas frame, or an Arrow table without pandas.

        The columns are `policy measure value low high kind unit`; see `meter.simulate.export.rows`.
        """
        name = self.policy.publication.name
        return tidy(population_rows(name, self, self.assumptions.word("money.currency")))

    def __repr__(self) -> str:
        name = self.policy.publication.name
        return f"<{self.readers:,} simulated readers of {name!r}, {self.months} months>"

    def total(self, name: str) -> float:
        """Return the sum of a column."""
        return float(self.column(name).sum())

    def by_rule(self) -> dict[str, int]:
        """Return how many page views each rule decided, in the order of the policy."""
        counts = {rule.name: 0 for rule in self.policy.rules}
        for verdict, count in zip(self.reading.judging.verdicts, self.shown, strict=False):
            counts[verdict.rule] += int(count)
        return counts

    def by_offer(self) -> dict[tuple[str, str], int]:
        """Return how many page views of each rule came with each offer: (rule, offer) to views."""
        counts: dict[tuple[str, str], int] = {}
        for verdict, count in zip(self.reading.judging.verdicts, self.shown, strict=False):
            for offer in verdict.offers:
                if count:
                    pair = (verdict.rule, offer)
                    counts[pair] = counts.get(pair, 0) + int(count)
        return counts

    def walled_views(self) -> float:
        """Return which share of all page views met a wall; 0 where there are none."""
        verdicts = self.reading.judging.verdicts
        walled = np.array([verdict.show.access is Access.PREVIEW for verdict in verdicts])
        shown = self.shown[: len(walled)]
        return float(shown[walled].sum() / max(1, shown.sum()))

    def by_show(self) -> dict[str, int]:
        """Return how many page views got what."""
        counts: dict[str, int] = {}
        for verdict, count in zip(self.reading.judging.verdicts, self.shown, strict=False):
            if count:
                counts[str(verdict.show)] = counts.get(str(verdict.show), 0) + int(count)
        return dict(sorted(counts.items(), key=lambda item: -item[1]))


def simulate(
    policy: Policy,
    *,
    readers: int = 100_000,
    months: int = 12,
    seed: int = 1,
    workers: int | None = None,
    assumptions: Assumptions | None = None,
    today: date | None = None,
    progress: Callable[[int], None] | None = None,
    log: bool = False,
) -> Population:
    """Take `readers` simulated readers through `months` months under a policy.

    `workers` is the number of threads (by default the number of processors); the answer does not
    depend on it. The first day is `horizon.start` of the assumptions where that is said, else
    `today`, else as in `meter.loading.today`. `progress` is called with the number of readers done
    since the last call. `log` keeps every page view. Raises `MeterError` for numbers that make no
    sense, and for money of several currencies.

    >>> from meter import loads_policy
    >>> policy = loads_policy('''
    ... [publication]
    ... name = "The Harbour Review"
    ... [meters.monthly]
    ... window = { calendar = "month" }
    ... limit = 5
    ... [[rules]]
    ... name = "subscribers"
    ... when = { reader = ["subscriber"] }
    ... show = "article"
    ... [[rules]]
    ... name = "five a month"
    ... spend = "monthly"
    ... show = "countdown"
    ... [[rules]]
    ... name = "everyone else"
    ... show = "subscription-wall"
    ... ''')
    >>> found = simulate(policy, readers=2000, months=1, seed=7)
    >>> 0.05 < found.total("stopped") / found.readers < 0.12
    True
    """
    _check(readers, months, seed, workers)
    known = settled([policy], assumptions or published_assumptions(), today)
    lives = lives_of(policy, known, months, seed, views=_VIEWS_LOGGED if log else 0)
    columns = np.zeros((readers, len(COLUMNS)))
    starts = range(0, readers, BLOCK)

    def block(first: int) -> Block:
        last = min(first + BLOCK, readers)
        found = lives.everybody(columns[first:last], first, last)
        if progress is not None:
            progress(last - first)
        return found

    threads = min(workers or os.cpu_count() or 1, len(starts))
    if threads == 1:
        parts = [block(first) for first in starts]
    else:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(block, starts))
    # Sums are taken block by block, in order: the same numbers whoever did the work.
    return Population(
        policy=policy,
        assumptions=known,
        months=months,
        seed=seed,
        reading=lives.reading,
        columns=columns,
        monthly=sum(part.monthly for part in parts[1:]) + parts[0].monthly,
        shown=sum(part.shown for part in parts[1:]) + parts[0].shown,
        wanted=sum(part.wanted for part in parts[1:]) + parts[0].wanted,
        log=np.concatenate([part.log for part in parts]),
    )


def _check(readers: int, months: int, seed: int, workers: int | None) -> None:
    if not 1 <= readers <= MOST_READERS:
        raise MeterError(f"the number of readers is between 1 and {MOST_READERS}, not `{readers}`")
    check_span(months, seed)
    if workers is not None and workers < 1:
        raise MeterError(f"there is at least 1 worker, not `{workers}`")


def check_span(months: int, seed: int) -> None:
    """Raise `MeterError` for a number of months or a seed that makes no sense."""
    if not 1 <= months <= _MOST_MONTHS:
        raise MeterError(f"the number of months is between 1 and {_MOST_MONTHS}, not `{months}`")
    if not 0 <= seed < 1 << 63:
        raise MeterError(f"a seed is a whole number from 0 on, not `{seed}`")

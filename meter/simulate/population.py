"""Take simulated readers through months under a policy, and keep what became of them.

The readers have devices, habits and purses; what they are shown is decided by the engine itself.
Every number behind it is an assumption (`assumptions`); the same seed gives the same answer,
whatever the number of workers.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from meter.columns.tidy import tidy
from meter.errors import MeterError
from meter.policy import Policy
from meter.simulate.arms import SimulatedArms
from meter.simulate.assumptions import Assumptions, published_assumptions
from meter.simulate.export.rows import population_rows
from meter.simulate.horizon import Horizon
from meter.simulate.kernel.arrays import COLUMNS, LOG, MONTHLY, ArmTables, Behaviour, Calendar
from meter.simulate.kernel.walk import walk
from meter.simulate.people import people
from meter.simulate.setting import settled
from meter.simulate.simulated_policy import SimulatedPolicy
from meter.simulate.world import World
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

__all__ = ["BLOCK", "MOST_READERS", "Population", "check_span", "lives_of", "simulate"]

MOST_READERS = 20_000_000
_MOST_MONTHS = 60
BLOCK = 8192
"""How many readers are one piece of work."""
_WANTED = 64
_VIEWS_LOGGED = 200
"""For how many page views of a reader and month a log has room."""


@frozen(kw_only=True, repr=False)
class Population:
    """What became of simulated readers under one policy.

    `readers` is the number of readers in each month (a reader who is gone for good is replaced by a
    new one of the same kind). `columns` has one row a reader and the columns of
    `kernel.arrays.COLUMNS`, summed over the months; `monthly` one row a month; `shown` counts page
    views by verdict of `reading`; `wanted` counts the readers of the first month by the articles
    they wanted.
    """

    policy: Policy
    assumptions: Assumptions
    months: int
    seed: int
    reading: SimulatedPolicy
    columns: NDArray[np.float64]
    monthly: NDArray[np.float64]
    shown: NDArray[np.int64]
    wanted: NDArray[np.int64]
    log: NDArray[np.int64] = field(factory=lambda: np.empty((0, len(LOG)), np.int64))

    @property
    def readers(self) -> int:
        """How many readers there are in each month."""
        return len(self.columns)

    def column(self, name: str) -> NDArray[np.float64]:
        """Return one number for each reader.

        A column of `kernel.arrays.COLUMNS`, or `advertising`, `net` and `net_lifetime`.
        """
        if name == "advertising":
            return self._advertising(self.column("read"), self.column("known"))
        if name == "net":
            return self.column("advertising") + self.column("cash")
        if name == "net_lifetime":
            return self.column("advertising") + self.column("lifetime")
        return self.columns[:, COLUMNS.index(name)]

    def by_reader(self) -> dict[str, NDArray[np.float64]]:
        """Return one number for each reader, by the name of the column."""
        return {name: self.columns[:, place] for place, name in enumerate(COLUMNS)}

    def by_month(self) -> dict[str, NDArray[np.float64]]:
        """Return one number for each month, by the name of the column.

        Those of `kernel.arrays.MONTHLY`, `advertising` and `net`.
        """
        months = {name: self.monthly[:, place] for place, name in enumerate(MONTHLY)}
        months["advertising"] = self._advertising(months["read"], months["known"])
        months["net"] = months["advertising"] + months["cash"]
        return months

    def _advertising(
        self, read: NDArray[np.float64], known: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return what articles earn of which some were read by known readers."""
        per_article = self.assumptions.number("money.ads_per_1000_articles") / 1000
        more = self.assumptions.number("registered.advertising") - 1
        return (read + more * known) * per_article

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
        found = lives.block(columns[first:last], first, last)
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


class Block(NamedTuple):
    """What became of some readers: as in a population, but for the rows of its columns."""

    monthly: NDArray[np.float64]
    shown: NDArray[np.int64]
    wanted: NDArray[np.int64]
    log: NDArray[np.int64]


@frozen(kw_only=True)
class Lives:
    """What the loop has to know: the policy, the people, the calendar, and how much to log."""

    reading: SimulatedPolicy
    behaviour: Behaviour
    time: Calendar
    months: int
    seed: int
    views: int

    def block(self, columns: NDArray[np.float64], first: int, last: int) -> Block:
        """Take the readers from `first` up to `last` through all months, and fill their columns.

        Which of their ids are hashed shows on the way: they go again until all that were asked for
        are known.
        """
        arms = SimulatedArms(self.reading.bucketings, first, last)
        while True:
            found = self._walk(columns, first, last, arms.tables)
            if not arms.learn():
                return found
            columns[:] = 0

    def _walk(self, columns: NDArray[np.float64], first: int, last: int, arms: ArmTables) -> Block:
        monthly = np.zeros((self.months, len(MONTHLY)))
        shown = np.zeros(len(self.reading.judging.verdicts), np.int64)
        wanted = np.zeros(_WANTED, np.int64)
        rows = np.empty((self.views * (last - first) * self.months, len(LOG)), np.int64)
        logged = walk(
            self.reading.policy_tables,
            self.reading.tables,
            self.behaviour,
            self.time,
            arms,
            np.uint64(self.seed),
            first,
            last,
            columns,
            monthly,
            shown,
            wanted,
            rows,
        )
        return Block(monthly, shown, wanted, rows[:logged].copy())


def lives_of(policy: Policy, known: Assumptions, months: int, seed: int, *, views: int) -> Lives:
    """Return what the loop has to know; there is room for so many page views a reader and month."""
    horizon = Horizon(known.day("horizon.start"), months, policy.zone)
    world = World(known)
    reading = SimulatedPolicy(policy, world, horizon)
    terms = [offer.term for offer in policy.offers] + [option.term for option in reading.options]
    return Lives(
        reading=reading,
        behaviour=people(known, world),
        time=horizon.time(terms, known),
        months=months,
        seed=seed,
        views=views,
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

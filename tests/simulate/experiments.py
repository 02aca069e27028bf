"""The published experiments, repeated on simulated readers."""

from __future__ import annotations

from datetime import date
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from meter import loads_policy
from meter.simulate.assumptions import Assumptions, published_assumptions
from meter.simulate.horizon import Horizon
from meter.simulate.kernel.arrays import COLUMNS, MONTHLY
from meter.simulate.simulated_policy import SimulatedPolicy
from meter.simulate.world import World
from tests.simulate.audiences import COUNTED_BY_COOKIE, NYT, STATIC, run, starts_per_million
from tests.simulate.policies import HEAD, SUBSCRIBERS, WALL, free_for_all, hard_wall, metered

if TYPE_CHECKING:
    from collections.abc import Callable

    from meter.simulate.population import Population

__all__ = [
    "app",
    "best_static",
    "cash_until",
    "fitted_leave",
    "later_starts",
    "lifetimes",
    "ordered",
    "over_the_front",
    "overfitted",
    "peak",
    "promo",
    "starts_in",
    "survival",
    "taste",
    "trial_of",
    "visits",
]

STARTS = MONTHLY.index("starts")
CASH = MONTHLY.index("cash")

LOCAL = COUNTED_BY_COOKIE.replace(
    {
        "readers.segments": {"young": 0.25},
        "walls.leave_factor": {"young": 1.0},
        "walls.end_session": 0.0,
    }
)


def visits(leave: float, *, young: bool | None = None) -> float:
    """Return what a hard wall does to the pages asked for over half a year.

    `young` says by whom: by the young, by the others, or by everybody.
    """
    known = LOCAL.replace(
        {"walls.leave": leave / 2, "walls.leave_factor": {"young": 1.0}, "walls.come_back": 0.05}
    )
    share = {True: 1.0, False: 0.0, None: 0.25}[young]
    factor = 2.0 if young else 1.0
    closed = known.replace(
        {"readers.segments": {"young": share}, "walls.leave": min(leave * factor / 1.25, 1.0)}
    )
    walled = run(hard_wall(), closed, readers=4000, months=6)
    free = run(free_for_all(), closed, readers=4000, months=6)
    return (walled.total("read") + walled.total("blocked")) / free.total("read") - 1


@cache
def fitted_leave() -> float:
    """Return the chance to leave, fitted once to the published fall of visits."""
    return bisected(0.0, 1.0, 8, lambda leave: visits(leave) > -0.51)


def survival(plan: int, payment: int) -> float:
    """Return the share of subscribers of a plan still there after so many renewals.

    The plans are 0, a month, and 1, a year.
    """
    reading = _reading(published_assumptions())
    return float(np.prod(1 - reading.policy_tables.churn[plan, :payment]))


def _reading(assumptions: Assumptions) -> SimulatedPolicy:
    policy = hard_wall()
    assumptions = assumptions.replace({"horizon.start": date(2026, 1, 1)})
    horizon = Horizon(date(2026, 1, 1), 1, policy.zone)
    return SimulatedPolicy(policy, World(assumptions), horizon)


def lifetimes() -> float:
    """Return the three-year value of an annual subscriber over that of a monthly one.

    At the prices the published values imply.
    """
    policy_tables = _reading(STATIC.replace({"money.price_year": 69.4})).policy_tables
    monthly, annual = (policy_tables.worth[plan] for plan in (0, 1))
    return float(annual / monthly)


PROMO = """
[offers.promo]
kind = "trial"
price = 1
currency = "USD"
term = "1 month"
ends = 2026-01-31
[[rules]]
name = "promo"
when = { dates = { until = 2026-01-31 } }
show = "trial-offer"
offer = "promo"
"""
EAGER = COUNTED_BY_COOKIE.replace(
    {
        "population.bounce": 0.0,
        "population.fans": 0.5,
        "population.casual_q": 0.9,
        "population.turnover_bounce": 0.0,
        "population.turnover_casual": 0.0,
        "population.turnover_fans": 0.0,
        "walls.leave": 0.0,
        "walls.conversion": 0.02,
        "walls.wear": 0.7,
        "habit.wear": 0.0,
        "money.annual_share": 0.0,
    }
)


@cache
def promo(*, renews: bool, returns: float | None = None) -> Population:
    """Return two years after a month of promotion.

    Its trials renew by themselves, or end by themselves; of those some return each month.
    """
    back = 0.0
    if not renews:
        back = fitted_return() if returns is None else returns
    known = EAGER.replace({"trials.auto_renew": float(renews), "trials.return": back})
    return run(loads_policy(HEAD + SUBSCRIBERS + PROMO + WALL), known, readers=8000, months=24)


@cache
def fitted_return() -> float:
    """Return how many of those whose trial ended by itself come back each month.

    It is fitted to the published parity after a year.
    """
    renewing = cash_until(promo(renews=True), 12)
    return bisected(
        0.0,
        0.5,
        6,
        lambda returns: renewing > cash_until(promo(renews=False, returns=returns), 12),
    )


def starts_in(people: Population, month: int) -> float:
    """Return what was begun in a month, counted from 0."""
    return float(people.monthly[month, STARTS])


def cash_until(people: Population, month: int) -> float:
    """Return what was paid before a month, counted from 0."""
    return float(people.monthly[:month, CASH].sum())


APP = NYT.replace(
    {"views.referrers": {"": 1.0}, "walls.conversion": 0.00137, "population.persistence": 1.0}
)


@cache
def app(top: float) -> tuple[float, float]:
    """Return the change of reading and of starts between two policies of an app.

    From `the top news, unlimited` to `three a day from anywhere`.
    """
    known = APP.replace({"articles.sections": {"top": top, "rest": 1 - top}})
    narrow = '[[rules]]\nname = "top news"\nwhen = { section = ["top"] }\nshow = "article"\n'
    before = run(loads_policy(HEAD + SUBSCRIBERS + narrow + WALL), known, readers=8000, months=3)
    after = run(metered(3, '{ calendar = "day" }'), known, readers=8000, months=3)
    return (
        after.total("read") / before.total("read") - 1,
        starts_per_million(after) / starts_per_million(before) - 1,
    )


@cache
def taste() -> float:
    """Return the share of reading in the top news, fitted to the published fall of reading."""
    return bisected(0.3, 0.999, 7, lambda top: app(top)[0] > -0.099)


def bisected(low: float, high: float, steps: int, too_low: Callable[[float], bool]) -> float:
    """Return where `too_low` stops to hold, between two numbers, after so many halvings."""
    for _ in range(steps):
        middle = (low + high) / 2
        if too_low(middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def ordered(values: list[float]) -> float:
    """Return 1 where values rise strictly, and 0 where they do not."""
    return float(all(a < b for a, b in pairwise(values)))


SPEND = """
[[rules]]
name = "m"
spend = "m"
show = "countdown"
"""
THREE = """
[meters.m]
window = { calendar = "month" }
limit = 3
"""
BY_SCORE = """
[meters.m]
window = { calendar = "month" }
limits = [ { when = { score = { at_least = 0.55 } }, limit = 3 }, { limit = 7 } ]
"""
OPEN = """
[[rules]]
name = "open"
when = { dates = { from = 2026-02-08, until = 2026-02-14 } }
show = "article"
"""


def over_the_front() -> float:
    """Return how many more starts limits by propensity bring than a fixed limit.

    The fixed limit is between two, so that as much is read.
    """
    tight = run(metered(3))
    loose = run(metered(7))
    policy = loads_policy(HEAD + BY_SCORE + SUBSCRIBERS + SPEND + WALL)
    mixed = run(policy, COUNTED_BY_COOKIE.replace({"readers.score_signal": 0.9}))
    more = loose.total("read") - tight.total("read")
    share = (mixed.total("read") - tight.total("read")) / more
    fixed = tight.total("starts") + share * (loose.total("starts") - tight.total("starts"))
    return mixed.total("starts") / fixed - 1


@cache
def _static(limit: int | None) -> tuple[float, float]:
    policy = free_for_all() if limit is None else metered(limit)
    people = run(policy, STATIC, readers=20_000)
    return people.total("read"), people.total("lifetime")


def best_static(per_1000: float) -> float:
    """Return the best limit of the static model when 1,000 articles earn so much.

    99 stands for no limit at all.
    """

    def worth(limit: int | None) -> float:
        read, lifetime = _static(limit)
        return read * per_1000 / 1000 + lifetime

    best = max([*range(13), None], key=worth)
    return 99.0 if best is None else float(best)


@cache
def peak(*, is_open: bool) -> Population:
    """Return half a year with a news peak in the second month.

    The wall is up or down in the week of the peak.
    """
    known = COUNTED_BY_COOKIE.replace(
        {"news.peak_month": 2, "news.peak_factor": 3.0, "habit.growth": 0.05}
    )
    rule = OPEN if is_open else ""
    policy = loads_policy(HEAD + THREE + SUBSCRIBERS + rule + SPEND + WALL)
    return run(policy, known, readers=20_000, months=8)


def later_starts(people: Population, first: int = 2) -> float:
    """Return the starts from a month on, counted from 0: after that of the peak, or with it."""
    return float(people.monthly[first:, STARTS].sum())


def trial_of(term: str) -> float:
    """Return the subscribers a year after trials of one length are offered."""
    offer = f'[offers.t]\nkind = "trial"\nprice = 1\ncurrency = "USD"\nterm = "{term}"\n'
    wall = '[[rules]]\nname = "try"\nshow = "trial-offer"\noffer = "t"\n'
    policy = loads_policy(HEAD + offer + THREE + SUBSCRIBERS + SPEND + wall)
    people = run(policy, readers=10_000, months=12)
    return people.total("subscriber")


def overfitted() -> float:
    """Return what limits cost, on other readers, that were chosen for small groups.

    They are chosen for 16 groups of 60 readers each, by what was paid there. The number is their
    value over that of the best uniform limit, minus 1: below 0 they lose.
    """
    limits = (0, 1, 2, 3, 5, 8)
    known = COUNTED_BY_COOKIE.replace({"walls.conversion": 0.01})
    small = np.array(
        [run(metered(limit), known, readers=960, months=6, seed=3).columns for limit in limits]
    )
    large = [run(metered(limit), known, readers=9600, months=6, seed=4) for limit in limits]
    paid = small[:, :, COLUMNS.index("paid")] + small[:, :, COLUMNS.index("read")] * 0.023
    chosen = paid.reshape(len(limits), 16, 60).sum(axis=2).argmax(axis=0)
    worth = np.array([people.column("net").reshape(16, 600).sum(axis=1) for people in large])
    return float(worth[chosen, np.arange(16)].sum() / worth.sum(axis=1).max() - 1)

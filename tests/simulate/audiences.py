"""The simulated readers behind the findings, and what is counted of them."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np

from meter import Policy, loads_policy
from meter.simulate.assumptions import Assumptions, published_assumptions
from meter.simulate.population import Population, simulate
from tests.simulate.policies import HEAD, WALL, free_for_all, metered

__all__ = [
    "COUNTED_BY_COOKIE",
    "NYT",
    "OPEN_LOOP",
    "STATIC",
    "at_limit",
    "exempt_links",
    "limit_for",
    "read_above",
    "run",
    "share_of_readers",
    "share_of_top",
    "starts_per_million",
    "stop_rate",
]

READERS = 60_000
COUNTED_BY_COOKIE = published_assumptions().replace(
    {
        "horizon.start": date(2026, 1, 1),
        "identity.devices": {"1": 1.0},
        "identity.cookie_reset": 0.0,
        "identity.bypass": 0.0,
        "articles.free": 0.0,
        "articles.tags": {},
    }
)
"""The published counts are by cookie and of metered articles: nothing leaks, nothing is exempt."""
OPEN_LOOP = COUNTED_BY_COOKIE.replace(
    {
        "walls.conversion": 0.0,
        "walls.register": 0.0,
        "walls.leave": 0.0,
        "walls.end_session": 0.0,
        "habit.growth": 0.0,
        "habit.wear": 0.0,
    }
)
"""Nobody reacts to anything."""
STATIC = COUNTED_BY_COOKIE.replace(
    {
        "walls.leave": 0.0,
        "walls.end_session": 0.0,
        "habit.growth": 0.0,
        "habit.wear": 0.0,
        "walls.frailty": 0.0,
        "money.annual_share": 0.0,
        "money.price_month": 7.72,
        "money.discount_year": 0.0,
    }
)
"""No habit, no leaving, a lifetime value of $96: the model of the theory papers."""
NYT = OPEN_LOOP.replace(
    {
        "population.bounce": 0.35,
        "population.casual_q": 0.90,
        "population.fans": 0.305,
        "views.referrers": {"": 0.5, "google.com": 0.5},
    }
)


def run(
    policy: Policy,
    assumptions: Assumptions = COUNTED_BY_COOKIE,
    *,
    readers: int = READERS,
    months: int = 1,
    seed: int = 5,
) -> Population:
    """Simulate, with the numbers all findings share."""
    return simulate(policy, readers=readers, months=months, seed=seed, assumptions=assumptions)


@cache
def audience() -> Population:
    """The default audience, on a site without walls."""
    return run(free_for_all(), OPEN_LOOP)


@cache
def at_limit(limit: int) -> Population:
    """The default audience at a monthly limit, with everything people do at walls."""
    return run(metered(limit))


def stop_rate(people: Population) -> float:
    """Return the share of a month's readers who met a wall."""
    return people.total("stopped") / people.total("months")


def starts_per_million(people: Population) -> float:
    """Return trials and subscriptions begun per million reader-months."""
    return 1e6 * people.total("starts") / people.total("months")


def share_of_readers(low: int, high: int) -> float:
    """Return the share of the default audience that wants so many articles."""
    wanted = audience().column("wanted")
    return float(((wanted >= low) & (wanted <= high)).mean())


def share_of_top(part: float) -> float:
    """Return the share of articles read by the busiest part of the readers."""
    read = np.sort(audience().column("wanted"))[::-1]
    return float(read[: int(part * len(read))].sum() / read.sum())


def limit_for(rate: float) -> float:
    """Return the limit at which the share stopped comes closest to a published one."""
    return float(min(range(5, 21), key=lambda limit: abs(stop_rate(at_limit(limit)) - rate)))


def read_above(assumptions: Assumptions, number: int) -> float:
    """Return the share of readers who want more than so many articles."""
    wanted = run(free_for_all(), assumptions, readers=20_000).column("wanted")
    return float((wanted > number).mean())


TWENTY_BUT_LINKS = """
[meters.m]
window = { calendar = "month" }
limit = 20
[[rules]]
name = "twenty"
spend = "m"
show = "countdown"
[[rules]]
name = "links"
when = { referrer = ["google.com"] }
show = "article"
"""


def exempt_links() -> float:
    """Return what a limit of 20 does to page views where half of them are through exempt links.

    Those count but are never refused.
    """
    policy = loads_policy(HEAD + TWENTY_BUT_LINKS + WALL)
    read = run(policy, NYT, readers=20_000).total("read")
    return read / run(free_for_all(), NYT, readers=20_000).total("read") - 1

"""Each assumption, at both ends of its range, moves a named measure in a named direction.

So none of them can come to mean nothing without a test that fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache

import numpy as np
import pytest

from meter import Policy, loads_policy
from meter.simulate.assumptions import AssumptionValue, published_assumptions
from meter.simulate.kernel.arrays import LOG
from meter.simulate.measures import MEASURES, value
from meter.simulate.population import Population, simulate
from tests.simulate.policies import HEAD, SUBSCRIBERS, metered, with_trials

UP, DOWN = 1, -1
HARD = """
[offers.week]
kind = "trial"
price = {price}
currency = "USD"
term = "{term}"
[[rules]]
name = "else"
show = "wall"
offer = "week"
"""
OPENS = '[[rules]]\nname = "open"\nwhen = {{ {when} }}\nshow = "article"\n'
BASE = """
[offers.cheap]
kind = "subscription"
price = 4
currency = "USD"
term = "1 month"
[[rules]]
name = "else"
show = "wall"
offer = "cheap"
"""
SCORED = """
[meters.monthly]
window = { calendar = "month" }
limits = [ { when = { score = { at_least = 0.5 } }, limit = 1 }, { limit = 6 } ]
"""
SPENDING = (
    '[[rules]]\nname = "m"\nspend = "monthly"\nshow = "countdown"\n'
    '[[rules]]\nname = "w"\nshow = "wall"\n'
)
TEXTS = {
    "trial": HEAD + SUBSCRIBERS + HARD.format(price=3, term="7 days"),
    "month": HEAD + SUBSCRIBERS + HARD.format(price=3, term="2 months"),
    "free": HEAD + SUBSCRIBERS + HARD.format(price=0, term="7 days"),
    "base": HEAD + SUBSCRIBERS + BASE,
    "scored": HEAD + SCORED + SUBSCRIBERS + SPENDING,
    "no trial": HEAD + SUBSCRIBERS + '[[rules]]\nname = "w"\nshow = "subscription-wall"\n',
    "tagged": HEAD + OPENS.format(when='tags = ["sponsored"]') + SUBSCRIBERS + BASE,
    "sections": HEAD + OPENS.format(when='section = ["sport"]') + SUBSCRIBERS + BASE,
    "kinds": HEAD + OPENS.format(when='kind = ["video"]') + SUBSCRIBERS + BASE,
    "referred": HEAD + OPENS.format(when='referrer = ["google.com"]') + SUBSCRIBERS + BASE,
    "devices": HEAD + OPENS.format(when='device = ["tablet"]') + SUBSCRIBERS + BASE,
    "segments": HEAD + OPENS.format(when='segments = ["student"]') + SUBSCRIBERS + BASE,
    "countries": HEAD + OPENS.format(when='country = ["SE"]') + SUBSCRIBERS + BASE,
    "dated": HEAD + OPENS.format(when="dates = { from = 2026-03-01 }").replace("{{", "{") + BASE,
    "fresh": HEAD + OPENS.format(when='age = {{ below = "12 hours" }}') + SUBSCRIBERS + BASE,
    "mornings": HEAD + OPENS.format(when="hour = { below = 12 }") + SUBSCRIBERS + BASE,
}
ENDS = {"trials.auto_renew": 0.0}
"""What makes every trial end by itself."""
CONCENTRATED = "starts of the likeliest tenth of those who start"
DIFFERENT = "different articles"
"""How many articles somebody opened, of a smaller number of readers."""
STUDENTS = {"readers.segments": {"student": 0.5}}

# name: (low, high, policy, measure, direction from low to high, what else is so)
Row = tuple[AssumptionValue, AssumptionValue, str, str, int, Mapping[str, AssumptionValue]]
ROWS: dict[str, Row] = {
    "horizon.start": (date(2026, 1, 1), date(2026, 3, 1), "dated", "stop_rate", DOWN, {}),
    "population.bounce": (0.38, 0.48, "metered", "readers_stopped", DOWN, {}),
    "population.fans": (0.015, 0.03, "metered", "blocked", UP, {}),
    "population.casual_q": (0.81, 0.87, "metered", "starts_per_million", UP, {}),
    "population.fans_mean": (20, 35, "metered", "blocked", UP, {}),
    "population.persistence": (0.4, 0.9, "metered", "readers_stopped", DOWN, {}),
    "population.turnover_bounce": (0.0, 1.0, "metered", "wanted", DOWN, {}),
    "population.turnover_casual": (0.1, 0.5, "metered", "readers_stopped", UP, {}),
    "population.turnover_fans": (0.02, 0.15, "metered", "blocked", UP, {}),
    "sessions.articles": (2, 6, "metered", "blocked", DOWN, {}),
    "sessions.pause_minutes": (1, 60, "hour", "stop_rate", DOWN, {}),
    "sessions.tail": (0.75, 2.25, "day", "stop_rate", DOWN, {}),
    "sessions.hours": ({"3": 1.0}, {"20": 1.0}, "mornings", "stop_rate", UP, {}),
    "sessions.rereads": (0.05, 0.2, "metered", "articles_read", UP, {}),
    "articles.per_day": (4, 80, "metered", DIFFERENT, UP, {}),
    "articles.zipf": (0.0, 3.0, "metered", DIFFERENT, DOWN, {}),
    "articles.half_life_hours": (2, 200, "fresh", "stop_rate", UP, {}),
    "articles.free": (0.02, 0.06, "metered", "stop_rate", DOWN, {}),
    "articles.premium": (0.0, 0.5, "metered", "stop_rate", UP, {}),
    "articles.tags": ({"sponsored": 0.0}, {"sponsored": 0.5}, "tagged", "stop_rate", DOWN, {}),
    "articles.sections": ({"news": 1.0}, {"sport": 1.0}, "sections", "stop_rate", DOWN, {}),
    "articles.kinds": ({"text": 1.0}, {"video": 1.0}, "kinds", "stop_rate", DOWN, {}),
    "views.referrers": ({"": 1.0}, {"google.com": 1.0}, "referred", "stop_rate", DOWN, {}),
    "views.devices": ({"mobile": 1.0}, {"tablet": 1.0}, "devices", "stop_rate", DOWN, {}),
    "readers.segments": ({"student": 0.0}, {"student": 0.5}, "segments", "stop_rate", DOWN, {}),
    "readers.countries": ({"DE": 1.0}, {"SE": 1.0}, "countries", "stop_rate", DOWN, {}),
    "readers.score_signal": (0.0, 1.0, "scored", "starts_per_million", UP, {}),
    "identity.devices": ({"1": 1.0}, {"4": 1.0}, "metered", "stop_rate", DOWN, {}),
    "identity.main_device": (0.35, 1, "metered", "stop_rate", UP, {}),
    "identity.cookie_reset": (0.2, 0.45, "metered", "stop_rate", DOWN, {}),
    "identity.bypass": (0.0, 0.1, "metered", "starts_per_million", DOWN, {}),
    "identity.bypass_willing": (0.0, 1.0, "metered", "starts_per_million", UP, {}),
    "walls.conversion": (0.00076, 0.002, "metered", "starts_per_million", UP, {}),
    "walls.frailty": (0.0, 1.2, "metered", CONCENTRATED, UP, {}),
    "walls.wear": (0.7, 1.0, "metered", "starts_per_million", UP, {}),
    "walls.register": (0.01, 0.035, "trials", "registrations", UP, {}),
    "walls.registration_sells": (0.0, 1.0, "trials", "starts_per_million", UP, {}),
    "walls.leave": (0.0, 0.5, "metered", "blocked", DOWN, {}),
    "walls.come_back": (0.05, 0.4, "metered", "blocked", UP, {}),
    "walls.end_session": (0.4, 1.0, "metered", "blocked", DOWN, {}),
    "walls.leave_factor": (
        {"student": 0.0},
        {"student": 2.0},
        "metered",
        "blocked",
        DOWN,
        STUDENTS,
    ),
    "registered.conversion": (1.0, 3.0, "trials", "starts_per_million", UP, {}),
    "registered.advertising": (1.0, 2.0, "trials", "advertising", UP, {}),
    "offers.price_elasticity": (0.0, 1.0, "month", "starts_per_million", UP, {}),
    "offers.free_sells_like": (
        0.01,
        0.25,
        "free",
        "starts_per_million",
        DOWN,
        {"offers.price_elasticity": 0.5},
    ),
    "trials.auto_renew": (0.0, 1.0, "trial", "active_subscribers", UP, {}),
    "trials.continue_auto_renew": (0.4, 0.6, "trial", "active_subscribers", UP, {}),
    "trials.continue_auto_cancel": (0.04, 0.18, "trial", "active_subscribers", UP, ENDS),
    "trials.length_elasticity": (0.0, 0.1, "trial", "active_subscribers", UP, {}),
    "trials.takeup_auto_cancel": (1.32, 1.56, "trial", "starts_per_million", UP, ENDS),
    "trials.return": (
        0.0,
        0.05,
        "trial",
        "starts_per_million",
        UP,
        {**ENDS, "walls.conversion": 0.05},
    ),
    "churn.monthly_alpha": (0.45, 1.36, "metered", "subscription_lifetime", DOWN, {}),
    "churn.monthly_beta": (3.5, 8.0, "metered", "subscription_lifetime", UP, {}),
    "churn.annual_alpha": (0.96, 2.89, "metered", "subscription_lifetime", DOWN, {}),
    "churn.annual_beta": (3.2, 6.5, "metered", "subscription_lifetime", UP, {}),
    "churn.return": (
        0.0,
        0.05,
        "no trial",
        "starts_per_million",
        UP,
        {"subscribers.share": 0.3},
    ),
    "habit.growth": (0.0, 0.05, "metered", "stop_rate", UP, {}),
    "habit.wear": (0.0, 0.15, "metered", "wanted", DOWN, {}),
    "habit.most": (1.0, 3.0, "metered", "wanted", UP, {}),
    "news.peak_month": (0, 1, "metered", "wanted", UP, {}),
    "news.peak_factor": (1.0, 3.0, "metered", "wanted", UP, {"news.peak_month": 1}),
    "subscribers.share": (0.0, 0.5, "metered", "active_subscribers", UP, {}),
    "subscribers.switch": (0.0, 0.5, "base", "subscription_cash", DOWN, {"subscribers.share": 0.3}),
    "money.ads_per_1000_articles": (10, 60, "metered", "advertising", UP, {}),
    "money.price_month": (6, 16, "metered", "subscription_cash", UP, {}),
    "money.price_year": (50, 150, "metered", "subscription_cash", UP, {}),
    "money.annual_share": (0.1, 0.5, "metered", "subscription_cash", UP, {}),
    "money.lifetime_months": (18, 54, "metered", "subscription_lifetime", UP, {}),
    "money.discount_year": (0.05, 0.15, "metered", "subscription_lifetime", DOWN, {}),
}
NEVER_NUMBERS = {"money.currency"}
"""What moves no number, and is held elsewhere (`test_setting.py`)."""


@cache
def policy(name: str) -> Policy:
    """Return one of the policies of the table."""
    if name == "metered":
        return metered(3)
    if name == "trials":
        return with_trials()
    if name in ("hour", "day"):
        return metered(1, f'{{ rolling = "{24 if name == "day" else 1} hours" }}')
    return loads_policy(TEXTS[name].replace("{{", "{").replace("}}", "}"))


def lived(row: Row, name: str, end: AssumptionValue) -> Population:
    """Return what becomes of some readers with an assumption at one end."""
    known = published_assumptions().replace({**row[5], name: end})
    logs = row[3] == DIFFERENT
    return simulate(
        policy(row[2]),
        readers=200 if logs else 3000,
        months=1 if logs else 3,
        seed=3,
        workers=1,
        assumptions=known,
        today=date(2026, 1, 1),
        log=logs,
    )


def measured(people: Population, name: str) -> float:
    """Return a measure of a report, or the sum of a column."""
    if name == DIFFERENT:
        return float(len(np.unique(people.log[:, LOG.index("article")])))
    if name == CONCENTRATED:
        starts = np.sort(people.column("starts"))[::-1]
        starts = starts[starts > 0]
        return float(starts[: len(starts) // 10].sum() / starts.sum())
    for measure in MEASURES:
        if measure.name == name:
            return value(people, measure)
    return people.total(name)


def test_every_assumption_has_a_row_with_the_ends_of_its_range() -> None:
    """Those that have a range are tried at its ends."""
    known = published_assumptions()
    assert {item.name for item in known} == set(ROWS) | NEVER_NUMBERS
    for item in known.uncertain():
        assert (item.low, item.high) == ROWS[item.name][:2], item.name


@pytest.mark.parametrize("name", ROWS)
def test_an_assumption_moves_what_it_is_about(name: str) -> None:
    """The named measure, in the named direction."""
    row = ROWS[name]
    low, high = (measured(lived(row, name, end), row[3]) for end in row[:2])
    assert np.sign(high - low) == row[4], (low, high)

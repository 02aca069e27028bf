"""What nobody asks for is not drawn, and changes nothing.

Where page views are kept everything is drawn, so the same lives with and without a log are the
plain way and the fast one.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from meter import loads_policy
from meter.simulate.assumptions import published_assumptions
from meter.simulate.kernel.arrays import AskedOfPeople
from meter.simulate.lives.blocks import lives_of
from meter.simulate.population import simulate
from tests.simulate.policies import HEAD, SUBSCRIBERS
from tests.simulate.test_engine_agreement import BUSY, POLICIES

PLAIN = published_assumptions().replace(
    {
        "identity.devices": {"1": 1.0},
        "identity.cookie_reset": 0.1,
        "articles.free": 0.0,
        "articles.tags": {},
    }
)
"""One device, one kind of article: whether it matters when a view is depends on the policy."""
PLAIN_BUT_BUSY = BUSY.replace(
    {
        "identity.devices": {"1": 1.0},
        "identity.cookie_reset": 0.1,
        "articles.free": 0.0,
        "articles.premium": 0.0,
        "articles.tags": {},
        "articles.sections": {},
        "readers.segments": {},
        "sessions.rereads": 0.05,
    }
)
"""The same, and at its walls many register, buy, leave, end a session or know a way round."""
WORLDS = {
    "published": published_assumptions(),
    "busy": BUSY,
    "plain": PLAIN,
    "plain but busy": PLAIN_BUT_BUSY,
}
TIERS = loads_policy(
    HEAD
    + """
[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 2, registered = 4 }
[offers.taste]
kind = "trial"
price = 3
currency = "USD"
term = "2 weeks"
"""
    + SUBSCRIBERS
    + """
[[rules]]
name = "allowance"
spend = "monthly"
show = "countdown"
[[rules]]
name = "register first"
when = { reader = ["anonymous"] }
show = "registration-wall"
[[rules]]
name = "everyone else"
show = "trial-offer"
offer = "taste"
"""
)
"""Two walls, one after the other, and no moment that matters."""
ALL = {**POLICIES, "tiers": TIERS}
FIRST = date(2026, 1, 1)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", ALL)
def test_lives_are_the_same_whether_page_views_are_kept_or_not(name: str, world: str) -> None:
    """Every sum of every reader and month is the same, to the last bit."""
    known = WORLDS[world].replace({"horizon.start": FIRST})
    plain, fast = (
        simulate(
            ALL[name],
            readers=400,
            months=4,
            seed=3,
            workers=1,
            assumptions=known,
            log=log,
        )
        for log in (True, False)
    )
    assert len(plain.log)
    for what in ("columns", "monthly", "shown", "wanted"):
        assert np.array_equal(getattr(plain, what), getattr(fast, what)), what


def asked(name: str, first: date) -> AskedOfPeople:
    """Return what a policy asks for in the plain world."""
    known = PLAIN.replace({"horizon.start": first})
    return lives_of(ALL[name], known, 4, 1, views=0).asked


def test_a_policy_asks_for_no_more_than_it_tells_apart() -> None:
    """A meter of calendar months asks for no time, others do, or where months start mid-month."""
    assert AskedOfPeople(scores=False, visits=False, classes=False, moments=False) == asked(
        "month", FIRST
    )
    assert asked("month", date(2026, 1, 15)).moments
    assert asked("rolling", FIRST).moments
    assert asked("lifetime", FIRST).moments
    assert asked("week of views", FIRST).moments
    assert asked("dynamic", FIRST).scores
    assert not asked("hard wall", FIRST).moments
    assert not asked("tiers", FIRST).moments

"""What is the world of a simulation made of, as arrays?

People, what the engine says of everything, and the calendar.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = [
    "COLUMNS",
    "LOG",
    "MONTHLY",
    "MOST_DEVICES",
    "OLDEST_ARTICLE",
    "SLOT",
    "Human",
    "Meaning",
    "Time",
]

COLUMNS = (
    "months",
    "stopped",
    "registrations",
    "wanted",
    "read",
    "blocked",
    "lost",
    "starts",
    "subscriber",
    "trial",
    "cash",
    "lifetime",
    "began",
    "pays",
    "paid",
)
"""What is kept of each reader over the whole horizon.

`starts`, `subscriber`, `trial`, `cash` and `lifetime` are expectations: the sum, over the walls a
reader met, of the chance to take what was offered times what then follows. They have the same mean
as the lives that were drawn (`began`, `pays`, `paid`) and a far smaller spread: one start in two
thousand reader-months is mostly noise.
"""

MONTHLY = (
    "active",
    "stopped",
    "registrations",
    "starts",
    "subscribers",
    "trials",
    "wanted",
    "read",
    "blocked",
    "cash",
    "away",
)
"""What is kept of each month; `starts`, `subscribers`, `trials` and `cash` are expectations."""

LOG = (
    "reader",
    "identity",
    "merged",
    "standing",
    "starts",
    "ends",
    "article",
    "reader_class",
    "score",
    "referrer",
    "device",
    "at",
    "verdict",
    "counted",
    "used",
)
"""What is kept of each page view where that was asked for."""

MOST_DEVICES = 4
ACCOUNT = MOST_DEVICES
ANONYMOUS, REGISTERED, TRIAL_OVER, SUBSCRIPTION_OVER, FIRST_TRIAL = range(5)
BOUNCE, CASUAL, FAN = range(3)
REGISTER, PAY = 1, 2
MOST_VIEWS = 4096
NEVER = 1 << 62
MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
SLOT_HOURS = 6
OLDEST_DAYS = 90
SLOT = SLOT_HOURS * HOUR
"""How long the articles of one slot take to publish, in microseconds; an article is published at
the start of its slot.
"""
OLDEST_ARTICLE = (OLDEST_DAYS + 10) * DAY
"""How long before the first day the first article is published."""


class Human(NamedTuple):
    """The assumptions as plain numbers and cumulative shares."""

    bounce: float
    fans: float
    fans_stop: float
    persistence: float
    turnover: Any
    casual: Any
    session_stop: float
    pause: float
    tail: float
    rereads: float
    per_slot: int
    half_life: float
    ranks: Any
    main_device: float
    devices: Any
    cookie_reset: float
    bypass: float
    conversion: float
    frailty: float
    wear: float
    register: float
    registration_sells: float
    leave: float
    leave_factor: Any
    come_back: float
    end_session: float
    score_signal: float
    auto_renew: float
    continue_auto_renew: float
    continue_auto_cancel: float
    takeup: float
    trial_return: float
    churn_return: float
    growth: float
    wear_habit: float
    most_habit: float
    annual_share: float
    reader_classes: Any
    article_classes: Any
    referrers: Any
    device_kinds: Any


class Meaning(NamedTuple):
    """What the engine says, found by number.

    Who reads what when gives a group, a group and its counts give a verdict.
    """

    group: Any
    """[who, reader class and score, article, view, period, age] the group of equal facts."""
    who: Any
    """[standing, days since expiry]"""
    reader: Any
    """[reader class, score in hundredths]"""
    article: Any
    """[article class]"""
    visit: Any
    """[referrer, device]"""
    age: Any
    """[age in days]"""
    periods: Any
    """The instants at which a new period starts."""
    verdicts: Any
    sells: Any
    """[verdict] what a wall asks for: nothing (0), to register (1), to pay (2)."""
    offer: Any
    """[verdict] the offer made, or -1."""
    trial: Any
    """[offer] whether it is a trial."""
    offer_price: Any
    offer_lift: Any
    offer_option: Any
    """[offer] the option that a subscription offer sells."""
    price: Any
    """[option]"""
    churn: Any
    """[option, renewal] the chance to end at this renewal."""
    rest: Any
    """[option, payments made] what the payments still to come are worth."""


class Time(NamedTuple):
    """The horizon: where days and months start, how reading is spread over a month, and when terms
    end.
    """

    days: Any
    months: Any
    spread: Any
    """[month, step] instants by the share of the month's reading that lies before them."""
    traffic: Any
    """[month] traffic, times usual."""
    term: Any
    """[offer, then option; day] the end of a term that starts with this day."""

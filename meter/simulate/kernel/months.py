"""How a month opens and closes: who is born, who is away, and how much is wanted when."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from meter.columns.compiled import inlined
from meter.simulate.kernel import draws
from meter.simulate.kernel.arrays import (
    ACCOUNT,
    ANONYMOUS,
    BOUNCE,
    CASUAL,
    FAN,
    FIRST_TRIAL,
    MOST_VIEWS,
    NEVER,
)
from meter.simulate.kernel.draws import child, happens, normal, place_of, uniform
from meter.simulate.kernel.money import settle_terms
from meter.simulate.kernel.state import new_identity

if TYPE_CHECKING:
    import numpy as np

    from meter.simulate.kernel.arrays import Behaviour, Setting
    from meter.simulate.kernel.state import Life, Month, Output, State

__all__ = ["close_month", "open_month"]

_MOST_WANTED = 2000.0
"""Nobody's habit grows beyond this many articles a month."""
_LEAST_HABIT = 0.1


@inlined
def open_month(setting: Setting, state: State, life: Life, month: Month, number: int) -> None:
    """Let a month begin: somebody may be born, lose cookies, come back; reading is planned."""
    behaviour = setting.behaviour
    month.number = number
    month.key = child(life.key, number + 1)
    month.opens = setting.time.months[number]
    month.closes = setting.time.months[number + 1]
    if life.born == number:
        be_born(setting, state, life, month.key)
    if life.away and happens(month.key, draws.BACK, 0, behaviour.come_back):
        life.away = False
    month.wanted = 0
    if not life.away:
        month.wanted = wanted_articles(setting, life, month)
        lose_cookies(behaviour, state, life, month)
    plan(behaviour, state, month)

    # Nothing has happened yet.
    month.fresh = 0
    month.session = -1
    month.now = month.opens
    month.device = 0
    month.gone = False
    month.read = 0
    month.known = 0
    month.served = 0
    month.blocked = 0
    month.stopped = False
    month.registrations = 0
    month.begun = 0
    month.paid = 0.0
    month.asked_register = False
    month.asked_buy = False
    month.asked_leave = False


@inlined
def be_born(setting: Setting, state: State, life: Life, key: np.uint64) -> None:
    """Draw a new person in the place of a reader; all that take it are of one kind."""
    behaviour = setting.behaviour
    life.birth = key
    if life.born == 0:
        draw = uniform(life.key, draws.KIND, 0)
        life.kind = CASUAL
        if draw < behaviour.bounce:
            life.kind = BOUNCE
        elif draw >= 1 - behaviour.fans:
            life.kind = FAN
    if life.kind != BOUNCE or setting.asked.scores:
        life.share = uniform(key, draws.COUNT, 0)
    life.devices = 1
    if behaviour.devices.added[0] < 1.0:
        life.devices += place_of(behaviour.devices, uniform(key, draws.DEVICES, 0))
    if setting.asked.visits:
        for d in range(life.devices):
            kind = place_of(behaviour.device_kinds, uniform(key, draws.DEVICE_KIND, d))
            state.device_kind[d] = kind
    for holder in range(ACCOUNT + 1):
        new_identity(state, life, holder)
    life.reader_class = 0
    if len(behaviour.reader_classes.added) > 1:
        life.reader_class = place_of(behaviour.reader_classes, uniform(key, draws.READER, 0))
    life.bypasses = happens(key, draws.BYPASS, 0, behaviour.bypass)
    life.score = 0
    if setting.asked.scores:
        life.score = score_of(behaviour, life)

    life.standing = ANONYMOUS
    life.renewals = 0
    life.due = NEVER
    life.habit = 1.0
    life.away = False
    life.joined = -1
    life.months_walled = 0


@inlined
def score_of(behaviour: Behaviour, life: Life) -> int:
    """Return a propensity score: it sees a part of how much somebody reads and is ready to buy."""
    inclination = normal(life.birth, draws.FRAILTY, draws.FRAILTY_2)
    signal = 0.5 * share_of_reading(behaviour, life) + 0.25 * (
        1 + math.erf(inclination / math.sqrt(2.0))
    )
    noise = (1 - behaviour.score_signal) * uniform(life.birth, draws.SCORE, 0)
    return int(100 * (behaviour.score_signal * signal + noise) + 0.5)


@inlined
def lose_cookies(behaviour: Behaviour, state: State, life: Life, month: Month) -> None:
    """Say when this month the cookies of each device are deleted, if they are.

    Whoever has signed in once is counted by the account.
    """
    if life.standing != ANONYMOUS:
        return
    for d in range(life.devices):
        state.reset_at[d] = NEVER
        if happens(month.key, draws.RESET, d, behaviour.cookie_reset):
            after = uniform(month.key, draws.RESET_AT, d) * (month.closes - month.opens)
            state.reset_at[d] = month.opens + int(after)


@inlined
def share_of_reading(behaviour: Behaviour, life: Life) -> float:
    """Return the share of all readers who want less than this one."""
    if life.kind == BOUNCE:
        return life.share * behaviour.bounce
    if life.kind == FAN:
        return 1 - behaviour.fans * life.share
    return behaviour.bounce + life.share * (1 - behaviour.bounce - behaviour.fans)


@inlined
def wanted_articles(setting: Setting, life: Life, month: Month) -> int:
    """Return how many articles a reader wants this month."""
    behaviour = setting.behaviour
    wanted = 1
    if life.kind != BOUNCE:
        share = life.share
        is_new = life.born == month.number
        if not is_new and not happens(month.key, draws.PERSIST, 0, behaviour.persistence):
            share = uniform(month.key, draws.FRESH, 0)
        if life.kind == CASUAL:
            wanted = 1 + place_of(behaviour.casual, share)
        else:
            wanted = 1 + int(math.log(share) / behaviour.fans_stop)
    traffic = setting.time.traffic[month.number]
    if life.habit * traffic == 1.0:
        return wanted
    return int(
        min(wanted * life.habit * traffic + uniform(month.key, draws.ROUND, 0), _MOST_WANTED)
    )


@inlined
def plan(behaviour: Behaviour, state: State, month: Month) -> None:
    """Plan page views: how many there are if nothing stops them, and which are re-reads."""
    views = 0
    fresh = 0
    while fresh < month.wanted and views < MOST_VIEWS:
        again = fresh > 0 and happens(month.key, draws.REREAD, views, behaviour.rereads)
        state.again[views] = again
        fresh += not again
        views += 1
    month.views = views


@inlined
def close_month(setting: Setting, life: Life, month: Month, output: Output) -> None:
    """Let a month end: terms end, habits change, sums are taken, and somebody may be replaced."""
    behaviour = setting.behaviour
    settle_terms(setting, life, month, month.closes - 1)
    served = min(month.served, month.wanted)
    if month.wanted > 0:
        refused = 1.0 - served / month.wanted
        if month.stopped:
            life.habit *= 1.0 - behaviour.wear_habit * refused
        else:
            life.habit *= 1.0 + behaviour.growth
        life.habit = min(max(life.habit, _LEAST_HABIT), behaviour.most_habit)
    life.months_walled += month.stopped

    sums = output.readers[life.reader - setting.arms.first]
    sums.months += month.wanted > 0
    sums.stopped += month.stopped
    sums.registrations += month.registrations
    sums.wanted += month.wanted
    sums.read += month.read
    sums.known += month.known
    sums.blocked += month.blocked
    sums.lost += month.wanted - served
    sums.began += month.begun
    sums.paid += month.paid
    everyone = output.months[month.number]
    everyone.active += month.wanted > 0
    everyone.stopped += month.stopped
    everyone.registrations += month.registrations
    everyone.wanted += month.wanted
    everyone.read += month.read
    everyone.known += month.known
    everyone.blocked += month.blocked
    everyone.away += life.away

    # Who has no running trial or term may be gone for good; the next one is born next month.
    if life.standing < FIRST_TRIAL and happens(
        month.key, draws.TURNOVER, 0, behaviour.turnover[life.kind]
    ):
        life.born = month.number + 1

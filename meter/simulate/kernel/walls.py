"""What people do at a wall: register, buy, find a way round it, or leave."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from meter.columns.compiled import inlined
from meter.columns.windows import copy_counts
from meter.simulate.kernel import draws
from meter.simulate.kernel.arrays import (
    ACCOUNT,
    ANONYMOUS,
    FIRST_TRIAL,
    PAY,
    REGISTER,
    REGISTERED,
    SUBSCRIPTION_OVER,
    TRIAL_OVER,
)
from meter.simulate.kernel.draws import happens, normal
from meter.simulate.kernel.money import expect, start
from meter.simulate.kernel.state import new_identity

if TYPE_CHECKING:
    from meter.simulate.kernel.arrays import Behaviour, Setting
    from meter.simulate.kernel.state import Life, Month, Output, State

__all__ = ["at_wall", "chance_to_start", "draw_renewal", "part_that_buys", "registers", "turn_away"]


@inlined
def at_wall(
    setting: Setting,
    state: State,
    life: Life,
    month: Month,
    output: Output,
    verdict: int,
    holder: int,
    tries: int,
) -> bool:
    """Return whether what was wanted is worth another try after the wall of a verdict.

    `holder` is the identity that met it, at the `tries`-th try.
    """
    accepted = answer(setting, life, month, output, verdict)
    if accepted and holder != ACCOUNT:
        # Whoever signs in brings what the device has counted, as in `engine.join`. The account has
        # counted nothing yet, so this is a copy, and the device keeps its own.
        copy_counts(state.memory, holder, ACCOUNT)
        life.joined = state.identity[holder]
    elif not accepted and life.bypasses and holder != ACCOUNT and tries == 1:
        new_identity(state, life, holder)
        accepted = True
    return accepted


@inlined
def answer(setting: Setting, life: Life, month: Month, output: Output, verdict: int) -> bool:
    """Return whether a reader does what a wall asks for; each is asked for once a month."""
    asks = setting.policy_tables.sells[verdict]
    if registers(setting, life, month, asks):
        month.asked_register = True
        life.standing = REGISTERED
        month.registrations += 1
        return True
    month.asked_register |= asks == REGISTER
    sells = part_that_buys(setting, life, asks)
    if sells > 0.0 and not month.asked_buy:
        month.asked_buy = True
        return buy(setting, life, month, output, setting.policy_tables.offer[verdict], sells)
    return False


@inlined
def registers(setting: Setting, life: Life, month: Month, asks: int) -> bool:
    """Say whether a reader registers at a wall that asks for something."""
    if asks != REGISTER or life.standing != ANONYMOUS or month.asked_register:
        return False
    return happens(month.key, draws.REGISTER, 0, setting.behaviour.register)


@inlined
def part_that_buys(setting: Setting, life: Life, asks: int) -> float:
    """Return the part of those who would buy at a paid wall that does so at one that asks so."""
    part = 0.0
    if asks == REGISTER and life.standing == ANONYMOUS:
        part = setting.behaviour.registration_sells
    elif asks == PAY and life.standing < FIRST_TRIAL:
        part = 1.0
    return part


@inlined
def buy(
    setting: Setting, life: Life, month: Month, output: Output, offer: int, sells: float
) -> bool:
    """Return whether a reader starts what is offered, and start it."""
    draw_renewal(setting, life)
    chance = chance_to_start(setting, life, month, offer, sells)
    expect(setting, life, month, output, offer, chance)
    if not happens(month.key, draws.BUY, 0, chance):
        return False
    start(setting, life, month, offer)
    return True


@inlined
def draw_renewal(setting: Setting, life: Life) -> None:
    """Draw whether what is started next would renew itself."""
    life.renews = happens(life.key, draws.STAY, life.bought, setting.behaviour.auto_renew)


@inlined
def chance_to_start(setting: Setting, life: Life, month: Month, offer: int, sells: float) -> float:
    """Return the chance to start what is offered: that of `chance_to_buy`, times `sells`.

    Whether it would renew itself is drawn before, with `draw_renewal`.
    """
    chance = chance_to_buy(setting, life, month)
    if offer >= 0:
        chance *= setting.policy_tables.offer_lift[offer]
        if setting.policy_tables.trial[offer] and not life.renews:
            chance *= setting.behaviour.takeup
    return min(chance * sells, 1.0)


@inlined
def chance_to_buy(setting: Setting, life: Life, month: Month) -> float:
    """Return the chance to buy at list price at the first wall of a month."""
    behaviour = setting.behaviour
    chance = 0.0
    if month.wanted > 1:
        chance = (
            behaviour.conversion
            * math.sqrt(month.wanted)
            * frailty_of(behaviour, life)
            * behaviour.wear**life.months_walled
        )
        if life.standing == REGISTERED:
            chance *= behaviour.registered_conversion
    chance += behaviour.trial_return * (life.standing == TRIAL_OVER) + behaviour.churn_return * (
        life.standing == SUBSCRIPTION_OVER
    )
    return chance


@inlined
def frailty_of(behaviour: Behaviour, life: Life) -> float:
    """Return how ready to buy somebody is, times usual; the mean of most people is 1."""
    frailty = 1.0
    if behaviour.frailty > 0.0:
        inclination = normal(life.birth, draws.FRAILTY, draws.FRAILTY_2)
        frailty = math.exp(behaviour.frailty * inclination - 0.5 * behaviour.frailty**2)
    if life.bypasses:
        frailty *= behaviour.bypass_willing
    return frailty


@inlined
def turn_away(setting: Setting, life: Life, month: Month, view: int) -> None:
    """Let a reader who was refused end the session, or leave (asked once a month)."""
    behaviour = setting.behaviour
    if not month.asked_leave:
        month.asked_leave = True
        chance = behaviour.leave * behaviour.leave_factor[life.reader_class]
        life.away = happens(month.key, draws.LEAVE, 0, chance)
    month.gone = happens(month.key, draws.LEAVE, 1 + view, behaviour.end_session)

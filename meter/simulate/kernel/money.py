"""When trials and paid terms end, what is paid, and what is expected to be paid.

Expectations: at a wall, the chance to start is known before the draw. What would follow is added
at once, times that chance, to the sums of the months in which it would happen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.columns.compiled import compiled, inlined
from meter.simulate.kernel import draws
from meter.simulate.kernel.arrays import DAY, FIRST_TRIAL, NEVER, SUBSCRIPTION_OVER, TRIAL_OVER
from meter.simulate.kernel.draws import child, happens

if TYPE_CHECKING:
    from meter.simulate.kernel.arrays import Calendar, PolicyTables, ReaderSums, Setting
    from meter.simulate.kernel.state import Life, Month, Output, Records

__all__ = ["expect", "expect_payments", "settle_terms", "start", "subscribe_already", "term_end"]

_CHURN_KEYS = 100_000
"""The keys of the renewals lie beyond those of the months."""
_LIST_OPTIONS = 2
"""The options at list price: by the month and by the year."""


@compiled
def term_end(time: Calendar, term: int, anchor: int, times: int) -> int:
    """Return when the n-th of some terms ends that follow each other from an instant on.

    Each is counted from the anchor, so that a 31st stays one. Past the horizon, any end past it.
    """
    day = day_of(time, anchor)
    first = time.first_end[term, day]
    last = time.first_end[term, day + 1] - 1
    end: int = time.ends[min(first + times - 1, last)] + (anchor - time.days[day])
    return end


@compiled
def day_of(time: Calendar, at: int) -> int:
    """Return the day of the horizon that holds an instant."""
    # Days are not all of one length: guess, then correct.
    day: int = min(max((at - time.days[0]) // DAY, 0), len(time.days) - 1)
    while day + 1 < len(time.days) and time.days[day + 1] <= at:
        day += 1
    while day > 0 and time.days[day] > at:
        day -= 1
    return day


@inlined
def settle_terms(setting: Setting, life: Life, month: Month, until: int) -> None:
    """End or renew every trial and term that is due by an instant."""
    while life.due <= until:
        if life.standing < FIRST_TRIAL + len(setting.policy_tables.trial):
            end_trial(setting, life, month)
        else:
            end_term(setting, life, month)


@inlined
def end_trial(setting: Setting, life: Life, month: Month) -> None:
    """Let a trial become a subscription, or end."""
    behaviour = setting.behaviour
    stays = behaviour.continue_auto_renew if life.renews else behaviour.continue_auto_cancel
    stays *= setting.policy_tables.offer_stays[life.standing - FIRST_TRIAL]
    life.renewals = 0
    if not happens(life.key, draws.CONTINUE, life.bought, stays):
        end(life, TRIAL_OVER)
        return
    life.option = setting.policy_tables.offer_option[life.standing - FIRST_TRIAL]
    if life.option < 0:
        life.option = int(happens(life.key, draws.PLAN, life.bought, behaviour.annual_share))
    life.standing = FIRST_TRIAL + len(setting.policy_tables.trial) + life.option
    pay_term(setting, life, month, life.due)


@inlined
def end_term(setting: Setting, life: Life, month: Month) -> None:
    """Let a paid term be renewed, or end."""
    churn = setting.policy_tables.churn
    chance = churn[life.option, min(life.renewals, churn.shape[1] - 1)]
    key = child(life.key, _CHURN_KEYS + life.bought)
    if happens(key, draws.CHURN, life.renewals, chance):
        end(life, SUBSCRIPTION_OVER)
        return
    life.renewals += 1
    pay_term(setting, life, month, life.due)


@inlined
def end(life: Life, standing: int) -> None:
    """End what is due for good."""
    life.standing = standing
    life.ended = life.due
    life.due = NEVER


@inlined
def pay_term(setting: Setting, life: Life, month: Month, at: int) -> None:
    """Let a paid term start at an instant."""
    month.paid += setting.policy_tables.price[life.option]
    if life.renewals == 0:
        life.anchor = at
    life.term_from = at
    term = len(setting.policy_tables.trial) + life.option
    life.due = term_end(setting.time, term, life.anchor, life.renewals + 1)


@inlined
def start(setting: Setting, life: Life, month: Month, offer: int) -> None:
    """Start what an offer sells, or a subscription at list price where there is none (-1)."""
    policy_tables = setting.policy_tables
    life.renewals = 0
    life.bought += 1
    month.begun += 1
    if offer >= 0:
        life.started |= policy_tables.once[offer]
    if offer >= 0 and policy_tables.trial[offer]:
        life.standing = FIRST_TRIAL + offer
        life.term_from = month.now
        life.due = term_end(setting.time, offer, month.now, 1)
        month.paid += policy_tables.offer_price[offer]
        return
    if offer >= 0:
        life.option = policy_tables.offer_option[offer]
    else:
        annual_share = setting.behaviour.annual_share
        life.option = int(happens(life.key, draws.PLAN, life.bought, annual_share))
    life.standing = FIRST_TRIAL + len(policy_tables.trial) + life.option
    pay_term(setting, life, month, month.now)


@inlined
def expect(
    setting: Setting, life: Life, month: Month, output: Output, offer: int, chance: float
) -> None:
    """Add what follows from a chance to start now.

    Payments, a trial, a subscription at the end of each month.
    """
    policy_tables, behaviour, time = setting.policy_tables, setting.behaviour, setting.time
    row = output.readers[life.reader - setting.arms.first]
    number = month.number
    now = month.now
    row.starts += chance
    output.months[number].starts += chance
    if offer >= 0 and not policy_tables.trial[offer]:
        option = policy_tables.offer_option[offer]
        row.lifetime += chance * policy_tables.worth[option]
        expect_payments(policy_tables, time, output.months, row, option, now, number, chance)
        return

    # A trial is paid now; at its end a part of those who started it go on.
    later = 1.0
    if offer >= 0:
        later = policy_tables.offer_later[offer]
        price = chance * policy_tables.offer_price[offer]
        row.cash += price
        row.lifetime += price
        output.months[number].cash += price
        now = term_end(time, offer, now, 1)
        while number < len(time.months) - 1 and time.months[number + 1] <= now:
            output.months[number].trials += chance
            number += 1
        if now >= time.months[-1]:
            row.trial += chance
        stays = behaviour.continue_auto_renew if life.renews else behaviour.continue_auto_cancel
        chance *= min(stays * policy_tables.offer_stays[offer], 1.0)

    # Subscriptions at list price are by the month or by the year; what a trial says it costs
    # afterwards is one option.
    agreed = -1
    if offer >= 0:
        agreed = policy_tables.offer_option[offer]
    first, last = 0, _LIST_OPTIONS
    if agreed >= 0:
        first, last = agreed, agreed + 1
    for option in range(first, last):
        share = chance
        if agreed < 0 and option == 1:
            share = chance * behaviour.annual_share
        elif agreed < 0:
            share = chance * (1.0 - behaviour.annual_share)
        row.lifetime += share * policy_tables.worth[option] * later
        if now < time.months[-1]:
            expect_payments(policy_tables, time, output.months, row, option, now, number, share)


@inlined
def subscribe_already(setting: Setting, life: Life, month: Month, output: Output) -> None:
    """Let a reader be a subscriber by the month when the first month opens, if one is."""
    if not happens(life.key, draws.BASE, 0, setting.behaviour.base):
        return
    policy_tables = setting.policy_tables
    row = output.readers[life.reader - setting.arms.first]
    life.option = 0
    life.renewals = 0
    life.standing = FIRST_TRIAL + len(policy_tables.trial)
    pay_term(setting, life, month, month.opens)
    # The same payments as those of a new subscriber, at what the base pays on average.
    rate = 1.0
    if policy_tables.price[0] > 0.0:
        rate = policy_tables.base_price / policy_tables.price[0]
    row.lifetime += rate * policy_tables.worth[0]
    expect_payments(policy_tables, setting.time, output.months, row, 0, month.opens, 0, 1.0, rate)


@compiled
def expect_payments(
    policy_tables: PolicyTables,
    time: Calendar,
    months: Records,
    row: ReaderSums,
    option: int,
    now: int,
    number: int,
    chance: float,
    rate: float = 1.0,
) -> None:
    """Add what is expected to be paid from now on until the horizon closes.

    `rate` says how much of the option's price is paid.
    """
    renewals = 0
    anchor = now
    while True:
        paid = chance * rate * policy_tables.price[option]
        row.cash += paid
        months[number].cash += paid
        now = term_end(time, len(policy_tables.trial) + option, anchor, renewals + 1)
        while number < len(time.months) - 1 and time.months[number + 1] <= now:
            months[number].subscribers += chance
            number += 1
        if now >= time.months[-1]:
            row.subscriber += chance
            return
        chance *= 1.0 - policy_tables.churn[option, min(renewals, policy_tables.churn.shape[1] - 1)]
        renewals += 1

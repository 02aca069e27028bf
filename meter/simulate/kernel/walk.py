"""What do people do at what a policy shows them?

The compiled loop that takes each reader through the months.

It holds no rule: what the engine says of every situation comes in as tables, with the windows'
edges. Here are people only: when they come, what they want, what they do at a wall, and what they
pay.
"""

# The types of the loops are the compiler's business: arrays and whole numbers.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"
from __future__ import annotations

import math
from hashlib import sha256
from marshal import dumps
from typing import TYPE_CHECKING, Any

import numpy as np

from meter.columns.compiled import compiled
from meter.simulate.kernel import arrays as setting
from meter.simulate.kernel import draws, steps
from meter.simulate.kernel.arrays import (
    ACCOUNT,
    ANONYMOUS,
    BOUNCE,
    CASUAL,
    DAY,
    FAN,
    FIRST_TRIAL,
    MINUTE,
    MOST_VIEWS,
    NEVER,
    OLDEST_ARTICLE,
    PAY,
    REGISTER,
    REGISTERED,
    SLOT,
    SUBSCRIPTION_OVER,
    TRIAL_OVER,
)
from meter.simulate.kernel.draws import child, normal, uniform
from meter.simulate.kernel.steps import (
    expect,
    find_article,
    judged,
    place_of,
    plan,
    renew,
    spend,
    term_end,
    wanted_articles,
)

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["walk"]


def _stamp(*modules: ModuleType) -> int:
    """Return a number that stands for the code and the constants of modules."""
    parts = [
        (name, getattr(value, "py_func", value))
        for module in modules
        for name, value in sorted(vars(module).items())
    ]
    code = [
        (name, dumps(value.__code__) if hasattr(value, "__code__") else value)
        for name, value in parts
    ]
    kept = [(name, value) for name, value in code if isinstance(value, bytes | int | float | str)]
    return int.from_bytes(sha256(repr(kept).encode()).digest()[:7])


def _walker(made_of: int) -> Any:
    """Compile the loop.

    What is compiled is kept by the text of its own function alone. `made_of` stands for the
    functions it calls: as a part of it, it makes the loop compile again when one of those has
    changed.
    """

    @compiled
    def walk(
        meaning, tables, human, time, seed, first, last, results, monthly, shown, histogram, log
    ):
        """Take readers `first` to `last` through the horizon.

        Return how many rows of `log` were written.
        """
        if made_of < 0:
            return -1
        months, origin, many_meters = (
            len(time.months) - 1,
            time.days[0] - OLDEST_ARTICLE,
            len(tables.kind),
        )
        offers, rows = len(meaning.trial), 0
        capacity = 1
        for g in range(tables.limit.shape[0]):
            for m in range(many_meters):
                capacity = max(capacity, tables.limit[g, m])
        tally = (
            np.zeros((ACCOUNT + 1, many_meters, capacity), np.int64),
            np.zeros((ACCOUNT + 1, many_meters, capacity), np.int64),
            np.zeros((ACCOUNT + 1, many_meters), np.int64),
        )
        seen, used = np.zeros(many_meters + 1, np.int64), np.zeros(many_meters + 1, np.int64)
        identity, device_kind = np.zeros(ACCOUNT + 1, np.int64), np.zeros(ACCOUNT + 1, np.int64)
        reset_at = np.zeros(ACCOUNT + 1, np.int64)
        new, again = np.zeros(MOST_VIEWS, np.bool_), np.zeros(MOST_VIEWS, np.bool_)
        starts, wanted = np.zeros(MOST_VIEWS + 1, np.float64), np.zeros(MOST_VIEWS, np.int64)
        for reader in range(first, last):
            mine = child(seed, reader)
            row = results[reader]
            born, identities, bought, months_walled = 0, 0, 0, 0
            kind, share, devices, reader_class, score, frailty, bypasses = (
                0,
                0.5,
                1,
                0,
                0,
                1.0,
                False,
            )
            standing, option, renewals, term_from, due, ended, renews = (
                ANONYMOUS,
                0,
                0,
                0,
                NEVER,
                0,
                True,
            )
            habit, away, merged = 1.0, False, -1
            for month in range(months):
                now_key, opening, closing = (
                    child(mine, month + 1),
                    time.months[month],
                    time.months[month + 1],
                )
                if born == month:
                    draw = uniform(mine, draws.KIND, 0)
                    kind = (
                        BOUNCE if draw < human.bounce else FAN if draw >= 1 - human.fans else CASUAL
                    )
                    share = uniform(now_key, draws.COUNT, 0)
                    devices = 1 + place_of(human.devices, uniform(now_key, draws.DEVICES, 0))
                    for d in range(devices):
                        device_kind[d] = place_of(
                            human.device_kinds, uniform(now_key, draws.DEVICE_KIND, d)
                        )
                    for d in range(ACCOUNT + 1):
                        identity[d] = identities
                        identities += 1
                    tally[2][:] = 0
                    reader_class = place_of(human.reader_classes, uniform(now_key, draws.READER, 0))
                    inclination = normal(now_key, draws.FRAILTY, draws.FRAILTY_2)
                    frailty = math.exp(human.frailty * inclination - 0.5 * human.frailty**2)
                    reading = (
                        share * human.bounce
                        if kind == BOUNCE
                        else (
                            1 - human.fans * share
                            if kind == FAN
                            else human.bounce + share * (1 - human.bounce - human.fans)
                        )
                    )
                    signal = 0.5 * reading + 0.25 * (1 + math.erf(inclination / math.sqrt(2.0)))
                    score = int(
                        100
                        * (
                            human.score_signal * signal
                            + (1 - human.score_signal) * uniform(now_key, draws.SCORE, 0)
                        )
                        + 0.5
                    )
                    bypasses = uniform(now_key, draws.BYPASS, 0) < human.bypass
                    standing, renewals, due, habit, away, merged, months_walled = (
                        ANONYMOUS,
                        0,
                        NEVER,
                        1.0,
                        False,
                        -1,
                        0,
                    )
                for d in range(devices):
                    resets = uniform(now_key, draws.RESET, d) < human.cookie_reset
                    reset_at[d] = (
                        opening + int(uniform(now_key, draws.RESET_AT, d) * (closing - opening))
                        if resets
                        else NEVER
                    )
                if away and uniform(now_key, draws.BACK, 0) < human.come_back:
                    away = False
                many = 0
                if not away:
                    stays = born == month or uniform(now_key, draws.PERSIST, 0) < human.persistence
                    many = wanted_articles(
                        human, kind, share if stays else uniform(now_key, draws.FRESH, 0)
                    )
                    many = (
                        int(
                            min(
                                many * habit * time.traffic[month]
                                + uniform(now_key, draws.ROUND, 0),
                                2000.0,
                            )
                        )
                        if habit * time.traffic[month] != 1.0
                        else many
                    )
                if month == 0:
                    histogram[min(many, len(histogram) - 1)] += 1
                views, sessions = plan(human, now_key, many, new, again)
                total = 0.0
                for i in range(sessions + 1):
                    total += uniform(now_key, draws.START, i) ** (-1.0 / human.tail)
                    starts[i] = total
                fresh, session, now, device, gone = 0, -1, opening, 0, False
                read, served, blocked, registrations, begun, cash = 0, 0, 0, 0, 0, 0.0
                asked_register, asked_buy, asked_leave, stopped = False, False, False, False
                for view in range(views):
                    if new[view]:
                        session += 1
                        place = starts[session] / total * (time.spread.shape[1] - 1)
                        step = int(place)
                        at = time.spread[month, step] + int(
                            (place - step)
                            * (time.spread[month, step + 1] - time.spread[month, step])
                        )
                        device, gone = 0, False
                        if (
                            devices > 1
                            and uniform(now_key, draws.DEVICE, view) >= human.main_device
                        ):
                            device = 1 + int(
                                uniform(now_key, draws.DEVICE, MOST_VIEWS + view) * (devices - 1)
                            )
                    else:
                        at = now + int(-human.pause * math.log(uniform(now_key, draws.GAP, view)))
                    if away:
                        break
                    if gone:
                        continue
                    now = min(max(at, now), closing - 1)
                    if again[view] and fresh > 0:
                        article = wanted[int(uniform(now_key, draws.WHICH, view) * fresh)]
                    else:
                        article = find_article(human, now_key, view, now, origin, wanted, fresh)
                        wanted[fresh] = article
                        fresh += 1
                    slot_start = origin + (article // human.per_slot) * SLOT
                    article_class = (
                        place_of(human.article_classes, uniform(seed, draws.ARTICLE, article))
                        if len(human.article_classes) > 1
                        else 0
                    )
                    referrer = (
                        place_of(human.referrers, uniform(now_key, draws.REFERRER, view))
                        if len(human.referrers) > 1
                        else 0
                    )
                    tries = 0
                    while True:
                        while due <= now:
                            paid, standing, option, renewals, term_from, due, ended = renew(
                                meaning,
                                human,
                                time,
                                mine,
                                bought,
                                renews,
                                standing,
                                option,
                                renewals,
                                due,
                                offers,
                                ended,
                                term_from,
                            )
                            cash += paid
                        ident = device if standing == ANONYMOUS else ACCOUNT
                        if ident != ACCOUNT and reset_at[ident] <= now:
                            reset_at[ident] = NEVER
                            tally[2][ident, :] = 0
                            identity[ident] = identities
                            identities += 1
                        period = 0
                        while period < len(meaning.periods) and meaning.periods[period] <= now:
                            period += 1
                        over = standing in (TRIAL_OVER, SUBSCRIPTION_OVER)
                        since = min((now - ended) // DAY, meaning.who.shape[1] - 1) if over else 0
                        age = min(max((now - slot_start) // DAY, 0), len(meaning.age) - 1)
                        g = meaning.group[
                            meaning.who[standing, since],
                            meaning.reader[reader_class, score],
                            meaning.article[article_class],
                            meaning.visit[referrer, device_kind[device]],
                            period,
                            meaning.age[age],
                        ]
                        verdict = judged(
                            tables, meaning.verdicts, g, ident, article, now, tally, seen, used
                        )
                        shown[verdict] += 1
                        m = tables.spend[verdict]
                        counts = m >= 0 and tables.spends[g] and seen[m] == 0
                        if counts:
                            spend(tables, m, ident, article, now, tally)
                        if rows < len(log):
                            line = log[rows]
                            line[0], line[1], line[2], line[3], line[4] = (
                                reader,
                                identity[ident],
                                merged,
                                standing,
                                term_from,
                            )
                            line[5], line[6], line[7], line[8], line[9] = (
                                due if due < NEVER else ended,
                                article,
                                reader_class,
                                score,
                                referrer,
                            )
                            line[10], line[11], line[12], line[13] = (
                                device_kind[device],
                                now,
                                verdict,
                                counts,
                            )
                            line[14] = (
                                used[tables.meter[verdict]] + counts
                                if tables.meter[verdict] >= 0
                                else -1
                            )
                            rows += 1
                            merged = -1
                        if tables.full[verdict]:
                            read += 1
                            served += not again[view]
                            break
                        # A wall: one answer a month of each sort, and what was wanted is tried
                        # again if the answer was yes.
                        blocked += 1
                        stopped = True
                        tries += 1
                        says_yes, sells = False, 0.0
                        if (
                            meaning.sells[verdict] == REGISTER
                            and standing == ANONYMOUS
                            and not asked_register
                        ):
                            asked_register = True
                            if uniform(now_key, draws.REGISTER, 0) < human.register:
                                standing, says_yes = REGISTERED, True
                                registrations += 1
                            else:
                                sells = human.registration_sells
                        elif meaning.sells[verdict] == PAY and standing < FIRST_TRIAL:
                            sells = 1.0
                        if sells > 0.0 and not asked_buy:
                            asked_buy = True
                            offer = meaning.offer[verdict]
                            trial = offer >= 0 and meaning.trial[offer]
                            chance = (
                                human.conversion
                                * math.sqrt(many)
                                * frailty
                                * human.wear**months_walled
                                if many > 1
                                else 0.0
                            )
                            chance += human.trial_return * (
                                standing == TRIAL_OVER
                            ) + human.churn_return * (standing == SUBSCRIPTION_OVER)
                            if offer >= 0:
                                chance *= meaning.offer_lift[offer]
                            by_itself = uniform(mine, draws.STAY, bought) < human.auto_renew
                            if trial and not by_itself:
                                chance *= human.takeup
                            chance = min(chance * sells, 1.0)
                            expect(
                                meaning,
                                human,
                                time,
                                monthly,
                                row,
                                month,
                                offer,
                                by_itself,
                                chance,
                                now,
                            )
                            if uniform(now_key, draws.BUY, 0) < chance:
                                says_yes, renews = True, by_itself
                                begun += 1
                                term_from, renewals = now, 0
                                bought += 1
                                if trial:
                                    standing = FIRST_TRIAL + offer
                                    cash += meaning.offer_price[offer]
                                    due = term_end(time, offer, now)
                                else:
                                    option = (
                                        meaning.offer_option[offer]
                                        if offer >= 0
                                        else int(
                                            uniform(mine, draws.PLAN, bought) < human.annual_share
                                        )
                                    )
                                    standing = FIRST_TRIAL + offers + option
                                    cash += meaning.price[option]
                                    due = term_end(time, offers + option, now)
                        if says_yes and ident != ACCOUNT:
                            for m in range(many_meters):
                                tally[2][ACCOUNT, m] = tally[2][ident, m]
                                for i in range(tally[2][ident, m]):
                                    tally[0][ACCOUNT, m, i] = tally[0][ident, m, i]
                                    tally[1][ACCOUNT, m, i] = tally[1][ident, m, i]
                            merged = identity[ident]
                        elif not says_yes and bypasses and ident != ACCOUNT and tries == 1:
                            tally[2][ident, :] = 0
                            identity[ident] = identities
                            identities += 1
                            says_yes = True
                        if says_yes and tries < 4:
                            now = min(now + MINUTE, closing - 1)
                            continue
                        if not asked_leave:
                            asked_leave = True
                            away = (
                                uniform(now_key, draws.LEAVE, 0)
                                < human.leave * human.leave_factor[reader_class]
                            )
                        gone = uniform(now_key, draws.LEAVE, 1 + view) < human.end_session
                        break
                while due < closing:
                    paid, standing, option, renewals, term_from, due, ended = renew(
                        meaning,
                        human,
                        time,
                        mine,
                        bought,
                        renews,
                        standing,
                        option,
                        renewals,
                        due,
                        offers,
                        ended,
                        term_from,
                    )
                    cash += paid
                served = min(served, many)
                if many > 0:
                    refused = 1.0 - served / many
                    habit *= 1.0 - human.wear_habit * refused if stopped else 1.0 + human.growth
                    habit = min(max(habit, 0.1), human.most_habit)
                months_walled += stopped
                on_trial, subscribed = (
                    FIRST_TRIAL <= standing < FIRST_TRIAL + offers,
                    standing >= FIRST_TRIAL + offers,
                )
                line = monthly[month]
                row[0] += many > 0
                row[1] += stopped
                row[2] += registrations
                row[3] += many
                row[4] += read
                row[5] += blocked
                row[6] += many - served
                row[12] += begun
                row[14] += cash
                line[0] += many > 0
                line[1] += stopped
                line[2] += registrations
                line[6] += many
                line[7] += read
                line[8] += blocked
                line[10] += away
                if (
                    not (on_trial or subscribed)
                    and uniform(now_key, draws.TURNOVER, 0) < human.turnover[kind]
                ):
                    born = month + 1
            row[13] = standing >= FIRST_TRIAL + offers
        return rows

    return walk


walk = _walker(_stamp(draws, setting, steps))

"""What happens in one step of a simulated life.

An article found, a verdict looked up, an article counted, a term renewed.

It holds no rule: verdicts are the engine's, by number, and windows end where `windows` says (see
`counting.Tables`).
"""

# The types of the loops are the compiler's business: arrays and whole numbers.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"
from __future__ import annotations

import math

from numba import njit

from meter.columns.compiled import compiled
from meter.columns.counting import CALENDAR, FIXED, LIFETIME, edge_after
from meter.simulate.kernel import draws
from meter.simulate.kernel.arrays import (
    BOUNCE,
    CASUAL,
    DAY,
    FIRST_TRIAL,
    HOUR,
    MOST_VIEWS,
    NEVER,
    OLDEST_DAYS,
    SLOT_HOURS,
    SUBSCRIPTION_OVER,
    TRIAL_OVER,
)
from meter.simulate.kernel.draws import child, uniform

__all__ = [
    "day_of",
    "expect",
    "expect_payments",
    "find_article",
    "judged",
    "place_of",
    "plan",
    "renew",
    "spend",
    "term_end",
    "wanted_articles",
]

inlined = njit(nogil=True, inline="always")
"""For what is done at every view: handing over tuples of arrays would cost more than the work
itself.
"""


@inlined
def place_of(shares, share):
    """Return the index in cumulative shares."""
    low, high = 0, len(shares) - 1
    while low < high:
        middle = (low + high) >> 1
        if share < shares[middle]:
            high = middle
        else:
            low = middle + 1
    return low


@compiled
def wanted_articles(human, kind, share):
    """Return how many articles a reader of this kind wants in a month, at this share of such
    readers.
    """
    if kind == BOUNCE:
        return 1
    if kind == CASUAL:
        return 1 + place_of(human.casual, share)
    return 1 + int(math.log(share) / human.fans_stop)


@compiled
def day_of(time, at):
    """Return the day of the horizon that holds an instant."""
    day = min(max((at - time.days[0]) // DAY, 0), len(time.days) - 1)
    while day + 1 < len(time.days) and time.days[day + 1] <= at:
        day += 1
    while day > 0 and time.days[day] > at:
        day -= 1
    return day


@compiled
def term_end(time, term, at):
    """Return when a term ends that starts now."""
    day = day_of(time, at)
    return time.term[term, day] + (at - time.days[day])


@inlined
def judged(tables, verdicts, g, ident, article, now, tally, seen, used):
    """Return the number of the engine's verdict on a group of facts and what an identity has
    counted.
    """
    settled = tables.settled[g]
    if settled >= 0:
        return settled
    ids, ends, size = tally
    combination = 0
    for m in range(len(tables.kind)):
        limit = tables.limit[g, m]
        if limit < 0:
            continue
        many, first = size[ident, m], 0
        while first < many and ends[ident, m, first] <= now:
            first += 1
        if first:
            many -= first
            for i in range(many):
                ids[ident, m, i] = ids[ident, m, i + first]
                ends[ident, m, i] = ends[ident, m, i + first]
            size[ident, m] = many
        found = 0
        if not tables.by_view[m]:
            for i in range(many):
                if ids[ident, m, i] == article:
                    found = 1
                    break
        seen[m], used[m] = found, min(many, limit)
        combination += (
            tables.stride[g, m] * tables.rooms[tables.room_at[g, m] + 2 * used[m] + found]
        )
    return verdicts[tables.verdict_at[g] + combination]


@inlined
def spend(tables, m, ident, article, now, tally):
    """Count an article until the window it is counted in ends."""
    ids, ends, size = tally
    many, kind = size[ident, m], tables.kind[m]
    if kind == CALENDAR:
        end = tables.edges[
            edge_after(tables.edges, tables.edge_at[m], tables.edge_at[m + 1] - 1, now)
        ]
    elif kind == LIFETIME:
        end = NEVER
    elif kind == FIXED and many > 0:
        end = ends[ident, m, 0]
    else:
        end = now + tables.length[m]
    ids[ident, m, many], ends[ident, m, many] = article, end
    size[ident, m] = many + 1


@inlined
def find_article(human, key, view, now, origin, wanted, many):
    """Return an article not wanted yet this month: young ones and popular ones first."""
    age = min(human.half_life * (1.0 / uniform(key, draws.AGE, view) - 1.0), OLDEST_DAYS * 24.0)
    slot = max(int((now - origin) // HOUR - age) // SLOT_HOURS, 0)
    rank = place_of(human.ranks, uniform(key, draws.RANK, view))
    tried = 0
    while True:
        article = slot * human.per_slot + rank
        for i in range(many):
            if wanted[i] == article:
                break
        else:
            return article
        tried += 1
        if tried % human.per_slot == 0:
            slot = slot - 1 if slot > 0 else slot + tried
        rank = (rank + 1) % human.per_slot


@inlined
def plan(human, key, many, new, again):
    """Say of each view of a month whether it opens a session and whether it is a re-read.

    Return how many views and sessions.
    """
    views, fresh, sessions = 0, 0, 0
    while fresh < many and views < MOST_VIEWS:
        new[views] = views == 0 or uniform(key, draws.SESSION, views) < human.session_stop
        again[views] = fresh > 0 and uniform(key, draws.REREAD, views) < human.rereads
        fresh += not again[views]
        sessions += new[views]
        views += 1
    return views, sessions


@compiled
def expect(meaning, human, time, monthly, row, month, offer, by_itself, chance, now):
    """Add what follows from a chance to start now.

    Payments, a trial, a subscription at the end of each month.
    """
    closes = time.months[-1]
    row[7] += chance
    monthly[month, 3] += chance
    if offer >= 0 and not meaning.trial[offer]:
        expect_payments(
            meaning, time, monthly, row, meaning.offer_option[offer], now, month, chance
        )
        return
    if offer >= 0:
        price = chance * meaning.offer_price[offer]
        row[10] += price
        row[11] += price
        monthly[month, 9] += price
        now = term_end(time, offer, now)
        while month < len(time.months) - 1 and time.months[month + 1] <= now:
            monthly[month, 5] += chance
            month += 1
        if now >= closes:
            row[9] += chance
        chance *= human.continue_auto_renew if by_itself else human.continue_auto_cancel
    for option in range(2):
        share = chance * (human.annual_share if option == 1 else 1.0 - human.annual_share)
        if now < closes:
            expect_payments(meaning, time, monthly, row, option, now, month, share)
        else:
            row[11] += share * (meaning.price[option] + meaning.rest[option, 0])


@compiled
def expect_payments(meaning, time, monthly, row, option, now, month, chance):
    """Add what is expected to be paid from now on: until the horizon closes, and for a lifetime."""
    offers, renewals = len(meaning.trial), 0
    while True:
        paid = chance * meaning.price[option]
        row[10] += paid
        row[11] += paid
        monthly[month, 9] += paid
        now = term_end(time, offers + option, now)
        while month < len(time.months) - 1 and time.months[month + 1] <= now:
            monthly[month, 4] += chance
            month += 1
        if now >= time.months[-1]:
            row[8] += chance
            row[11] += chance * meaning.rest[option, min(renewals, meaning.rest.shape[1] - 1)]
            return
        chance *= 1.0 - meaning.churn[option, min(renewals, meaning.churn.shape[1] - 1)]
        renewals += 1


@compiled
def renew(
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
):
    """Return what the end of a trial or of a paid term brings.

    The payment, and where the reader stands then.
    """
    if standing < FIRST_TRIAL + offers:
        stay = human.continue_auto_renew if renews else human.continue_auto_cancel
        if uniform(mine, draws.CONTINUE, bought) >= stay:
            return 0.0, TRIAL_OVER, option, 0, term_from, NEVER, due
        option = int(uniform(mine, draws.PLAN, bought) < human.annual_share)
        return (
            meaning.price[option],
            FIRST_TRIAL + offers + option,
            option,
            0,
            due,
            term_end(time, offers + option, due),
            ended,
        )
    chance = meaning.churn[option, min(renewals, meaning.churn.shape[1] - 1)]
    if uniform(child(mine, 100_000 + bought), draws.CHURN, renewals) < chance:
        return 0.0, SUBSCRIPTION_OVER, option, renewals, term_from, NEVER, due
    return (
        meaning.price[option],
        standing,
        option,
        renewals + 1,
        due,
        term_end(time, offers + option, due),
        ended,
    )

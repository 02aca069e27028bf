"""One page view after the other: of which article it is, and what the policy says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.columns.arrays import ANY_TIME
from meter.columns.compiled import inlined
from meter.columns.spending import COUNTED, spend, told, used_of
from meter.columns.windows import combination_of
from meter.simulate.kernel import draws
from meter.simulate.kernel.arrays import (
    ACCOUNT,
    ANONYMOUS,
    GATE,
    HOUR,
    MINUTE,
    NEVER,
    OLDEST_ARTICLE,
    OLDEST_DAYS,
    SLOT,
    SLOT_HOURS,
    SUBSCRIPTION_OVER,
    TRIAL_OVER,
)
from meter.simulate.kernel.draws import place_of, uniform
from meter.simulate.kernel.money import settle_terms
from meter.simulate.kernel.runs import learn
from meter.simulate.kernel.sessions import date_views
from meter.simulate.kernel.state import new_identity
from meter.simulate.kernel.walls import at_wall, turn_away

if TYPE_CHECKING:
    import numpy as np

    from meter.columns.arrays import Codes, Integers
    from meter.simulate.kernel.arrays import ArmTables, Behaviour, Setting
    from meter.simulate.kernel.state import Life, Month, Output, State

__all__ = ["group_of", "holder_of", "read_article"]

_MOST_TRIES = 4
"""How often an article is tried, if every wall got what it asked for."""
_NO_VIEW = -1
"""Stands for this view where a meter counts views: each has an id of its own."""


@inlined
def read_article(
    setting: Setting,
    state: State,
    life: Life,
    month: Month,
    output: Output,
    seed: np.uint64,
    view: int,
) -> None:
    """Try to read an article, and again after each wall that got what it asked for."""
    behaviour = setting.behaviour
    article = choose_article(setting, state, month, view)
    article_class = 0
    if setting.asked.classes:
        article_class = class_of(behaviour, state, seed, article)
    referrer = 0
    if setting.asked.visits:
        referrer = place_of(behaviour.referrers, uniform(month.key, draws.REFERRER, view))

    for tries in range(1, _MOST_TRIES + 1):
        settle_terms(setting, life, month, month.now)
        holder = holder_of(state, life, month)
        g = group_of(setting, state, life, month, holder, article, article_class, referrer)
        verdict = look_up_verdict(setting, state, month, output, g, holder, article)
        if not month.dated:
            learn(setting, state, month, view, g, verdict)
        done = 0
        if setting.tables.settled[g] < 0:
            done = spend(
                setting.tables, state.memory, holder, g, verdict, article, article, month.now
            )
        if output.lines[0] < len(output.log):
            write(setting, state, life, month, output, article, referrer, holder, g, verdict, done)
        if setting.tables.full[verdict]:
            month.read += 1
            month.known += life.standing != ANONYMOUS
            month.served += not state.again[view]
            return
        month.blocked += 1
        if setting.policy_tables.sells[verdict] == GATE:
            # Nobody knows who does what a gate asks for: it sells nothing and drives nobody away.
            return
        month.stopped = True
        if not month.dated:
            date_views(setting, state, life, month, view)
        tries_again = at_wall(setting, state, life, month, output, verdict, holder, tries)
        if not tries_again or tries == _MOST_TRIES:
            break
        month.now = min(month.now + MINUTE, month.closes - 1)
    turn_away(setting, life, month, view)


@inlined
def choose_article(setting: Setting, state: State, month: Month, view: int) -> int:
    """Return the article of a page view: one looked at this month, or one that was not."""
    if state.again[view] and month.fresh > 0:
        which = uniform(month.key, draws.WHICH, view)
        known: int = state.wanted[int(which * month.fresh)]
        return known
    article = month.fresh
    if setting.asked.moments:
        origin = setting.time.days[0] - OLDEST_ARTICLE
        article = find_article(setting.behaviour, state, month, view, origin)
    state.wanted[month.fresh] = article
    month.fresh += 1
    return article


@inlined
def find_article(behaviour: Behaviour, state: State, month: Month, view: int, origin: int) -> int:
    """Return an article not wanted yet this month: young ones and popular ones first."""
    draw = uniform(month.key, draws.AGE, view)
    age = min(behaviour.half_life * (1.0 / draw - 1.0), OLDEST_DAYS * 24.0)
    slot = max(int((month.now - origin) // HOUR - age) // SLOT_HOURS, 0)
    rank = place_of(behaviour.ranks, uniform(month.key, draws.RANK, view))
    tried = 0
    while True:
        article = slot * behaviour.per_slot + rank
        for i in range(month.fresh):
            if state.wanted[i] == article:
                break
        else:
            return article
        # The next one of the slot; after all of them, the slot before (or, at the first, a later).
        tried += 1
        if tried % behaviour.per_slot == 0:
            slot = slot - 1 if slot > 0 else slot + tried
        rank = (rank + 1) % behaviour.per_slot


@inlined
def class_of(behaviour: Behaviour, state: State, seed: np.uint64, article: int) -> int:
    """Return the class of an article; the first ones' are kept, since many read the same."""
    known = -1
    if article < len(state.classes):
        known = state.classes[article]
    if known < 0:
        known = place_of(behaviour.article_classes, uniform(seed, draws.ARTICLE, article))
        if article < len(state.classes):
            state.classes[article] = known
    return known


@inlined
def holder_of(state: State, life: Life, month: Month) -> int:
    """Return the identity that a page view counts for; cookies may be gone by now."""
    if life.standing != ANONYMOUS:
        return ACCOUNT
    if state.reset_at[month.device] <= month.now:
        state.reset_at[month.device] = NEVER
        new_identity(state, life, month.device)
    return month.device


@inlined
def group_of(
    setting: Setting,
    state: State,
    life: Life,
    month: Month,
    holder: int,
    article: int,
    article_class: int,
    referrer: int,
) -> int:
    """Return the group of equal facts of a page view."""
    policy_tables = setting.policy_tables
    period = begun(policy_tables.periods, month.now)
    since = 0
    if life.standing in (TRIAL_OVER, SUBSCRIPTION_OVER):
        since = interval(policy_tables.expiry, month.now - life.ended)
    age = 0
    if len(policy_tables.ages) > 0:
        origin = setting.time.days[0] - OLDEST_ARTICLE
        published = origin + (article // setting.behaviour.per_slot) * SLOT
        age = interval(policy_tables.ages, max(month.now - published, 0))
    group: int = policy_tables.group[
        policy_tables.who[life.standing, since]
        + policy_tables.reader[life.reader_class, life.score]
        + policy_tables.article[article_class]
        + policy_tables.visit[referrer, state.device_kind[month.device]]
        + policy_tables.period[period]
        + policy_tables.age[age],
        arm_of(setting.arms, setting.arms.by_visitor, life, state.identity[month.device]),
        arm_of(setting.arms, setting.arms.by_reader, life, state.identity[holder]),
        life.started,
    ]
    return group


@inlined
def arm_of(arms: ArmTables, table: Codes, life: Life, identity: int) -> int:
    """Return the arm of an id; of one that is not in the table yet, the first (see `asked`)."""
    if len(table) == 0:
        return 0
    place = life.reader - arms.first
    arms.asked[place] = max(arms.asked[place], identity + 1)
    if identity >= table.shape[1]:
        return 0
    arm: int = table[place, identity]
    return arm


@inlined
def begun(instants: Integers, now: int) -> int:
    """Return how many of some instants, in order, have come."""
    low = 0
    high = len(instants)
    while low < high:
        middle = (low + high) // 2
        if instants[middle] <= now:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def interval(marks: Integers, length: int) -> int:
    """Return the interval between some lengths in which another lies, numbered as `Slot.code`."""
    place = 0
    while place < len(marks) and marks[place] < length:
        place += 1
    on_a_mark = place < len(marks) and marks[place] == length
    return 2 * place + int(on_a_mark)


@inlined
def look_up_verdict(
    setting: Setting, state: State, month: Month, output: Output, g: int, holder: int, article: int
) -> int:
    """Return the verdict on a page view of a group, by what its identity has counted."""
    tables = setting.tables
    verdict: int = tables.settled[g]
    if verdict < 0:
        combination = combination_of(
            tables, state.memory, holder, g, article, _NO_VIEW, ANY_TIME, month.now
        )
        verdict = setting.policy_tables.verdicts[tables.verdict_at[g] + combination]
    output.shown[verdict] += 1
    return verdict


@inlined
def write(
    setting: Setting,
    state: State,
    life: Life,
    month: Month,
    output: Output,
    article: int,
    referrer: int,
    holder: int,
    g: int,
    verdict: int,
    done: int,
) -> None:
    """Write a page view into the log, with what it did to the meters (see `spend`)."""
    line = output.log[output.lines[0]]
    output.lines[0] += 1
    line.reader = life.reader
    line.identity = state.identity[holder]
    line.joined = life.joined
    line.standing = life.standing
    line.starts = life.term_from
    line.ends = life.due if life.due < NEVER else life.ended
    line.article = article
    line.reader_class = life.reader_class
    line.score = life.score
    line.referrer = referrer
    line.device = state.device_kind[month.device]
    line.at = month.now
    line.verdict = verdict
    line.counted = done == COUNTED
    line.started = life.started
    line.visitor = state.identity[month.device]
    line.meter = -1
    line.used = -1
    if setting.tables.settled[g] < 0:
        tables = setting.tables
        line.meter = told(tables, state.memory, holder, g, verdict, month.now)
        line.used = used_of(tables, state.memory, holder, g, line.meter)
    life.joined = -1

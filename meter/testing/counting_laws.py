"""Laws of what is counted, and of what is open because it was."""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import TYPE_CHECKING

from attrs import evolve

from meter.engine import believe, ledger
from meter.memo import decide
from meter.testing.taken import clock_was_far_off
from meter.vocabulary import Access, ArticleAccess, Count
from meter.windows import instant

if TYPE_CHECKING:
    from datetime import datetime

    from meter.decision import Decision, MeterReading
    from meter.policy import Policy
    from meter.testing.taken import Taken
    from meter.usage import Tally, Usage

__all__ = [
    "counted_means_remembered",
    "nobody_reads_more_than_the_limit",
    "nothing_is_given_away",
    "only_people_reading_what_a_meter_is_for_count",
    "reading_again_is_free",
    "usage_stays_bounded",
]


def reading_again_is_free(policy: Policy, taken: list[Taken]) -> bool:
    """Reading again, and a request sent twice, changes nothing and shows the same.

    Where articles are counted on several meters, an earlier rule may open it by then. Not where
    rules ask for what was counted before: it has changed since.
    """
    if _asks_for_counts(policy):
        return True
    several = len(policy.rulebook.sharing) > 1
    for step, _, decision, after in taken:
        again, remembered = decide(policy, step.reader, step.view, after, step.now)
        if remembered is not after or again.counted or again.access is not decision.access:
            return False
        moved = several and decision.counted
        # What a history has counted since is a fact that moves; so is what would be left of a meter
        # that no rule spends.
        if policy.rulebook.histories or not all(policy.rulebook.spent):
            again = evolve(again, facts=decision.facts)
        if not moved and evolve(decision, counted=False) != again:
            return False
    return True


def _asks_for_counts(policy: Policy) -> bool:
    """Say whether a rule or an offer asks for counts as they are before the view."""
    asked = policy.rulebook.vocabulary.meters.values()
    conditions = (*(r.when for r in policy.rules), *(o.when for o in policy.offers))
    ends = any(part.exhausted for when in conditions for part in when.walk())
    if ends or policy.rulebook.vocabulary.seen:
        return True
    return any(slots.now >= 0 or slots.used >= 0 for slots in asked)


def nobody_reads_more_than_the_limit(policy: Policy, taken: list[Taken]) -> bool:
    """In a calendar or fixed window no meter newly counts more than its largest limit.

    Whatever the clocks do, up to a day.
    """
    if clock_was_far_off(taken):
        return True
    counted: Counter[tuple[str, datetime | None]] = Counter()
    for step, before, _, after in taken:
        has = ledger(policy, after, step.now)
        for name in _counting(before, after):
            if policy.meter(name).window.rolling is None:
                counted[name, has[name][1]] += 1
    return all(number <= _most(policy, name) for (name, _), number in counted.items())


def usage_stays_bounded(policy: Policy, taken: list[Taken]) -> bool:
    """No more is remembered than each meter's largest limit, unless a clock was far off."""
    return clock_was_far_off(taken) or all(
        len(tally.ids) <= _most(policy, name)
        for step in taken
        for name, tally in step.after.tallies.items()
    )


def _most(policy: Policy, meter: str) -> float:
    limits = [limit.limit for limit in policy.meter(meter).allowances()]
    return max((inf if limit == "none" else limit for limit in limits), default=0)


def only_people_reading_what_a_meter_is_for_count(policy: Policy, taken: list[Taken]) -> bool:
    """What a rule's meters are not for, and prefetches, never spend.

    A prefetch shows what a person would see, and previews what would have counted on a limit.
    """
    for step, before, decision, _ in taken:
        spend = policy.rule(decision.rule).spend
        access = step.view.article.access
        is_for = bool(spend) and all(access in policy.meter(name).access for name in spend)
        if decision.counted and (step.view.prefetch or not is_for):
            return False
        ahead = evolve(step.view, prefetch=True)
        fetched, after = decide(policy, step.reader, ahead, before, step.now)
        person = evolve(ahead, prefetch=False)
        read, then = decide(policy, step.reader, person, before, step.now)
        facts = read.facts.values
        counting = _counting(before, then)
        limited = any(policy.rulebook.limit(name, facts) is not None for name in counting)
        shown = Access.PREVIEW if limited else read.access
        if (read.show, shown, limited) != (fetched.show, fetched.access, fetched.speculative):
            return False
        if fetched.counted or after is not before:
            return False
    return True


def _counting(before: Usage, after: Usage) -> set[str]:
    """Return the meters that have counted a view between two usages."""
    if after is before:
        return set()
    return {
        name
        for name, tally in after.tallies.items()
        if dict(zip(tally.ids, tally.ats, strict=True)).items()
        - dict(zip(before.tally(name).ids, before.tally(name).ats, strict=True)).items()
    }


def nothing_is_given_away(policy: Policy, taken: list[Taken]) -> bool:
    """An article that a rule opens by spending has been counted: now, or before.

    A meter of articles opens what any other has counted; a meter of views what it has.
    """
    spent = {name for rule in policy.rules for name in rule.spend}
    articles = [m.name for m in policy.meters if m.name in spent and m.count is Count.ARTICLES]
    for step, _, decision, after in taken:
        spend = policy.rule(decision.rule).spend
        free = step.view.article.access is ArticleAccess.FREE
        nobody = step.reader.id is None
        if not spend or free or nobody or decision.access is not Access.FULL:
            continue
        if step.view.prefetch and not _is_limited(policy, decision, spend):
            continue
        now = ledger(policy, after, step.now)
        opened = any(step.view.article.key in now[name][0].ids for name in articles)
        view = step.view.view_key(instant(step.now))
        for name in spend:
            by_view = policy.meter(name).count is Count.VIEWS
            if not (view in now[name][0].ids if by_view else opened):
                return False
    return True


def _is_limited(policy: Policy, decision: Decision, spend: tuple[str, ...]) -> bool:
    """Say whether this reader has a limit of some meter."""
    facts = decision.facts.values
    return any(policy.rulebook.limit(name, facts) is not None for name in spend)


def counted_means_remembered(policy: Policy, taken: list[Taken]) -> bool:
    """A view that counts adds one to meters that its rule spends, or that keep a history.

    One that does not changes nothing but what was shown. A read more than a day ahead may come into
    the window that a view begins.
    """
    histories = {meter.name for meter in policy.meters if meter.counts is not None}
    for step, before, decision, after in taken:
        _, ahead = believe(before, instant(step.now))
        if ahead and after is not before:
            continue
        counting = _counting(before, after)
        spend = policy.rule(decision.rule).spend
        unchanged = after is before if after.shown == before.shown else not counting
        if (not counting) is not unchanged or not counting <= histories.union(spend):
            return False
        if decision.counted is counting.isdisjoint(spend):
            return False
        had = ledger(policy, before, step.now)
        has = ledger(policy, after, step.now)
        if any(len(has[name][0].ids) != len(had[name][0].ids) + 1 for name in counting):
            return False
        meter = decision.meter
        if meter is not None and meter.name in counting and _misread(meter, has[meter.name][0]):
            return False
    return True


def _misread(meter: MeterReading, tally: Tally) -> bool:
    counted = len(tally.ids)
    return meter.used != (counted if meter.limit is None else min(counted, meter.limit))

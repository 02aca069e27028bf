"""Laws that hold for every policy, whatever its rules say, to hold your own to in one line.

A law looks at a journey as it went: `check_laws(policy)` draws journeys on the edges of this policy
and holds each to every law. A broken law is an `AssertionError` that names the law and prints the
shortest journey that breaks it.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from attrs import evolve
from hypothesis import HealthCheck, given, settings

from meter.engine import believe, join, ledger
from meter.memo import decide
from meter.policy import Limit, Meter, Policy, When
from meter.testing.strategies import journeys
from meter.testing.taken import Taken, clock_was_far_off, format_taken, left_by, take
from meter.usage import Tally, Usage
from meter.validation import MOST_LIMIT
from meter.vocabulary import Access, ArticleAccess, Count, Show, Status
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from meter.testing.strategies import Step

__all__ = ["LAWS", "Taken", "check_journey", "check_laws", "format_taken", "take"]


def _reading_again_is_free(policy: Policy, taken: list[Taken]) -> bool:
    """Reading again, and a request sent twice, changes nothing and shows the same.

    Where articles are counted on several meters, an earlier rule may open it by then.
    """
    several = len(policy.rulebook.sharing) > 1
    for step, _, decision, after in taken:
        again, remembered = decide(policy, step.reader, step.view, after, step.now)
        if remembered is not after or again.counted or again.access is not decision.access:
            return False
        moved = several and decision.counted
        if not moved and evolve(decision, counted=False) != again:
            return False
    return True


def _more_allowance_never_closes_a_gate(policy: Policy, taken: list[Taken]) -> bool:
    """With the same past, larger limits open whatever the smaller ones did, or would open it.

    Unless a rule asks what is left. What a browser fetches ahead is opened when a person looks.
    """
    if any(part.left is not None for rule in policy.rules for part in rule.when.walk()):
        return True
    more = evolve(policy, meters=[_with_more(meter) for meter in policy.meters])
    opened = [
        decide(more, step.reader, step.view, before, step.now)[0]
        for step, before, decision, _ in taken
        if decision.access is Access.FULL
    ]
    return all(decision.access is Access.FULL or decision.speculative for decision in opened)


def _with_more(meter: Meter) -> Meter:
    """Return a meter that allows everybody one article more."""
    limits = [evolve(limit, limit=min(limit.limit + 1, MOST_LIMIT)) for limit in meter.allowances()]
    return evolve(meter, limit=0, limits=[*limits, Limit(limit=1)])


def _used_and_left_make_the_limit(_: Policy, taken: list[Taken]) -> bool:
    """What is used never exceeds the limit, and with what is left makes up the limit.

    A limit of 0 counts nothing down.
    """
    readings = [
        (decision.meter, decision.show) for _, _, decision, _ in taken if decision.meter is not None
    ]
    return all(
        0 <= meter.used <= meter.limit
        and meter.used + meter.left == meter.limit
        and (meter.limit > 0 or show not in (Show.COUNTDOWN, Show.LAST_FREE_ARTICLE))
        for meter, show in readings
    )


def _the_last_one_is_announced(_: Policy, taken: list[Taken]) -> bool:
    """A countdown never ends on 0: with nothing left it is the last free article."""
    return all(
        decision.meter is not None and decision.meter.left > 0
        for _, _, decision, _ in taken
        if decision.show is Show.COUNTDOWN
    )


def _usage_stays_bounded(policy: Policy, taken: list[Taken]) -> bool:
    """No more is remembered than each meter's largest limit, unless a clock was far off."""
    return clock_was_far_off(taken) or all(
        len(tally.ids) <= _most(policy, name)
        for step in taken
        for name, tally in step.after.tallies.items()
    )


def _nobody_reads_more_than_the_limit(policy: Policy, taken: list[Taken]) -> bool:
    """In a calendar or fixed window no more is newly counted than its largest limit.

    Whatever the clocks do, up to a day.
    """
    if clock_was_far_off(taken):
        return True
    counted = Counter(
        (decision.meter.name, decision.meter.resets_at)
        for _, _, decision, _ in taken
        if decision.counted
        and decision.meter is not None
        and policy.meter(decision.meter.name).window.rolling is None
    )
    return all(number <= _most(policy, name) for (name, _), number in counted.items())


def _most(policy: Policy, meter: str) -> int:
    return max((limit.limit for limit in policy.meter(meter).allowances()), default=0)


def _blocked_views_never_count(_: Policy, taken: list[Taken]) -> bool:
    """A preview counts nothing, and what is remembered is the very same."""
    return all(
        not decision.counted and after is before
        for _, before, decision, after in taken
        if decision.access is Access.PREVIEW
    )


def _only_people_reading_metered_articles_count(policy: Policy, taken: list[Taken]) -> bool:
    """Free and premium articles and prefetches never spend.

    A prefetch shows what a person would see, and previews what would have counted.
    """
    for step, before, decision, _ in taken:
        if decision.counted and (
            step.view.prefetch or step.view.article.access is not ArticleAccess.METERED
        ):
            return False
        ahead = evolve(step.view, prefetch=True)
        fetched, after = decide(policy, step.reader, ahead, before, step.now)
        read, _ = decide(policy, step.reader, evolve(ahead, prefetch=False), before, step.now)
        access = Access.PREVIEW if read.counted else read.access
        expected = (read.show, access, read.counted)
        if expected != (fetched.show, fetched.access, fetched.speculative):
            return False
        if fetched.counted or after is not before:
            return False
    return True


def _nothing_is_given_away(policy: Policy, taken: list[Taken]) -> bool:
    """A metered article that a rule opens by spending has been counted: now, or before.

    A meter of articles opens what any other has counted; a meter of views what it has.
    """
    for step, _, decision, after in taken:
        spend = policy.rule(decision.rule).spend
        metered = step.view.article.access is ArticleAccess.METERED
        if spend is None or not metered or decision.access is not Access.FULL:
            continue
        now = ledger(policy, after, step.now)
        if policy.meter(spend).count is Count.VIEWS:
            known = step.view.view_key(instant(step.now)) in now[spend][0].ids
        else:
            spent = {rule.spend for rule in policy.rules}
            known = any(
                step.view.article.key in now[meter.name][0].ids
                for meter in policy.meters
                if meter.name in spent and meter.count is Count.ARTICLES
            )
        if not known:
            return False
    return True


def _counted_means_remembered(policy: Policy, taken: list[Taken]) -> bool:
    """A view that counts adds one to the meter it names; one that does not changes nothing.

    A read more than a day ahead may come into the window that a view begins.
    """
    for step, before, decision, after in taken:
        _, ahead = believe(before, instant(step.now))
        if ahead and decision.counted:
            continue
        if decision.counted and decision.meter is not None:
            name = decision.meter.name
            had = set(ledger(policy, before, step.now)[name][0].ids)
            has = set(ledger(policy, after, step.now)[name][0].ids)
            if not (had < has and len(has) == len(had) + 1 == decision.meter.used):
                return False
        elif decision.counted or after is not before:
            return False
    return True


def _the_entitled_meet_no_wall(policy: Policy, taken: list[Taken]) -> bool:
    """Whoever the first rules let in whatever they read, meets no wall."""
    let_in: set[Status] = set()
    for rule in policy.rules:
        if (
            rule.spend is not None
            or rule.show is not Show.ARTICLE
            or rule.when.reader is None
            or rule.when != When(reader=rule.when.reader)
        ):
            break
        let_in |= rule.when.reader
    return all(
        decision.access is Access.FULL
        for step, _, decision, _ in taken
        if step.reader.status(step.now) in let_in
    )


def _bytes_carry_everything(policy: Policy, taken: list[Taken]) -> bool:
    """What is remembered survives being written down, and decides the same afterwards."""
    for step, before, decision, after in taken:
        raw = before.to_bytes()
        read = Usage.from_bytes(raw)
        if read != before or read.to_bytes() != raw:
            return False
        if decide(policy, step.reader, step.view, read, step.now) != (decision, after):
            return False
    return True


def _signing_in_goes_one_way_and_once(policy: Policy, taken: list[Taken]) -> bool:
    """Signing in may be repeated and done in any order, and brings what a running window holds."""
    steps = [step for step, *_ in taken]
    a, b, c = (left_by(policy, steps[first::3]) for first in range(3))
    if not steps:
        return True
    now = max(step.now for step in steps)
    both = join(policy, a, b, now)
    return (
        join(policy, b, both, now) is both
        and join(policy, a, both, now) is both
        and join(policy, a, a, now) is a
        and join(policy, c, both, now) == join(policy, a, join(policy, c, b, now), now)
        and join(policy, both, c, now) == join(policy, b, join(policy, a, c, now), now)
        and _counted(policy, a, now) | _counted(policy, b, now) == _counted(policy, both, now)
    )


def _counted(policy: Policy, usage: Usage, now: datetime) -> set[tuple[str, str]]:
    held = _tallies(policy, usage, now)
    return {(name, read) for name, tally in held.items() for read in tally.ids}


def _a_clock_behind_finds_the_same_window(policy: Policy, taken: list[Taken]) -> bool:
    """After a view has counted, a clock up to a day behind finds all still counted."""
    return all(
        _tallies(policy, after, step.now) == _tallies(policy, after, step.now - behind)
        for step, _, decision, after in taken
        if decision.counted and _last(after) <= instant(step.now)
        for behind in (timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1))
    )


def _last(usage: Usage) -> int:
    return max(tally.ats[-1] for tally in usage.tallies.values())


def _tallies(policy: Policy, usage: Usage, now: datetime) -> dict[str, Tally]:
    return {name: tally for name, (tally, _) in ledger(policy, usage, now).items()}


LAWS: dict[str, Callable[[Policy, list[Taken]], bool]] = {
    law.__name__[1:].replace("_", " "): law
    for law in (
        _reading_again_is_free,
        _more_allowance_never_closes_a_gate,
        _used_and_left_make_the_limit,
        _the_last_one_is_announced,
        _usage_stays_bounded,
        _nobody_reads_more_than_the_limit,
        _blocked_views_never_count,
        _only_people_reading_metered_articles_count,
        _nothing_is_given_away,
        _counted_means_remembered,
        _the_entitled_meet_no_wall,
        _bytes_carry_everything,
        _signing_in_goes_one_way_and_once,
        _a_clock_behind_finds_the_same_window,
    )
}
"""The laws by name; each takes a policy and a journey as it went, and says whether it holds."""


def check_journey(policy: Policy, steps: Iterable[Step], laws: Iterable[str] = LAWS) -> None:
    """Hold one journey to some laws.

    Raises `AssertionError` that names the first broken one and prints the journey.
    """
    taken = take(policy, steps)
    for name in laws:
        if not LAWS[name](policy, taken):
            broken = f"the law `{name}` does not hold for `{policy.publication.name}`"
            raise AssertionError(f"{broken}:\n{format_taken(taken)}")


def check_laws(policy: Policy, *, examples: int = 100) -> None:
    """Draw journeys on the edges of a policy and hold each to every law; the same ones each time.

    Raises `AssertionError` that names the broken law and prints the shortest journey found that
    breaks it.

    >>> from meter import loads_policy
    >>> check_laws(loads_policy('''
    ... [publication]
    ... name = "The Harbour Review"
    ... [meters.monthly]
    ... window = { calendar = "month" }
    ... limit = 3
    ... [[rules]]
    ... name = "three a month"
    ... spend = "monthly"
    ... show = "countdown"
    ... [[rules]]
    ... name = "everyone else"
    ... show = "subscription-wall"
    ... '''), examples=10)
    """

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(journeys(policy))
    def holds(steps: list[Step]) -> None:
        check_journey(policy, steps)

    holds()

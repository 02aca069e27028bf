"""Laws that hold for every policy, whatever its rules say, to hold your own to in one line.

A law looks at a journey as it went: `check_laws(policy)` draws journeys on the edges of this policy
and holds each to every law. A broken law is an `AssertionError` that names the law and prints the
shortest journey that breaks it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from attrs import evolve
from hypothesis import HealthCheck, given, settings

from meter.engine import join, ledger
from meter.memo import decide
from meter.policy import Limit, Meter, Policy, When
from meter.testing.counting_laws import (
    counted_means_remembered,
    nobody_reads_more_than_the_limit,
    nothing_is_given_away,
    only_people_reading_what_a_meter_is_for_count,
    reading_again_is_free,
    usage_stays_bounded,
)
from meter.testing.prompt_laws import (
    a_cap_changes_nothing_but_the_prompt,
    a_view_shows_its_prompt_again,
    no_prompt_is_shown_beyond_its_caps,
    prompts_that_are_counted_are_remembered,
)
from meter.testing.strategies import journeys
from meter.testing.taken import Taken, format_taken, left_by, take
from meter.usage import Tally, Usage
from meter.validation import MOST_LIMIT
from meter.vocabulary import Access, Show, Status
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from meter.decision import MeterReading
    from meter.testing.strategies import Step

__all__ = ["LAWS", "Taken", "check_journey", "check_laws", "format_taken", "take"]


def _more_allowance_never_closes_a_gate(policy: Policy, taken: list[Taken]) -> bool:
    """With the same past, larger limits open whatever the smaller ones did, or would open it.

    Unless a rule asks what is left or counted. What a browser fetches ahead is opened when a person
    looks.
    """
    asked = [part for rule in policy.rules for part in rule.when.walk()]
    if any(part.left or part.used or part.exhausted or part.seen for part in asked):
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
    limits = [
        limit if limit.limit == "none" else evolve(limit, limit=min(limit.limit + 1, MOST_LIMIT))
        for limit in meter.allowances()
    ]
    return evolve(meter, limit=0, limits=[*limits, Limit(limit=1)])


def _used_and_left_make_the_limit(_: Policy, taken: list[Taken]) -> bool:
    """What is used never exceeds the limit, and with what is left makes up the limit.

    A limit of 0 counts nothing down, and neither does a meter without one.
    """
    readings = [
        (decision.meter, decision.show) for _, _, decision, _ in taken if decision.meter is not None
    ]
    return all(_adds_up(meter, show) for meter, show in readings)


def _adds_up(meter: MeterReading, show: Show) -> bool:
    counts_down = show in (Show.COUNTDOWN, Show.LAST_FREE_ARTICLE)
    if meter.limit is None or meter.left is None:
        return meter.limit is meter.left and meter.used >= 0 and not counts_down
    sums = 0 <= meter.used <= meter.limit and meter.used + meter.left == meter.limit
    return sums and (meter.limit > 0 or not counts_down)


def _the_last_one_is_announced(_: Policy, taken: list[Taken]) -> bool:
    """A countdown never ends on 0: with nothing left it is the last free article."""
    return all(
        decision.meter is not None and (decision.meter.left or 0) > 0
        for _, _, decision, _ in taken
        if decision.show is Show.COUNTDOWN
    )


def _blocked_views_never_count(_: Policy, taken: list[Taken]) -> bool:
    """A preview counts nothing, and what is remembered is the very same."""
    return all(
        not decision.counted and after is before
        for _, before, decision, after in taken
        if decision.access is Access.PREVIEW
    )


def _the_entitled_meet_no_wall(policy: Policy, taken: list[Taken]) -> bool:
    """Whoever the first rules let in whatever they read, meets no wall."""
    let_in: set[Status] = set()
    for rule in policy.rules:
        if (
            rule.spend
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
    law.__name__.strip("_").replace("_", " "): law
    for law in (
        reading_again_is_free,
        _more_allowance_never_closes_a_gate,
        _used_and_left_make_the_limit,
        _the_last_one_is_announced,
        usage_stays_bounded,
        nobody_reads_more_than_the_limit,
        _blocked_views_never_count,
        only_people_reading_what_a_meter_is_for_count,
        nothing_is_given_away,
        counted_means_remembered,
        _the_entitled_meet_no_wall,
        _bytes_carry_everything,
        _signing_in_goes_one_way_and_once,
        _a_clock_behind_finds_the_same_window,
        no_prompt_is_shown_beyond_its_caps,
        prompts_that_are_counted_are_remembered,
        a_cap_changes_nothing_but_the_prompt,
        a_view_shows_its_prompt_again,
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

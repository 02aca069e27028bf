"""Who may read what: the one pure function that decides.

`decide` is three steps. *Observe* reduces a reader, a view, a usage and an instant to facts: the
few things this policy can tell apart, looked at no further than its rules need. *Judge* tries the
rules in order and takes the first that matches. *Record* spends, if the rule says so and the
article is not counted already, and returns the very same usage if not.

Order of evaluation. A rule matches if its `when` holds and, where it has `spend`, if the meter is
open to this view: the article is counted already in the running window, or allowance is left. A
limit of 0 is never open. Only metered articles spend: a premium article passes a spending rule by,
a free one matches it and counts nothing (`rulebook.SPENDING` is the table). What is not a person
reading (`prefetch`) is judged alike and never counts. `countdown` becomes `last-free-article` when
nothing is left after this view. An offer that is not running or not for this reader is dropped, and
a `trial-offer` without an offer is a `subscription-wall`.

Windows are half-open and only move forward (see `windows`). No I/O, no clock, no randomness. What
was judged before is not judged again: `memo` is the same function, remembering.
"""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from meter.decision import Decision, MeterReading
from meter.facts import Facts
from meter.rulebook import first_match
from meter.usage import Tally, Usage
from meter.vocabulary import ArticleAccess
from meter.windows import DAY, instant, moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from meter.facts import Codes
    from meter.policy import Policy
    from meter.rulebook import Rulebook, Verdict
    from meter.view import PageView, Reader

# fmt: off
__all__ = [
    "Conclusion", "Counts", "Held", "allowance", "complete", "conclude", "count", "decide",
    "expires_at", "join", "joined_at", "judge", "ledger", "observe", "read_meter",
    "record", "spend",
]
# fmt: on

_EMPTY = Tally()


def decide(
    policy: Policy, reader: Reader, view: PageView, usage: Usage, now: datetime
) -> tuple[Decision, Usage]:
    """Decide what a reader gets for one page view, and return what is to be remembered.

    `now` is a time with a zone; a time without one is a `ValueError`. The usage returned is the
    same object if nothing was counted. To look without counting, drop it.
    """
    facts, counts = observe(policy.rulebook, reader, view, usage, now)
    verdict = judge(policy.rulebook, facts)
    return record(policy.rulebook, verdict, facts, counts, usage, now)


Counts = tuple[int, ...]
"""Would this view count where a rule spends? Then, for each meter of the rulebook, how much its
running window has counted, and is this article among it? (Flat: `memo` looks it up every view.)
"""

Held = tuple[int, list[tuple[Tally, str]]]
"""The instant this view would count at (microseconds since 1970, never before the last read on
record) and, for each meter, what its window holds and the id it would remember this view under.
"""


def observe(
    rulebook: Rulebook, reader: Reader, view: PageView, usage: Usage, now: datetime
) -> tuple[Codes, tuple[Counts, Held]]:
    """Return the facts, no further than the rules need them, and what the meters have counted.

    Facts are looked at in stages: the reader's status, then who reads what, then the counts.
    """
    at = instant(now)
    counts, held = count(rulebook, view, usage, at)
    status = reader.status_at(at)
    if first_match(rulebook, (status,)) is not None:
        return (status,), (counts, held)
    facts = rulebook.vocabulary.observe(reader, view, at, status)
    if first_match(rulebook, facts) is not None:
        return facts, (counts, held)
    return complete(rulebook, facts, counts), (counts, held)


def count(rulebook: Rulebook, view: PageView, usage: Usage, at: int) -> tuple[Counts, Held]:
    """Return what each meter has counted in the window that runs at the instant `at`."""
    tallies = usage.tallies
    article = view.article
    when = _latest(usage, at)
    counts: list[int] = [article.access is ArticleAccess.METERED and not view.prefetch]
    inside = []
    for name, timeline, by_view in rulebook.meters:
        mark = view.view_key(at) if by_view else article.key
        tally = tallies.get(name, _EMPTY)
        first = timeline.inside(tally.ats, when)
        if first:
            tally = tally.since(first)
        counts += (len(tally.ids), mark in tally.ids)
        inside.append((tally, mark))
    return tuple(counts), (when, inside)


def complete(rulebook: Rulebook, facts: Codes, counts: Counts) -> Codes:
    """Return the facts with those of the meters: is each open to this view, what would be left."""
    codes = list(facts)
    for meter, used, seen in zip(rulebook.meters, counts[1::2], counts[2::2], strict=True):
        limit = rulebook.limit(meter.name, facts)
        opens, left = allowance(limit, used, seen=bool(seen), spends=bool(counts[0]))
        slot = rulebook.vocabulary.slots[rulebook.vocabulary.meters[meter.name].left]
        codes += (opens, slot.code(left))
    return tuple(codes)


def allowance(limit: int, used: int, *, seen: bool, spends: bool) -> tuple[bool, int]:
    """Return whether a meter is open to a view, and what is left after it.

    `used` counts what is inside the window, `seen` says that this article is among it, `spends`
    that this view would count.
    """
    if limit == 0 or (used >= limit and not seen):
        return False, 0
    return True, limit - min(used, limit) - (spends and not seen)


def _latest(usage: Usage, at: int) -> int:
    """Return the later of `at` and the last read in any meter: a window only moves forward."""
    for tally in usage.tallies.values():
        at = max(at, tally.ats[-1])
    return at


def judge(rulebook: Rulebook, facts: Sequence[Any]) -> Verdict:
    """Return what the first matching rule says of facts that are known as far as it needs them."""
    verdict = first_match(rulebook, facts)
    if verdict is None:  # pragma: no cover - `observe` looks as far as the rules need
        raise AssertionError("the rules need facts that were not observed")
    return verdict


@frozen
class Conclusion:
    """A verdict with all that follows from facts and counts alone, before the instant is looked at.

    `meter` is the place of the meter that is told (`None` without one), `limit` and `used` are
    where this view leaves it.
    """

    decision: Decision
    meter: int | None = None
    limit: int = 0
    used: int = 0


def record(
    rulebook: Rulebook,
    verdict: Verdict,
    facts: Codes,
    counts: tuple[Counts, Held],
    usage: Usage,
    now: datetime,
) -> tuple[Decision, Usage]:
    """Spend where the verdict says so, and return the decision with what is to be remembered."""
    numbers, held = counts
    conclusion = conclude(rulebook, verdict, facts, numbers, now)
    if conclusion.meter is None:
        return conclusion.decision, usage
    resets, usage = spend(rulebook, conclusion, held, usage)
    return read_meter(rulebook, conclusion, resets), usage


def conclude(
    rulebook: Rulebook, verdict: Verdict, facts: Codes, counts: Counts, now: datetime
) -> Conclusion:
    """Return the decision that a verdict makes, and what it does to the meter it is about."""
    decision = Decision(
        show=verdict.show,
        access=verdict.show.access,
        rule=verdict.rule,
        prompt=verdict.prompt,
        offer=verdict.offer,
        facts=Facts(facts, rulebook.vocabulary),
        at=now,
        policy=rulebook.digest,
        rulebook=rulebook,
    )
    for index, meter in enumerate(rulebook.meters):
        if meter.name == verdict.meter:
            used, seen = counts[1 + 2 * index : 3 + 2 * index]
            spent = bool(counts[0]) and verdict.spend is not None and not seen
            limit = rulebook.limit(meter.name, facts)
            told = evolve(decision, counted=spent)
            return Conclusion(told, index, limit, min(used + spent, limit))
    return Conclusion(decision)


def spend(
    rulebook: Rulebook, conclusion: Conclusion, held: Held, usage: Usage
) -> tuple[int | None, Usage]:
    """Count this view if the conclusion says so; return when its meter resets, and the usage.

    A usage that is written anew is without what no window of the policy holds any more.
    """
    place = conclusion.meter or 0
    name, timeline, _ = rulebook.meters[place]
    when, inside = held
    tally, mark = inside[place]
    if conclusion.decision.counted:
        tally = tally.add(mark, when)
        tallies = {**usage.tallies, name: tally}
        if len(tallies) > 1:
            for other, kept in tallies.items():
                tallies[other] = rulebook.inside(other, kept, when)
        usage = Usage(tallies)
    return timeline.resets(tally.ats, conclusion.limit, when), usage


def read_meter(rulebook: Rulebook, conclusion: Conclusion, resets: int | None) -> Decision:
    """Return a conclusion's decision with its meter, which resets at the instant `resets`."""
    meter = rulebook.meters[conclusion.meter or 0]
    reading = MeterReading(
        name=meter.name,
        limit=conclusion.limit,
        used=conclusion.used,
        left=conclusion.limit - conclusion.used,
        resets_at=None if resets is None else moment(resets, meter.timeline.zone),
    )
    return evolve(conclusion.decision, meter=reading)


def expires_at(policy: Policy, usage: Usage) -> datetime | None:
    """Return the instant from which nothing in `usage` counts any more under `policy`.

    `None` for never. A store may drop the usage from then on; nothing is decided differently
    whether it does or not.
    """
    last = None
    for name, tally in usage.tallies.items():
        for timeline in policy.rulebook.timelines_of(name):
            end = timeline.ends(tally.ats)
            if end is None:
                return None
            last = end if last is None else max(last, end)
    return None if last is None else moment(last, policy.zone)


def join(policy: Policy, source: Usage, target: Usage, now: datetime) -> Usage:
    """Return the target's usage after who read as the source has signed in as the target.

    What the source has counted until `now`, in windows that run at `now` (a time with a zone),
    counts for the target too; the source is only read. Done again, or with several sources in any
    order at one `now`, it comes to the same; where nothing is new it is the very same object.
    """
    at = instant(now)
    rulebook = policy.rulebook
    tallies = target.tallies.copy()
    for name, counted in source.tallies.items():
        timeline = rulebook.timelines.get(name)
        tallies[name] = target.tally(name).join(
            counted,
            partial(rulebook.inside, name),
            at,
            fixed=timeline is not None and timeline.window.fixed is not None,
        )
    joined = Usage(tallies)
    return target if joined == target else joined


def joined_at(policy: Policy, source: Usage, now: datetime) -> datetime:
    """Return the instant at which a source is joined that signs in now: `now`, or its last read.

    The clocks of two servers differ, and the page just read must not be lost; what is more than a
    day ahead is no difference of clocks.
    """
    at = instant(now)
    lasts = (tally.up_to(at + DAY).ats[-1:] for tally in source.tallies.values())
    return moment(max(chain([at], *lasts)), policy.zone)


def ledger(policy: Policy, usage: Usage, now: datetime) -> dict[str, tuple[Tally, datetime | None]]:
    """Return what is counted in the window running at `now`, by meter.

    With it comes the time at which the oldest of it leaves the window, in the policy's zone.
    """
    when = _latest(usage, instant(now))
    counted = {}
    for name, timeline in policy.rulebook.timelines.items():
        inside = policy.rulebook.inside(name, usage.tally(name), when)
        resets = timeline.resets(inside.ats, len(inside.ats), when) if inside.ats else None
        counted[name] = (inside, None if resets is None else moment(resets, policy.zone))
    return counted

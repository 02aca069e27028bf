"""Who may read what: the one pure function that decides.

`decide` is three steps. *Observe* reduces a reader, a view, a usage and an instant to facts: the
few things this policy can tell apart, looked at no further than its rules need. *Judge* tries the
rules in order and takes the first that matches. *Record* spends, if the rule says so and the
article is not counted already, and returns the very same usage if not.

Order of evaluation. A rule matches if its `when` holds and, where it has `spend`, if the meter is
open to this view: the article is counted already, or allowance is left. Only metered articles
spend: a premium article passes a spending rule by, a free one matches it and counts nothing
(`rulebook.SPENDING` is the table). `countdown` becomes `last-free-article` when nothing is left
after this view, and `article` where the limit is 0. An offer that is not running or not for this
reader is dropped, and a `trial-offer` without an offer is a `subscription-wall`.

Counted already. An article that one meter of articles has counted in its running window, and that
some rule spends, is counted already for all such meters, whatever their limits: it opens them and
costs nothing. A meter of views knows its own views only.

Who never counts. A `prefetch` is judged alike and never counts. One that would have counted is
`speculative`: it keeps what it would have shown, and gives a preview. For a reader without an id
every meter is closed: there is no telling what was counted.

Windows are half-open and only move forward (see `windows`). No I/O, no clock, no randomness. What
was judged before is not judged again: `memo` is the same function, remembering.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from meter.decision import ELSEWHERE, FIRST_METER, choose_told, conclude, read_meter
from meter.errors.kinds import check_argument, instance
from meter.facts import ACCESS
from meter.facts.meters import Opening
from meter.policy import Policy
from meter.rulebook import first_match
from meter.usage import Tally, Usage
from meter.view import PageView, Reader
from meter.vocabulary import Access
from meter.windows import DAY, instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.decision import Conclusion, Counts, Decision, Standing, Told
    from meter.facts import Code, Codes, Vocabulary
    from meter.rulebook import Rulebook, Verdict

# fmt: off
__all__ = [
    "Held", "allowance", "believe", "check_call", "complete", "count", "decide", "expires_at",
    "is_counted", "is_settled", "join", "joined_at", "judge", "ledger", "meter_codes", "observe",
    "record", "spend",
]
# fmt: on

_EMPTY = Tally()
_LAST = instant(datetime(9998, 12, 30, tzinfo=UTC))
"""No usage is kept for longer: calendars end with the year 9999."""
NEW = Usage()
"""A new reader's usage."""
_ARGUMENTS = {
    "policy": instance(Policy, form="a `Policy`, such as `load_policy` returns"),
    "reader": instance(Reader, form='a `Reader` such as `Reader(id="r1")`'),
    "view": instance(PageView, form='a `PageView` such as `PageView(article=Article(id="a1"))`'),
    "usage": instance(Usage, form="a `Usage`; `Usage()` is a new reader's"),
}


def decide(
    policy: Policy, reader: Reader, view: PageView, usage: Usage, now: datetime
) -> tuple[Decision, Usage]:
    """Decide what a reader gets for one page view, and return what is to be remembered.

    `now` is a time with a zone; a time without one is a `ValueError`. The usage returned is the
    same object if nothing was counted. To look without counting, drop it.
    """
    check_call(policy, reader, view, usage)
    facts, counts = observe(policy.rulebook, reader, view, usage, now)
    verdict = judge(policy.rulebook, facts)
    return record(policy.rulebook, verdict, facts, counts, usage, now)


def check_call(policy: Policy, reader: Reader, view: PageView, usage: Usage = NEW) -> None:
    """Raise `TypeError` for an argument that is of another class, such as an article for a view."""
    given = {"policy": policy, "reader": reader, "view": view, "usage": usage}
    for name, value in given.items():
        check_argument(name, value, _ARGUMENTS[name])


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
    counts, held = count(rulebook, reader, view, usage, at)
    status = reader.status_at(at)
    if first_match(rulebook, (status,)) is not None and not rulebook.histories:
        return (status,), (counts, held)
    facts = rulebook.vocabulary.observe(reader, view, at, status)
    if is_settled(rulebook, facts):
        return facts, (counts, held)
    return complete(rulebook, facts, counts), (counts, held)


def is_settled(rulebook: Rulebook, facts: Codes) -> bool:
    """Say whether facts that need no usage settle what is decided, and that nothing is counted."""
    verdict = first_match(rulebook, facts)
    if verdict is None:
        return False
    if not rulebook.histories or verdict.show.access is Access.PREVIEW:
        return True
    return len(facts) > ACCESS and not any(rulebook.keeps(m, facts) for m in rulebook.histories)


def count(
    rulebook: Rulebook, reader: Reader, view: PageView, usage: Usage, at: int
) -> tuple[Counts, Held]:
    """Return what each meter has counted in the window that runs at the instant `at`."""
    tallies = usage.tallies
    article = view.article
    counts: list[int] = [view.prefetch]
    if reader.id is None:
        return tuple(counts), (at, [])
    when, ahead = believe(usage, at)
    inside = []
    for name, timeline, by_view in rulebook.meters:
        mark = view.view_key(at) if by_view else article.key
        tally = tallies.get(name, _EMPTY)
        first = timeline.inside(tally.ats, when)
        if ahead:
            tally = tally.until(timeline.outside(tally.ats, first, when))
        if first:
            tally = tally.since(first)
        counts += (len(tally.ids), mark in tally.ids)
        inside.append((tally, mark))
    if len(rulebook.sharing) > 1 and is_counted(rulebook, counts):
        for place in rulebook.sharing:
            counts[FIRST_METER + 1 + 2 * place] = counts[FIRST_METER + 1 + 2 * place] or ELSEWHERE
    return tuple(counts), (when, inside)


def is_counted(rulebook: Rulebook, counts: Sequence[int]) -> bool:
    """Say whether the article is counted already by a meter of articles that a rule spends."""
    seen = counts[FIRST_METER + 1 :: 2]
    return any(seen[place] for place in rulebook.sharing)


def complete(rulebook: Rulebook, facts: Codes, counts: Counts) -> Codes:
    """Return the facts with those of the meters: is each open to this view, what would be left."""
    codes = list(facts)
    for place, meter in enumerate(rulebook.meters):
        limit = rulebook.limit(meter.name, facts)
        used = None
        seen = 0
        if len(counts) > FIRST_METER:
            used, seen = counts[FIRST_METER + 2 * place : FIRST_METER + 2 * place + 2]
        adds = rulebook.adds(place, facts, seen)
        codes += meter_codes(rulebook.vocabulary, meter.name, limit, used, seen=seen, adds=adds)
    return tuple(codes)


def meter_codes(
    vocabulary: Vocabulary, name: str, limit: int | None, used: int | None, *, seen: int, adds: bool
) -> Iterator[Code]:
    """Yield the codes of a meter's slots in their order.

    `used` counts what is inside the window (`None`: that cannot be known), `seen` says that this
    view is counted already, `adds` that it would count.
    """
    opening, left = Opening.CLOSED, 0
    if used is not None:
        opening, left = allowance(limit, used, seen=bool(seen), adds=adds)
    elif limit is None:
        opening, left = Opening.UNLIMITED, None
    yield opening
    slots = vocabulary.meters[name]
    yield vocabulary.slots[slots.left].code(left)
    if slots.now >= 0:
        now = left if limit is None or used is None else limit - min(used, limit)
        yield vocabulary.slots[slots.now].code(now)
    if slots.used >= 0:
        yield vocabulary.slots[slots.used].code(used)


def allowance(
    limit: int | None, used: int, *, seen: bool, adds: bool
) -> tuple[Opening, int | None]:
    """Return whether a meter is open to a view, and what is left after it.

    `used` counts what is inside the window, `seen` says that this view is counted already, `adds`
    that it would count. Without a `limit` it is always open, and there is no telling what is left.
    """
    if limit is None:
        return Opening.UNLIMITED, None
    if used >= limit and not seen:
        return Opening.CLOSED, 0
    if limit == 0:
        return Opening.GIVEN, 0
    return Opening.OPEN, max(limit - min(used, limit) - adds, 0)


def believe(usage: Usage, at: int) -> tuple[int, bool]:
    """Return the instant whose windows run at `at`, and whether some read lies ahead of it.

    That is the later of `at` and the last read in any meter: a window only moves forward. A read
    more than a day ahead of `at` is a clock that was wrong, and moves nothing.
    """
    when = at
    ahead = False
    for tally in usage.tallies.values():
        last = tally.ats[-1]
        if last > at + DAY:
            ahead = True
            believed = bisect_right(tally.ats, at + DAY)
            last = tally.ats[believed - 1] if believed else at
        when = max(when, last)
    return when, ahead


def judge(rulebook: Rulebook, facts: Sequence[Any]) -> Verdict:
    """Return what the first matching rule says of facts that are known as far as it needs them."""
    verdict = first_match(rulebook, facts)
    if verdict is None:  # pragma: no cover - `observe` looks as far as the rules need
        raise AssertionError("the rules need facts that were not observed")
    return verdict


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
    if not conclusion.groups and not conclusion.counted:
        return conclusion.decision, usage
    told, usage = spend(rulebook, conclusion, held, usage)
    decision = conclusion.decision if told is None else read_meter(rulebook, conclusion, told)
    return decision, usage


def spend(
    rulebook: Rulebook, conclusion: Conclusion, held: Held, usage: Usage
) -> tuple[Told | None, Usage]:
    """Count this view where the conclusion says so; return the meter that is told, and the usage.

    A usage that is written anew is without what no window of the policy holds any more.
    """
    when, inside = held
    tallies = {}
    for place in conclusion.counted:
        tally, mark = inside[place]
        tallies[place] = tally.add(mark, when)

    def resets(standing: Standing) -> int | None:
        place, limit, _ = standing
        if not inside:
            return None
        tally = tallies.get(place) or inside[place][0]
        timeline = rulebook.meters[place].timeline
        return timeline.resets(tally.ats, max(1, len(tally.ats)) if limit is None else limit, when)

    told = choose_told(conclusion, resets)
    if not tallies:
        return told, usage
    named = {rulebook.meters[place].name: tally for place, tally in tallies.items()}
    return told, _remembered(rulebook, usage, named, when)


def _remembered(rulebook: Rulebook, usage: Usage, counted: dict[str, Tally], when: int) -> Usage:
    """Return a usage in which some meters have counted anew, at the instant `when`."""
    kept = {}
    for name, tally in counted.items():
        before = usage.tally(name)
        # What lies ahead is kept: it may be this clock that is wrong.
        ahead = before.ats and before.ats[-1] > when
        kept[name] = tally.with_later(before, when) if ahead else tally
    tallies = {**usage.tallies, **kept}
    if len(tallies) > 1:
        for other, tally in tallies.items():
            tallies[other] = rulebook.inside(other, tally, when)
    return Usage(tallies)


def expires_at(policy: Policy, usage: Usage, now: datetime | None = None) -> datetime | None:
    """Return the instant from which nothing in `usage` counts any more under `policy`.

    `None` for never. A store may drop the usage from then on; nothing is decided differently
    whether it does or not. A read more than a day ahead of `now` is taken to be a day ahead, so
    that no clock that was wrong keeps a record for years; without `now` every read is believed.
    """
    latest = _LAST if now is None else min(instant(now) + DAY, _LAST)
    last = None
    for name, tally in usage.tallies.items():
        for timeline in policy.rulebook.timelines_of(name):
            end = timeline.ends((min(tally.ats[-1], latest),))
            if end is None:
                return None
            last = end if last is None else max(last, end)
    return None if last is None else moment(min(last, _LAST), policy.zone)


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
    when, ahead = believe(usage, instant(now))
    counted = {}
    for name, timeline in policy.rulebook.timelines.items():
        tally = usage.tally(name)
        first = timeline.inside(tally.ats, when)
        if ahead:
            tally = tally.until(timeline.outside(tally.ats, first, when))
        inside = tally.since(first)
        resets = timeline.resets(inside.ats, len(inside.ats), when) if inside.ats else None
        counted[name] = (inside, None if resets is None else moment(resets, policy.zone))
    return counted

"""Who may read what: the one pure function that decides.

`decide` is three steps. *Observe* reduces a reader, a view, a usage and an instant to facts: the
few things this policy can tell apart, looked at no further than its rules need. *Judge* tries the
rules in order and takes the first that matches. *Record* spends, if the rule says so and the
article is not counted already, and returns the very same usage if not.

Order of evaluation. A rule matches if its `when` holds and, where it has `spend`, if each of its
meters is open to this view: the article is counted already, or allowance is left. A free article
matches it and counts nothing; one that some of its meters is not for (`access`) passes it by
(`rulebook.SPENDING` is the table). `countdown` becomes `last-free-article` when nothing is left of
one of the meters after this view, and `article` where one has 0 for this reader or none has a
limit. `wall` becomes the wall that fits the reader and the offer. An offer that is not running or
not for this reader is dropped, as one is that an account starts once and has started, and one that
lasts a while and was first shown to this reader so long ago; a `trial-offer` without an offer is a
`subscription-wall`.

Counted already. An article that one meter of articles has counted in its running window, and that
some rule spends, is counted already for all such meters, whatever their limits: it opens them and
costs nothing. A meter of views knows its own views only, and one that no rule spends opens nothing.

How often a prompt is shown. A prompt that is not shown every time is shown where what the record
says of it and the views that meters count leave room; else the one that stands for it, or none.
Which rule decides, what it opens and what is counted never hang on that.

What is counted. Each meter that the rule spends counts the view, unless it is counted already; and
each history (`counts`) that a whole view is part of, whichever rule opened it.

Who never counts. A `prefetch` is judged alike and never counts. One that would have counted on a
meter with a limit is `speculative`: it keeps what it would have shown, and gives a preview. For a
reader without an id every meter with a limit is closed: there is no telling what was counted.

What is counted is looked at in `counting`, what was shown in `showings`; what becomes of a record
over time is in `records`, and for prompts in `keeping`. Windows are half-open and only move forward
(see `windows`). No I/O, no clock, no randomness. What was judged before is not judged again: `memo`
is the same function, remembering.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from meter.decision import choose_told, read_meter
from meter.engine.calls import check_call
from meter.engine.counting import (
    Held,
    allowance,
    believe,
    complete,
    count,
    is_counted,
    meter_codes,
)
from meter.engine.deadlines import begin, deadlines, elapsed_codes, long_offered, prune_offered
from meter.engine.exposures import conclude, other_variants
from meter.engine.keeping import first_looked_at, prune_closed, prune_shown, shown_after
from meter.engine.records import (
    check_prompt,
    close,
    ends_at,
    expires_at,
    join,
    joined_at,
    ledger,
    start,
)
from meter.engine.showings import by_showings, look, seen_of, unremembered
from meter.facts import ACCESS
from meter.rulebook import first_match
from meter.usage import NOTHING, Usage
from meter.vocabulary import Access
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from meter.decision import Conclusion, Counts, Decision, Standing, Told
    from meter.facts import Codes
    from meter.policy import Policy
    from meter.rulebook import Rulebook, Verdict
    from meter.usage import Tally
    from meter.view import PageView, Reader

# fmt: off
__all__ = [
    "Held", "allowance", "believe", "by_showings", "check_call", "check_prompt", "close",
    "complete", "conclude", "count", "counting", "deadlines", "decide", "elapsed_codes",
    "ends_at", "expires_at", "first_looked_at", "is_counted", "is_settled", "join",
    "joined_at", "judge", "ledger", "long_offered", "look", "meter_codes", "observe",
    "prune_shown", "record", "remember", "seen_of", "shown_after", "spend", "start",
    "unremembered",
]
# fmt: on

NEW = Usage()
"""A new reader's usage."""
_NO_TALLIES: Mapping[int, Tally] = MappingProxyType({})


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


def observe(
    rulebook: Rulebook, reader: Reader, view: PageView, usage: Usage, now: datetime
) -> tuple[Codes, tuple[Counts, Held]]:
    """Return the facts, no further than the rules need them, and what the meters have counted.

    Facts are looked at in stages: the reader's status, then who reads what, then the counts.
    """
    at = instant(now)
    counts, held = count(rulebook, reader, view, usage, at)
    status = reader.status_at(at)
    if is_settled(rulebook, (status,)):
        return (status,), (counts, held)
    facts = rulebook.vocabulary.observe(reader, view, at, status)
    if is_settled(rulebook, facts):
        return facts, (counts, held)
    return complete(rulebook, facts, counts), (counts, held)


def is_settled(rulebook: Rulebook, facts: Codes) -> bool:
    """Say whether facts that need no usage settle what is decided, and that nothing is counted.

    A prompt that is not shown every time hangs on what was shown before, and is counted. It has to
    be settled in every other variant of an experiment as well: that is what an exposure hangs on.
    """
    if not _settles(rulebook, facts):
        return False
    if not rulebook.experiments:
        return True
    return all(_settles(rulebook, known) for _, known in other_variants(rulebook, facts))


def _settles(rulebook: Rulebook, facts: Codes) -> bool:
    verdict = first_match(rulebook, facts)
    if verdict is None or verdict.prompt in rulebook.frequencies.places:
        return False
    if not rulebook.histories or verdict.show.access is Access.PREVIEW:
        return True
    return len(facts) > ACCESS and not any(rulebook.keeps(m, facts) for m in rulebook.histories)


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
    if not conclusion.says_more:
        return conclusion.decision, usage
    told, usage = spend(rulebook, conclusion, held, usage)
    decision = conclusion.decision if told is None else read_meter(rulebook, conclusion, told)
    if conclusion.lasting:
        decision = decision.ending(deadlines(rulebook, conclusion, usage, held[-1]), now)
    return decision, usage


def spend(
    rulebook: Rulebook, conclusion: Conclusion, held: Held, usage: Usage
) -> tuple[Told | None, Usage]:
    """Count this view where the conclusion says so; return the meter that is told, and the usage.

    A usage that is written anew is without what no window of the policy holds any more.
    """
    counted = counting(conclusion, held)
    told: Told | None = None
    if conclusion.alone is not None:  # nearly always: nothing is to be chosen
        told = (conclusion.alone, _resets(rulebook, conclusion.alone, held, counted), ())
    elif conclusion.groups:
        told = _chosen(rulebook, conclusion, held, counted)
    if not conclusion.writes:
        return told, usage
    return told, remember(rulebook, conclusion, held, usage, counted)


def counting(conclusion: Conclusion, held: Held) -> Mapping[int, Tally]:
    """Return what the meters that count this view have counted then, by their places."""
    if not conclusion.counted:
        return _NO_TALLIES
    when, inside, _, _ = held
    tallies = {}
    for place in conclusion.counted:
        tally, mark = inside[place]
        tallies[place] = tally.add(mark, when)
    return tallies


def _resets(
    rulebook: Rulebook, standing: Standing, held: Held, counted: Mapping[int, Tally]
) -> int | None:
    """Return when a meter resets; `counted` are those that have counted this view."""
    place, limit, _ = standing
    when, inside, _, _ = held
    if not inside:
        return None
    tally = counted[place] if place in counted else inside[place][0]
    return rulebook.meters[place].timeline.resets(tally.ats, limit, when)


def _chosen(
    rulebook: Rulebook, conclusion: Conclusion, held: Held, counted: Mapping[int, Tally]
) -> Told | None:
    """Return the meter that is told of several, with the exposures that hang on which it is."""

    def resets(standing: Standing) -> int | None:
        return _resets(rulebook, standing, held, counted)

    told = choose_told(conclusion.groups, resets)
    if not conclusion.perhaps or told is None:
        return told
    others = {
        exposure: None
        for exposure, other in conclusion.perhaps
        if choose_told(other, resets) != told
    }
    return (*told[:2], tuple(others))


def remember(
    rulebook: Rulebook,
    conclusion: Conclusion,
    held: Held,
    usage: Usage,
    counted: Mapping[int, Tally],
) -> Usage:
    """Return a usage after a view: what it has counted, which prompt and which offers it shows.

    `counted` are the meters that have counted anew, by their places.
    """
    when, _, glance, at = held
    tallies = _tallies(rulebook, usage, counted, when) if counted else usage.tallies
    shown, closed, offered = usage.shown, usage.closed, usage.offered
    key = ""
    if conclusion.begins:
        offered = begin(usage, conclusion.lasting, at)
    if glance is not None:
        _, when, view = glance
        if conclusion.shown is not None:
            key = view.view_key(at)
            shown = shown_after(rulebook, shown, conclusion.shown, when, key)
    noted = shown is not usage.shown or offered is not usage.offered
    if not (counted or noted):
        return usage
    if shown or closed or offered:
        if shown and shown is usage.shown:
            shown = prune_shown(rulebook, shown, when, key)
        closed = closed and prune_closed(rulebook, closed, when)
        offered = offered and prune_offered(rulebook, offered, when)
    return usage.holding(tallies, shown, closed, offered)


def _tallies(
    rulebook: Rulebook, usage: Usage, counted: Mapping[int, Tally], when: int
) -> dict[str, Tally]:
    """Return what all meters have counted, some of them anew at the instant `when`."""
    tallies = usage.tallies.copy()
    for place, tally in counted.items():
        name = rulebook.meters[place].name
        before = tallies.get(name, NOTHING)
        # What lies ahead is kept: it may be this clock that is wrong.
        ahead = before.ats and before.ats[-1] > when
        tallies[name] = tally.with_later(before, when) if ahead else tally
    if len(tallies) > 1:
        for other, tally in tallies.items():
            tallies[other] = rulebook.inside(other, tally, when)
    return tallies

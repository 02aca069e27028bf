"""Who may read what: the one pure function that decides.

`decide` is three steps. *Observe* reduces a reader, a view, a usage and an instant to `Facts`: the
few things this policy can tell apart. *Judge* tries the rules in order and takes the first that
matches. *Record* spends, if the rule says so and the article is not counted already, and returns
the very same usage if not.

Order of evaluation. A rule matches if its `when` holds and, where it has `spend`, if the meter is
open to this view: the article is counted already in the running window, or allowance is left. A
limit of 0 is never open. Only metered articles spend: a premium article passes a spending rule by,
a free one matches it and counts nothing. What is not a person reading (`prefetch`) is judged alike
and never counts. `countdown` becomes `last-free-article` when nothing is left after this view. An
offer that is not running or not for this reader is dropped, and a `trial-offer` without an offer is
a `subscription-wall`.

Windows are half-open and only move forward (see `windows`). No I/O, no clock, no randomness.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, evolve, frozen

from meter.decision import Access, Decision, MeterReading, Show
from meter.facts import Facts
from meter.usage import Tally, Usage
from meter.view import ArticleAccess
from meter.windows import instant, moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from meter.policy import Policy
    from meter.rulebook import JudgedRule, Rulebook
    from meter.view import PageView, Reader
    from meter.windows import Timeline

__all__ = ["Verdict", "allowance", "decide", "expires_at", "explain", "judge", "ledger", "settle"]

_EMPTY = Tally()
_MOST_REMEMBERED = 4096


@frozen
class Verdict:
    """What the rules say of some facts.

    `spend` is the meter to spend from, `meter` the one to tell the reader about.
    """

    rule: str
    show: Show
    prompt: str | None
    offer: str | None
    spend: str | None
    meter: str | None


def judge(rulebook: Rulebook, values: Sequence[Any]) -> Verdict | None:
    """Return what the first matching rule says of the codes in `values`.

    With the codes of every slot there is always a verdict. With only the first few (the status
    alone, or all that need no usage) the answer is `None` where it depends on more.
    """
    access, refused = values[1] if len(values) > 1 else None, None
    for rule in rulebook.rules:
        holds = rule.formula.holds(values)
        if holds is False:
            continue
        if holds is None:
            return None
        if rule.spend is not None and access != ArticleAccess.FREE:
            if access == ArticleAccess.PREMIUM:
                continue
            if len(values) <= rule.left_slot:  # and so where the access is not known yet
                return None
            if not values[rule.open_slot]:
                refused = refused or rule.spend
                continue
        return _verdict(rule, values, access, refused)
    raise AssertionError(
        "a policy ends with a rule that matches everything"
    )  # pragma: no cover - Policy refuses any other


def _verdict(
    rule: JudgedRule, values: Sequence[Any], access: str | None, refused: str | None
) -> Verdict | None:
    show, offer, prompt = rule.show, rule.offer, rule.prompt
    spend = rule.spend if access == ArticleAccess.METERED else None
    if rule.spend is not None and spend is None:  # a free article: there is nothing to count down
        show, prompt = Show.ARTICLE, None
    elif show is Show.COUNTDOWN and values[rule.left_slot] == rule.nothing_left:
        show = Show.LAST_FREE_ARTICLE
    if offer is not None:
        available = rule.offer_formula.holds(values)
        if available is None:
            return None
        offer = offer if available else None
    if show is Show.TRIAL_OFFER and offer is None:
        show = Show.SUBSCRIPTION_WALL
    prompt = prompt or (None if show is Show.ARTICLE else str(show))
    return Verdict(
        rule.name,
        show,
        prompt,
        offer,
        spend,
        spend or (refused if show.access is Access.PREVIEW else None),
    )


def allowance(limit: int, used: int, seen: bool, spends: bool) -> tuple[bool, int]:
    """Return whether a meter is open to a view, and what is left after it.

    `used` counts what is inside the window, `seen` says that this article is among it, `spends`
    that this view would count.
    """
    if limit == 0 or (used >= limit and not seen):
        return False, 0
    return True, limit - min(used, limit) - (spends and not seen)


@define
class _Judged:
    """A verdict on some facts and counts, as the decision it makes.

    `latest` is that decision with its meter, by reset.
    """

    decision: Decision
    meter: int | None
    limit: int
    used: int
    counts: bool
    latest: tuple[int | None, Decision] | None = None


@define
class _Situation:
    """Facts that need no usage, and everything that follows from them alone.

    `judged` goes by what each meter has counted.
    """

    values: tuple[Any, ...]
    settled: Decision | None
    judged: dict[tuple[int, ...], _Judged]


def _situation(
    rulebook: Rulebook, reader: Reader, view: PageView, at: int, now: datetime
) -> _Situation:
    """Observe what needs no usage.

    No further than the reader's status, where that settles the matter.
    """
    status = reader.status_at(at)
    situation = rulebook.situations.get((status,)) or _situate(rulebook, (status,), now)
    if situation.settled is not None:
        return situation
    values = rulebook.vocabulary.observe(reader, view, at, status)
    return rulebook.situations.get(values) or _situate(rulebook, values, now)


def _situate(rulebook: Rulebook, values: tuple[Any, ...], now: datetime) -> _Situation:
    verdict = judge(rulebook, values)
    settled = None if verdict is None else _decision(rulebook, verdict, values, now)
    if (
        settled is None
        and len(values) == rulebook.vocabulary.base
        and not any(_limits(rulebook, values))
    ):
        settled = _closed(rulebook, values, now)
    if len(rulebook.situations) >= _MOST_REMEMBERED:
        rulebook.situations.clear()
    situation: _Situation = rulebook.situations.setdefault(values, _Situation(values, settled, {}))
    return situation


def _limits(rulebook: Rulebook, values: tuple[Any, ...]) -> list[int]:
    return [rulebook.limit(name, values) for name, _, _ in rulebook.meters]


def _closed(rulebook: Rulebook, values: tuple[Any, ...], now: datetime) -> Decision:
    """Decide for a reader who has no allowance of any meter, whatever was counted.

    A limit of 0 never opens and never resets.
    """
    judged = _judge(
        rulebook, _Situation(values, None, {}), (False, *(0, False) * len(rulebook.meters)), now
    )
    if judged.meter is None:
        return judged.decision
    name, timeline, _ = rulebook.meters[judged.meter]
    return _read_meter(judged, name, None, timeline)


def _decision(
    rulebook: Rulebook,
    verdict: Verdict,
    values: tuple[Any, ...],
    now: datetime,
    *,
    counted: bool = False,
) -> Decision:
    return Decision(
        show=verdict.show,
        access=verdict.show.access,
        rule=verdict.rule,
        prompt=verdict.prompt,
        offer=verdict.offer,
        counted=counted,
        facts=Facts(values, rulebook.vocabulary),
        at=now,
        policy=rulebook.digest,
        rulebook=rulebook,
    )


def settle(policy: Policy, reader: Reader, view: PageView, now: datetime) -> Decision | None:
    """Return the decision if it does not depend on what was counted, else `None`.

    A subscriber or a free article is decided here, without asking a store for anything.
    """
    settled = _situation(policy.rulebook, reader, view, instant(now), now).settled
    return None if settled is None else settled._dated(now)


def decide(
    policy: Policy, reader: Reader, view: PageView, usage: Usage, now: datetime
) -> tuple[Decision, Usage]:
    """Decide what a reader gets for one page view, and return what is to be remembered.

    `now` is a time with a zone; a time without one is a `ValueError`. The usage returned is the
    same object if nothing was counted. To look without counting, drop it.

    >>> from datetime import datetime, UTC
    >>> from meter import Article, PageView, Reader, Usage, decide, loads_policy
    >>> policy = loads_policy('''
    ... [publication]
    ... name = "The Harbour Review"
    ... [meters.monthly]
    ... window = { calendar = "month" }
    ... limit = 1
    ... [[rules]]
    ... name = "one a month"
    ... spend = "monthly"
    ... show = "countdown"
    ... [[rules]]
    ... name = "everyone else"
    ... show = "subscription-wall"
    ... ''')
    >>> now = datetime(2026, 6, 1, tzinfo=UTC)
    >>> decision, usage = decide(policy, Reader(id="r1"), PageView(article=Article(id="a1")), Usage(), now)
    >>> str(decision.show), decision.meter.left
    ('last-free-article', 0)
    >>> str(decide(policy, Reader(id="r1"), PageView(article=Article(id="a2")), usage, now)[0].show)
    'subscription-wall'
    """
    at = instant(now)
    rulebook = policy.rulebook
    situation = _situation(rulebook, reader, view, at, now)
    if situation.settled is not None:
        return situation.settled._dated(now), usage

    article = view.article
    spends = article.access is ArticleAccess.METERED and not view.prefetch
    counts: list[int] = [spends]
    when = _latest(usage, at)
    inside = []
    for name, timeline, by_view in rulebook.meters:
        mark = view.view_key(at) if by_view else article.key
        tally = usage.tallies.get(name)
        if tally is None:
            counts += (0, False)
            inside.append((_EMPTY, mark))
            continue
        tally = tally.since(timeline.inside(tally.ats, when))
        counts += (len(tally.ids), mark in tally.ids)
        inside.append((tally, mark))

    judged = situation.judged.get(tuple(counts)) or _judge(rulebook, situation, tuple(counts), now)
    if judged.meter is None:
        return judged.decision._dated(now), usage
    name, timeline, _ = rulebook.meters[judged.meter]
    tally, mark = inside[judged.meter]
    if judged.counts:
        tally = tally.add(mark, when)
        usage = _spend(rulebook, usage, name, tally, when)
    resets = timeline.resets(tally.ats, judged.limit, when)
    latest = judged.latest
    if latest is None or latest[0] != resets:
        latest = judged.latest = resets, _read_meter(judged, name, resets, timeline)
    return latest[1]._dated(now), usage


def _judge(
    rulebook: Rulebook, situation: _Situation, counts: tuple[int, ...], now: datetime
) -> _Judged:
    """Judge a situation by what each meter has counted.

    (whether this view would count, then used and seen for each meter).
    """
    spends, used, seen = bool(counts[0]), counts[1::2], counts[2::2]
    limits = _limits(rulebook, situation.values)
    rooms = [
        allowance(limit, count, bool(known), spends)
        for limit, count, known in zip(limits, used, seen, strict=True)
    ]
    left_slots = rulebook.vocabulary.slots[rulebook.vocabulary.base + 1 :: 2]
    codes = [
        code
        for slot, (opens, left) in zip(left_slots, rooms, strict=True)
        for code in (opens, slot.code(left))
    ]
    values = (*situation.values, *codes)
    verdict = judge(rulebook, values)
    assert verdict is not None
    if len(situation.judged) >= _MOST_REMEMBERED:
        situation.judged.clear()
    index = next((i for i, meter in enumerate(rulebook.meters) if meter[0] == verdict.meter), None)
    if index is None:
        judged = _Judged(_decision(rulebook, verdict, values, now), None, 0, 0, counts=False)
    else:
        counted = spends and verdict.spend is not None and not seen[index]
        after = min(used[index] + counted, limits[index])
        judged = _Judged(
            _decision(rulebook, verdict, values, now, counted=counted),
            index,
            limits[index],
            after,
            counted,
        )
    situation.judged[counts] = judged
    return judged


def _read_meter(judged: _Judged, name: str, resets: int | None, timeline: Timeline) -> Decision:
    resets_at = None if resets is None else moment(resets, timeline.zone)
    reading = MeterReading(
        name=name,
        limit=judged.limit,
        used=judged.used,
        left=judged.limit - judged.used,
        resets_at=resets_at,
    )
    return evolve(judged.decision, meter=reading)


def _latest(usage: Usage, at: int) -> int:
    """Return the later of `at` and the last read on record in any meter.

    A window only moves forward.
    """
    for tally in usage.tallies.values():
        at = max(at, tally.ats[-1])
    return at


def _spend(rulebook: Rulebook, usage: Usage, name: str, tally: Tally, when: int) -> Usage:
    """Return a usage with one meter's new tally, and without what no window of the policy holds any
    more.
    """
    tallies = {**usage.tallies, name: tally}
    if len(tallies) > 1:
        tallies = {other: _inside(rulebook, other, kept, when) for other, kept in tallies.items()}
    return Usage(tallies)


def _inside(rulebook: Rulebook, name: str, tally: Tally, when: int) -> Tally:
    timeline = rulebook.timelines.get(name)
    if timeline is not None:
        return tally.since(timeline.inside(tally.ats, when))
    # A meter the policy no longer has may come back with the next one: it is kept while the longest
    # window lasts.
    ends = [line.ends(tally.ats) for line in rulebook.timelines.values()]
    return tally if any(end is None or when < end for end in ends) else Tally()


def expires_at(policy: Policy, usage: Usage) -> datetime | None:
    """Return the instant from which nothing in `usage` counts any more under `policy`, or `None`
    for never.

    A store may drop the usage from then on; nothing is decided differently whether it does or not.
    """
    ends: list[int] = []
    for name, tally in usage.tallies.items():
        lines = (
            [policy.rulebook.timelines[name]]
            if name in policy.rulebook.timelines
            else policy.rulebook.timelines.values()
        )
        for line in lines:
            end = line.ends(tally.ats)
            if end is None:
                return None
            ends.append(end)
    return moment(max(ends), policy.zone) if ends else None


def ledger(policy: Policy, usage: Usage, now: datetime) -> dict[str, tuple[Tally, datetime | None]]:
    """Return, by meter, what is counted in the window running at `now`, and when the oldest of it
    leaves the window.
    """
    when, counted = _latest(usage, instant(now)), {}
    for name, timeline in policy.rulebook.timelines.items():
        tally = usage.tally(name)
        inside = tally.since(timeline.inside(tally.ats, when))
        resets = timeline.resets(inside.ats, len(inside.ats), when) if inside.ats else None
        counted[name] = inside, None if resets is None else moment(resets, policy.zone)
    return counted


def explain(decision: Decision) -> str:
    """Say in words which rule decided, and why those before it did not."""
    from meter.explanation import (
        explanation,
    )

    return explanation(decision)

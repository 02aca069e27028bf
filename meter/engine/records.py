"""What becomes of a record over time: when it is over, and how a sign-in joins two."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from meter.engine.calls import check_given
from meter.engine.counting import believe
from meter.engine.deadlines import offered_ends, prune_offered
from meter.engine.keeping import join_prompts, prompt_ends
from meter.errors import UnknownPromptError
from meter.errors.kinds import check_name
from meter.policy.faults.frequency import known_prompts
from meter.usage import Usage, earliest_of
from meter.windows import DAY, LAST_WHOLE, instant, moment

if TYPE_CHECKING:
    from datetime import datetime

    from meter.policy import Policy
    from meter.rulebook import Rulebook
    from meter.usage import Tally

__all__ = ["check_prompt", "close", "ends_at", "expires_at", "join", "joined_at", "ledger", "start"]


def expires_at(policy: Policy, usage: Usage, now: datetime | None = None) -> datetime | None:
    """Return the instant from which nothing in `usage` counts any more under `policy`.

    `None` for never: of a meter or a cap for life, where an account has started what it starts
    once, or where an offer without an end was shown that lasts a while for each reader. A store may
    drop the usage from then on; nothing is decided differently whether it does or not. A read more
    than a day ahead of `now` is taken to be a day ahead, so that no clock that was wrong keeps a
    record for years; without `now` every read is believed.
    """
    ends = ends_at(policy.rulebook, usage, None if now is None else instant(now))
    return None if ends is None else moment(ends, policy.zone)


def ends_at(rulebook: Rulebook, usage: Usage, at: int | None = None) -> int | None:
    """Return what `expires_at` does, for the instant `at` and as an instant."""
    latest = LAST_WHOLE if at is None else min(at + DAY, LAST_WHOLE)
    if usage.started:
        return None
    ends: list[int | None] = []
    for name, tally in usage.tallies.items():
        reads = tally.ats if tally.ats[-1] <= latest else (latest,)
        ends += [timeline.ends(reads) for timeline in rulebook.timelines_of(name)]
    if usage.shown or usage.closed:
        ends += prompt_ends(rulebook, usage, latest)
    if usage.offered:
        ends += offered_ends(rulebook, usage)
    last = None
    for end in ends:
        if end is None:
            return None
        if last is None or end > last:
            last = end
    return None if last is None else min(last, LAST_WHOLE)


def join(
    policy: Policy,
    source: Usage,
    target: Usage,
    now: datetime,
    *,
    clock: datetime | None = None,
) -> Usage:
    """Return the target's usage after who read as the source has signed in as the target.

    What the source has counted until `now`, in windows that run at `now` (a time with a zone),
    counts for the target too, and so does what it has started, what was shown to it and what it
    has closed; an offer that lasts a while was first shown when the first of the two says. The
    source is only read. Done again, or with several sources in any order at one
    `now`, it comes to the same; where nothing is new it is the very same object.

    What is over by `now`, and what the source holds no longer because it was pruned since, takes
    no part: repeated later, a sign-in brings what the source still remembers of that time.

    What the target has counted more than a day ahead of `now` moves no window and hides nothing
    that is brought: it is kept as it was. Where a sign-in is repeated later, `clock` says what time
    it is by then, so that what the target has read since is believed.
    """
    check_given(policy=policy, source=source, target=target)
    at = instant(now)
    believed = DAY + (at if clock is None else max(at, instant(clock)))
    rulebook = policy.rulebook
    tallies = target.tallies.copy()
    for name, counted in source.tallies.items():
        timeline = rulebook.timelines.get(name)
        own = target.tally(name)
        near = own.up_to(believed)
        joined = near.join(
            counted,
            partial(rulebook.inside, name),
            at,
            fixed=timeline is not None and timeline.window.fixed is not None,
        )
        tallies[name] = own if joined is near else joined.with_later(own, believed)
    shown, closed = target.shown, target.closed
    if source.shown or source.closed:
        shown, closed = join_prompts(rulebook, source, target, at, believed)
    offered = target.offered
    if source.offered:
        early = {offer: first for offer, first in source.offered.items() if first <= at}
        offered = earliest_of(offered, prune_offered(rulebook, early, at))
    after = Usage(tallies, target.started | source.started, shown, closed, offered)
    return target if after == target else after


def start(policy: Policy, usage: Usage, offer: str) -> Usage:
    """Return a usage after its account has started an offer.

    It is the very same object where that changes nothing: an offer without `once` may be started
    again. Raises `MeterError` if the policy has no such offer.
    """
    return usage.starting(offer) if policy.offer(offer).once else usage


def close(policy: Policy, usage: Usage, prompt: str, now: datetime) -> Usage:
    """Return a usage after its reader has closed a prompt at `now`, a time with a zone.

    It is the very same object where no prompt of the policy is silent after that. Raises what
    `check_prompt` does.
    """
    check_prompt(policy, prompt)
    group = policy.rulebook.frequencies.group_of(prompt)
    return usage if group is None or not group.closed else usage.closing(prompt, instant(now))


def check_prompt(policy: Policy, prompt: str) -> None:
    """Raise `UnknownPromptError` where the policy has no such prompt, and none ships by that name.

    That is a mistake whoever closes it, also a reader of whom nothing is remembered.
    """
    check_name("prompt", prompt, known_prompts(policy), UnknownPromptError)


def joined_at(policy: Policy, source: Usage, now: datetime) -> datetime:
    """Return the instant at which a source is joined that signs in now: `now`, or the last it did.

    The clocks of two servers differ, and the page just read or the prompt just closed must not be
    lost; what is more than a day ahead is no difference of clocks.
    """
    at = instant(now)
    tallies = chain(source.tallies.values(), source.shown.values())
    lasts = (tally.up_to(at + DAY).ats[-1:] for tally in tallies)
    told = chain(source.closed.values(), source.offered.values())
    near = (when for when in told if when <= at + DAY)
    return moment(max(chain([at], near, *lasts)), policy.zone)


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

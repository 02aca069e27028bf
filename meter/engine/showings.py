"""May a prompt be shown, and what a showing leaves in a record.

A showing is remembered under the view's id, so a view that is retried shows its prompt again and
counts no second time. The instant of a showing is never before what is on record, of meters or of
prompts; it moves no meter's window. A closing silences for a stretch of absolute time, half-open
like every window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve

from meter.facts.attributes import since
from meter.rulebook import MAY, NOT_NOW, SHOWN
from meter.usage import Tally, latest_believed
from meter.windows import DAY

if TYPE_CHECKING:
    from meter.decision import Decision
    from meter.rulebook import JudgedPrompt, PromptGroup, Rulebook
    from meter.usage import Usage
    from meter.view import PageView, Reader
    from meter.windows import Timeline

__all__ = ["Glance", "look", "show", "unremembered"]

_purchase = since("purchase", None)


class Glance(NamedTuple):
    """What a record says of the tracked prompts, and the instant and the id of a showing."""

    codes: tuple[int, ...]
    seen: tuple[int, ...]
    when: int
    key: str


def look(
    rulebook: Rulebook, reader: Reader, view: PageView, usage: Usage, at: int, when: int
) -> Glance:
    """Return what a record says of each tracked prompt for a view at the instant `at`.

    `when` is the instant whose windows run for meters.
    """
    frequencies = rulebook.frequencies
    when, ahead = latest_believed(usage.shown.values(), at, when)
    key = view.view_key(at)
    bought = _purchase(reader, view, at) if reader.entitlements else None
    tallies = [_of_group(group, usage) for group in frequencies.groups]
    silent = [_last_closing(group, usage, at) for group in frequencies.groups]

    def inside(tally: Tally, timeline: Timeline) -> Tally:
        first = timeline.inside(tally.ats, when)
        if ahead:
            tally = tally.until(timeline.outside(tally.ats, first, when))
        return tally.since(first)

    def code(prompt: JudgedPrompt) -> int:
        closed = silent[prompt.group]
        if prompt.closed and closed is not None and when < closed + prompt.closed:
            return NOT_NOW
        if bought is not None and bought < prompt.purchase:
            return NOT_NOW
        if not tallies[prompt.group].ids:
            return MAY
        own = usage.showings(prompt.name).ids
        ids, ats = tallies[prompt.group].ids, tallies[prompt.group].ats
        for times, timeline in prompt.caps:
            first = timeline.inside(ats, when)
            last = timeline.outside(ats, first, when) if ahead else len(ats)
            if last - first >= times and not (key in own and key in ids[first:last]):
                return NOT_NOW
        if prompt.retried and key in inside(usage.showings(prompt.name), prompt.retried).ids:
            return SHOWN
        return MAY

    def seen(name: str) -> int:
        place = frequencies.places.get(name)
        window = None if place is None else frequencies.prompts[place].seen
        if window is None:  # of another policy, that shares this vocabulary
            return 0
        return min(len(inside(usage.showings(name), window.timeline).ids), window.times)

    return Glance(
        tuple(map(code, frequencies.prompts)),
        tuple(map(seen, rulebook.vocabulary.seen)),
        when,
        key,
    )


def _of_group(group: PromptGroup, usage: Usage) -> Tally:
    """Return the showings of all prompts of a group."""
    found = Tally()
    for name in group.names:
        found = found.union(usage.showings(name)) if found.ids else usage.showings(name)
    return found


def _last_closing(group: PromptGroup, usage: Usage, at: int) -> int | None:
    """Return when a prompt of a group was closed last, as far as the clock can be believed."""
    closings = (usage.closed[name] for name in group.names if name in usage.closed)
    return max((closed for closed in closings if closed <= at + DAY), default=None)


def show(rulebook: Rulebook, usage: Usage, prompt: str, glance: Glance) -> Usage:
    """Return a usage after a prompt was shown: the very same where that view has shown it."""
    group = rulebook.frequencies.group_of(prompt)
    if group is None or not group.windows:
        return usage
    own = usage.showings(prompt)
    when, key = glance.when, glance.key
    near = own.up_to(when)
    every = _of_group(group, usage).up_to(when)
    if key in near.ids and all(
        key in every.since(window.timeline.inside(every.ats, when)).ids for window in group.windows
    ):
        return usage
    shown = near.add(key, when).with_later(own, when)
    return evolve(usage, shown={**usage.shown, prompt: shown})


def unremembered(decision: Decision) -> Decision:
    """Return a decision of which nothing is written: a prompt that must be remembered gives way."""
    if decision.rulebook is None:
        return decision
    prompt = decision.rulebook.frequencies.shown(decision.prompt)
    return decision if prompt == decision.prompt else evolve(decision, prompt=prompt)

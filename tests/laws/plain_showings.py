"""How often prompts were shown, read in the plainest way: every group, every window, every time.

The engine looks at no more than a view can hang on; what it says is held to this.
"""

from __future__ import annotations

from datetime import timedelta

from meter.facts.attributes import since
from meter.rulebook import MAY, NOT_NOW, SHOWN
from meter.usage import NOTHING, table_of, tally_of
from meter.windows import DAY

__all__ = ["plain_after", "plain_look"]

purchase = since("purchase", None)
MICROSECOND = timedelta(microseconds=1)


def believed_at(usage, at, when):
    """Return the instant whose windows run for prompts: no showing a day ahead moves it."""
    near = [on for tally in usage.shown.values() for on in tally.ats if on <= at + DAY]
    return max([when, *near])


def inside(tally, timeline, when):
    """Return what of a tally the window holds that runs at an instant."""
    first = timeline.inside(tally.ats, when)
    if tally.ats and tally.ats[-1] > when:
        tally = tally.until(timeline.outside(tally.ats, first, when))
    return tally.since(first)


def all_of(tallies):
    """Return what some tallies hold, an id of several with its latest instant."""
    found = {}
    for tally in tallies:
        for key, at in table_of(tally).items():
            found[key] = max(at, found.get(key, at))
    return tally_of(found)


def plain_look(rulebook, reader, view, usage, at, when):
    """Return what a record says of each tracked prompt, how often each was shown, and the instant.

    It says nothing of a prompt that is always shown.
    """
    frequencies = rulebook.frequencies
    when = believed_at(usage, at, when)
    key = view.view_key(at)
    bought = purchase(reader, view, at)
    codes = []
    for prompt in frequencies.prompts:
        group = frequencies.groups[prompt.group]
        shown = all_of(map(usage.showings, group.names))
        closed = [usage.closed[name] for name in group.names if name in usage.closed]
        near = [on for on in closed if on <= at + DAY] if prompt.closed else []
        silent = [on for on in near if when < on + prompt.closed]
        own = usage.showings(prompt.name)
        code = MAY
        if prompt.retried and key in inside(own, prompt.retried, when).ids:
            code = SHOWN
        for times, timeline in prompt.caps:
            held = inside(shown, timeline, when).ids
            if len(held) >= times and not (key in own.ids and key in held):
                code = NOT_NOW
        if silent or (bought is not None and bought < prompt.purchase):
            code = NOT_NOW
        codes.append(code if prompt.is_capped else None)
    seen = []
    for name in rulebook.vocabulary.seen:
        window = frequencies.prompts[frequencies.places[name]].seen
        held = inside(usage.showings(name), window.timeline, when)
        seen.append(min(len(held.ids), window.times))
    return codes, seen, when


def plain_after(rulebook, usage, prompt, key, when, *, writes):
    """Return the showings and closings after a view that shows a prompt, or none, at an instant.

    `writes`: it counts or offers something, so that the record is written anew in any case.
    """
    shown = with_showing(rulebook, usage.shown, prompt, key, when)
    if shown == usage.shown and not writes:
        return usage.shown, usage.closed
    kept = pruned(rulebook, shown, when, "" if prompt is None else key)
    silent = {name: at for name, at in usage.closed.items() if is_silent(rulebook, name, at, when)}
    return kept, silent


def with_showing(rulebook, shown, prompt, key, when):
    """Return the showings with one more, unless this view has shown that prompt already."""
    group = None if prompt is None else rulebook.frequencies.group_of(prompt)
    if group is None or not group.windows:
        return shown
    own = shown.get(prompt, NOTHING)
    near = own.up_to(when)
    every = all_of(shown.get(name, NOTHING) for name in group.names).up_to(when)
    if key in near.ids and all(
        key in every.since(timeline.inside(every.ats, when)).ids for _, timeline in group.windows
    ):
        return shown
    later = {name: at for name, at in table_of(own).items() if at > when}
    return {**shown, prompt: tally_of({**later, **table_of(near), key: when})}


def pruned(rulebook, shown, when, key):
    """Return the showings that some window looks at after an instant, and all that lie ahead."""
    kept = {}
    for name, tally in shown.items():
        group = rulebook.frequencies.group_of(name)
        if group is None or not group.windows:
            names = [other for other in shown if group is not None and other in group.names]
            if lasts(rulebook, shown[names[0] if names else name].ats[-1], when):
                kept[name] = tally
            continue
        held = [shown.get(other, NOTHING).up_to(when) for other in group.names]
        every = all_of(held)
        wanted = {key}
        for times, timeline in group.windows:
            inside_now = every.ids[timeline.inside(every.ats, when) :]
            wanted |= {*inside_now[-times:]}
            for other in held:
                own = [one for one in inside_now if one in other.ids]
                wanted |= {*own[-times:]}
        wanted = with_beginnings(group, every, wanted)
        kept[name] = tally_of(
            {one: at for one, at in table_of(tally).items() if one in wanted or at > when}
        )
    return {name: tally for name, tally in kept.items() if tally.ids}


def with_beginnings(group, every, wanted):
    """Return some showings, and those that begin the fixed windows in which they are."""
    fixed = [each.window.fixed for _, each in group.windows if each.window.fixed is not None]
    while True:
        new = set()
        for length in fixed:
            begin, until = None, None
            for key, at in zip(every.ids, every.ats, strict=True):
                if until is None or at >= until:
                    begin, until = key, at + length // MICROSECOND
                if key in wanted:
                    new.add(begin)
        if new <= wanted:
            return wanted
        wanted = wanted | new


def lasts(rulebook, at, when):
    """Say whether some window of the policy still holds an instant."""
    ends = [timeline.ends((at,)) for timeline in rulebook.every_timeline]
    return any(end is None or when < end for end in ends)


def is_silent(rulebook, name, at, when):
    """Say whether a closing may still matter: of a prompt that no longer tracked, for a while."""
    group = rulebook.frequencies.group_of(name)
    if group is not None and group.closed:
        return at + group.closed > when
    ends = [timeline.ends((at,)) for timeline in rulebook.every_timeline]
    return None in ends or max(ends, default=at) > when

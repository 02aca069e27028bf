"""What a record keeps of prompts: how long, how many, and what a sign-in brings of them.

The prompts of a group are looked at together, in every window that one of them asks for. Of each
window as many showings are kept as the largest number in it can tell apart, of all together and of
each prompt, and where a first showing begins the window of one that is kept, that one too. A prompt
that the policy no longer tracks may come back with the next one: it is kept while the longest
window lasts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.engine.showings import show
from meter.usage import NOTHING, Tally, latest_of, made_tally, table_of, tally_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from meter.rulebook import PromptGroup, Rulebook
    from meter.usage import Usage
    from meter.windows import Timeline

__all__ = [
    "first_looked_at",
    "join_prompts",
    "prompt_ends",
    "prune_closed",
    "prune_shown",
    "shown_after",
]

Shown = dict[str, Tally]
"""The showings of some prompts, by name."""


def shown_after(rulebook: Rulebook, shown: Shown, prompt: str, when: int, key: str) -> Shown:
    """Return the showings that are looked at after a prompt was shown once more (see `show`).

    It is the very same table where that view has shown it before.
    """
    own = shown.get(prompt, NOTHING)
    ats = own.ats
    is_last = not shown or (len(shown) == 1 and bool(ats) and ats[-1] < when)
    group = rulebook.frequencies.group_of(prompt)
    if is_last and group is not None and group.widest and key not in own.ids:
        ats = (*ats, when)
        if first_looked_at(group.widest, ats, when) == 0:  # nearly always
            return {prompt: made_tally((*own.ids, key), ats)}
    after = show(rulebook, shown, prompt, when, key)
    return after if after is shown else prune_shown(rulebook, after, when, key)


def prune_shown(rulebook: Rulebook, shown: Shown, when: int, key: str = "") -> Shown:
    """Return the showings that something looks at after the instant `when`.

    The showing at the view `key` is kept, whatever else was shown at its very instant.
    """
    if len(shown) == 1:  # nearly always
        [name] = shown
        return _pruned(rulebook, shown, name, when, key)
    kept: Shown = {}
    for names in _groups(rulebook, shown):
        held = {name: shown[name] for name in names}
        kept |= _pruned(rulebook, held, names[0], when, key)
    return kept


def _pruned(rulebook: Rulebook, held: Shown, name: str, when: int, key: str) -> Shown:
    """Return which showings are looked at, of a prompt and all that count the same ones."""
    group = rulebook.frequencies.group_of(name)
    if group is not None and group.windows:
        return _kept(group, held, when, key)
    return held if _lasts(rulebook, held[name].ats[-1], when) else {}


def prune_closed(rulebook: Rulebook, closed: dict[str, int], when: int) -> dict[str, int]:
    """Return the closings that silence something after the instant `when`."""
    return {
        name: at
        for name, at in closed.items()
        if (end := _silence_ends(rulebook, name, at)) is None or end > when
    }


def _groups(rulebook: Rulebook, shown: Shown) -> Iterator[tuple[str, ...]]:
    """Return the prompts that have showings, those of a group together."""
    if len(shown) == 1:  # nearly always
        return iter([tuple(shown)])
    found: dict[object, list[str]] = {}
    for name in shown:
        place = rulebook.frequencies.places.get(name)
        known = None if place is None else rulebook.frequencies.prompts[place].group
        found.setdefault(name if known is None else known, []).append(name)
    return (tuple(names) for names in found.values())


def _kept(group: PromptGroup, held: Shown, when: int, key: str = "") -> Shown:
    """Return which showings of a group some window looks at; what lies ahead is kept."""
    near = NOTHING  # a loop of its own: this is every view that shows something
    for tally in held.values():
        near = near.union(tally.up_to(when)) if near.ids else tally.up_to(when)
    kept = {key}
    for window in group.windows:
        first = first_looked_at(window, near.ats, when)
        if first == 0:
            return held
        kept.update(near.ids[first:])
        inside = near.ids[window.timeline.inside(near.ats, when) :]
        for tally in held.values() if len(held) > 1 else ():
            # A view that is sent again shows its own prompt again.
            own = {*tally.ids}
            kept.update([name for name in inside if name in own][-window.times :])
    kept |= _that_begin(group, near, kept)
    left = {name: _only(tally, kept, when) for name, tally in held.items()}
    return {name: tally for name, tally in left.items() if tally.ids}


def first_looked_at(window: tuple[int, Timeline], ats: Sequence[int], when: int) -> int:
    """Return the index of the first showing that a window looks at, of some that do not lie ahead.

    There are as many as it can tell apart.
    """
    times, timeline = window
    first = timeline.inside(ats, when)
    return first if len(ats) <= times else max(first, len(ats) - times)


def _that_begin(group: PromptGroup, near: Tally, kept: set[str]) -> set[str]:
    """Return the showings that begin the windows some are in, where a first showing does that.

    Without these another would begin a window that is over, and those after it, at other instants.
    """
    fixed = [timeline for _, timeline in group.windows if timeline.window.fixed is not None]
    if not fixed:
        return set()
    starts = [[timeline.inside(near.ats, at) for at in near.ats] for timeline in fixed]
    found: set[int] = set()
    new = {place for place, name in enumerate(near.ids) if name in kept}
    while new:
        found |= new
        new = {begins[place] for begins in starts for place in new} - found
    return {near.ids[place] for place in found}


def _only(tally: Tally, kept: set[str], when: int) -> Tally:
    """Return some ids of a tally, and all that lies ahead."""
    return tally_of({name: at for name, at in table_of(tally).items() if name in kept or at > when})


def _all_of(tallies: Iterable[Tally]) -> Tally:
    found = NOTHING
    for tally in tallies:
        found = found.union(tally) if found.ids else tally
    return found


def _lasts(rulebook: Rulebook, at: int, when: int) -> bool:
    ends = [timeline.ends((at,)) for timeline in rulebook.every_timeline]
    return any(end is None or when < end for end in ends)


def _silence_ends(rulebook: Rulebook, prompt: str, at: int) -> int | None:
    """Return the instant from which a closing at `at` silences nothing; `None` for never."""
    group = rulebook.frequencies.group_of(prompt)
    if group is not None and group.closed:
        return at + group.closed
    ends = [timeline.ends((at,)) for timeline in rulebook.every_timeline]
    known = [end for end in ends if end is not None]
    return max(known, default=at) if len(known) == len(ends) else None


def prompt_ends(rulebook: Rulebook, usage: Usage, latest: int) -> Iterator[int | None]:
    """Yield the instants from which no prompt looks at what a usage holds; `None` for never.

    What lies after the instant `latest` is taken to be then.
    """
    for name, tally in usage.shown.items():
        group = rulebook.frequencies.group_of(name)
        asked = rulebook.every_timeline
        if group is not None and group.windows:
            asked = (window.timeline for window in group.windows)
        yield from (timeline.ends((min(tally.ats[-1], latest),)) for timeline in asked)
    for name, at in usage.closed.items():
        yield _silence_ends(rulebook, name, min(at, latest))


def join_prompts(
    rulebook: Rulebook, source: Usage, target: Usage, at: int, believed: int
) -> tuple[Shown, dict[str, int]]:
    """Return the target's showings and closings after who read as the source has signed in.

    What the source has from after `at` takes no part. An id on both sides keeps its later instant.
    Where a first showing begins the one window there is, what either would keep back stays back, as
    for a meter; beside other windows it begins anew with the last of all showings.
    """
    shown = dict(target.shown)
    for names in _groups(rulebook, source.shown):
        group = rulebook.frequencies.group_of(names[0])
        brought = {name: source.shown[name].up_to(at) for name in names}
        if group is not None and group.windows:
            own = {name: target.showings(name) for name in group.names}
            shown |= _joined(group, brought, own, at, believed)
        elif (last := brought[names[0]].ats[-1:]) and _lasts(rulebook, last[0], at):
            shown[names[0]] = target.showings(names[0]).union(brought[names[0]])
    closings = {name: closed for name, closed in source.closed.items() if closed <= at}
    return shown, latest_of(target.closed, closings, believed)


def _joined(group: PromptGroup, brought: Shown, own: Shown, at: int, believed: int) -> Shown:
    """Return the showings of a group after those of a source were brought; none if none is new."""
    near = {name: tally.up_to(believed) for name, tally in own.items()}
    lengths = {timeline.window for _, timeline in group.windows}
    if len(lengths) == 1 and lengths.pop().fixed is not None:
        return _begun_together(group, brought, near, own, at, believed)
    new = {name: _still(group, tally, at) for name, tally in brought.items()}
    joined = {name: tally.union(new.get(name, Tally())) for name, tally in near.items()}
    if joined == near:
        return {}
    joined = _laid(group, {name: _still(group, tally, at) for name, tally in joined.items()}, at)
    held = _all_of(joined.values())
    when = max(at, held.ats[-1])
    kept = set()
    for times, timeline in group.windows:
        if timeline.window.fixed is None:
            kept |= {*held.since(timeline.inside(held.ats, when)).ids[-times:]}
        else:
            # Whoever signs in next may bring one with which these count.
            back = 2 * (timeline.ends((0,)) or 0)
            kept |= {k for k, v in table_of(held).items() if v + back > when}
    return {
        name: _only(tally, kept, when).with_later(own[name], believed)
        for name, tally in joined.items()
    }


def _laid(group: PromptGroup, joined: Shown, at: int) -> Shown:
    """Return joined showings with one window where a first showing begins one: from the last.

    What was shown before that, as far back as a window could cover it, counts as shown then: else a
    window that is over would take the place of one that runs. It is the same in any order.
    """
    fixed = [timeline for _, timeline in group.windows if timeline.window.fixed is not None]
    near = [v for tally in joined.values() for v in tally.up_to(at).ats]
    if not fixed or not near:
        return joined
    last = max(near)
    first = at - 2 * max(timeline.ends((0,)) or 0 for timeline in fixed)

    def moved(shown: int) -> int:
        return last if first < shown < last else shown

    return {
        name: tally_of({key: moved(v) for key, v in table_of(tally).items()})
        for name, tally in joined.items()
    }


def _still(group: PromptGroup, tally: Tally, at: int) -> Tally:
    """Return the showings that may be in some window of a group at an instant."""
    lines = [timeline for _, timeline in group.windows]
    held = (
        (name, shown)
        for name, shown in table_of(tally).items()
        if any(_ends_after(timeline, shown, at) for timeline in lines)
    )
    return tally_of(dict(held))


def _ends_after(timeline: Timeline, shown: int, at: int) -> bool:
    end = timeline.ends((shown,))
    return end is None or end > at


def _begun_together(
    group: PromptGroup, brought: Shown, near: Shown, own: Shown, at: int, believed: int
) -> Shown:
    """Join showings whose one window a first showing begins, as those of a meter are.

    The two windows become the one that began later, and what was shown before counts as shown then.
    """
    timeline = group.windows[0].timeline
    held = _all_of(near.values())
    when = max((at, *held.ats[-1:]))
    inside = held.since(timeline.inside(held.ats, when))
    others = _all_of(brought.values())
    others = others.since(timeline.inside(others.ats, max((at, *inside.ats[:1]))))
    if not others.ids:
        return {}
    start = max((*inside.ats[:1], others.ats[0]))
    joined = {}
    for name, tally in near.items():
        both = table_of(_only(tally, {*inside.ids}, when))
        for key, shown in table_of(brought.get(name, Tally())).items():
            if key in others.ids:
                both[key] = min(both.get(key, shown), shown)
        joined[name] = tally_of({key: max(shown, start) for key, shown in both.items()})
    if joined == {name: _only(tally, {*inside.ids}, when) for name, tally in near.items()}:
        return {}
    return {name: tally.with_later(own[name], believed) for name, tally in joined.items()}

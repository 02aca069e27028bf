"""Write out how a policy looks at prompts, and what a view leaves of them in a record.

Theory. Like meters, the prompts of a policy and their groups never change, so the walk over them is
written out: some lines a group, for what was shown of it, and a line a prompt. What windows say,
and what of a record is kept, is asked of the engine; a prompt is only asked about where so much was
shown of its group that one of its windows can matter.

Only what is usual is written out. Where a showing lies ahead, the view goes the plain way; where a
prompt was closed, or a right may silence one, prompts are looked at in the plain way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meter.engine import by_showings, first_looked_at, look, prune_shown, seen_of, shown_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.rulebook import Rulebook

__all__ = ["codes_of", "looking_at_prompts", "remembering"]

_REMEMBER = """\
    inside = {inside}
    place = outcome.place
    after = None
    if place is not None and not usage.shown:
        tally, mark = inside[place]
        after = usage.adding(names[place], tally, mark, at, usage.shown)
"""
_REMEMBER_SHOWN = """\
    inside = {inside}
    after = None
    if outcome.is_usual and len(tallies) < 2 and not closed and not usage.offered:
        key = ""
        kept = shown
        if outcome.shows is not None:
            key = view.view_key(at)
            kept = shown_after(rulebook, shown, outcome.shows, at, key)
        place = outcome.place
        if place is not None:
            if kept and kept is shown and not (len(kept) == 1 and ({whole})):
                kept = prune_shown(rulebook, kept, at, key)
            tally, mark = inside[place]
            after = usage.adding(names[place], tally, mark, at, kept)
        elif kept is shown:
            after = usage
        else:
            after = usage.holding(tallies, kept, closed, usage.offered)
"""
"""What a view leaves (`engine.remember`), where it counts on one meter at most."""


def codes_of(rulebook: Rulebook) -> list[str]:
    """Return what the text calls what a record says of prompts, in the order of `Counts`."""
    return [f"code_of_{place}" for place in range(len(rulebook.nothing_shown))]


def looking_at_prompts(rulebook: Rulebook, names: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that look at prompts, as `engine.look` does where nothing lies ahead."""
    names.update(by_showings=by_showings, look=look, seen_of=seen_of)
    names.update(first_looked_at=first_looked_at, prune_shown=prune_shown, shown_after=shown_after)
    codes = codes_of(rulebook)
    for name, code in zip(codes, rulebook.nothing_shown, strict=True):
        yield f"{name} = {code}"
    is_asked = "closed"
    if rulebook.frequencies.after_purchase:
        is_asked += " or reader.entitlements"
    yield "shown = usage.shown"
    yield "closed = usage.closed"
    yield f"if shown or {is_asked}:"
    yield from (f"    {line}" for line in _by_group(rulebook, names))
    yield f"    if {is_asked}:"
    yield f"        ({', '.join(codes)},), _, _ = look(rulebook, reader, view, usage, at, at)"
    for line in _by_prompt(rulebook, names):
        yield f"    {line}"


def _by_group(rulebook: Rulebook, names: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that take what was shown of each group (`engine.of_group`)."""
    groups = [*enumerate(rulebook.frequencies.groups)]
    for place, group in groups:
        names[f"group_{place}"] = group.names
        names[f"widest_{place}"] = group.widest
        yield f"of_{place} = NOTHING"
    yield "for name, tally in shown.items():"
    yield "    if tally.ats[-1] >= at:"
    yield "        return plainly(situation, reader, view, usage, at, now)"
    for place, _ in groups:
        yield f"    if name in group_{place}:"
        yield f"        of_{place} = of_{place}.union(tally) if of_{place}.ids else tally"


def _by_prompt(rulebook: Rulebook, names: dict[str, Any]) -> Iterator[str]:
    """Yield the lines for what was shown says of each prompt, and of what conditions ask for."""
    frequencies = rulebook.frequencies
    lines = []
    for place, prompt in enumerate(frequencies.prompts):
        if prompt.caps or prompt.retried:
            names[f"prompt_{place}"] = prompt
            group = f"of_{prompt.group}"
            lines.append(f"if len({group}.ids) >= {prompt.fewest}:")
            call = f"by_showings(prompt_{place}, {group}, shown, view, at, at)"
            lines.append(f"    code_of_{place} = {call}")
    for place, name in enumerate(rulebook.vocabulary.seen, len(frequencies.prompts)):
        window = frequencies.asked_window(name)
        if window is not None:
            names[f"asked_{place}"] = window
            names[f"asked_name_{place}"] = name
            lines.append(f"if asked_name_{place} in shown:")
            call = f"seen_of(asked_{place}, shown[asked_name_{place}], at)"
            lines.append(f"    code_of_{place} = {call}")
    if lines:
        yield "else:"
        yield from (f"    {line}" for line in lines)


def remembering(rulebook: Rulebook, inside: str) -> Iterator[str]:
    """Yield the lines that make what is remembered `after` a view, or none for the plain way."""
    whole = [
        f"of_{place}.ids and first_looked_at(widest_{place}, of_{place}.ats, at) == 0"
        for place, group in enumerate(rulebook.frequencies.groups)
        if group.widest
    ]
    text = _REMEMBER_SHOWN if rulebook.looks_at_prompts else _REMEMBER
    yield from text.format(inside=inside, whole=" or ".join(whole) or "False").splitlines()

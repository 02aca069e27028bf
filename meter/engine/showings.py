"""May a prompt be shown, and what a showing leaves in a record.

A showing is remembered under the view's id, so a view that is retried shows its prompt again and
counts no second time. The instant of a showing is never before what is on record, of meters or of
prompts; it moves no meter's window. A closing silences for a stretch of absolute time, half-open
like every window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from meter.facts.attributes import since
from meter.rulebook import MAY, NOT_NOW, SHOWN
from meter.usage import NOTHING, latest_believed, table_of, tally_of
from meter.view import PageView
from meter.windows import DAY

if TYPE_CHECKING:
    from meter.decision import Decision
    from meter.rulebook import AskedWindow, JudgedPrompt, PromptGroup, Rulebook
    from meter.usage import Tally, Usage
    from meter.view import Reader
    from meter.windows import Timeline

__all__ = ["Glance", "by_showings", "look", "of_group", "seen_of", "show", "unremembered"]

_purchase = since("purchase", None)


Glance = tuple[tuple[int, ...], int, PageView]
"""What a record says of each tracked prompt, then how often each was shown that a condition asks
for; the instant at which a showing would be remembered; and the view. (A plain tuple: it is made
every view.)
"""


def look(
    rulebook: Rulebook, reader: Reader, view: PageView, usage: Usage, at: int, when: int
) -> Glance:
    """Return what a record says of each tracked prompt for a view at the instant `at`.

    `when` is the instant whose windows run for meters. A group of which nothing was shown or closed
    is not looked at.
    """
    frequencies = rulebook.frequencies
    bought = None
    if frequencies.after_purchase and reader.entitlements:
        bought = _purchase(reader, view, at)
    showings, closings = usage.shown, usage.closed
    if bought is None and not showings and not closings:
        return rulebook.nothing_shown, when, view
    ahead = False
    if showings:
        when, ahead = latest_believed(showings.values(), at, when)
    codes = [*frequencies.may]
    for group in frequencies.groups:
        shown = of_group(group, showings)
        closed = _last_closing(group, closings, at) if closings else None
        for place, prompt in group.capped:
            if (prompt.closed and closed is not None and when < closed + prompt.closed) or (
                bought is not None and bought < prompt.purchase
            ):
                codes[place] = NOT_NOW
            elif len(shown.ids) >= prompt.fewest:
                codes[place] = by_showings(prompt, shown, showings, view, at, when, ahead=ahead)
    for name in rulebook.vocabulary.seen:
        window = frequencies.asked_window(name)
        shown = showings.get(name, NOTHING)
        codes.append(0 if window is None else seen_of(window, shown, when, ahead=ahead))
    return tuple(codes), when, view


def by_showings(
    prompt: JudgedPrompt,
    shown: Tally,
    showings: dict[str, Tally],
    view: PageView,
    at: int,
    when: int,
    *,
    ahead: bool = False,
) -> int:
    """Return whether a prompt may be shown, by what was `shown` of its group alone.

    `when` is the instant whose windows run, and `ahead` says that some showing lies after it. A
    window is only looked at where there are as many showings as its cap in any, so that nothing is
    to be asked of fewer than the prompt's `fewest`.
    """
    ats = shown.ats
    count = len(ats)
    for times, timeline in prompt.checked:
        if count < times:
            continue
        first = timeline.inside(ats, when)
        last = timeline.outside(ats, first, when) if ahead else count
        if last - first >= times:
            key = view.view_key(at)
            own = showings.get(prompt.name, NOTHING).ids
            if not (key in own and key in shown.ids[first:last]):
                return NOT_NOW
    if prompt.retried and prompt.name in showings:
        inside = _inside(showings[prompt.name], prompt.retried, when, ahead=ahead)
        if view.view_key(at) in inside.ids:
            return SHOWN
    return MAY


def seen_of(window: AskedWindow, shown: Tally, when: int, *, ahead: bool = False) -> int:
    """Return how often a prompt was shown that a condition asks for, as far as that can matter."""
    inside = _inside(shown, window.timeline, when, ahead=ahead)
    return min(len(inside.ids), window.times)


def _inside(tally: Tally, timeline: Timeline, when: int, *, ahead: bool) -> Tally:
    """Return what of a tally a window holds that runs at the instant `when`."""
    first = timeline.inside(tally.ats, when)
    if ahead:
        tally = tally.until(timeline.outside(tally.ats, first, when))
    return tally.since(first)


def of_group(group: PromptGroup, shown: dict[str, Tally]) -> Tally:
    """Return the showings of all prompts of a group."""
    found = NOTHING
    for name, tally in shown.items():  # nearly always one
        if name in group.names:
            found = found.union(tally) if found.ids else tally
    return found


def _last_closing(group: PromptGroup, closings: dict[str, int], at: int) -> int | None:
    """Return when a prompt of a group was closed last, as far as the clock can be believed."""
    ats = (closings[name] for name in group.names if name in closings)
    return max((closed for closed in ats if closed <= at + DAY), default=None)


def show(
    rulebook: Rulebook, shown: dict[str, Tally], prompt: str, when: int, key: str
) -> dict[str, Tally]:
    """Return all showings after a prompt was shown at the view `key`, at the instant `when`.

    It is the very same table where that view has shown it before. Where some window has lost that
    showing since, it is one showing all the same, of the later instant.
    """
    group = rulebook.frequencies.group_of(prompt)
    if group is None or not group.windows:
        return shown
    own = shown.get(prompt, NOTHING)
    near = own.up_to(when)
    if key in near.ids:
        every = of_group(group, shown).up_to(when)
        if all(key in _inside(every, window, when, ahead=False).ids for _, window in group.windows):
            return shown
        near = tally_of({name: at for name, at in table_of(near).items() if name != key})
    after = near.add(key, when)
    return {**shown, prompt: after if near is own else after.with_later(own, when)}


def unremembered(decision: Decision) -> Decision:
    """Return a decision of which nothing is written: a prompt that must be remembered gives way."""
    if decision.rulebook is None:
        return decision
    prompt = decision.rulebook.frequencies.shown(decision.prompt)
    return decision if prompt == decision.prompt else evolve(decision, prompt=prompt)

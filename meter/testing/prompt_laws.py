"""Laws of prompts that are not shown every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from meter.memo import decide
from meter.testing.taken import clock_was_far_off
from meter.usage import table_of
from meter.windows import DAY, instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.policy import Policy, Prompt
    from meter.rulebook import AskedWindow
    from meter.testing.taken import Taken
    from meter.usage import Usage
    from meter.windows import Timeline

__all__ = [
    "a_cap_changes_nothing_but_the_prompt",
    "a_view_shows_its_prompt_again",
    "no_prompt_is_shown_beyond_its_caps",
    "prompts_that_are_counted_are_remembered",
]


def no_prompt_is_shown_beyond_its_caps(policy: Policy, taken: list[Taken]) -> bool:
    """In no window of a cap is a prompt shown, or one of its group, once more than the cap says.

    Unless a clock was far off. The windows are reckoned here from all that was shown.
    """
    frequencies = policy.rulebook.frequencies
    if clock_was_far_off(taken) or not frequencies.prompts:
        return True
    shown: dict[int, dict[str, int]] = {}
    for step, _, decision, after in taken:
        place = frequencies.places.get(decision.prompt or "")
        if place is None or step.reader.id is None or step.view.prefetch:
            continue
        prompt = frequencies.prompts[place]
        known = shown.setdefault(prompt.group, {})
        key = step.view.view_key(instant(step.now))
        if frequencies.groups[prompt.group].windows:
            known[key] = table_of(after.showings(prompt.name)).get(key, known.get(key, 0))
            if any(_held(cap, known) > cap.times for cap in prompt.caps):
                return False
    return True


def _held(cap: AskedWindow, shown: dict[str, int]) -> int:
    """Return how many showings are in the window of the last of them."""
    ats = sorted(shown.values())
    start = _begins(cap.timeline, ats)
    return sum(at >= start for at in ats)


def _begins(timeline: Timeline, ats: list[int]) -> int:
    """Return the first instant of the window that holds the last of some instants."""
    window = timeline.window
    if window.calendar is not None:
        return timeline.bounds(ats[-1])[0]
    length = (timeline.ends((0,)) or 0) if not window.lifetime else 0
    if window.rolling is not None:
        return ats[-1] - length + 1
    start = ats[0]
    for at in ats:
        if not window.lifetime and at >= start + length:
            start = at
    return start


def prompts_that_are_counted_are_remembered(policy: Policy, taken: list[Taken]) -> bool:
    """What a view shows is remembered with it, and what it does not show is not.

    A prefetch, and a reader without an id, get no prompt that would have to be, and leave nothing.
    """
    frequencies = policy.rulebook.frequencies
    for step, before, decision, after in taken:
        person = step.reader.id is not None and not step.view.prefetch
        place = frequencies.places.get(decision.prompt or "")
        if place is None or not person:
            if place is not None and frequencies.prompts[place].is_capped:
                return False
            if _added(before, after):
                return False
            continue
        prompt = frequencies.prompts[place]
        key = step.view.view_key(instant(step.now))
        keeps = bool(frequencies.groups[prompt.group].windows)
        if keeps is not (key in after.showings(prompt.name).ids):
            return False
        if not _added(before, after) <= {(prompt.name, key)}:
            return False
    return True


def _added(before: Usage, after: Usage) -> set[tuple[str, str]]:
    return set(_showings(after)) - set(_showings(before))


def _showings(usage: Usage) -> Iterator[tuple[str, str]]:
    for name, tally in usage.shown.items():
        yield from ((name, key) for key in tally.ids)


def a_cap_changes_nothing_but_the_prompt(policy: Policy, taken: list[Taken]) -> bool:
    """Without its caps a policy decides the same at every view, but for the prompt.

    Not asked of a policy that asks how often a prompt was shown.
    """
    if policy.rulebook.vocabulary.seen or not policy.rulebook.frequencies.prompts:
        return True
    plain = evolve(policy, prompts=[_uncapped(prompt) for prompt in policy.prompts])
    for step, before, decision, after in taken:
        other, then = decide(plain, step.reader, step.view, before, step.now)
        same = evolve(other, prompt=decision.prompt, facts=decision.facts, policy=policy.digest)
        if same != decision or then.tallies != after.tallies:
            return False
    return True


def _uncapped(prompt: Prompt) -> Prompt:
    return evolve(
        prompt, at_most=(), every=None, quiet_after=None, once=False, instead=None, group=None
    )


def a_view_shows_its_prompt_again(policy: Policy, taken: list[Taken]) -> bool:
    """A view that is sent twice shows the same prompt, and is one showing."""
    for step, before, decision, after in taken:
        again, then = decide(policy, step.reader, step.view, after, step.now)
        far = any(tally.ats[-1] > instant(step.now) + DAY for tally in before.shown.values())
        if again.rule != decision.rule or far:
            continue
        if again.prompt != decision.prompt or then.shown != after.shown:
            return False
    return True

"""Caps that never keep a prompt back, and prompts that never stand in, by the windows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import listed
from meter.explanation.frequency import cap_words
from meter.policy.faults.conditions import placed_conditions
from meter.verify.frequency.idle import idle_caps, never_stands_in
from meter.verify.lints.findings import warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.errors import Problem
    from meter.policy import Policy, Prompt
    from meter.verify.frequency.idle import PlacedCap

__all__ = ["idle_frequencies"]


def idle_frequencies(policy: Policy) -> Iterator[Problem]:
    """Yield what of how often prompts are shown never matters. It needs no diagram."""
    yield from _idle_caps(policy)
    yield from _idle_stand_ins(policy)


def _idle_caps(policy: Policy) -> Iterator[Problem]:
    """Yield the caps that can never bind; one that `seen` looks at says how far, and is needed."""
    asked = {name for _, when in placed_conditions(policy) for name in when.seen or ()}
    groups = [prompt.group for prompt in policy.prompts if prompt.group is not None]
    for prompt in policy.prompts:
        kept = prompt.longest_cap if prompt.name in asked else None
        alone = groups.count(prompt.group or "") <= 1
        for idle, beside in idle_caps(prompt, policy.zone, alone=alone, kept=kept):
            keeping = listed([_words(each) for each in beside], "and")
            yield warning(
                code="idle-cap",
                path=("prompts", prompt.name, *idle.path),
                message=f"{_words(idle)} never keeps prompt `{prompt.name}` back, since {keeping}"
                f" always {'does' if len(beside) == 1 else 'do'} before",
                advice="take it out, or let it allow less",
            )


def _words(placed: PlacedCap) -> str:
    """Say a cap as its key, with its numbers where it has any."""
    key = ".".join(part for part in placed.path if isinstance(part, str))
    if key != "at_most":
        return f"`{key}`"
    return f"at most {cap_words(placed.cap.times, placed.cap.window)}"


def _idle_stand_ins(policy: Policy) -> Iterator[Problem]:
    """Yield the prompts that are kept back wherever they would stand in for another."""
    declared: dict[str | None, Prompt] = {prompt.name: prompt for prompt in policy.prompts}
    for prompt in policy.prompts:
        other = declared.get(prompt.instead)
        if other is None or not prompt.is_capped:
            continue
        if never_stands_in(prompt, other, policy.zone):
            yield warning(
                code="idle-stand-in",
                path=("prompts", prompt.name, "instead"),
                message=f"`{other.name}` never stands in for prompt `{prompt.name}`: both are in"
                f" the group `{prompt.group}`, and what keeps `{prompt.name}` back keeps"
                f" `{other.name}` back",
                advice=f"let `{other.name}` be shown more often, or take it out of the group",
            )

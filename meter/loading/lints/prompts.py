"""Plain lints of the prompts that a policy declares: those that nobody sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import meant
from meter.loading.lints.warned import warning
from meter.policy.faults.frequency import may_show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from meter.errors import Problem
    from meter.policy import Policy

__all__ = ["PROMPTS", "unused_prompts"]

_GROUP_STEP = "name it for another prompt too, or take `group` out"


def unused_prompts(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield the declared prompts that no rule uses."""
    declared = {prompt.name: prompt for prompt in policy.prompts}
    used = {prompt.name for rule in policy.rules for prompt in may_show(declared, rule.prompt)}
    for prompt in policy.prompts:
        if prompt.name not in used:
            message = f"no rule uses the prompt `{prompt.name}`"
            advice = f'add `prompt = "{prompt.name}"` to a rule, or remove the prompt'
            yield warning("unused-prompt", ("prompts", prompt.name), message, advice)


def _lonely_groups(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield the groups of one prompt: it counts nothing but its own showings anyway."""
    groups: dict[str, list[str]] = {}
    for prompt in policy.prompts:
        if prompt.group is not None:
            groups.setdefault(prompt.group, []).append(prompt.name)
    for group, names in groups.items():
        if len(names) == 1:
            message = f"the prompt `{names[0]}` is alone in the group `{group}`"
            step = meant(group, [other for other in groups if other != group], _GROUP_STEP)
            yield warning("lonely-group", ("prompts", names[0], "group"), message, step)


def _never_due(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield the prompts that come with a view that their meter never counts."""
    for prompt in policy.prompts:
        every = prompt.every
        if every is None:
            continue
        limits = [each.limit for each in policy.meter(every.meter).allowances()]
        most = max((limit for limit in limits if limit != "none"), default=0)
        if "none" not in limits and most < every.views:
            message = (
                f"prompt `{prompt.name}` never comes: it waits for {every.views} views that"
                f" `{every.meter}` counts, and that counts {most} at most"
            )
            step = "let `views` be smaller, or the limit of the meter larger"
            yield warning("never-due", ("prompts", prompt.name, "every"), message, step)


PROMPTS: dict[str, Callable[[Policy, date | None], Iterator[Problem]]] = {
    "unused-prompt": unused_prompts,
    "lonely-group": _lonely_groups,
    "never-due": _never_due,
}
"""Each warning by its code."""

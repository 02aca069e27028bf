"""Plain lints of the prompts that a policy declares: those that nobody sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.loading.lints.reading import warning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from meter.errors import Problem
    from meter.policy import Policy

__all__ = ["unused_prompts"]


def unused_prompts(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield the declared prompts that no rule uses."""
    used = {rule.prompt for rule in policy.rules}
    for prompt in policy.prompts:
        if prompt.name not in used:
            message = f"no rule uses the prompt `{prompt.name}`"
            advice = f'add `prompt = "{prompt.name}"` to a rule, or remove the prompt'
            yield warning("unused-prompt", ("prompts", prompt.name), message, advice)

"""Countdowns whose last free article can go by without the notice that it is the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.verify.diagram import FALSE
from meter.verify.lints.findings import warning
from meter.verify.walk.countdowns import unannounced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.errors import Problem
    from meter.policy import Policy
    from meter.verify.lints.findings import Findings

__all__ = ["last_free"]


def last_free(findings: Findings) -> Iterator[Problem]:
    """Yield the meters whose last free article goes by in silence, or can never be read."""
    for meter in findings.policy.meters:
        misled = unannounced(findings.space, findings.whole, meter.name)
        walled = findings.diagrams.conjoin(misled.walled, misled.last)
        countdown = (
            f"show `countdown` wherever `{meter.name}` is spent; it becomes `last-free-article`"
            " when nothing is left"
        )
        for found, fault in (
            (misled.silent, "go by without a notice"),
            (walled, "never be read"),
        ):
            if found == FALSE:
                continue
            index = findings.index_of(found)
            example = findings.example(found)
            yield warning(
                code="last-free-skipped",
                path=("rules", index, "name"),
                message=f"the last free article of `{meter.name}` can {fault}: {example}",
                advice=_step(findings.policy, index, meter.name) or countdown,
            )


def _step(policy: Policy, index: int, meter: str) -> str | None:
    """Return the next step where a rule that spends nothing takes the last article away."""
    wall = policy.rules[index]
    if wall.spend:
        return None
    below = [rule.name for rule in policy.rules[index + 1 :] if meter in rule.spend]
    if below:
        return (
            f"move `{wall.name}` below `{below[-1]}`, without `left`: a rule that spends lets by"
            " whoever has nothing left"
        )
    asking = [
        rule.name
        for rule in policy.rules[:index]
        if meter in rule.spend and any(meter in (part.left or {}) for part in rule.when.walk())
    ]
    if asking:
        return f"leave `left` out of `{asking[0]}`: it spends while anything is left"
    return None

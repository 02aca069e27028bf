"""Countdowns whose last free article can go by without the notice that it is the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.verify.lints.findings import warning
from meter.verify.properties import unannounced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.errors import Problem
    from meter.verify.lints.findings import Findings

__all__ = ["last_free"]


def last_free(findings: Findings) -> Iterator[Problem]:
    """Yield the meters whose last free article goes by in silence, or can never be read."""
    names = [rule.name for rule in findings.policy.rules]
    for meter in findings.policy.meters:
        misled = unannounced(findings.space, findings.whole, meter.name)
        walled = findings.diagrams.conjoin(misled.walled, misled.last)
        for found, fault in (
            (misled.silent, "go by without a notice"),
            (walled, "never be read"),
        ):
            situation = findings.space.example(found)
            if situation is None:
                continue
            index = names.index(findings.space.ask(situation).rule)
            example = findings.example(found)
            yield warning(
                code="last-free-skipped",
                path=("rules", index, "name"),
                message=f"the last free article of `{meter.name}` can {fault}: {example}",
                advice=f"show `countdown` wherever `{meter.name}` is spent; it becomes"
                " `last-free-article` when nothing is left",
            )

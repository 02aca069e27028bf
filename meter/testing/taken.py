"""A journey as it went: what was remembered, decided and remembered then, step by step."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from meter.explanation import explain
from meter.memo import decide
from meter.usage import Usage
from meter.windows import DAY, instant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meter.decision import Decision
    from meter.policy import Policy
    from meter.testing.strategies import Step

__all__ = ["Taken", "clock_was_far_off", "format_taken", "left_by", "take"]


class Taken(NamedTuple):
    """One step of a journey as it went.

    What was remembered before, what was decided, what is remembered after.
    """

    step: Step
    before: Usage
    decision: Decision
    after: Usage


def take(policy: Policy, steps: Iterable[Step], usage: Usage | None = None) -> list[Taken]:
    """Decide every step of a journey in order, each with what the one before left."""
    taken = []
    before = usage or Usage()
    for step in steps:
        decision, after = decide(policy, step.reader, step.view, before, step.now)
        taken.append(Taken(step, before, decision, after))
        before = after
    return taken


def left_by(policy: Policy, steps: Iterable[Step]) -> Usage:
    """Return what is remembered after a journey."""
    taken = take(policy, steps)
    return taken[-1].after if taken else Usage()


def clock_was_far_off(taken: Iterable[Taken]) -> bool:
    """Say whether time steps back by more than a day.

    The reads before that are not believed from then on, and what came before them may be gone.
    """
    times = [instant(one.step.now) for one in taken]
    latest = accumulate(times, max)
    return any(early - late > DAY for early, late in zip(latest, times, strict=True))


def format_taken(taken: Iterable[Taken]) -> str:
    """Say what happened on a journey, one step a paragraph."""
    return "\n".join(_format_one(number, step) for number, step in enumerate(taken, 1))


def _format_one(number: int, taken: Taken) -> str:
    step = taken.step
    article = step.view.article
    fetched = ", prefetched" if step.view.prefetch else ""
    text = (
        f"{number}. {step.now.isoformat()} {step.reader.status(step.now)} opens"
        f" `{article.id}` ({article.access}{fetched})\n   {explain(taken.decision)}"
    )
    return text.replace("\n  ", "\n     ")

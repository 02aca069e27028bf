"""Whether the last step of a journey let a last free article go by unannounced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.verify.properties import FULL
from meter.vocabulary import Access, Show

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

    from meter.decision import Decision
    from meter.verify.walk.steps import SearchStep

__all__ = ["counted_down", "unannounced_step", "used_up", "wanted_at"]


def wanted_at(last: SearchStep) -> frozenset[Show]:
    """Return what should have been shown at the end of a journey that was not announced."""
    return frozenset({Show.LAST_FREE_ARTICLE}) if last.decision.access is Access.FULL else FULL


def unannounced_step(step: SearchStep) -> bool:
    """Say whether a countdown has misled its reader at a step.

    The last free article went by unannounced, or a wall came before it, and what the reader was
    told held still: the meter that was told has not been reset since.
    """
    decision = step.decision
    if not step.earlier:
        return False
    if decision.counted:
        told = {
            each.decision.meter.name
            for each in step.earlier
            if each.decision.meter is not None and _holds(each, step.asked.now)
        }
        spent = [name for name in told & step.counted if used_up(decision, name)]
        return decision.show is not Show.LAST_FREE_ARTICLE and bool(spent)
    earlier = step.earlier[-1]
    if decision.access is Access.FULL or step.again or earlier.kind != step.kind:
        return False
    return earlier.decision.counted and _holds(earlier, step.asked.now)


def _holds(step: SearchStep, now: datetime) -> bool:
    """Say whether a step has told how many are left of a meter that is not reset at `now`."""
    decision = step.decision
    if decision.show is not Show.COUNTDOWN or decision.meter is None:
        return False
    return decision.meter.resets_at is None or now < decision.meter.resets_at


def used_up(decision: Decision, name: str) -> bool:
    """Say whether a view has left nothing of a meter that counts it."""
    facts = decision.facts
    vocabulary = facts.vocabulary
    if vocabulary is None:  # pragma: no cover - it was not pickled
        return False
    place = vocabulary.meters[name].left
    return bool(facts.values[place] == vocabulary.slots[place].code(0))


def counted_down(last: SearchStep) -> Hashable:
    """Return what of the past matters; `None` for nothing.

    The meters that were counted down and are not reset since, and the last kind of view if that
    counted.
    """
    names = {
        step.decision.meter.name
        for step in last.steps()
        if step.decision.meter is not None and _holds(step, last.asked.now)
    }
    if not names:
        return None
    return frozenset(names), last.kind if last.decision.counted else None

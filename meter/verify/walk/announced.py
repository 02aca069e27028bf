"""Whether the last step of a journey let a last free article go by unannounced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.verify.properties import FULL
from meter.vocabulary import Access, Show

if TYPE_CHECKING:
    from meter.verify.walk.steps import SearchStep

__all__ = ["counted_down", "unannounced_step", "wanted_at"]


def wanted_at(last: SearchStep) -> frozenset[Show]:
    """Return what should have been shown at the end of a journey that was not announced."""
    return frozenset({Show.LAST_FREE_ARTICLE}) if last.decision.access is Access.FULL else FULL


def unannounced_step(step: SearchStep) -> bool:
    """Say whether the last free article just went by unannounced to a reader who was counting."""
    decision = step.decision
    if not step.earlier:
        return False
    earlier = step.earlier[-1]
    if decision.counted:
        told = {name for name, _ in counted_down(earlier)}
        spent = [name for name in told & step.counted if _is_used_up(step, name)]
        return decision.show is not Show.LAST_FREE_ARTICLE and bool(spent)
    if decision.access is Access.FULL or step.again or step.waited:
        return False
    announced = earlier.decision.show is Show.COUNTDOWN and earlier.decision.counted
    return announced and earlier.kind == step.kind


def _is_used_up(step: SearchStep, name: str) -> bool:
    """Say whether a view has left nothing of a meter that counts it."""
    facts = step.decision.facts
    vocabulary = facts.vocabulary
    if vocabulary is None:  # pragma: no cover - it was not pickled
        return False
    place = vocabulary.meters[name].left
    return bool(facts.values[place] == vocabulary.slots[place].code(0))


def counted_down(last: SearchStep) -> tuple[tuple[str, int], ...]:
    """Return what of the past matters.

    The meters that were counted down since time was last let pass, and the last kind of view.
    """
    names = set()
    for step in reversed(last.steps()):
        if step.decision.show is Show.COUNTDOWN and step.decision.meter is not None:
            names.add(step.decision.meter.name)
        if step.waited:
            break
    return tuple(sorted((name, last.kind) for name in names))

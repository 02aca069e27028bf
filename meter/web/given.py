"""Who needs a gift link, and what a page that is fetched ahead gets through one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from meter.memo import decide
from meter.usage import Usage
from meter.vocabulary import Access

if TYPE_CHECKING:
    from datetime import datetime

    from meter.decision import Decision
    from meter.policy import Policy
    from meter.view import PageView, Reader

__all__ = ["asked_again", "is_open_to"]


def is_open_to(policy: Policy, reader: Reader, view: PageView, now: datetime) -> bool:
    """Say whether a reader gets the whole article by a right, with nothing counted.

    A reader without an id is taken for one who comes for the first time.
    """
    someone = evolve(reader, id=reader.id or "somebody")
    decision, _ = decide(policy, someone, evolve(view, prefetch=False), Usage(), now)
    return decision.access is Access.FULL and not decision.counted


def asked_again(decision: Decision) -> Decision:
    """Return what is fetched ahead through a link that nobody has opened yet.

    The link is opened when the page is read: a wall fetched ahead would be shown then.
    """
    if decision.access is Access.FULL:
        return decision
    return evolve(decision, speculative=True, prompt=None)

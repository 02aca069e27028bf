"""Who needs a gift link, who opens it, and what it gives a page view."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING, Protocol

from attrs import evolve

from meter.memo import decide
from meter.usage import Usage
from meter.vocabulary import Access

if TYPE_CHECKING:
    from datetime import datetime

    from meter.decision import Decision
    from meter.policy import Policy
    from meter.view import Entitlement, PageView, Reader

__all__ = ["GivenArticle", "asked_again", "is_open_to", "is_unknown_ahead", "opener", "with_gift"]


class GivenArticle(Protocol):
    """An article that a reader has given away."""

    @property
    def token(self) -> str:
        """What the link is claimed by."""
        ...

    def right(self) -> Entitlement:
        """Return the right that it gives."""
        ...


def is_open_to(policy: Policy, reader: Reader, view: PageView, now: datetime) -> bool:
    """Say whether a reader gets the whole article by a right, with nothing counted.

    A reader without an id is taken for one who comes for the first time.
    """
    someone = evolve(reader, id=reader.id or "somebody")
    decision, _ = decide(policy, someone, evolve(view, prefetch=False), Usage(), now)
    return decision.access is Access.FULL and not decision.counted


def is_unknown_ahead(reader: Reader, *, ahead: bool) -> bool:
    """Say whether somebody without an id asks ahead: nobody whom a link was opened by."""
    return ahead and reader.id is None


def opener(reader: Reader) -> str:
    """Return the id that a link is opened by: who has none is somebody new each time."""
    return reader.id or token_hex()


def with_gift(reader: Reader, view: PageView, gift: GivenArticle) -> tuple[Reader, PageView]:
    """Return a reader with the right that a gift gives, and the view that says it was given."""
    rights = (*reader.entitlements, gift.right())
    return evolve(reader, entitlements=rights), evolve(view, gift=True)


def asked_again(decision: Decision) -> Decision:
    """Return what is fetched ahead through a link that nobody has opened yet.

    The link is opened when the page is read: a wall fetched ahead would be shown then.
    """
    if decision.access is Access.FULL:
        return decision
    return evolve(decision, speculative=True, prompt=None)

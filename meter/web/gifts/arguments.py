"""What is passed to gifts: a reader who gives, and everything else by its id."""

from __future__ import annotations

from meter.errors import quoted
from meter.view import Reader

__all__ = ["check_giver", "check_id"]


def check_giver(giver: object) -> None:
    """Raise a `TypeError` for who gives and is no `Reader`: an id says nothing of their rights."""
    if not isinstance(giver, Reader):
        raise TypeError(
            "who gives is a `Reader`, whose rights say whether they may, not"
            f" {quoted(giver)}; pass such as `Reader(id=…, registered=True, entitlements=…)`"
        )


def check_id(what: str, value: object) -> None:
    """Raise a `TypeError` where something is given in the place of its id."""
    if not isinstance(value, str):
        raise TypeError(f"{what} is named by its id, a text, not by {quoted(value)}")

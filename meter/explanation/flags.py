"""What is so where a fact that is a plain yes or no is so, and where it is not, as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from meter.facts import Code, Slot

__all__ = ["flag_asked", "flag_sentence", "is_flag"]

_FLAGS = {
    "whole": ("the reader has a right to everything", "the reader has no right to everything"),
    "named": (
        "a right of the reader names the article",
        "no right of the reader names the article",
    ),
    "gift": ("a gift link brought the reader here", "no gift link brought the reader here"),
    "crawler": ("a verified crawler asks", "no verified crawler asks"),
}
"""What is so where a flag is set, and where it is not."""


def is_flag(slot: Slot, code: Code) -> bool:
    """Say whether a code is one of a flag's two, which are said in a sentence of their own."""
    tells_classes = slot.kind == "class" and bool(slot.mentioned)
    return slot.asks in _FLAGS and (code is False or (code is True and not tells_classes))


def flag_asked(slot: Slot, codes: Collection[Code]) -> bool | None:
    """Return what codes ask of a flag: that it is set, or not set; `None` for anything else."""
    if slot.asks not in _FLAGS:
        return None
    if set(codes) == {False}:
        return False
    return True if set(codes) == set(slot.codes()) - {False} else None


def flag_sentence(slot: Slot, *, is_set: bool) -> str:
    """Say that a flag is set, or that it is not."""
    about = "" if slot.product is None else f" of `{slot.product}`"
    return f"{_FLAGS[slot.asks][0 if is_set else 1]}{about}"

"""Numbers of things in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["counted", "listed", "share_text"]

_MARKS = (0.0, 0.9, 1.0)
"""What a rounded share never seems to have reached, or left: none, agreement, all."""


def counted(number: int, noun: str, kind: str = "") -> str:
    """Return a number of things, with a word for which things before the noun.

    >>> counted(1, "month"), counted(12_000, "reader"), counted(1, "reader", "fewer")
    ('1 month', '12,000 readers', '1 fewer reader')
    """
    things = noun if number == 1 else f"{noun}s"
    return " ".join(word for word in (f"{number:,}", kind, things) if word)


def listed(things: Sequence[str]) -> str:
    """Return things as they are said one after another.

    >>> listed(["one", "two", "three"])
    'one, two and three'
    """
    if len(things) == 1:
        return things[0]
    return f"{', '.join(things[:-1])} and {things[-1]}"


def share_text(share: float) -> str:
    """Return a share as a percentage that rounding does not carry over a mark.

    >>> share_text(0.63), share_text(0.896), share_text(0.998), share_text(1.0)
    ('63%', '89.6%', '99.8%', '100%')
    """
    for digits in range(4):
        text = f"{share:.{digits}%}"
        rounded = float(text.removesuffix("%")) / 100
        if all((share > mark) == (rounded > mark) for mark in _MARKS) and all(
            (share < mark) == (rounded < mark) for mark in _MARKS
        ):
            return text
    return f"{share:.6%}"

"""Numbers of things in words."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, noun: str, kind: str = "") -> str:
    """Return a number of things, with a word for which things before the noun.

    >>> counted(1, "month"), counted(12_000, "reader"), counted(1, "reader", "fewer")
    ('1 month', '12,000 readers', '1 fewer reader')
    """
    things = noun if number == 1 else f"{noun}s"
    return " ".join(word for word in (f"{number:,}", kind, things) if word)

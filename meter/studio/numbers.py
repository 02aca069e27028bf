"""Whole numbers that somebody typed, or that stand in an address: none is too long to read."""

from __future__ import annotations

__all__ = ["whole_number"]

_DIGITS = 19
"""As many as 2**63 - 1 has."""


def whole_number(text: str, most: int = 10**_DIGITS - 1, *, least: int = 0) -> int | None:
    """Return the whole number that a text is; `None` where it is none from `least` to `most`.

    >>> whole_number("12"), whole_number("12", 9), whole_number("-1"), whole_number("9" * 5000)
    (12, None, None, None)
    """
    if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS:
        return None
    number = int(text)
    return number if least <= number <= most else None

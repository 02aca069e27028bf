"""Texts of several lines as they can be shown: nothing in them turns a line around."""

from __future__ import annotations

import re

from meter.errors import printable

__all__ = ["printable_lines"]

_SPACES = re.compile(r"([\r\n\t])")


def printable_lines(text: str) -> str:
    r"""Return a text with codes for what `printable` has codes for; its lines and tabs stay.

    >>> printable_lines("first\nsec\u202eond")
    'first\nsec\\u202Eond'
    """
    parts = _SPACES.split(text)
    return "".join(part if number % 2 else printable(part) for number, part in enumerate(parts))

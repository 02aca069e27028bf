"""The ends of lines: a browser sends its own, and a file keeps those that it has."""

from __future__ import annotations

from collections import deque
from difflib import unified_diff
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["as_the_file_is_written"]

_BOM = "\ufeff"
_HEADING = 3
"""How many lines a difference begins with: two names, and where it is."""


def as_the_file_is_written(text: str, of_file: str) -> str:
    r"""Return a text from a form with the file's line ends and mark: browsers send their own.

    A line that the file has as well, or that stands in the place of one, keeps the end that it has
    there; a new one ends like the line before it.

    >>> as_the_file_is_written("a\nB\nc\n", "a\r\nb\r\nc\n")
    'a\r\nB\r\nc\n'
    """
    plain = text.replace("\r\n", "\n").removeprefix(_BOM)
    mark = _BOM if of_file.startswith(_BOM) else ""
    if "\r\n" not in of_file:
        return mark + plain
    theirs = of_file.removeprefix(_BOM).split("\n")
    if all(line.endswith("\r") for line in theirs[:-1]):
        return mark + plain.replace("\n", "\r\n")
    return mark + "\n".join(_with_ends(plain.split("\n"), theirs))


def _with_ends(lines: list[str], theirs: list[str]) -> Iterator[str]:
    """Yield lines, each with the carriage return that its like has among `theirs`."""
    bare = [line.removesuffix("\r") for line in theirs]
    ends = deque(line.endswith("\r") for line in theirs)
    replaced: deque[bool] = deque()
    is_long = ends[0]
    number = 0
    whole = len(bare) + len(lines)  # lines around a change: all of them
    told = unified_diff(bare, lines, n=whole, lineterm="")
    for line in list(told)[_HEADING:] or [f" {line}" for line in lines]:
        sign, words = line[0], line[1:]
        if sign == "-":
            replaced.append(ends.popleft())
            continue
        if sign == " ":
            replaced.clear()
            is_long = ends.popleft()
        elif replaced:
            is_long = replaced.popleft()
        number += 1
        yield f"{words}\r" if is_long and number < len(lines) else words

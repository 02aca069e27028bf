"""What the lines of a published file say, and which of them are not true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors import Problem, quoted
from meter.web.publish.places import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["MADE", "PUBLISH_AGAIN", "Statement", "UnreadableFileError", "untrue"]

MADE = "Made by `meter publish`"
"""What a file that this project wrote begins with, after the mark of a comment."""

PUBLISH_AGAIN = "publish again with `meter publish`, or take back the change of the policy"


class UnreadableFileError(Exception):
    """A published file is not of its format; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        self.line = line
        super().__init__(message)


@frozen(kw_only=True)
class Statement:
    """One thing that a file says of a part of a site.

    `path` is where that part begins, empty for the whole site; `about` is what is said of it, and
    `words` what is said. Of two files only `words` are compared. `source` is how it is written.
    Where `about` names another line that may change too, `kind` is what is said apart from that.
    """

    path: str
    about: str
    words: str
    source: str
    line: int = 1
    kind: str = ""


def untrue(name: str, said: Sequence[Statement], true: Sequence[Statement]) -> Iterator[Problem]:
    """Yield a problem for each statement that is not true, and for each that is missing.

    `true` is what the file would say if it were written now. Where it says nothing of a path, what
    it says of the nearest path around it is true there.
    """
    known = {(each.path, each.about): each for each in true}
    paths = {each.path for each in true}
    there = {(each.path, each.about) for each in said}
    missing = [each for key, each in known.items() if key not in there]
    for each in said:
        path = nearest(each.path, paths) or ""
        now = known.get((path, each.about)) or _taken(missing, path, each.kind)
        if now is None:
            message = f"{quoted(each.source)} is not true any more: there is no such line now"
            yield _problem(name, each.line, message)
        elif now.words != each.words:
            message = f"{quoted(each.source)} is not true: now it is {quoted(now.source)}"
            yield _problem(name, each.line, message)
    last = max((each.line for each in said), default=1)
    for each in missing:
        line = _last_line(said, each.path, last)
        yield _problem(name, line, f"{quoted(each.source)} is missing: it is true now")


def _taken(missing: list[Statement], path: str, kind: str) -> Statement | None:
    """Take what stands now in the place of a statement of a kind that nothing else answers."""
    for each in missing:
        if kind and (each.path, each.kind) == (path, kind):
            missing.remove(each)
            return each
    return None


def _last_line(said: Sequence[Statement], path: str, otherwise: int) -> int:
    """Return the last line that says something of a path."""
    return max((each.line for each in said if each.path == path), default=otherwise)


def _problem(name: str, line: int, message: str) -> Problem:
    return Problem(
        code="published-untrue", message=message, name=name, line=line, help=PUBLISH_AGAIN
    )

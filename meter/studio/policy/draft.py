"""What the page says of a version of the policy, beside the file as it is."""

from __future__ import annotations

import re
from difflib import unified_diff
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from meter.loading import check_text
from meter.verify import BUILT_IN, guarantees
from meter.verify.diagram import UndecidedError
from meter.verify.diff import changes
from meter.verify.lints import lints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.errors import Problem
    from meter.policy import Policy
    from meter.studio.desk import Version
    from meter.verify import ProofAnswer
    from meter.verify.diff import Changes

__all__ = [
    "ChangedLine",
    "Undecided",
    "changed_lines",
    "exact_problems",
    "joined",
    "own_promises",
    "who_changes",
]

BUDGET = 10.0
"""Seconds in which it is decided who changes, or said that it is not."""


@frozen(kw_only=True)
class ChangedLine:
    """A line of the difference of two texts: `sort` is `head`, `same`, `out` or `in`."""

    sort: str
    text: str


@frozen
class Undecided:
    """Why nobody can say who changes."""

    reason: str


_HEAD = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NAMES = 2  # lines with the names of the files, which come first
_SORTS = {"-": "out", "+": "in", "@": "head"}


def changed_lines(old: str, new: str) -> Iterator[ChangedLine]:
    """Yield the lines in which two texts differ, with three around them, as `diff -u` does."""
    found = unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=3)
    for line in islice(found, _NAMES, None):
        yield ChangedLine(sort=_SORTS.get(line[:1], "same"), text=line)


def joined(began: str, mine: str, theirs: str) -> str | None:
    """Return a text with what two people changed in the same text, unless they changed one place.

    Changes in neighbouring lines are taken for changes of one place.
    """
    old = began.splitlines(keepends=True)
    edits = sorted([*_line_edits(old, mine), *_line_edits(old, theirs)], key=lambda one: one[:2])
    if any(before[1] >= after[0] for before, after in pairwise(edits)):
        return None
    for start, end, lines in reversed(edits):
        old[start:end] = lines
    return "".join(old)


def _line_edits(old: list[str], text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield which lines become which in another text."""
    new = text.splitlines(keepends=True)
    for line in unified_diff(old, new, n=0):
        head = _HEAD.match(line)
        if head is not None:
            start, end = _span(head[1], head[2])
            first, last = _span(head[3], head[4])
            yield start, end, new[first:last]


def _span(start: str, count: str | None) -> tuple[int, int]:
    """Return the places of lines that a head names; none begin after the line that it names."""
    lines = 1 if count is None else int(count)
    first = int(start) - min(lines, 1)
    return first, first + lines


def exact_problems(version: Version, name: str) -> tuple[Problem, ...]:
    """Return everything to say about a version: what takes a while is among it."""
    return check_text(version.text, name, exact=lints, folder=Path(name).parent)[1]


def own_promises(policy: Policy) -> tuple[ProofAnswer, ...]:
    """Return what came of a policy's own promises: those that a running site holds it to."""
    return guarantees(policy, seconds=BUDGET, leave_out=tuple(BUILT_IN))


def who_changes(old: Policy, new: Policy) -> Changes | Undecided:
    """Return for whom two policies decide differently, within a bound of time."""
    try:
        return changes(old, new, seconds=BUDGET)
    except UndecidedError as error:
        return Undecided(str(error))

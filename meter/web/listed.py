"""Reads a file beside a policy that is one list of tables: institutions, or crawlers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from meter.errors import PolicyError, Problem, quoted
from meter.loading.fields import Table
from meter.loading.problems import ProblemCollector
from meter.loading.toml import parse_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["ListedFile", "check_listed", "repeated_names"]

Item = TypeVar("Item")
Made = TypeVar("Made")


@frozen(kw_only=True)
class ListedFile:
    """What such a file is: its name, the one key of its `table`, and the code for a policy.

    `room` is how many times as large as a policy it may be.
    """

    name: str
    key: str
    table: Table
    not_one: str
    room: int = 1


def check_listed(
    text: str,
    name: str,
    file: ListedFile,
    *,
    make: Callable[[Sequence[Item], ProblemCollector], Made],
    faults: Callable[[Sequence[Item]], Iterable[Problem]],
    doubts: Callable[[Sequence[Item], Made], Iterable[Problem]],
) -> tuple[Made | None, tuple[Problem, ...]]:
    """Return what is made of a text called `name`, if it can be used, and all there is to say.

    Errors or, where there are none, warnings. `make` takes the items of the list as far as they
    could be read, and may report more. `faults` are what makes the items unusable side by side, and
    `doubts` what is probably a mistake in them, once they are made.
    """
    try:
        table = parse_toml(text, name, room=file.room)
    except PolicyError as error:
        return None, error.problems
    report = ProblemCollector()
    if file.key not in table and "rules" in table:
        problem = Problem(
            code=file.not_one,
            message=f"this is a policy, not a list of {file.key}",
            help=f"{file.key} stand in `{file.name}` beside it, each below `[[{file.key}]]`",
            path=("rules",),
        )
        report.add_problem(problem, "key")
        return None, report.problems(text, name)
    given, _ = file.table.fields(table, (), report)
    listed: Sequence[Item] = given[file.key]
    made = make(listed, report)
    for fault in faults(listed):
        if not report.dropped_at(fault.path):
            report.add_problem(fault)
    if report.found:
        return None, report.problems(text, name)
    for doubt in doubts(listed, made):
        report.add_problem(doubt)
    return made, report.problems(text, name)


def repeated_names(key: str, names: Iterable[str]) -> Iterator[Problem]:
    """Yield each item of a list that is called as one before it."""
    known: set[str] = set()
    for index, name in enumerate(names):
        if name in known:
            yield Problem(
                code="duplicate-name",
                path=(key, index, "name"),
                message=f"there are two {key} called {quoted(name)}",
                help="give each its own name, or put their addresses into one",
            )
        known.add(name)

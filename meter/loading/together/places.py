"""Where each part of a policy was written: in which of its files, and in which group."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve

from meter.errors import Problem
from meter.loading.positions import Positions
from meter.loading.problems import ProblemCollector
from meter.policy.groups import place_in_join

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meter.loading.positions import At, Path
    from meter.loading.together.files import PolicyFiles
    from meter.policy import When

__all__ = ["Listed", "PlaceInFile", "Places", "as_written", "place_words"]

_LISTS = ("rules", "guarantees")
"""What a policy has in a list, and its files each in one of their own."""


class PlaceInFile(NamedTuple):
    """A place in one of the files of a policy: which, and where in its tables."""

    file: int
    path: Path


class Listed(NamedTuple):
    """A rule or a guarantee: its name, where it was written, its condition and its group's."""

    name: str
    file: int
    path: Path
    own: When
    shared: When | None = None

    @property
    def group(self) -> Path:
        """Where its group was written, if it has one."""
        return self.path[:2]


class Places:
    """Collects what is wrong with a policy, each in the file where it was written.

    Paths are those of the policy's tables; the reports collect by the tables of the files.
    """

    def __init__(self, files: PolicyFiles) -> None:
        self.files = files
        self.reports = tuple(ProblemCollector() for _ in files.all)
        self.lists: dict[str, list[Listed]] = {key: [] for key in _LISTS}
        self._shared: set[tuple[str, PlaceInFile]] = set()
        self._positions: dict[int, Positions] = {}
        self._paths: dict[PlaceInFile, Path] = {}

    @property
    def found(self) -> bool:
        """Whether anything was noted."""
        return any(report.found for report in self.reports)

    @property
    def more(self) -> int:
        """How many problems are only counted."""
        return sum(report.more for report in self.reports)

    def add_problem(self, problem: Problem, at: At = "value") -> None:
        """Note a problem that somebody has found in the policy."""
        place, is_shared = self._where(problem.path)
        if is_shared:  # it is in every rule of the group
            if (problem.code, place) in self._shared:
                return
            self._shared.add((problem.code, place))
        if problem.code == "duplicate-name" and self.files.are_several:
            problem = self._with_the_other(problem)
        self._paths.setdefault(place, problem.path)
        self.reports[place.file].add_problem(evolve(problem, path=place.path), at)

    def dropped_at(self, path: Path) -> bool:
        """Say whether the value at `path`, or what holds it, was not read."""
        if len(path) == 1:  # a table that any of the files may have
            return any(report.dropped_at(path) for report in self.reports)
        place, _ = self._where(path)
        return self.reports[place.file].dropped_at(place.path)

    def dropped_under(self, path: Path) -> bool:
        """Say whether something inside the value at `path` was not read."""
        if len(path) == 1:
            return any(report.dropped_under(path) for report in self.reports)
        place, _ = self._where(path)
        return self.reports[place.file].dropped_under(place.path)

    def problems(self) -> tuple[Problem, ...]:
        """Return every problem with its place, file by file, each in the order of its text.

        Their paths are those of the policy's tables.
        """
        found: list[Problem] = list(self.files.problems)
        for number, (file, report) in enumerate(zip(self.files.all, self.reports, strict=True)):
            for problem in report.problems(file.text, file.name):
                path = self._paths.get(PlaceInFile(number, problem.path), problem.path)
                found.append(problem if path == problem.path else evolve(problem, path=path))
        return tuple(found)

    def where(self, path: Path) -> PlaceInFile:
        """Return where what stands at `path` in the policy was written."""
        return self._where(path)[0]

    def located(self, path: Path) -> Problem:
        """Return a problem without words that has the file, the line and the column of `path`."""
        return self.line_of(self.where(path))

    def line_of(self, place: PlaceInFile) -> Problem:
        """Return a problem without words that has the file, the line and the column of a place."""
        file = self.files.all[place.file]
        if place.file not in self._positions:
            self._positions[place.file] = Positions(file.text)
        problem = Problem(code="", message="", path=place.path)
        return self._positions[place.file].locate(problem, "key", file.name)

    def _where(self, path: Path) -> tuple[PlaceInFile, bool]:
        """Return where something was written, and whether that is what a group shares."""
        listed = self.lists.get(str(path[0]), []) if len(path) > 1 else []
        number = path[1] if len(path) > 1 else None
        if not isinstance(number, int) or number >= len(listed):
            return self._in_tables(path), False
        item = listed[number]
        rest = path[2:]
        if item.shared is None or rest[:1] != ("when",):
            return PlaceInFile(item.file, (*item.path, *rest)), False
        is_shared, inner = place_in_join(item.shared, item.own, rest[1:])
        base = item.group if is_shared else item.path
        return PlaceInFile(item.file, (*base, "when", *inner)), is_shared

    def _in_tables(self, path: Path) -> PlaceInFile:
        """Return the file that has the most of a path; the policy's own where none has any."""
        tables = [file.table for file in self.files.all]
        paths = [as_written(path, table, self.files.locale) for table in tables]
        depths = [_depth(one, table) for one, table in zip(paths, tables, strict=True)]
        deepest = max(depths)
        place = depths.index(deepest) if deepest else len(tables) - 1
        return PlaceInFile(place, paths[place])

    def _with_the_other(self, problem: Problem) -> Problem:
        """Return the problem of a name that is there twice, with the place of the first."""
        key, number = (*problem.path, None)[:2]
        listed = self.lists.get(str(key), [])
        if not isinstance(number, int) or number >= len(listed):
            return problem
        names = [item.name for item in listed]
        first = self.located((str(key), names.index(names[number]), "name"))
        return evolve(problem, help=f"{problem.help}; the other is at {place_words(first)}")


def place_words(place: Problem) -> str:
    """Return a place in a file as messages name it."""
    return f"`{place.name}:{place.line}:{place.column}`"


def as_written(path: Path, table: Mapping[str, object], own: str) -> Path:
    """Return a path as a file has it: words in the publication's `own` locale need no name.

    It is `[copy]` then, and not `[copy.en]`.
    """
    copy = table.get("copy")
    if path[:2] == ("copy", own) and isinstance(copy, dict) and own not in copy:
        return ("copy", *path[2:])
    return path


def _depth(path: Path, table: object) -> int:
    """Return how many parts of a path are in a table."""
    for length, part in enumerate(path):
        table = _inside(table, part)
        if table is None:
            return length
    return len(path)


def _inside(table: object, part: str | int) -> object:
    """Return what a table or a list has at one part of a path, or `None`."""
    if isinstance(table, dict):
        return table.get(part)
    if isinstance(table, list) and isinstance(part, int) and part < len(table):
        return table[part]
    return None

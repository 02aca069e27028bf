"""Collect the problems of one text, and give each its place.

Of a text with very many problems the first ones are listed and the rest is counted.
"""

from __future__ import annotations

from attrs import evolve

from meter.errors import MOST_PROBLEMS, Problem, printable
from meter.loading.positions import At, Path, Positions

__all__ = ["ProblemCollector"]


class ProblemCollector:
    """Collects what is wrong, up to a bound, and remembers where."""

    def __init__(self) -> None:
        self.found: list[tuple[Problem, At]] = []
        self.more = 0
        self._dropped: set[Path] = set()
        self._above: set[Path] = set()

    def add(
        self, code: str, path: Path, message: str, advice: str | None = None, *, at: At = "value"
    ) -> None:
        """Note one problem. `at` says whether to point at the value at `path` or at its key."""
        self.add_problem(Problem(code=code, path=path, message=message, help=advice), at)

    def add_problem(self, problem: Problem, at: At = "value") -> None:
        """Note a problem that somebody else has found."""
        if self.full:
            self.more += 1
            return
        message = printable(problem.message)
        advice = printable(problem.help or "") or None
        self.found.append((evolve(problem, message=message, help=advice), at))

    @property
    def full(self) -> bool:
        """Whether no more problems will be listed."""
        return len(self.found) >= MOST_PROBLEMS

    def drop(self, path: Path) -> None:
        """Note that the value at `path` was not read: nothing is said of what follows from that."""
        self._dropped.add(path)
        self._above.update(path[:length] for length in range(1, len(path) + 1))

    def dropped_at(self, path: Path) -> bool:
        """Say whether the value at `path`, or what holds it, was not read."""
        return any(path[:length] in self._dropped for length in range(1, len(path) + 1))

    def dropped_under(self, path: Path) -> bool:
        """Say whether something inside the value at `path` was not read."""
        return path in self._above

    def problems(self, text: str, name: str) -> tuple[Problem, ...]:
        """Return every problem with its place in `text`, in the order of the text."""
        if not self.found:
            return ()
        positions = Positions(text, [(problem.path, at) for problem, at in self.found])
        located = [positions.locate(problem, at, name) for problem, at in self.found]
        located.sort(key=lambda problem: (problem.line or 0, problem.column or 0))
        return (*located, *self._rest(name))

    def unlocated(self, name: str, line: int | None = None) -> tuple[Problem, ...]:
        """Return every problem of a text whose lines are read one by one.

        All are on `line`, or where they say they are.
        """
        found = [
            evolve(problem, name=name, line=problem.line if line is None else line)
            for problem, _ in self.found
        ]
        return (*found, *self._rest(name))

    def _rest(self, name: str) -> tuple[Problem, ...]:
        """Return what is said of the problems that are not listed."""
        if not self.more:
            return ()
        message = (
            f"the first {len(self.found)} problems are listed; there are at least {self.more} more"
        )
        rest = Problem(
            code="too-many-problems",
            message=message,
            name=name,
            help="correct these and check again",
        )
        return (rest,)

"""Hold what an address says to the shapes of journey files; what is wrong is in their words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import MeterError
from meter.loading.problems import ProblemCollector

if TYPE_CHECKING:
    from meter.loading.fields import Shape

__all__ = ["StoryError", "check"]


class StoryError(MeterError):
    """An address holds no story: a word that is no step, or a value that a journey refuses."""


def check(shape: Shape, value: object, key: str) -> None:
    """Raise `StoryError` for a value that no journey file may have under a key."""
    report = ProblemCollector()
    shape.read(value, (key,), report)
    if not report.found:
        return
    problem, _ = report.found[0]
    advice = f": {problem.help}" if problem.help else ""
    raise StoryError(f"{problem.message}{advice}")

"""Which tests of a policy there are: its journeys, and the files that pytest runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.errors import Problem
from meter.journeys import Journey, JourneyError
from meter.verify.mutants.journeys import JourneyTest, broken_step, is_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from meter.policy import Policy

__all__ = ["FoundTests", "checked_journeys", "find_tests"]

_JOURNEY = ".journey.toml"
_PYTHON = ".py"


class FoundTests(NamedTuple):
    """The journeys of a policy, what pytest is to run, and the journeys of other policies."""

    journeys: tuple[JourneyTest, ...]
    pytest: tuple[Path, ...]
    others: tuple[str, ...]


def find_tests(policy: Path, given: Sequence[Path]) -> FoundTests:
    """Return the tests that are `given`, or else the journeys beside the policy's file.

    A folder stands for the journeys in it, however deep, and for its pytest tests. Raises
    `JourneyError` where a journey cannot be used, and for a file that is no test.
    """
    journeys = []
    others = []
    for path in _journey_files(policy, given):
        journey = Journey.load(path)
        if is_of(journey, policy):
            journeys.append(JourneyTest(str(path), journey))
        else:
            others.append(str(path))
    pytest = [path for path in given if _is_for_pytest(path)]
    return FoundTests(tuple(journeys), tuple(pytest), tuple(others))


def _journey_files(policy: Path, given: Sequence[Path]) -> Iterator[Path]:
    if not given:
        yield from sorted(policy.parent.glob(f"*{_JOURNEY}"))
    for path in given:
        if path.is_dir():
            yield from sorted(path.rglob(f"*{_JOURNEY}"))
        elif path.suffix == ".toml":
            yield path
        elif path.suffix != _PYTHON:
            raise JourneyError((_not_a_test(path),))


def _not_a_test(path: Path) -> Problem:
    return Problem(
        code="not-a-test",
        message=f"`{path}` is neither a journey nor a file of pytest tests",
        name=str(path),
        help="name `*.journey.toml` files, `*.py` files, or folders that hold them",
    )


def _is_for_pytest(path: Path) -> bool:
    if path.is_dir():
        return next(path.rglob(f"*{_PYTHON}"), None) is not None
    return path.suffix == _PYTHON


def checked_journeys(policy: Policy, journeys: Sequence[JourneyTest]) -> None:
    """Raise `JourneyError` with each journey that does not go as expected as the policy is."""
    problems = []
    for test in journeys:
        step = broken_step(test.journey, policy)
        if step is not None:
            problem = Problem(
                code="broken-journey",
                message=(
                    f"step {step.number} ({step.what}) does not go as expected with the policy as"
                    f" it is: {(step.problem or '').splitlines()[0]}"
                ),
                name=test.name,
                line=step.line,
                help=f"mend it first; `meter journey {test.name}` shows it",
            )
            problems.append(problem)
    if problems:
        raise JourneyError(tuple(problems))

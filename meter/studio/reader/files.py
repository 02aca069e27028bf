"""The journey tests beside the policy: which there are, what one holds, and its new answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors import MeterError, meant, quoted
from meter.journeys import Journey, JourneyStep
from meter.journeys.accepting import AcceptedAnswer, accepted_answers, rewritten
from meter.studio.beside import names_beside, strangers_beside, text_beside
from meter.studio.desk import digest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from meter.policy import Policy
    from meter.studio.desk import Desk

__all__ = [
    "ENDING",
    "NewAnswers",
    "accept",
    "answers_of",
    "is_for",
    "journey_names",
    "load_journey",
]

ENDING = ".journey.toml"
"""How the name of a journey test ends."""


@frozen(kw_only=True)
class NewAnswers:
    """What a test would have to expect to be kept: the new values, and the file they are for."""

    name: str
    digest: str
    changes: tuple[AcceptedAnswer, ...]


def journey_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the journey tests in a folder, in order."""
    return tuple(name for name in names_beside(folder, ENDING) if not name.startswith("."))


def load_journey(folder: Path, name: str) -> Journey:
    """Read one of the journey tests in a folder.

    Raises `MeterError` for a name that is none of theirs, `JourneyError` for one with problems.
    """
    return Journey.loads(_text(folder, name), name=name)


def answers_of(
    folder: Path, name: str, journey: Journey, steps: Sequence[JourneyStep], policy: Policy
) -> NewAnswers:
    """Return the new answers of a journey test, after its `steps` under a policy."""
    raw = _text(folder, name).encode()
    changes = accepted_answers(journey, steps, policy)
    return NewAnswers(name=name, digest=digest(raw), changes=tuple(changes))


def is_for(journey: Journey, policy: Path) -> bool:
    """Say whether a journey test in the folder of a policy's file is for that policy."""
    named = journey.policy
    return named is None or (policy.parent / named).resolve() == policy.resolve()


def accept(desk: Desk, name: str, policy: Policy, *, expected: str) -> None:
    """Write the new answers of a journey test into its file.

    Raises `ConflictError` where the file is not what `expected` says, and `MeterError` where
    nothing may be written or the test is for another policy.
    """
    text = _text(desk.folder, name)
    journey = Journey.loads(text, name=name)
    if not is_for(journey, desk.path):
        raise MeterError(
            f"{quoted(name)} is a test of another policy, {quoted(str(journey.policy))}: open that"
            " in the studio to accept its answers"
        )
    answers = accepted_answers(journey, journey.run(policy), policy)
    desk.rewrite_file(name, rewritten(text, answers, policy, name), expected=expected)


def _text(folder: Path, name: str) -> str:
    names = journey_names(folder)
    if name not in (*names, *strangers_beside(folder, ENDING)):
        raise MeterError(f"there is no journey test {quoted(name)} here: {meant(name, names)}")
    return text_beside(folder, name)

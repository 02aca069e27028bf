"""The journeys that test a policy, and whether one notices a mistake in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from attrs import frozen

from meter.journeys import Journey, JourneyError
from meter.journeys.expectations import differences

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from meter.journeys import JourneyStep
    from meter.policy import Policy

__all__ = ["JourneyTest", "Noticed", "broken_step", "is_of", "noticed"]

_UNSEEN = ("rule",)
"""What may be expected and no reader sees."""


class Noticed(NamedTuple):
    """How a journey notices a mistake: at which step (from 1), and in which of its expectations.

    Without `keys` a step cannot happen. `seen` says that a reader sees the difference.
    """

    step: int
    keys: tuple[str, ...]
    seen: bool


@frozen
class JourneyTest:
    """A journey that is a test, and what its file is called."""

    name: str
    journey: Journey


def is_of(journey: Journey, policy: Path) -> bool:
    """Say whether a journey is one of this policy file: it names it, or none."""
    return journey.policy is None or journey.policy.resolve() == policy.resolve()


def broken_step(journey: Journey, policy: Policy) -> JourneyStep | None:
    """Return the first step that does not go as expected, if any."""
    return next((step for step in journey.steps_of(policy) if step.problem is not None), None)


def noticed(journey: Journey, policy: Policy) -> Noticed | None:
    """Return how a journey notices what is wrong in a policy; `None` if all goes as expected."""
    number = 0
    try:
        answers = journey.answers_of(policy)
        for number, (step, answer) in enumerate(zip(journey.steps, answers, strict=True), 1):
            decision, why_not = answer
            if why_not is not None:
                return Noticed(number, (), seen=False)
            if step.expect is None:
                continue
            differs = differences(step.expect, decision, policy, journey.locale)
            keys = tuple(dict.fromkeys(one.key for one in differs))
            if keys:
                return Noticed(number, keys, seen=_is_seen(keys))
    except JourneyError:
        return Noticed(number + 1, (), seen=False)
    return None


def _is_seen(keys: Iterable[str]) -> bool:
    return any(key not in _UNSEEN for key in keys)

"""A story as a journey test: its steps, and what each of them brought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from meter.explanation import in_turn
from meter.journeys.actions import DismissPrompt
from meter.journeys.steps import Expect
from meter.journeys.writing import journey_text
from meter.studio.reader.checking import StoryError

if TYPE_CHECKING:
    from meter.journeys import Journey, JourneyStep
    from meter.policy import Policy

__all__ = ["expected_of", "saved_text"]


def saved_text(journey: Journey, policy: Policy, *, title: str, name: str) -> str:
    """Return the text of a journey file that expects of every step what it brings today.

    What a step of a file expects already stays, where that holds. A step that cannot happen changes
    nothing, so it is left out. `name` is the name of the policy's file beside it.

    Raises `StoryError` where nothing has happened.
    """
    kept = []
    for planned, step in zip(journey.steps, journey.run(policy), strict=True):
        if step.happened:
            holds = planned.expect is not None and step.problem is None
            kept.append(planned if holds else evolve(planned, expect=expected_of(step)))
    if not kept:
        raise StoryError("nothing has happened yet, so there is nothing to save: press Read first")
    told = evolve(journey, steps=kept, title=journey.title or title)
    return journey_text(told, policy=name)


def expected_of(step: JourneyStep) -> Expect | None:
    """Return what a step brought, as an expectation; `None` where there is nothing to expect.

    Who closes a prompt reads nothing: that bears on the prompt alone that would come next.
    """
    decision = step.decision
    prompt = (decision.prompt or False) if in_turn(decision) else None
    if isinstance(step.action, DismissPrompt):
        return None if prompt is None else Expect(prompt=prompt)
    meter = decision.meter
    experiments = decision.rulebook is not None and decision.rulebook.policy.experiments
    return Expect(
        show=decision.show,
        access=decision.access,
        offer=decision.offer or False,
        left=False if meter is None or meter.left is None else meter.left,
        used=False if meter is None else meter.used,
        counted=decision.counted,
        prompt=prompt,
        exposed=tuple(one.experiment for one in decision.exposures) if experiments else None,
    )

"""In what a step differs for a reader from the same step of another run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.prompts import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.decision import MeterReading
    from meter.journeys.steps import JourneyStep
    from meter.policy import Policy

__all__ = ["differing", "prompt_text"]


def prompt_text(step: JourneyStep, policy: Policy, locale: str | None) -> str:
    """Return what the page says at a step that opens an article, as plain text.

    Nothing where it says nothing.
    """
    if not step.is_read or step.decision.prompt is None:
        return ""
    return render(step.decision, policy, locale=locale, format="text").strip("\n")


def differing(old: JourneyStep, new: JourneyStep) -> Iterator[str]:
    """Yield in what two steps differ for a reader; which rule decided is not seen by one.

    What the prompts say is not looked at: `prompt_text` gives it.
    """
    if old.at != new.at:
        yield "at"
    if (old.what, old.happened) != (new.what, new.happened):
        yield "what"
    if old.reader.status(old.at) != new.reader.status(new.at):
        yield "reader"
    if not new.is_read:
        return
    for key in ("show", "access", "offers", "prompt", "counted"):
        if getattr(old.decision, key) != getattr(new.decision, key):
            yield key
    if _count(old.decision.meter) != _count(new.decision.meter):
        yield "meter"


def _count(meter: MeterReading | None) -> tuple[object, ...] | None:
    """Return what a meter says; its name is the policy's own affair."""
    return None if meter is None else (meter.limit, meter.used, meter.left, meter.resets_at)

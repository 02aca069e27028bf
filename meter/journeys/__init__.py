"""One reader's months, step by step."""

from __future__ import annotations

from meter.journeys.journey import Journey
from meter.journeys.rights import Continuation
from meter.journeys.steps import Expect, JourneyError, JourneyStep, PlannedStep, Renewal

__all__ = [
    "Continuation",
    "Expect",
    "Journey",
    "JourneyError",
    "JourneyStep",
    "PlannedStep",
    "Renewal",
]

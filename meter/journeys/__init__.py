"""One reader's months, step by step."""

from __future__ import annotations

from meter.journeys.journey import Journey
from meter.journeys.steps import Expect, JourneyError, JourneyStep, PlannedStep, Renewal

__all__ = ["Expect", "Journey", "JourneyError", "JourneyStep", "PlannedStep", "Renewal"]

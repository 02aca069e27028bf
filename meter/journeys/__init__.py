"""What does one reader see, month after month?"""

from __future__ import annotations

from meter.journeys.journey import Expect, Journey, JourneyError, JourneyStep, Renewal, Step

__all__ = ["Expect", "Journey", "JourneyError", "JourneyStep", "Renewal", "Step"]

"""What a policy does to one reader over time, and to a population: journeys, replays, simulations.

Importing this package is light; what needs numpy imports it when it is used.
"""

from meter.simulate.journey import Expect, Journey, JourneyError, JourneyStep, Renewal, Step

__all__ = ["Expect", "Journey", "JourneyError", "JourneyStep", "Renewal", "Step"]

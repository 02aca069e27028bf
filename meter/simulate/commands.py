"""The commands about populations and logs, each in its own module."""

from meter.simulate.compare_command import compare
from meter.simulate.replay_command import replay
from meter.simulate.simulate_command import simulate

__all__ = ["compare", "replay", "simulate"]

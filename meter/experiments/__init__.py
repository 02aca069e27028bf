"""Which variant of an experiment an id is in: public hashes, and nothing remembered.

A hash turns a seed and an id into a number, variants share the numbers out among them, and an id is
in the variant its number falls to, today and next year, here and in the tool that analyses it. What
an edit moves is in `meter.experiments.moves`, which no page view needs.
"""

from __future__ import annotations

from meter.experiments.assignment import Assignment, ExperimentUnit, unit_of
from meter.experiments.experiment import Experiment, Filter, holdout
from meter.experiments.hashes import Hash, HashWord, hash_of
from meter.experiments.ranges import Arm

__all__ = [
    "Arm",
    "Assignment",
    "Experiment",
    "ExperimentUnit",
    "Filter",
    "Hash",
    "HashWord",
    "hash_of",
    "holdout",
    "unit_of",
]

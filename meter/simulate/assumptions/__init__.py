"""What the simulator takes for granted: every number named, with its range and its source.

A TOML file overrides any of them: a bare value, or `{ value, low, high, source }`. The simulator
uses no number that is hidden elsewhere.
"""

from meter.simulate.assumptions.assumption import Assumption, AssumptionValue, Basis
from meter.simulate.assumptions.files import (
    assumptions_text,
    load_assumptions,
    loads_assumptions,
)
from meter.simulate.assumptions.table import AssumptionError, Assumptions, published_assumptions

__all__ = [
    "Assumption",
    "AssumptionError",
    "AssumptionValue",
    "Assumptions",
    "Basis",
    "assumptions_text",
    "load_assumptions",
    "loads_assumptions",
    "published_assumptions",
]

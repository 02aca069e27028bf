"""How much is tried: `pytest --hypothesis-profile=thorough` draws ten times as many examples,
different ones each time.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.servers"]

# No deadlines: the machine that runs the tests may be busy. The default profile draws the same
# examples every time.
_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)
settings.register_profile(
    "meter",
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=_SLOW,
)
settings.register_profile("thorough", max_examples=1000, deadline=None, suppress_health_check=_SLOW)
settings.load_profile("meter")

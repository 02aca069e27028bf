"""Does somebody whom Hypothesis draws tell arrays with a planted bug from the engine?"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample

__all__ = ["is_noticed"]


def is_noticed(populations, differs, *, examples=600):
    """Say whether one of so many populations, the same ones each time, `differs`."""
    options = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    try:
        find(populations, differs, settings=options)
    except NoSuchExample:
        return False
    return True

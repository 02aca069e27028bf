"""How many planted bugs the suite tries: an eighth, or all of them where that is asked for.

`python -m tests.planted` plants all of them. A planted bug is a process of its own, or a search,
and there are too many for every run: the suite plants every eighth, so that each file is still
proved to notice something.
"""

from __future__ import annotations

import os

import pytest

__all__ = ["some"]

FILES = (
    "tests/core/test_planted_frequency_bugs.py",
    "tests/laws/test_planted_bugs.py",
    "tests/laws/test_planted_showings.py",
    "tests/laws/test_played_journeys.py",
    "tests/paywall/test_planted_bugs.py",
    "tests/columns/test_campaigns.py",
    "tests/columns/test_partition.py",
    "tests/columns/test_planted_bugs.py",
    "tests/columns/test_planted_in_tables.py",
    "tests/journeys/test_planted_bugs.py",
    "tests/prompts/test_planted_words.py",
    "tests/verify/test_clocks.py",
    "tests/verify/test_crawler_classes.py",
    "tests/verify/test_crawlers.py",
    "tests/verify/test_generous_engines.py",
    "tests/verify/test_oracle.py",
    "tests/verify/test_planted.py",
    "tests/verify/test_planted_prompts.py",
    "tests/web/machines/test_planted_bugs.py",
)


def some(bugs):
    """Return every eighth of some bugs, or all of them."""
    listed = list(bugs)
    return listed if os.environ.get("METER_WHOLE") == "1" else listed[::8]


if __name__ == "__main__":
    os.environ["METER_WHOLE"] = "1"
    raise SystemExit(pytest.main(["-q", *FILES]))

"""A log that says what was started is refused where that matters, never answered wrongly."""

from __future__ import annotations

import pytest

from meter import loads_policy
from meter.replay.logs.columns import LogError
from meter.replay.run import replay

POLICY = """
[publication]
name = "The Harbour Review"
[offers.guest]
price = 0
currency = "USD"
term = "1 day"
once = true
[[rules]]
name = "wall"
show = "trial-offer"
offer = "guest"
"""
LOG = """\
{"at": "2026-06-01T09:00:00Z", "reader": {"id": "r1"}, "article": {"id": "a1"}}
{"at": "2026-06-01T09:01:00Z", "reader": {"id": "r1"}, "started": "guest"}
"""


def test_a_start_of_what_is_started_once_is_refused(tmp_path):
    """With the row; a policy in which it may be started again does not ask."""
    log = tmp_path / "events.jsonl"
    log.write_text(LOG)
    with pytest.raises(LogError, match="not replayed yet: row 2"):
        replay(loads_policy(POLICY), log)
    again = loads_policy(POLICY.replace("once = true\n", ""))
    assert 1 == replay(again, log).views

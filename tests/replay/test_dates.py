"""A log means by a date what an event means by it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from meter.cli import main

POLICY = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"
[[rules]]
name = "subscribers read everything"
when = { reader = ["subscriber"] }
show = "article"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""


@pytest.mark.parametrize(
    ("at", "show"),
    [("2026-06-30T23:59:59+09:00", "article"), ("2026-07-01T00:00:00+09:00", "subscription-wall")],
)
def test_a_right_that_ends_on_a_date_holds_to_the_end_of_that_day(tmp_path, at, show):
    """One line of page views, decided and replayed.

    The day is the publication's, and both say the same.
    """
    (tmp_path / "policy.toml").write_text(POLICY)
    reader = {"id": "r", "entitlements": [{"kind": "subscription", "ends": "2026-06-30"}]}
    (tmp_path / "events.jsonl").write_text(
        json.dumps({"at": at, "reader": reader, "article": "a"}) + "\n"
    )
    files = [str(tmp_path / "policy.toml"), str(tmp_path / "events.jsonl")]
    decided = CliRunner().invoke(main, ["decide", *files], catch_exceptions=False)
    replayed = CliRunner().invoke(
        main, ["replay", *files, "--format", "json"], catch_exceptions=False
    )
    shown = {
        name: views for name, views in json.loads(replayed.stdout)["prompts_shown"].items() if views
    }
    assert show == json.loads(decided.stdout)["show"]
    assert shown == {show: 1}

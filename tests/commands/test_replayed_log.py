"""`meter decide` counts a log as a few lines do that know nothing of the engine."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

POLICY = """
[publication]
name = "P"
timezone = "Europe/Copenhagen"
[meters.monthly]
window = {{ calendar = "month" }}
limit = {limit}
[[rules]]
name = "within"
spend = "monthly"
show = "countdown"
[[rules]]
name = "else"
show = "subscription-wall"
"""


def log(seed):
    """Return page views of 30 readers over five months, with re-reads and doubles.

    They are dense around the turn of each month.
    """
    random = Random(seed)
    now = datetime(2026, 1, 30, 20, tzinfo=UTC)
    views = []
    while now < datetime(2026, 6, 3, tzinfo=UTC):
        views.append((f"r{random.randrange(30)}", now, f"a{int(random.paretovariate(0.6)) % 60}"))
        near = now.day >= 30 or now.day == 1
        now += timedelta(
            seconds=random.choice((0, 1, 600, 1200) if near else (600, 20_000, 80_000))
        )
    return views


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_no_count_of_a_log_is_wrong(meter, folder, limit):
    """Used, counted and shown, for every view."""
    zone = ZoneInfo("Europe/Copenhagen")
    seen = defaultdict(set)
    expected = []
    views = log(limit)
    for reader, at, article in views:
        local = at.astimezone(zone)
        month = seen[reader, local.year, local.month]
        counts = article not in month and len(month) < limit
        if counts:
            month.add(article)
        expected.append((len(month), counts, "full" if article in month else "preview"))
    (folder / "p.toml").write_text(POLICY.format(limit=limit))
    (folder / "log.jsonl").write_text(
        "".join(
            json.dumps({"at": at.isoformat(), "reader": {"id": r}, "article": a}) + "\n"
            for r, at, a in views
        )
    )
    lines = meter("decide", "p.toml", "log.jsonl").lines
    assert len(views) > 1000
    assert [(line["meter"]["used"], line["counted"], line["access"]) for line in lines] == expected

"""The coverage of a policy asks for the edges of numbers, dates and offers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from meter import Article, PageView, Reader, Usage, decide, load_policy
from meter.testing import RuleCoverage

POLICY = """
[publication]
name = "Small"
timezone = "Asia/Tokyo"

[offers.summer]
price = 9
currency = "USD"
term = "3 months"
ends = 2026-06-30

[[rules]]
name = "likely"
when = { score = { at_least = 0.2 } }
show = "registration-wall"

[[rules]]
name = "the fair"
when = { dates = { from = 2026-06-08, until = 2026-06-12 } }
show = "article"

[[rules]]
name = "everyone else"
show = "wall"
offer = "summer"
"""
USUAL = datetime(2026, 6, 3, tzinfo=UTC)
FAIR = datetime(2026, 6, 7, 15, tzinfo=UTC)
FAIR_OVER = datetime(2026, 6, 12, 15, tzinfo=UTC)
SUMMER_OVER = datetime(2026, 6, 30, 15, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.fixture
def missing(tmp_path):
    """Return what of the policy is not met by readers of some scores at some instants."""
    file = tmp_path / "policy.toml"
    file.write_text(POLICY, encoding="utf-8")

    def watched(*met):
        coverage = RuleCoverage({"small": file})
        coverage.start()
        policy = load_policy(file)
        view = PageView(article=Article(id="a"))
        for score, now in met:
            decide(policy, Reader(id="r", score=score), view, Usage(), now)
        coverage.stop()
        [(_, points, missed)] = coverage.results()
        return points, missed

    return watched


EVERYTHING = (
    (0.2, USUAL),
    (0.1, USUAL),
    (None, USUAL),
    (None, FAIR - TICK),
    (None, FAIR),
    (None, FAIR_OVER - TICK),
    (None, FAIR_OVER),
    (None, SUMMER_OVER - TICK),
    (None, SUMMER_OVER),
)


def test_everything_is_met_on_every_edge(missing):
    """A number on its constant and beside it, the first and the last day, an offer over."""
    points, missed = missing(*EVERYTHING)
    assert missed == []
    assert "rule `likely`, where the score is at least 0.2: at 0.2 exactly" in points
    assert "offer `summer`: not given" in points


@pytest.mark.parametrize(
    ("left_out", "point"),
    [
        (0, "at 0.2 exactly"),
        (1, "next below 0.2"),
        (3, "the day before, 2026-06-07"),
        (4, "the first day, 2026-06-08"),
        (5, "the last day, 2026-06-12"),
        (6, "the day after, 2026-06-13"),
        (7, "the last day, 2026-06-30"),
        (8, "the day after, 2026-07-01"),
    ],
)
def test_an_edge_that_is_not_met_is_named(missing, left_out, point):
    """Without one view its edge is missing, whatever else is met."""
    met = [one for place, one in enumerate(EVERYTHING) if place != left_out]
    _, missed = missing(*met, (0.9, USUAL), (None, FAIR + timedelta(hours=40)))
    assert [one for one in missed if one.endswith(point)], missed


def test_the_middle_of_a_stretch_is_on_no_edge(missing):
    """A day in the middle of a month is neither the first nor the last of an offer."""
    _, missed = missing((None, USUAL), (0.9, USUAL))
    assert any(one.endswith("the last day, 2026-06-30") for one in missed)
    assert any(one.endswith("at 0.2 exactly") for one in missed)

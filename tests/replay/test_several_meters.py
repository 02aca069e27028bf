"""A replay of a policy that spends several meters at once, or keeps a history."""

from __future__ import annotations

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

import pyarrow as pa

from meter import loads_policy
from meter.replay.run import replay

POLICY = """
[publication]
name = "The Harbour Review"
[meters.daily]
window = {{ calendar = "day" }}
limit = {daily}
[meters.monthly]
window = {{ calendar = "month" }}
limit = {monthly}
[meters.all]
window = {{ calendar = "month" }}
limit = "none"
counts = {{ access = ["free", "metered"] }}
[[rules]]
name = "some a day and some a month"
spend = {spend}
show = "countdown"
[[rules]]
name = "everyone else"
show = "wall"
"""
MONTH = 1_767_225_600_000_000
DAY = 86_400_000_000
BOTH = '["daily", "monthly"]'


def _policy(daily=2, monthly=3, spend=BOTH, *, history=True):
    text = POLICY.format(daily=daily, monthly=monthly, spend=spend)
    if not history:
        text = text.replace('counts = { access = ["free", "metered"] }\n', "")
    return loads_policy(text)


def _log(days, free=()):
    """Return a log of one reader who reads a new article on each of some days."""
    places = range(len(days))
    return pa.table(
        {
            "reader": [1] * len(days),
            "time": pa.array(
                [MONTH + day * DAY + n for n, day in enumerate(days)], pa.timestamp("us", "UTC")
            ),
            "article": list(places),
            "article.access": ["free" if n in free else "metered" for n in places],
        }
    )


def test_a_view_that_spends_two_meters_counts_once_and_on_both():
    """It is one view that counted; each meter has counted it, and a history what was free too."""
    found = replay(_policy(), _log([0, 0, 0, 1, 1], free={4}), recorded_under="none")

    assert 3 == found.views_counted
    assert {"daily": 3, "monthly": 3, "all": 4} == found.meters
    assert found.to_dict()["meters"] == dict(found.meters)


def test_the_meter_that_binds_is_told_of():
    """Of two with as little left it is the one that resets last, and at a wall the one closed."""
    found = replay(_policy(), _log([0, 0, 0, 1, 1]), decisions=True, recorded_under="none")
    rows = [row for table in found.decisions for row in table.to_pylist()]
    told = [(row["show"], row["meter"], row["limit"], row["used"], row["left"]) for row in rows]

    assert told == [
        ("countdown", "daily", 2, 1, 1),
        ("last-free-article", "daily", 2, 2, 0),
        ("subscription-wall", "daily", 2, 2, 0),
        ("last-free-article", "monthly", 3, 3, 0),
        ("subscription-wall", "monthly", 3, 3, 0),
    ]


def test_a_meter_without_a_limit_has_no_limit_and_nothing_left():
    """The table says how much was used, and leaves limit and left empty."""
    policy = _policy(daily='"none"', spend='"daily"')
    found = replay(policy, _log([0] * 40), decisions=True, recorded_under="none")
    rows = [row for table in found.decisions for row in table.to_pylist()]

    assert ("article", "daily", None, 40, None) == tuple(
        rows[-1][key] for key in ("show", "meter", "limit", "used", "left")
    )
    assert {"daily": 40, "monthly": 0, "all": 40} == found.meters


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ({"daily": 2, "monthly": 3}, False),
        ({"daily": 1, "monthly": 3}, False),
        ({"daily": 2, "monthly": 2}, False),
        ({"daily": 2, "monthly": 4}, True),
        ({"daily": 3, "monthly": 3}, True),
        ({"daily": 2, "monthly": '"none"'}, True),
        ({"daily": 2, "spend": '"daily"'}, True),
        ({"daily": 2, "spend": '"monthly"'}, True),
    ],
)
def test_a_list_is_looser_where_any_of_its_limits_is_higher(asked, refused):
    """Reading at once meets the lowest limit only: the others are compared for themselves."""
    log = _log([0, 0, 0, 1, 1])
    recorded = _policy(history=False)
    found = replay(_policy(**asked, history=False), log, recorded_under=recorded)

    assert refused is (found.refused is not None)


def test_what_a_history_would_have_counted_is_not_known():
    """Under another policy with a history or a question about one, the answer is bounded."""
    log = _log([0, 0, 0, 1, 1])

    assert replay(_policy(), log, recorded_under=_policy()).refused is None
    assert replay(_policy(history=False), log, recorded_under=_policy()).refused is not None


def test_an_empty_id_of_a_view_is_none(tmp_path):
    """Two views of an article without ids of their own are two, in a table with such a column."""
    policy = loads_policy("""
[publication]
name = "The Harbour Review"
[meters.monthly]
window = { calendar = "month" }
limit = 1
count = "views"
[[rules]]
name = "one"
spend = "monthly"
show = "countdown"
[[rules]]
name = "rest"
show = "wall"
""")
    path = tmp_path / "log.csv"
    path.write_text(
        "at,reader.id,article.id,id\n"
        "2026-09-01T15:00:00Z,r,a1,\n2026-09-01T16:00:00Z,r,a1,\n2026-09-01T16:00:00Z,s,a1,v1\n"
    )
    found = replay(policy, path)
    assert (2, 1) == (found.views_counted, found.views_blocked)

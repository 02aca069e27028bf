"""What a log can say that holds only what its policy let through, and what it cannot."""

from __future__ import annotations

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

import json
from collections import Counter
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.csv
from click.testing import CliRunner

from meter import loads_policy
from meter.cli import main
from meter.replay.run import replay
from tests.replay.completions import try_log
from tests.replay.drawn_pairs import WINDOWS, draw_log, policy_of
from tests.replay.planted_judgements import PLANTED
from tests.replay.random_pairs import opened, outside, try_cut, try_pair

MONTH = 1_767_225_600_000_000
DAY = 86_400_000_000
CALENDAR = 'calendar = "month"'


def text_of(meters, spent, zone="UTC"):
    """Return a policy of meters (window, limit, count by name); `spent` by section."""
    lines = ["[publication]", 'name = "The Harbour Review"', f'timezone = "{zone}"']
    for name, (window, limit, *count) in meters.items():
        lines += [f"[meters.{name}]", f"window = {{ {window} }}", f"limit = {limit}"]
        lines += [f'count = "{word}"' for word in count]
    for section, name in spent.items():
        lines += ["[[rules]]", f'name = "{section or "any"}"']
        lines += [f'when = {{ section = ["{section}"] }}'] if section else []
        lines += [f'spend = "{name}"', 'show = "countdown"']
    lines += ["[[rules]]", 'name = "everyone else"', 'show = "subscription-wall"']
    return "\n".join(lines) + "\n"


def one(window, limit, zone="UTC", count="articles"):
    """Return a policy with one meter for everything."""
    return loads_policy(text_of({"m": (window, limit, count)}, {"": "m"}, zone))


def drawn(readers=300, seed=3, days=30):
    """Return what heavy-tailed readers would read in a month if nobody stopped them."""
    random = np.random.default_rng(seed)
    reads = np.minimum(random.geometric(random.beta(1.2, 3.0, readers).clip(0.02, 1)), 40)
    reader = np.repeat(np.arange(readers), reads)
    at = MONTH + random.integers(0, days * DAY, len(reader))
    return pa.table(
        {
            "reader": reader,
            "time": pa.array(at, pa.timestamp("us", "UTC")),
            "article": random.integers(0, 400, len(reader)),
            "section": np.array(["news", "sport"])[random.integers(0, 2, len(reader))],
            "id": np.arange(len(reader)),
        }
    )


def cut(log, recorded):
    """Return what a policy let through."""
    return log.filter(pa.array(opened(log, recorded)[0]))


def test_random_pairs_are_never_outside_of_what_is_claimed():
    """A part of `python -m tests.replay.random_pairs`."""
    tally = Counter()

    assert [] == [line for seed in range(40) for line in try_pair(seed, tally)]
    assert tally["exact"] > 1
    assert tally["bounded"] > 5


def test_bounds_are_those_of_all_completions():
    """A part of `python -m tests.replay.completions`: sound always, equal nearly always."""
    tried = [try_log(seed)[:2] for seed in range(25)]

    assert [] == [
        (told, true)
        for told, true in tried
        if told[0] > true[0] or (told[1] is not None and told[1] < true[1])
    ]
    assert sum(told == true for told, true in tried) >= 23


@pytest.mark.parametrize(("name", "place", "pair"), PLANTED, ids=[bug[0] for bug in PLANTED])
def test_a_planted_mistake_of_judgement_is_found(name, place, pair, monkeypatch):
    """The truth is then outside of what is claimed of some of a few drawn logs, else of none."""
    recorded, asked = map(policy_of, pair)
    logs = [draw_log(Random(seed), 12) for seed in (*range(4), 51)]

    def wrong():
        return [line for log in logs for line in try_cut(recorded, asked, log, Counter())]

    assert [] == wrong(), name
    monkeypatch.setattr(*place)
    assert [] != wrong(), name


KINDS = [
    (window, count, before, after)
    for window in WINDOWS
    for count in ("articles", "views")
    for before, after in ((5, 3), (3, 1), (4, 0))
]


@pytest.mark.parametrize(("window", "count", "before", "after"), KINDS)
def test_a_lower_limit_is_answered(window, count, before, after):
    """Of a log with its walls in every number, of one without them in the readers stopped.

    Bounds are for logs that may have been cut off, and for what a looser policy asks of them.
    """
    log = drawn(80)
    recorded, asked = one(window, before, count=count), one(window, after, count=count)
    truth = replay(asked, log, recorded_under="none")
    whole = replay(asked, log, recorded_under=recorded, walls=True)
    part = replay(asked, cut(log, recorded), recorded_under=recorded)

    assert None is whole.refused
    assert {"exact"} == {measure.kind for measure in whole.measures.values()}
    assert [] == outside(whole, truth)
    assert truth.readers_stopped == part.readers_stopped
    assert [] == outside(part, truth)


def test_an_allowance_that_is_split_is_looser():
    """Three of everything, and three of each of two sections: the log ends at the third."""
    log = drawn()
    recorded = one(CALENDAR, 3)
    asked = loads_policy(
        text_of({"n": (CALENDAR, 3), "s": (CALENDAR, 3)}, {"news": "n", "sport": "s"})
    )
    truth = replay(asked, log, recorded_under="none")
    found = replay(asked, cut(log, recorded), recorded_under=recorded)

    assert truth.readers_stopped > 20
    assert None is not found.refused
    assert None is found.readers_stopped
    assert [] == outside(found, truth)
    assert {"W01", "W27"} <= {caution.code for caution in found.cautions}


def test_another_zone_is_another_window():
    """Two a day in Tokyo say little of two a day in UTC."""
    log = drawn(days=4)
    recorded, asked = one('calendar = "day"', 2, "Asia/Tokyo"), one('calendar = "day"', 2)
    truth = replay(asked, log, recorded_under="none")
    found = replay(asked, cut(log, recorded), recorded_under=recorded)

    assert None is not found.refused
    assert [] == outside(found, truth)


def test_a_log_without_its_walls_gives_lower_bounds_and_says_so():
    """With a stricter limit the readers stopped are known, the walls they would meet are not."""
    log = drawn()
    recorded, asked = one(CALENDAR, 3), one(CALENDAR, 1)
    truth = replay(asked, log, recorded_under="none")
    found = replay(asked, cut(log, recorded), recorded_under=recorded)
    blocked = found.measures["views_blocked"]

    assert None is found.refused
    assert (truth.readers_stopped, truth.views_counted) == (
        found.readers_stopped,
        found.views_counted,
    )
    assert ("at_least", None, None) == (blocked.kind, blocked.value, found.views_blocked)
    assert 0 < blocked.low < truth.views_blocked
    assert "W27" in {caution.code for caution in found.cautions}
    assert "W01" not in {caution.code for caution in found.cautions}


def test_a_log_with_its_walls_does_not_warn_of_their_absence():
    """Nor one of which it is said that nobody met a wall."""
    log = drawn()
    recorded = one(CALENDAR, 3)
    few = cut(log, recorded)

    def codes(log, **said):
        found = replay(recorded, log, recorded_under=recorded, **said)
        return {caution.code for caution in found.cautions}

    assert "W27" in codes(few)
    assert "W27" not in codes(log)
    assert "W27" not in codes(few, walls=True)


def test_another_window_leaves_the_views_blocked_unknown():
    """Three a day asked of twenty a month: who reads on the next day was stopped for the month."""
    log = drawn()
    recorded, asked = one(CALENDAR, 6), one('calendar = "day"', 1)
    truth = replay(asked, log, recorded_under="none")
    found = replay(asked, log, recorded_under=recorded)

    assert None is not found.refused
    assert "at_least" == found.measures["views_blocked"].kind
    assert "at_least" == found.measures["views_counted"].kind
    assert [] == outside(found, truth)


def test_a_policy_without_a_wall_stops_nobody():
    """Whatever is lacking in the log, it is not stopped either."""
    recorded = one(CALENDAR, 3)
    asked = loads_policy(text_of({}, {}).replace("subscription-wall", "article"))
    found = replay(asked, cut(drawn(), recorded), recorded_under=recorded)

    assert (0, 0) == (found.readers_stopped, found.views_blocked)
    assert "W01" in {caution.code for caution in found.cautions}


def test_readers_who_were_let_read_nothing_are_not_in_the_log():
    """Where premium articles were closed and the log tells them apart, there may be any number."""
    log = drawn().append_column("access", pa.array(["metered"] * len(drawn())))
    found = replay(one(CALENDAR, 2), cut(log, one(CALENDAR, 3)), recorded_under=one(CALENDAR, 3))

    assert "at_least" == found.measures["readers_stopped"].kind
    assert found.refused is not None


def test_walls_of_which_none_is_met_twice_are_the_end_of_the_log():
    """Where twenty readers met a wall and none a second one, later ones are not in the log."""
    log = drawn()
    recorded, asked = one(CALENDAR, 3), one(CALENDAR, 1)
    full, walls = opened(log, recorded)
    found = replay(asked, log.filter(pa.array(full | walls)), recorded_under=recorded)
    truth = replay(asked, log, recorded_under="none")

    assert truth.readers_stopped == found.readers_stopped
    assert "at_least" == found.measures["views_blocked"].kind
    assert [] == outside(found, truth)


def test_a_frame_has_the_bounds_of_each_number():
    """A row a number, with its unit; what is not known is none."""
    log = cut(drawn(), one(CALENDAR, 3))
    found = replay(one(CALENDAR, 1), log, recorded_under=one(CALENDAR, 3))
    frame = found.to_frame()
    rows = frame.to_dict("records") if hasattr(frame, "to_dict") else frame.to_pylist()
    rows = {row["measure"]: row for row in rows}
    blocked = rows["views_blocked"]

    assert [*found.measures] == [*rows]
    assert (found.readers_stopped, "exact", "readers") == tuple(
        rows["readers_stopped"][key] for key in ("value", "kind", "unit")
    )
    assert (found.measures["views_blocked"].low, "at_least") == (blocked["low"], blocked["kind"])
    assert blocked["high"] is None or blocked["high"] != blocked["high"]


def test_the_command_tells_the_same_bounds_in_each_form(tmp_path):
    """JSON has value, kind, low and high of each number; the drawing says the same in words."""
    recorded, asked = one(CALENDAR, 3), one(CALENDAR, 5)
    path = tmp_path / "log.csv"
    pyarrow.csv.write_csv(cut(drawn(), recorded), path)
    for name, limit in (("recorded", 3), ("asked", 5)):
        (tmp_path / f"{name}.toml").write_text(text_of({"m": (CALENDAR, limit)}, {"": "m"}))
    command = ["replay", f"{tmp_path}/asked.toml", str(path)]
    command += ["--recorded-under", f"{tmp_path}/recorded.toml"]
    drawing = CliRunner().invoke(main, command)
    document = CliRunner().invoke(main, [*command, "--format", "json"])
    told = json.loads(document.stdout)
    found = replay(asked, cut(drawn(), recorded), recorded_under=recorded)

    assert (1, 1) == (drawing.exit_code, document.exit_code)
    assert {name: one.to_dict() for name, one in found.measures.items()} == told["measures"]
    stopped = told["measures"]["readers_stopped"]
    assert "between" == stopped["kind"]
    assert f"at least {stopped['low']}, at most {stopped['high']}" in drawing.stdout
    assert ["W01", "W27"] == [
        warning["code"] for warning in told["warnings"] if warning["code"] in ("W01", "W27")
    ]
    first = next(warning["text"] for warning in told["warnings"] if warning["code"] == "W01")
    assert "recorded.toml" in first
    assert "asked.toml" in first

"""A log gives the same answer on workers as in one piece, however its readers are dealt."""

from __future__ import annotations

import pickle

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import loads_policy
from meter.replay.distributed import READERS, ReplayPart, deal_by_reader, sum_counts
from meter.replay.logs.log import LogError
from meter.replay.run import replay
from tests.dask_workers import dask_client

POLICY = loads_policy("""
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"
[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 2, registered = 4 }
[[rules]]
name = "a few articles"
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
""")


def _log(views=20_000, readers=900, seed=7):
    random = np.random.default_rng(seed)
    reader = random.integers(0, readers, views)
    return pa.table(
        {
            "reader": [f"r{number}" for number in reader],
            "time": pa.array(
                1_767_225_600_000_000 + random.integers(0, 10**13, views), pa.timestamp("us", "UTC")
            ),
            "article": random.integers(0, 60, views),
            "registered": reader % 3 == 0,
        }
    )


def _whole(log):
    found = replay(POLICY, log, recorded_under="none").to_dict()
    names = (
        "readers",
        "views",
        "views_counted",
        "readers_stopped",
        "views_blocked",
        "first_stop_curve",
    )
    return (
        {name: found[name] for name in names}
        | {name: dict(sorted(found[name].items())) for name in ("prompts_shown", "rules", "meters")}
        | {"rows_left_out": {}}
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 9), st.randoms(use_true_random=False))
def test_the_answer_does_not_depend_on_the_parts(parts, random):
    """Any number of parts, added up in any order, gives what the log gives in one piece."""
    log = _log(2_000, 90)
    results = [ReplayPart(policy=POLICY)(part) for part in deal_by_reader(log, parts)]
    random.shuffle(results)

    assert _whole(log) == sum_counts(results)


def test_two_dask_workers_give_the_same_answer(tmp_path):
    """Dask's two worker processes read the log and keep their own readers, dealt in any way."""
    log = _log()
    pa.parquet.write_table(log, tmp_path / "log.parquet")

    def work(path, part, parts, function):
        return function(deal_by_reader(pa.parquet.read_table(path), parts)[part])

    with dask_client(tmp_path) as client:
        for parts in (1, 4, 7):
            tasks = [
                client.submit(
                    work, str(tmp_path / "log.parquet"), part, parts, ReplayPart(policy=POLICY)
                )
                for part in range(parts)
            ]
            assert _whole(log) == sum_counts(client.gather(tasks))
        workers = {name for task in tasks for name in client.who_has(task)[task.key]}

    assert 2 == len(workers)


def test_a_reader_in_two_parts_is_noticed():
    """The usual mistake is to deal views: then every part has allowance left for each reader."""
    log = _log(2_000, 90)
    halves = [log.slice(0, 1_000), log.slice(1_000)]

    assert _whole(log) != sum_counts(map(ReplayPart(policy=POLICY), halves))


def test_readers_add_up_over_parts():
    """With `per="reader"` the parts' rows together are the whole log's."""
    log = _log(3_000, 200)
    part = ReplayPart(policy=POLICY, per="reader")
    rows = pa.concat_tables(map(part, deal_by_reader(log, 4)))

    assert READERS == rows.schema
    assert part(log).sort_by("reader") == rows.sort_by("reader")


def test_the_function_can_be_sent():
    """It survives a pickle, also after it has been used."""
    part = ReplayPart(policy=POLICY)
    before = part(_log(500))

    assert before == pickle.loads(pickle.dumps(part))(_log(500))


def test_no_views_add_up_to_nothing():
    """An empty part is a part."""
    empty = _log(10).slice(0, 0)

    assert 0 == sum_counts([ReplayPart(policy=POLICY)(empty)])["views"]
    assert 0 == ReplayPart(policy=POLICY, per="reader")(empty).num_rows
    assert [0, 0] == [part.num_rows for part in deal_by_reader(empty, 2)]


def test_a_column_to_deal_by_is_needed():
    """A table without the reader's column is refused in words."""
    with pytest.raises(LogError, match="the table has no column `who`; it has `reader`"):
        deal_by_reader(_log(10), 2, "who")

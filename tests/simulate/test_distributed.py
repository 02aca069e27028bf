"""A population is the same on workers as on one machine, however its readers are dealt."""

from __future__ import annotations

import pickle
from datetime import date

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

import numpy as np
import pyarrow as pa
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import MeterError
from meter.simulate.assumptions import published_assumptions
from meter.simulate.compare import compare
from meter.simulate.distributed import (
    BLOCKS,
    LIVES,
    READERS,
    SimulationPart,
    deal_readers,
    sum_lives,
)
from meter.simulate.lives.blocks import BLOCK
from meter.simulate.population import simulate
from tests.dask_workers import dask_client
from tests.simulate.policies import metered

DAY = date(2026, 1, 1)
MONTHS = 2
BLOCKS_SIMULATED = 6
READERS_SIMULATED = BLOCKS_SIMULATED * BLOCK - 1_000
PART = SimulationPart(policy=metered(), months=MONTHS, seed=7, today=DAY)
EXACT = ("readers", "reader_months", "page_views", "walled_views", "rules", "stop_curve")


class SeededByPart(SimulationPart):
    """The usual mistake: each task draws from a seed of its own."""

    def __call__(self, table):
        first = table["first"].to_pylist()[:1]
        return SimulationPart.__call__(evolve(self, seed=self.seed + sum(first)), table)


@pytest.fixture(scope="module")
def whole():
    """Return what one machine gives."""
    return simulate(PART.policy, readers=READERS_SIMULATED, months=MONTHS, seed=7, today=DAY)


@pytest.fixture(scope="module")
def told():
    """Return what a report tells of one machine's."""
    comparison = compare(
        [PART.policy],
        readers=READERS_SIMULATED,
        months=MONTHS,
        seed=7,
        today=DAY,
        draws=0,
        sweep=False,
    )
    report = comparison.to_dict()
    return {"readers": report["readers"], **report["policies"][0]}


@pytest.fixture(scope="module")
def blocks():
    """Return what becomes of each block of readers alone."""
    return [PART(part) for part in deal_readers(READERS_SIMULATED, BLOCKS_SIMULATED)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Yield a client of two worker processes of Dask."""
    with dask_client(tmp_path_factory.mktemp("dask")) as client:
        yield client


def depends_on_the_parts(part):
    """Say whether what a function makes of all readers depends on how they are dealt."""
    dealt = [sum_lives(map(part, deal_readers(READERS_SIMULATED, parts))) for parts in (1, 2, 5)]
    return not dealt[0] == dealt[1] == dealt[2]


@pytest.mark.parametrize("parts", [1, 3, 6, 9])
def test_two_dask_workers_give_what_one_machine_gives(cluster, blocks, whole, parts):
    """To the last bit: the sums of any dealing, and every reader's row."""
    dealt = deal_readers(READERS_SIMULATED, parts)
    tasks = cluster.map(PART, dealt, pure=False)
    rows = cluster.gather(cluster.map(evolve(PART, per="reader"), dealt, pure=False))
    readers = pa.concat_tables(rows)

    assert sum_lives(blocks) == sum_lives(cluster.gather(tasks))
    assert READERS == readers.schema
    assert list(range(READERS_SIMULATED)) == readers["reader"].to_pylist()
    for name, column in whole.by_reader().items():
        assert column.tolist() == readers[name].to_pylist()


def test_both_workers_had_work(cluster):
    """With as many parts as blocks, no worker is left out."""
    tasks = cluster.map(PART, deal_readers(READERS_SIMULATED, BLOCKS_SIMULATED), pure=False)
    cluster.gather(tasks)

    assert 2 == len({name for task in tasks for name in cluster.who_has(task)[task.key]})


def test_sums_are_those_of_a_report(blocks, told):
    """What is counted is equal; money, chances and intervals are but for their last digits."""
    found = sum_lives(blocks)

    assert {name: told[name] for name in EXACT} == {name: found[name] for name in EXACT}
    assert list(told["summary"]) == list(found["summary"])
    for name, measure in told["summary"].items():
        assert found["summary"][name]["value"] == pytest.approx(measure["value"], rel=1e-12)
        assert found["summary"][name]["sampling"] == pytest.approx(measure["sampling"], rel=1e-9)
    for row, expected in zip(found["monthly"], told["monthly"], strict=True):
        assert expected == pytest.approx(row, abs=0.01)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=6, max_size=6), st.randoms(use_true_random=False))
def test_no_dealing_and_no_order_change_a_bit(blocks, owners, random):
    """Rows may go to any table, and tables may come back in any order."""
    tables = [
        pa.concat_tables([LIVES.empty_table(), *(blocks[n] for n in range(6) if owners[n] == part)])
        for part in range(5)
    ]
    random.shuffle(tables)

    assert sum_lives(blocks) == sum_lives(tables)


def test_a_part_takes_its_readers_in_any_order(blocks):
    """A table whose rows were shuffled on the way gives the same."""
    rows = deal_readers(READERS_SIMULATED, 1)[0].take([4, 0, 5, 2, 1, 3])

    assert sum_lives(blocks) == sum_lives([PART(rows.slice(0, 4)), PART(rows.slice(4))])


def test_a_seed_that_depends_on_the_part_is_noticed():
    """The comparison of dealings sees the mistake it is there for."""
    assert not depends_on_the_parts(PART)
    assert depends_on_the_parts(SeededByPart(policy=PART.policy, months=MONTHS, today=DAY))


def test_the_first_day_goes_along():
    """A worker whose clock shows another day simulates the day on which the part was made."""
    sent = pickle.loads(pickle.dumps(PART))

    assert DAY == sent.known.day("horizon.start")
    assert PART == sent


def test_assumptions_are_those_that_were_given():
    """They reach the readers."""
    open_ = published_assumptions().replace({"identity.cookie_reset": 0.0})
    dealt = deal_readers(BLOCK, 1)[0]
    part = evolve(PART, assumptions=open_, per="reader")
    alone = simulate(
        PART.policy, readers=BLOCK, months=MONTHS, seed=7, today=DAY, assumptions=open_
    )

    assert alone.column("blocked").tolist() == part(dealt)["blocked"].to_pylist()


def test_readers_beyond_the_most_of_one_machine_are_as_any_others():
    """The hundred millionth has a row, and no more memory is taken for it."""
    first = 100_000_000 // BLOCK * BLOCK
    rows = evolve(PART, per="reader")(pa.table([[first], [first + 2]], schema=BLOCKS))

    assert [first, first + 1] == rows["reader"].to_pylist()
    assert np.isfinite(rows["read"].to_numpy()).all()


def test_more_parts_than_blocks_leaves_some_empty():
    """An empty part is a part."""
    dealt = deal_readers(10, 3)

    assert [0, 0, 1] == [len(part) for part in dealt]
    assert LIVES.empty_table() == PART(dealt[0])
    assert 0 == evolve(PART, per="reader")(dealt[0]).num_rows


def test_what_makes_no_sense_is_refused():
    """Numbers, columns and rows that cannot be meant."""
    rows = "readers `8` up to `16` are no block; `deal_readers` makes the rows"
    with pytest.raises(MeterError, match="at least 1 reader and 1 part, not `0` readers and `1`"):
        deal_readers(0, 1)
    with pytest.raises(MeterError, match="no columns `first` and `last`"):
        PART(pa.table({"first": [0]}))
    with pytest.raises(MeterError, match=rows):
        PART(pa.table([[8], [16]], schema=BLOCKS))
    with pytest.raises(MeterError, match="there are no readers to add up"):
        sum_lives([])
    with pytest.raises(MeterError, match="the number of months is between 1 and 60, not `0`"):
        SimulationPart(policy=PART.policy, months=0)

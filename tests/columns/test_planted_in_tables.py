"""Would the comparison of tables with the engine find a bug in how records are read and written?

Each one planted here must be found.
"""

from __future__ import annotations

import pytest

pytest.importorskip("numba", reason="tables need the `sim` extra")

from hypothesis import given, settings
from hypothesis import strategies as st

from meter.columns import counting, decide, remembering, spending, windows
from meter.columns.batch import known, many, marks, records, remembered, writing
from meter.errors import MeterError
from tests.columns.at_once import disagreements, known_populations
from tests.columns.noticing import is_noticed
from tests.columns.test_planted_bugs import OF_LISTS, POLICIES, run_spoiled
from tests.planted import some

BUGS = {
    "what was read before stays in its first window": (
        windows,
        "        forget(memory, holder, m, at)\n        keep(",
        "        keep(",
    ),
    "the first instant of a window is outside": (
        windows,
        "at < tables.edges[tables.edge_at[m]]",
        "at <= tables.edges[tables.edge_at[m]]",
    ),
    "nobody has read anything before": (
        counting,
        "if len(before.starts) > 0:",
        "if False:",
    ),
    "a meter that was asked has counted": (
        counting,
        "memory.size[_ONE, m] > memory.used[m]",
        "memory.size[_ONE, m] >= memory.used[m]",
    ),
    "a record loses what ended after it was written": (
        remembering,
        "now = bucket.at[bucket.order[last]]",
        "now = bucket.at[bucket.order[bucket.starts[reader + 1] - 1]]",
    ),
    "a record keeps what has ended": (
        remembering,
        "size = forget(memory, _ONE, m, now)",
        "size = memory.size[_ONE, m]",
    ),
    "views are remembered as their articles": (
        remembering,
        "bucket.key[view] if tables.by_view[m] else bucket.article[view]",
        "bucket.article[view]",
    ),
    "a clock that is behind finds a fresh window": (
        records,
        "found.at[entries - 1] > first_at",
        "False",
    ),
    "the instants of a record are steps from nothing": (
        records,
        "at += step",
        "at = step",
    ),
    "the instants of a meter go on from those of another": (
        writing,
        "            at = 0\n",
        "            pass\n",
    ),
    "what is read at one instant is in order of reading": (
        writing,
        "while place > begin and is_out_of_order(",
        "while False and is_out_of_order(",
    ),
    "the instant of a view is taken for its id": (
        marks,
        'pc.binary_join_element_wise("@"',
        'pc.binary_join_element_wise("~"',
    ),
    "a record of another form is none": (
        many,
        "plain = found.plain",
        "plain = found.plain | True",
    ),
    "whoever had a record is new": (
        remembered,
        "place = places[reader]",
        "place = places[reader] * 0 - 1",
    ),
}


def _plant(name, monkeypatch):
    """Put a bug into what reads and writes records, or into the loop."""
    where, right, wrong = BUGS.get(name, (None, "", ""))

    def spoiled(module):
        return run_spoiled(module, *((right, wrong) if where is module else ()))

    loop, parts, arithmetic, memory = map(spoiled, (counting, spending, windows, remembering))
    for module in (loop, parts, memory):
        for source in (arithmetic, parts):
            for part in source.__all__:
                if hasattr(module, part):
                    monkeypatch.setattr(module, part, getattr(source, part), raising=False)
    monkeypatch.setattr(decide, "count", loop.count)
    monkeypatch.setattr(decide, "remember", memory.remember)
    readers = spoiled(records)
    monkeypatch.setattr(known, "read_records", readers.read_records)
    writers = spoiled(writing)
    for part in ("order_ids", "measure", "write"):
        monkeypatch.setattr(remembered, part, getattr(writers, part))
    monkeypatch.setattr(many, "marks_of", spoiled(marks).marks_of)
    monkeypatch.setattr(many, "usage_table", spoiled(remembered).usage_table)
    if where is many:
        monkeypatch.setattr("tests.columns.at_once.decide_many", spoiled(many).decide_many)


def _populations():
    return known_populations(st.sampled_from([*POLICIES, *OF_LISTS]))


def test_without_a_bug_the_same_code_finds_nothing(monkeypatch):
    """What is not compiled says the same as what is."""
    _plant("none", monkeypatch)

    @settings(max_examples=60, deadline=None)
    @given(_populations())
    def agree(population):
        assert disagreements(population) is None

    agree()


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize("name", some(BUGS))
def test_a_bug_planted_in_tables_is_found(name, monkeypatch):
    """Readers with records who come back on the edges of windows tell it from the engine."""
    _plant(name, monkeypatch)

    def differs(population):
        try:
            return disagreements(population) is not None
        except (AssertionError, MeterError, IndexError):  # it does not even add up
            return True

    assert is_noticed(_populations(), differs), f"nobody noticed that {name}"

"""Are views put in order by reader and time, whatever their readers' numbers and times?"""

from __future__ import annotations

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from meter.columns import partition
from meter.columns.partition import in_order
from tests.columns.noticing import is_noticed
from tests.columns.test_planted_bugs import run_spoiled
from tests.planted import some

FAR = 1 << 62
HASH_OF = 0x9E3779B97F4A7C15
SHARED = [pow(HASH_OF, -1, 1 << 64) * number % (1 << 64) for number in (1, 2, 3, FAR)]
"""Readers far apart; the hashes of all but the last begin alike."""
READERS = ([0, 1, 2, 3], [7, 8, 1 << 40], [0, (1 << 64) - 1], SHARED)
BUGS = {
    "views of one reader at one instant change places": (
        partition,
        "(same and at[view] > at[other])",
        "(same and at[view] >= at[other])",
    ),
    "readers whose hashes begin alike are mixed": (
        partition,
        "number[view] > number[other] or (same",
        "(same",
    ),
    "instants that begin alike stay as they came": (
        partition,
        "or (same and at[view] > at[other])",
        "",
    ),
    "a reader's last view is the next one's first": (
        partition,
        "starts[readers] = place\n        readers +=",
        "starts[readers] = place - 1\n        readers +=",
    ),
}


@st.composite
def _views(draw):
    """Draw readers and instants: some lie so far from others that a word does not hold both."""
    readers = draw(st.sampled_from(READERS))
    instants = st.builds(int.__add__, st.sampled_from((0, 0, 0, FAR, -FAR)), st.integers(-3, 3))
    return draw(st.lists(st.tuples(st.sampled_from(readers), instants), max_size=12))


def _expected(views):
    """Return, by reader, the positions of the views in order of time, then as they came."""
    order = sorted(range(len(views)), key=lambda position: views[position][1])
    return {
        reader: [position for position in order if views[position][0] == reader]
        for reader, _ in views
    }


def _found(views, way=in_order):
    """Return the same of arrays."""
    reader = np.array([reader for reader, _ in views], np.uint64)
    at = np.array([at for _, at in views], np.int64)
    with np.errstate(over="ignore"):  # whole numbers of 64 bits, compiled or not
        order, starts = way(reader, at)
    parts = [part.tolist() for part in np.split(order, starts[1:-1])] if len(views) else []
    found = {views[part[0]][0]: part for part in parts if part}
    assert len(parts) == len(found)
    return found


@given(_views())
def test_views_are_in_order_of_reader_and_time(views):
    """Each reader's views are together, in order of time, and of the columns at one instant."""
    assert _expected(views) == _found(views)


@pytest.mark.parametrize("reader", [5, (1 << 64) - 1])
@pytest.mark.parametrize("length", [1_000_000, 1_000])
def test_any_disorder_is_put_right(reader, length):
    """Thousands of views within a second, in no order, and one of another age of the world."""
    at = [FAR, *np.random.default_rng(3).integers(0, length, 3_000).tolist()]
    views = [(reader, instant) for instant in at] + [(0, -FAR)]

    assert _expected(views) == _found(views)


@pytest.mark.parametrize("name", some(BUGS))
def test_a_planted_bug_in_the_order_is_found(name):
    """Views whose keys leave something out tell a spoiled order from the right one."""
    spoiled = run_spoiled(*BUGS[name])

    def differs(views):
        try:
            return _expected(views) != _found(views, spoiled.in_order)
        except (AssertionError, IndexError):  # the readers do not even add up
            return True

    assert is_noticed(_views(), differs), f"nobody noticed that {name}"

"""Decision diagrams: equal functions are equal numbers, and operations hold at every point."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter.verify.diagram import FALSE, TRUE, Forest, UndecidedError

SIZES = (3, 2, 4)
POINTS = list(product(*(range(size) for size in SIZES)))
tables = st.lists(st.sampled_from([0, 1, 2]), min_size=len(POINTS), max_size=len(POINTS))
sets = st.lists(st.booleans(), min_size=len(POINTS), max_size=len(POINTS))


def planted(forest: Forest, table: list[object]) -> int:
    """Return the diagram of a table of values, one for each point."""

    def grow(level: int, values: list[object]) -> int:
        if level == len(SIZES):
            return forest.leaf(values[0])
        step = len(values) // SIZES[level]
        return forest.node(
            level,
            [
                grow(level + 1, values[code * step : (code + 1) * step])
                for code in range(SIZES[level])
            ],
        )

    return grow(0, table)


def read(forest: Forest, diagram: int) -> list[object]:
    """Return a diagram's value at every point."""
    return [forest.at(diagram, point) for point in POINTS]


@given(sets, tables, tables)
@settings(max_examples=60, deadline=None)
def test_chooses_at_every_point(test, yes, no):
    """`choose` takes one side where the test holds and the other where it does not."""
    forest = Forest(SIZES)
    chosen = forest.choose(planted(forest, test), planted(forest, yes), planted(forest, no))
    assert [
        left if holds else right for holds, left, right in zip(test, yes, no, strict=True)
    ] == read(forest, chosen)
    assert planted(forest, read(forest, chosen)) == chosen


@given(sets, sets)
@settings(max_examples=60, deadline=None)
def test_combines_sets_as_python_does(left, right):
    """Both, either, negate and minus are the operators of Python, and equal sets are one number."""
    forest = Forest(SIZES)
    one = planted(forest, left)
    other = planted(forest, right)
    assert planted(forest, [a and b for a, b in zip(left, right, strict=True)]) == forest.both(
        one, other
    )
    assert planted(forest, [a or b for a, b in zip(left, right, strict=True)]) == forest.either(
        one, other
    )
    assert planted(forest, [not a for a in left]) == forest.negate(one)
    assert planted(forest, [a and not b for a, b in zip(left, right, strict=True)]) == forest.minus(
        one, other
    )


@given(tables, tables)
@settings(max_examples=60, deadline=None)
def test_combines_and_relabels_leaves(left, right):
    """A combination has the combined values everywhere, a relabelled diagram the new ones."""
    forest = Forest(SIZES)
    one = planted(forest, left)
    other = planted(forest, right)
    assert list(zip(left, right, strict=True)) == read(
        forest, forest.combine(one, other, lambda a, b: (a, b))
    )
    assert [value * 10 for value in left] == read(
        forest, forest.relabel(one, lambda value: value * 10)
    )
    assert set(left) == forest.values(one)


@given(sets, st.sets(st.integers(0, 2)))
@settings(max_examples=60, deadline=None)
def test_quantifies_away_levels(table, levels):
    """A point is in the projection if some codes of the levels left out bring it into the set."""
    forest = Forest(SIZES)
    kept = [level for level in range(len(SIZES)) if level not in levels]
    inside = {
        tuple(point[level] for level in kept)
        for point, holds in zip(POINTS, table, strict=True)
        if holds
    }
    expected = [tuple(point[level] for level in kept) in inside for point in POINTS]
    assert expected == read(forest, forest.exists(planted(forest, table), levels))


@given(sets)
@settings(max_examples=60, deadline=None)
def test_finds_a_point_of_a_set(table):
    """A path leads into the set whatever the levels it leaves open hold.

    Only the empty set has none.
    """
    forest = Forest(SIZES)
    diagram = planted(forest, table)
    path = forest.path(diagram)
    if path is None:
        assert diagram == FALSE
        return
    ends = {
        forest.at(diagram, point)
        for point in POINTS
        if all(point[level] == code for level, code in path.items())
    }
    assert ends == {True}


@given(sets, st.tuples(*(st.sets(st.integers(0, size - 1), min_size=1) for size in SIZES)))
@settings(max_examples=60, deadline=None)
def test_boxes_meet_sets_where_they_share_a_point(table, allowed):
    """A box is the product of its sides, and meets a set where one of its points is in it."""
    forest = Forest(SIZES)
    diagram = planted(forest, table)
    box = {level: frozenset(codes) for level, codes in enumerate(allowed)}
    inside = [all(code in allowed[level] for level, code in enumerate(point)) for point in POINTS]
    assert planted(forest, inside) == forest.box(box)
    assert any(
        holds and within for holds, within in zip(table, inside, strict=True)
    ) == forest.meets(diagram, box)


def test_tells_false_from_zero():
    """A limit of 0 is not the answer no."""
    forest = Forest([2])
    assert (FALSE, TRUE) == (forest.leaf(value=False), forest.leaf(value=True))
    assert forest.leaf(0) != FALSE


def test_stops_at_its_budget():
    """Work past the budget is an answer of its own, never a wrong one."""
    forest = Forest([2] * 12, steps=50)
    pairs = [forest.test(level, [1]) for level in range(12)]
    with pytest.raises(UndecidedError, match="budget"):
        forest.either(*(forest.both(pairs[level], pairs[level + 6]) for level in range(6)))


def test_refuses_too_many_variables():
    """More variables than can be analysed are refused before any work is done."""
    with pytest.raises(UndecidedError, match="301 things apart"):
        Forest([2] * 301)


def test_stops_at_its_time():
    """A time that has passed stops the work."""
    forest = Forest([2] * 40, steps=20_000, until=0.0)
    pairs = [forest.test(level, [1]) for level in range(40)]
    with pytest.raises(UndecidedError, match="time"):
        forest.either(*(forest.both(pairs[level], pairs[level + 20]) for level in range(20)))

"""Decision diagrams: equal functions are equal numbers, and operations hold at every point."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter.verify.diagram import FALSE, TRUE, Diagrams, UndecidedError

SIZES = (3, 2, 4)
POINTS = list(product(*(range(size) for size in SIZES)))
tables = st.lists(st.sampled_from([0, 1, 2]), min_size=len(POINTS), max_size=len(POINTS))
sets = st.lists(st.booleans(), min_size=len(POINTS), max_size=len(POINTS))


def planted(diagrams: Diagrams, table: list[object]) -> int:
    """Return the diagram of a table of values, one for each point."""

    def grow(level: int, values: list[object]) -> int:
        if level == len(SIZES):
            return diagrams.leaf(values[0])
        step = len(values) // SIZES[level]
        return diagrams.node(
            level,
            [
                grow(level + 1, values[code * step : (code + 1) * step])
                for code in range(SIZES[level])
            ],
        )

    return grow(0, table)


def read(diagrams: Diagrams, diagram: int) -> list[object]:
    """Return a diagram's value at every point."""
    return [diagrams.at(diagram, point) for point in POINTS]


@given(sets, tables, tables)
@settings(max_examples=60, deadline=None)
def test_chooses_at_every_point(test, yes, no):
    """`choose` takes one side where the test holds and the other where it does not."""
    diagrams = Diagrams(SIZES)
    chosen = diagrams.ite(planted(diagrams, test), planted(diagrams, yes), planted(diagrams, no))
    assert [
        left if holds else right for holds, left, right in zip(test, yes, no, strict=True)
    ] == read(diagrams, chosen)
    assert planted(diagrams, read(diagrams, chosen)) == chosen


@given(sets, tables, tables, st.sampled_from([1, 2, 3]))
@settings(max_examples=60, deadline=None)
def test_finds_a_place_where_two_diagrams_are_as_wanted(inside, left, right, total):
    """It looks in a set only, and at both values of the very same place."""
    diagrams = Diagrams(SIZES)
    found = diagrams.some(
        planted(diagrams, inside),
        [planted(diagrams, left), planted(diagrams, right)],
        lambda one, other: one + other == total,
    )
    places = zip(inside, left, right, strict=True)
    assert found is any(here and one + other == total for here, one, other in places)


@given(tables, st.integers(0, SIZES[0] - 1), st.integers(0, SIZES[2] - 1))
@settings(max_examples=60, deadline=None)
def test_fixes_variables_that_hold_one_code_each(table, first, last):
    """Whatever is asked of them, the value is the one at their codes."""
    diagrams = Diagrams(SIZES)
    fixed = diagrams.fixed(planted(diagrams, table), {0: first, 2: last})
    expected = [table[POINTS.index((first, point[1], last))] for point in POINTS]
    assert read(diagrams, fixed) == expected


@given(sets, sets)
@settings(max_examples=60, deadline=None)
def test_combines_sets_as_python_does(left, right):
    """Both, either, negate and minus are the operators of Python, and equal sets are one number."""
    diagrams = Diagrams(SIZES)
    one = planted(diagrams, left)
    other = planted(diagrams, right)
    assert planted(
        diagrams, [a and b for a, b in zip(left, right, strict=True)]
    ) == diagrams.conjoin(one, other)
    assert planted(
        diagrams, [a or b for a, b in zip(left, right, strict=True)]
    ) == diagrams.disjoin(one, other)
    assert planted(diagrams, [not a for a in left]) == diagrams.negate(one)
    assert planted(
        diagrams, [a and not b for a, b in zip(left, right, strict=True)]
    ) == diagrams.difference(one, other)


@given(tables, tables)
@settings(max_examples=60, deadline=None)
def test_combines_and_relabels_leaves(left, right):
    """A combination has the combined values everywhere, a relabelled diagram the new ones."""
    diagrams = Diagrams(SIZES)
    one = planted(diagrams, left)
    other = planted(diagrams, right)
    assert list(zip(left, right, strict=True)) == read(
        diagrams, diagrams.combine(one, other, lambda a, b: (a, b))
    )
    assert [value * 10 for value in left] == read(
        diagrams, diagrams.relabel(one, lambda value: value * 10)
    )
    assert set(left) == diagrams.values(one)


@given(sets, st.sets(st.integers(0, 2)))
@settings(max_examples=60, deadline=None)
def test_quantifies_away_levels(table, levels):
    """A point is in the projection if some codes of the levels left out bring it into the set."""
    diagrams = Diagrams(SIZES)
    kept = [level for level in range(len(SIZES)) if level not in levels]
    inside = {
        tuple(point[level] for level in kept)
        for point, holds in zip(POINTS, table, strict=True)
        if holds
    }
    expected = [tuple(point[level] for level in kept) in inside for point in POINTS]
    assert expected == read(diagrams, diagrams.exists(planted(diagrams, table), levels))


@given(sets)
@settings(max_examples=60, deadline=None)
def test_finds_a_point_of_a_set(table):
    """A path leads into the set whatever the levels it leaves open hold.

    Only the empty set has none.
    """
    diagrams = Diagrams(SIZES)
    diagram = planted(diagrams, table)
    path = diagrams.path(diagram)
    if path is None:
        assert diagram == FALSE
        return
    ends = {
        diagrams.at(diagram, point)
        for point in POINTS
        if all(point[level] == code for level, code in path.items())
    }
    assert ends == {True}


@given(sets, st.tuples(*(st.sets(st.integers(0, size - 1), min_size=1) for size in SIZES)))
@settings(max_examples=60, deadline=None)
def test_boxes_meet_sets_where_they_share_a_point(table, allowed):
    """A box is the product of its sides, and meets a set where one of its points is in it."""
    diagrams = Diagrams(SIZES)
    diagram = planted(diagrams, table)
    box = {level: frozenset(codes) for level, codes in enumerate(allowed)}
    inside = [all(code in allowed[level] for level, code in enumerate(point)) for point in POINTS]
    assert planted(diagrams, inside) == diagrams.box(box)
    assert any(
        holds and within for holds, within in zip(table, inside, strict=True)
    ) == diagrams.meets(diagram, box)


def test_tells_false_from_zero():
    """A limit of 0 is not the answer no."""
    diagrams = Diagrams([2])
    assert (FALSE, TRUE) == (diagrams.leaf(value=False), diagrams.leaf(value=True))
    assert diagrams.leaf(0) != FALSE


def test_stops_at_its_budget():
    """Work past the budget is an answer of its own, never a wrong one."""
    diagrams = Diagrams([2] * 12, steps=50)
    pairs = [diagrams.test(level, [1]) for level in range(12)]
    with pytest.raises(UndecidedError, match="budget"):
        diagrams.disjoin(*(diagrams.conjoin(pairs[level], pairs[level + 6]) for level in range(6)))


def test_refuses_too_many_variables():
    """More variables than can be analysed are refused before any work is done."""
    with pytest.raises(UndecidedError, match="distinguishes 301 things"):
        Diagrams([2] * 301)


def test_stops_at_its_time():
    """A time that has passed stops the work."""
    diagrams = Diagrams([2] * 40, steps=20_000, until=0.0)
    pairs = [diagrams.test(level, [1]) for level in range(40)]
    with pytest.raises(UndecidedError, match="time"):
        diagrams.disjoin(
            *(diagrams.conjoin(pairs[level], pairs[level + 20]) for level in range(20))
        )

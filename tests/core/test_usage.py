"""What is remembered, and does it survive being written down, joined and tampered with?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from meter import StoreError, Usage
from meter.errors import CorruptUsageError
from meter.usage import Read, Tally


def test_a_usage_keeps_nothing_of_the_callers():
    """A table with one meter is copied like any other."""
    tallies = {"m": Tally(("a",), (1,))}
    usage = Usage(tallies)
    before = hash(usage)
    tallies["n"] = Tally(("b",), (2,))
    assert hash(usage) == before
    assert list(usage.tallies) == ["m"]


def test_a_new_reader_has_counted_nothing():
    """An unknown meter has an empty tally."""
    assert Tally() == Usage().tally("monthly")
    assert Usage().to_bytes() == b"1{}"


def test_a_tally_stays_in_order_of_time_then_id():
    """Whatever the order it was told in; a joined id keeps its later time."""
    tally = Tally(("b",), (5,)).add("a", 5).union(Tally(("c", "b"), (1, 2)))
    assert (tally.ids, tally.ats) == (("c", "a", "b"), (1, 5, 5))
    assert [Read("c", datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC))] == list(tally)[:1]
    assert tally.since(0) is tally
    assert tally.since(1).ids == ("a", "b")


def test_a_tally_adds_at_the_end_or_puts_in_order():
    """A read later than all is appended; one at the same instant goes by id."""
    assert Tally(("a",), (1,)).add("b", 2).ids == ("a", "b")
    assert Tally(("b",), (1,)).add("a", 1).ids == ("a", "b")


def test_meters_that_counted_nothing_are_not_remembered():
    """Equal usages are equal however they were built."""
    assert Usage({"a": Tally()}) == Usage() == Usage({"a": Tally(), "b": Tally()})
    assert list(Usage({"b": Tally(("x",), (1,)), "a": Tally(("x",), (1,))}).tallies) == ["a", "b"]


def test_merging_what_is_known_already_returns_the_same_object():
    """A store need not be written to."""
    usage = Usage({"monthly": Tally(("a", "b"), (1, 2))})
    assert usage.union(Usage({"monthly": Tally(("a",), (1,))})) is usage


def test_names_of_any_script_survive():
    """Ids and meters may be in any script; a lone surrogate of a broken client is kept."""
    usage = Usage({"月間": Tally(("港-\ud800", "é"), (1, 2))})
    assert usage == Usage.from_bytes(usage.to_bytes())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"2{}",
        b"1",
        b"1[]",
        b"1null",
        b"1{",
        b"1\xff",
        b'1{"m":[]}',
        b'1{"m":[["a"],[]]}',
        b'1{"m":[["a","a"],[1,1]]}',
        b'1{"m":[[1],[1]]}',
        b'1{"m":[["a"],["1"]]}',
        b'1{"m":[["a"],[1.5]]}',
        b'1{"m":[["a"],[true]]}',
        b'1{"m":5}',
        b'1{"m":{"a":1}}',
        b"1" + b"[" * 100_000,
        b'1{"m":[["a"],[253402300800000000]]}',
        b'1{"m":[["a"],[-62135596800000001]]}',
    ],
)
def test_bytes_that_are_no_usage_are_refused(raw):
    """Corruption is an error that names itself, never a wrong count."""
    with pytest.raises(CorruptUsageError) as caught:
        Usage.from_bytes(raw)
    assert isinstance(caught.value, StoreError)
    assert str(caught.value).startswith("the remembered usage ")

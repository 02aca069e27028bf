"""What tables may look like, and what is said of those that cannot be decided."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("numba", reason="tables need the `sim` extra")

import pyarrow as pa

from meter import MeterError, Usage, loads_policy
from meter.columns import decide_many
from meter.errors import CorruptUsageError
from meter.loading.events import EventError
from tests.columns.test_columns import LIMIT_PER_STATUS

POLICY = loads_policy(LIMIT_PER_STATUS)
AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
STAMPS = pa.timestamp("us", "UTC")


def _table(**columns):
    """Return two views of one reader; `columns` are others, or more."""
    rows = {
        "reader": ["r1", "r1"],
        "at": pa.array([AT, AT + timedelta(minutes=1)], STAMPS),
        "article": ["a1", "a2"],
    }
    return pa.table({name: values for name, values in (rows | columns).items() if values})


def _shows(table, usages=None):
    decisions, after = decide_many(POLICY, table, usages)
    return decisions["show"].to_pylist(), after.to_pylist()


USUAL = _shows(_table())

FORMS = {
    "dictionaries": _table(
        reader=pa.array(["r1", "r1"]).dictionary_encode(),
        article=pa.array(["a1", "a2"]).dictionary_encode(),
    ),
    "large texts": _table(
        reader=pa.array(["r1", "r1"], pa.large_string()),
        article=pa.array(["a1", "a2"], pa.large_string()),
    ),
    "text views": _table(reader=pa.array(["r1", "r1"], pa.string_view())),
    "nanoseconds": _table(at=pa.array([AT, AT + timedelta(minutes=1)], pa.timestamp("ns", "UTC"))),
    "seconds": _table(at=pa.array([AT, AT + timedelta(minutes=1)], pa.timestamp("s", "UTC"))),
    "another zone": _table(
        at=pa.array([AT, AT + timedelta(minutes=1)], pa.timestamp("us", "Asia/Tokyo"))
    ),
    "texts of times": _table(at=["2026-06-01T09:00:00Z", "2026-06-01T18:01:00+09:00"]),
    "long texts of times": _table(
        at=["2026-06-01T09:00:00.0000001Z", "2026-06-01T09:01:00.0000001Z"]
    ),
    "chunks": pa.concat_tables([_table().slice(0, 1), _table().slice(1)]),
    "a batch": _table().to_batches()[0],
    "structs": _table(reader=[{"id": "r1"}] * 2, article=[{"id": "a1"}, {"id": "a2"}]),
    "paths": _table().rename_columns(["reader.id", "at", "article.id"]),
    "what nobody asks about": _table(language=["en", "fr"], **{"article.kind": ["opinion"] * 2}),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_views_may_be_written_in_many_ways(form):
    """Texts in any of Arrow's forms, times of any unit, structs or paths."""
    assert USUAL == _shows(FORMS[form])


def test_whole_numbers_are_ids():
    """They stand for their digits, in records too."""
    table = _table(reader=[7, 7], article=[1, 2])
    _, after = _shows(table)

    assert (USUAL[0], ["7"]) == (_shows(table)[0], [row["reader"] for row in after])
    assert [b'1{"monthly":[["1"],[1780304400000000]]}'] == [row["usage"] for row in after]


def test_a_table_without_rows_has_no_decisions():
    """The records come back as they were."""
    decisions, after = decide_many(POLICY, _table().slice(0, 0), {"r9": Usage()})

    assert (0, "show") == (decisions.num_rows, decisions.column_names[3])
    assert [{"reader": "r9", "usage": b"1{}", "changed": False}] == after.to_pylist()


def test_records_come_from_a_mapping_or_a_table():
    """A usage and its bytes are the same; whoever has no view tonight is handed through."""
    usage = Usage.counting({"monthly": ["a0"]}, 1_780_000_000_000_000)
    raw = usage.to_bytes()
    of_table = pa.table({"reader": ["r9", "r1"], "usage": [raw, raw]})
    expected = _shows(_table(), of_table)

    assert expected == _shows(_table(), {"r9": usage, "r1": raw})
    assert [("r9", raw, False), ("r1", USUAL[1][0]["usage"], True)] == [
        (row["reader"], row["usage"], row["changed"]) for row in expected[1]
    ]


def test_rows_of_a_pair_of_tables_are_chained():
    """What is returned of one night is what the next one starts from."""
    first, second = _table().slice(0, 1), _table().slice(1)
    decisions, usages = decide_many(POLICY, first)
    later, after = decide_many(POLICY, second, usages)

    assert USUAL[0] == [*decisions["show"].to_pylist(), *later["show"].to_pylist()]
    assert [row["usage"] for row in USUAL[1]] == after["usage"].to_pylist()


REFUSED = {
    "no reader": (_table(reader=None), "missing-key", None, "no column `reader`"),
    "no time": (_table(at=None), "missing-key", None, "no column `at`"),
    "no article": (_table(article=None), "missing-key", None, "no column `article`"),
    "a slip": (_table(sektion=["a", "b"]), "unknown-key", None, "did you mean `article.section`?"),
    "a part of a path": (_table(segments=["a", "b"]), "unknown-key", None, "`reader.segments`?"),
    "nothing known": (_table(zzz=["a", "b"]), "unknown-key", None, "there are: "),
    "twice": (_table(**{"reader.id": ["r1", "r1"]}), "duplicate-key", None, "`reader.id`"),
    "a naive time": (
        _table(at=pa.array([0, 1], pa.timestamp("us"))),
        "no-offset",
        None,
        "assume_timezone",
    ),
    "a naive text": (
        _table(at=["2026-06-01T09:00:00Z", "2026-06-01T09:00:00"]),
        "no-offset",
        2,
        "add one, such as `Z` or `+09:00`",
    ),
    "no such time": (_table(at=["2026-06-01T09:00:00Z", "noon"]), "bad-date", 2, "`noon`"),
    "a number for a time": (_table(at=[1, 2]), "wrong-type", None, "`int64`"),
    "a time that is missing": (_table(at=pa.array([AT, None], STAMPS)), "missing-key", 2, "`at`"),
    "a year out of reach": (
        _table(at=pa.array([0, 1 << 60], pa.timestamp("us", "UTC"))),
        "bad-date",
        2,
        "year",
    ),
    "no id": (_table(reader=["r1", None]), "missing-key", 2, "`reader` is missing"),
    "an empty id": (_table(reader=["r1", ""]), "empty-text", 2, "`reader`"),
    "a blank id": (_table(article=[" ", "a"]), "empty-text", 1, "`article`"),
    "a long id": (_table(article=["a", "b" * 2001]), "text-too-long", 2, "2001"),
    "an id with a control character": (
        _table(reader=["r1", "r\x1b"]),
        "control-character",
        2,
        "remove it",
    ),
    "a flag for an id": (_table(reader=[True, False]), "wrong-type", None, "`bool`"),
    "a word that is none": (
        _table(**{"article.access": ["metered", "primium"]}),
        "unknown-word",
        2,
        "did you mean `premium`?",
    ),
    "a flag as a text": (_table(prefetch=["yes", "no"]), "wrong-type", 1, "true"),
    "an empty id of a view": (_table(id=["v", ""]), "empty-text", 2, "leave it null"),
    "a flag for the id of a view": (_table(id=[True, False]), "wrong-type", None, "`bool`"),
    "a length for a flag": (
        _table(prefetch=pa.array([1, 2], pa.duration("s"))),
        "wrong-type",
        1,
        "prefetch",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_with_a_table_is_said_with_its_place(case):
    """The code, the row (from 1) and the next step."""
    table, code, row, words = REFUSED[case]
    with pytest.raises(EventError) as caught:
        decide_many(POLICY, table)
    problem = caught.value.problems[0]

    assert (code, row, "table") == (problem.code, problem.line, problem.name)
    assert words in f"{problem.message} {problem.help}"


def test_all_that_is_wrong_is_said_at_once():
    """With the number of further rows of each problem."""
    table = _table(reader=[None, None], **{"article.access": ["x", "y"]})
    with pytest.raises(EventError) as caught:
        decide_many(POLICY, table)

    assert ["missing-key", "unknown-word", "unknown-word"] == [
        problem.code for problem in caught.value.problems
    ]
    assert "1 more row" in caught.value.problems[0].message


RECORDS = {
    "cut short": ({"r1": b'1{"monthly":[["a'}, CorruptUsageError, "reader `r1`"),
    "empty": ({"r1": b""}, CorruptUsageError, "is empty"),
    "of a later release": ({"r1": b"9{}"}, CorruptUsageError, "starts with `9`"),
    "an id twice": (
        {"r1": b'1{"monthly":[["a","a"],[1,1]]}'},
        CorruptUsageError,
        "cannot be read",
    ),
    "out of order": (
        {"r1": b'1{"monthly":[["a","b"],[5,-1]]}'},
        CorruptUsageError,
        "cannot be read",
    ),
    "no bytes": ({"r1": "1{}"}, TypeError, "a `Usage` or its bytes"),
    "no table": ([b"1{}"], TypeError, "Arrow data"),
    "no usages": (pa.table({"reader": ["r1"]}), EventError, "no column `usage`"),
    "no readers": (pa.table({"usage": [b"1{}"]}), EventError, "no column `reader`"),
    "texts": (pa.table({"reader": ["r1"], "usage": ["1{}"]}), EventError, "not bytes"),
    "a missing one": (
        pa.table({"reader": ["r0", "r1"], "usage": [b"1{}", None]}),
        EventError,
        "usages:2: ",
    ),
    "a reader twice": (
        pa.table({"reader": ["r1", "r1"], "usage": [b"1{}", b"1{}"]}),
        EventError,
        "usages:2: ",
    ),
}


@pytest.mark.parametrize("case", RECORDS)
def test_what_is_wrong_with_records_is_said_with_whose_they_are(case):
    """A record that cannot be read is refused, and so is a table that holds none."""
    records, kind, words = RECORDS[case]
    with pytest.raises(kind, match=words) as caught:
        decide_many(POLICY, _table(), records)

    assert isinstance(caught.value, TypeError | MeterError)


def test_what_is_no_arrow_data_is_refused():
    """With what to give."""
    with pytest.raises(TypeError, match=r"`table` is Arrow data, such as a `pyarrow.Table`"):
        decide_many(POLICY, [{"reader": "r1"}])

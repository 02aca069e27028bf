"""A replay decides every view of a log as the engine does, whatever form the log has."""

from __future__ import annotations

import gzip
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import loads_policy
from meter.replay.logs.log import LogError
from meter.replay.run import replay
from meter.testing import strategies
from tests.replay.events import by_engine, by_replay, event, mixed, write

MONTHLY = """
[publication]
name = "The Harbour Review"
timezone = "Europe/Oslo"
[meters.monthly]
window = {{ {window} }}
limit = {limit}
count = "{count}"
[[rules]]
name = "a few articles"
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""


def policy_of(limit=2, window='calendar = "month"', count="articles"):
    """Return a policy of one meter."""
    return loads_policy(MONTHLY.format(limit=limit, window=window, count=count))


def _csv(folder, *lines, name="log.csv"):
    path = folder / name
    content = "".join(f"{line}\n" for line in lines).encode()
    if name.endswith(".gz"):
        content = gzip.compress(content, mtime=0)
    path.write_bytes(content)
    return path


def _rows(path, policy=None, **options):
    return [
        row
        for table in replay(policy or policy_of(), path, decisions=True, **options).decisions
        for row in table.to_pylist()
    ]


@st.composite
def _populations(draw):
    policy = draw(strategies.policies())
    return policy, {
        f"reader-{n}": draw(strategies.journeys(policy, max_size=8))
        for n in range(draw(st.integers(1, 3)))
    }


@settings(max_examples=60, deadline=None)
@given(_populations(), st.sampled_from(["jsonl", "csv", "parquet"]))
def test_a_log_is_decided_as_the_engine_decides(population, form):
    """Random journeys get the engine's decisions row by row.

    They are written as JSON Lines, CSV and Parquet, out of order.
    """
    policy, people = population
    rows = mixed(people)
    if form == "csv":  # an empty cell is an empty referrer, not one that is not known
        rows = [(name, step) for name, step in rows if step.view.referrer is not None]
    if not rows:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = write([event(name, step) for name, step in rows], Path(folder), form)

        assert by_engine(policy, rows) == by_replay(policy, path)


@settings(max_examples=20, deadline=None)
@given(_populations())
def test_a_log_larger_than_memory_is_decided_alike(population):
    """Dealing the readers to files on disk changes neither decisions nor the rows by reader."""
    policy, people = population
    rows = mixed(people)
    with tempfile.TemporaryDirectory() as folder:
        path = write([event(name, step) for name, step in rows], Path(folder), "jsonl")
        kept, spilled = (
            replay(policy, path, by_reader=True, memory=memory) for memory in (1 << 30, 1)
        )

        assert by_replay(policy, path) == by_replay(policy, path, memory=1)
        assert kept.by_reader == spilled.by_reader
        assert kept.to_dict() == spilled.to_dict()


@settings(max_examples=25, deadline=None)
@given(_populations())
def test_events_are_decided_alike_beside_a_broken_line(population):
    """Lines that are read one by one, because one is broken, are decided as when read at once."""
    policy, people = population
    events = [event(name, step) for name, step in mixed(people)]
    if not events:
        return
    with tempfile.TemporaryDirectory() as folder:
        whole = _rows(write(events, Path(folder), "jsonl"), policy)
        path = Path(folder) / "broken.jsonl"
        lines = ["null", *map(json.dumps, events)]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

        assert [row | {"row": row["row"] + 1} for row in whole] == _rows(path, policy)


def test_columns_of_any_name_can_be_mapped(tmp_path):
    """`columns` says which column is the reader, the time and the article."""
    path = _csv(
        tmp_path,
        "who;when;what",
        "r1;2026-06-01T10:00:00Z;a1",
        "r1;2026-06-01T11:00:00Z;a2",
        "r1;2026-06-01T12:00:00Z;a3",
    )
    found = replay(policy_of(), path, columns={"reader": "who", "time": "when", "article": "what"})

    assert (1, 3, 1, 1) == (found.readers, found.views, found.readers_stopped, found.views_blocked)
    assert {3: 1} == found.first_stop_curve


def test_a_compressed_log_is_read(tmp_path):
    """A `.csv.gz` log is read like a `.csv` one."""
    path = _csv(tmp_path, "reader,time,article", "r1,2026-06-01T10:00:00Z,a1", name="log.csv.gz")

    assert 1 == replay(policy_of(), path).views


def test_rows_that_cannot_be_read_are_located(tmp_path):
    """A bad row is counted with its line and its reason, and the others are decided."""
    path = _csv(
        tmp_path,
        "reader,time,article,access",
        "r1,2026-06-01T10:00:00Z,a1,metered",
        ",2026-06-01T10:00:00Z,a1,metered",
        "r1,2026-06-01",
        "r1,soon,a2,metered",
        "r1,2026-06-02T10:00:00Z,,metered",
        "r1,2026-06-03T10:00:00Z,a3,golden",
        "r1,2026-06-04T10:00:00Z,a4,metered",
    )
    left_out = replay(policy_of(), path).rows_left_out

    assert 5 == left_out.count
    assert {3: "no reader", 5: "`soon` is not a time", 6: "no article"} == {
        bad.row: bad.reason for bad in left_out.first if bad.row in (3, 5, 6)
    }
    assert {4, 7} == {bad.row for bad in left_out.first} - {3, 5, 6}
    assert ["r1", "r1"] == [row["reader"] for row in _rows(path)]
    assert [2, 8] == [row["row"] for row in _rows(path)]


def test_a_cell_that_is_no_utf8_costs_its_row(tmp_path):
    """A broken byte is located, and the other rows are decided."""
    path = tmp_path / "log.csv"
    path.write_bytes(
        b"\xef\xbb\xbfreader,time,article\r\nr1,2026-06-01T10:00:00Z,a1\r\nr\xff,2026-06-01T10:00:00Z,a1\r\nr\xc3\xa9,2026-06-01T10:00:00Z,a1\r\n"
    )
    found = replay(policy_of(), path)

    assert (2, [(3, "`r\ufffd` is not UTF-8")]) == (
        found.views,
        [(bad.row, bad.reason) for bad in found.rows_left_out.first],
    )
    assert ["r1", "ré"] == [row["reader"] for row in _rows(path)]


def test_a_cell_may_hold_a_line_break(tmp_path):
    """A quoted cell of two lines is one cell."""
    path = _csv(
        tmp_path,
        "reader,time,article",
        'r1,2026-06-01T10:00:00Z,"a',
        '1"',
        "r1,2026-06-01T11:00:00Z,a2",
    )

    assert ["a\n1", "a2"] == [row["article"] for row in _rows(path)]


@pytest.mark.parametrize(
    ("rights", "reason"),
    [
        ("[{'kind': 'gold'}]", "`kind` does not know the word `gold`"),
        ("[{'kind': 'trial', 'end': '2026-06-01'}]", "an entitlement has no key `end`"),
        ("[{'kind': 'trial', 'ends': 'soon'}]", "`ends` is a time with its offset"),
        ("7", "`entitlements` is a list such as"),
        ("{", "`entitlements` is a list such as"),
    ],
)
def test_a_right_that_makes_no_sense_costs_its_row(rights, reason):
    """What is wrong with an entitlement is said."""
    table = pa.table(
        {
            "reader": ["r1"],
            "time": ["2026-06-01T10:00:00Z"],
            "article": ["a"],
            "entitlements": [rights.replace("'", '"')],
        }
    )
    policy = loads_policy(
        MONTHLY.format(limit="{ anonymous = 1 }", window="lifetime = true", count="articles")
    )

    assert reason in replay(policy, table).rows_left_out.first[0].reason


def test_lines_that_are_no_json_are_located(tmp_path):
    """A broken line costs itself, not the block it is in."""
    path = tmp_path / "log.jsonl"
    good = '{"at": "2026-06-01T10:00:00Z", "reader": {"id": "r1"}, "article": {"id": "a1"}}'
    path.write_text(f"{good}\n\n{{broken\n[1]\n{good}\n", encoding="utf-8")
    found = replay(policy_of(), path)

    assert [(3, "not JSON"), (4, "not a JSON object")] == [
        (bad.row, bad.reason) for bad in found.rows_left_out.first
    ]
    assert 2 == found.views


def test_times_without_a_zone_are_the_publications(tmp_path):
    """23:30 on 31 May without a zone is May in Oslo.

    With `Z` it is June there; the report says how many had none.
    """
    path = _csv(
        tmp_path, "reader,time,article", "r1,2026-05-31 23:30:00,a1", "r1,2026-05-31T23:30:00Z,a2"
    )
    months = [row["at"].month for row in _rows(path)]

    assert [5, 6] == months
    assert any("1 times have no zone" in note for note in replay(policy_of(), path).notes)


@pytest.mark.parametrize(
    ("naive", "expected"),
    [
        ("2026-03-29 02:30:00", "2026-03-29T03:00:00+02:00"),
        ("2026-10-25 02:30:00", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25 03:00:00", "2026-10-25T03:00:00+01:00"),
        ("2026-06-01 12:00:00", "2026-06-01T12:00:00+02:00"),
    ],
)
def test_a_time_the_clocks_skip_or_repeat_is_the_first_that_can_be_meant(tmp_path, naive, expected):
    """Times without a zone around a change of the clocks follow the rule of the windows."""
    path = _csv(tmp_path, "reader,time,article", f"r1,{naive},a1")

    assert [expected] == [row["at"].isoformat() for row in _rows(path)]


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000])
def test_times_may_be_seconds_milliseconds_or_microseconds(unit):
    """Whole numbers are taken for what makes them a time of our days, and the report says which."""
    at = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp()) * unit
    table = pa.table({"reader": ["r1"], "time": [at], "article": ["a1"]})

    texts = table.set_column(1, "time", table["time"].cast(pa.string()))
    mixed_texts = pa.table(
        {"reader": ["r1", "r1"], "time": [str(at), "2026-06-02T00:00:00Z"], "article": ["a1", "a2"]}
    )

    assert [datetime(2026, 6, 1, tzinfo=UTC)] * 3 == [
        replay(policy_of(), log).first_view for log in (table, texts, mixed_texts)
    ]


def test_a_day_in_eight_digits_is_no_number():
    """`20260601` is the first of June in the publication's zone, not a second of 1970."""
    table = pa.table({"reader": ["r1"], "time": ["20260601"], "article": ["a1"]})

    assert "2026-06-01T00:00:00+02:00" == replay(policy_of(), table).first_view.isoformat()


def test_a_log_without_a_clock_is_one_day_in_order():
    """Without times, views are taken in their order, and a daily limit applies."""
    table = pa.table({"reader": [1, 2, 1, 1], "article": [7, 7, 7, 8]})
    found = replay(policy_of(limit=1, window='calendar = "day"', count="views"), table, clock=False)

    assert (2, 4, 1, 2) == (found.readers, found.views, found.readers_stopped, found.views_blocked)


def test_readers_come_in_the_order_of_the_log():
    """One row a reader: views, counted, blocked, and the first stop."""
    day = datetime(2026, 6, 1, tzinfo=UTC)
    table = pa.table(
        {
            "reader": ["z", "a", "z", "z"],
            "time": [day + timedelta(hours=n) for n in range(4)],
            "article": ["1", "1", "2", "3"],
        }
    )
    rows = replay(policy_of(), table, by_reader=True).by_reader.to_pylist()

    assert [("z", 3, 2, 1, 3, day + timedelta(hours=3)), ("a", 1, 1, 0, None, None)] == [
        tuple(row.values()) for row in rows
    ]


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.dictionary(pa.int32(), pa.string()),
        pa.int32(),
        pa.uint64(),
        pa.decimal128(20, 0),
    ],
    ids=str,
)
def test_ids_may_be_of_any_type(kind):
    """Readers and articles may be texts, encoded texts or numbers of any width."""
    ids = pa.array([1, 2, 1, 1])
    column = ids.cast(pa.string()) if "string" in str(kind) else ids
    column = column.dictionary_encode() if pa.types.is_dictionary(kind) else column.cast(kind)
    day = datetime(2026, 6, 1, tzinfo=UTC)
    table = pa.table(
        {"reader": column, "time": [day + timedelta(hours=n) for n in range(4)], "article": column}
    )
    rows = replay(policy_of(limit=1), table, by_reader=True).by_reader.to_pylist()

    assert [("1", 3, 1), ("2", 1, 1)] == [
        (row["reader"], row["views"], row["counted"]) for row in rows
    ]


def test_a_column_that_is_missing_is_asked_for(tmp_path):
    """A log without a known reader column is refused with the columns it has and what to say."""
    path = _csv(tmp_path, "who,time,article", "r1,2026-06-01,a1")

    with pytest.raises(
        LogError,
        match=(
            r"no column for the reader; it has `who`, `time`, `article`: say which with `--column"
            r" reader=NAME`"
        ),
    ):
        replay(policy_of(), path)


def test_a_mapping_to_nowhere_is_refused(tmp_path):
    """A mapped column that the log does not have, and a name no log has, are told apart."""
    path = _csv(tmp_path, "who,time,article", "r1,2026-06-01,a1")

    with pytest.raises(LogError, match="the log has no column `whom` for `reader`"):
        replay(policy_of(), path, columns={"reader": "whom"})
    with pytest.raises(LogError, match="names nothing that a log has"):
        replay(policy_of(), path, columns={"colour": "who"})


def test_a_status_in_the_log_is_enough(tmp_path):
    """A column of statuses stands for the rights that give them."""
    policy = loads_policy(
        MONTHLY.format(
            limit="{ anonymous = 1, registered = 2 }", window="lifetime = true", count="articles"
        ).replace(
            "[[rules]]\n",
            '[[rules]]\nname = "paid"\nwhen = { reader = ["subscriber"] }\nshow ='
            ' "article"\n[[rules]]\n',
            1,
        )
    )
    lines = [
        f"{who},2026-06-0{n}T10:00:00Z,a{n},{who}"
        for who in ("anonymous", "registered", "subscriber", "trial-expired")
        for n in (1, 2, 3)
    ]
    rows = _rows(_csv(tmp_path, "reader,time,article,status", *lines), policy)
    full = {
        who: sum(row["access"] == "full" for row in rows if row["reader"] == who)
        for who in ("anonymous", "registered", "subscriber", "trial-expired")
    }

    assert {"anonymous": 1, "registered": 2, "subscriber": 3, "trial-expired": 2} == full


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 60 * 24 * 62), st.integers(0, 9)),
        min_size=1,
        max_size=60,
    ),
    st.sampled_from(
        [
            ("30 days", "week", 3),
            ("31 days", "month", 2),
            ("25 hours", "day", 1),
            ("7 days", "day", 2),
        ]
    ),
)
def test_a_rolling_window_never_blocks_less_than_a_calendar_period_within_it(views, case):
    """Counting views, a rolling window blocks at least what a period that is no longer blocks."""
    rolling, unit, limit = case
    start = datetime(2026, 1, 31, tzinfo=UTC)
    table = pa.table(
        {
            "reader": [who for who, _, _ in views],
            "time": [start + timedelta(minutes=n) for _, n, _ in views],
            "article": [a for _, _, a in views],
            "view_id": [str(n) for n in range(len(views))],
        }
    )
    blocked = [
        replay(policy_of(limit, window, "views"), table).views_blocked
        for window in (f'rolling = "{rolling}"', f'calendar = "{unit}"')
    ]

    assert blocked[0] >= blocked[1]


def test_views_without_an_id_are_told_apart_where_others_have_one(tmp_path):
    """By their instant, as `meter decide` does: a last line without an end is read on its own."""
    known = {"id": "a", "access": "metered"}
    about = [{"id": "a", "value": 0.5}, known, known]
    rows = [
        {"at": f"2026-06-01T09:0{minute}:00Z", "reader": {"id": "r"}, "article": article}
        for minute, article in enumerate(about)
    ]
    rows[0]["id"] = "v1"
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = _rows(path, policy_of(count="views"), recorded_under="none")
    assert ["countdown", "last-free-article", "subscription-wall"] == [row["show"] for row in found]

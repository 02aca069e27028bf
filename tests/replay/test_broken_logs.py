"""A log that is broken in any way is read as far as it goes, and every lost row is told."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from meter import loads_policy
from meter.cli import main
from meter.replay.logs import csv as log_cells
from meter.replay.logs import jsonl as log_lines
from meter.replay.logs.log import BadRows, Log, LogError
from meter.replay.run import replay

POLICY = """
[publication]
name = "The Harbour Review"
timezone = "Europe/Oslo"
[meters.monthly]
window = { calendar = "month" }
limit = 2
[[rules]]
name = "followers"
when = { segments = ["followers"], age = { below = "4 days" } }
show = "article"
[[rules]]
name = "a few articles"
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
POLICY_READ = loads_policy(POLICY)
EVENT = '{"at": "2026-06-01T10:00:00Z", "reader": {"id": "r1"}, "article": {"id": "a1"}}\n'
FLAT = '{"time": 1780000000, "reader": 7, "article": 8}\n'
HEAD = "reader,time,article\n"
ROW = "r1,2026-06-01T10:00:00Z,a1\n"
GOOD = {"reader": ["r1", "r2"], "time": ["2026-06-01T10:00:00Z"] * 2, "article": ["a1", "a2"]}


def _write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _left_out(found):
    return [(bad.row, str(bad.code)) for bad in found.rows_left_out.first]


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ("null", "L01"),
        (EVENT.strip() + " null", "L01"),
        (EVENT.strip() + EVENT.strip(), "L01"),
        ("5", "L01"),
        ("[1,2]", "L01"),
        ('{"at": }', "L01"),
        ("[" * 100_000, "L01"),
        ('{"reader":' * 100_000 + "1" + "}" * 100_000, "L01"),
        (EVENT.strip().replace('"r1"', "[" * 70 + "]" * 70), "L01"),
        (EVENT.strip().replace("r1", "\\ud800"), "L02"),
        ('{"reader": null}', "L04"),
        ("{}", "L04"),
        (EVENT.strip().replace('"r1"', '{"x": 1}'), "L04"),
        (EVENT.strip().replace('"a1"', "[1]"), "L05"),
        (EVENT.strip().replace("2026", "soon, 2026"), "L06"),
        ("\0\0", "L01"),
    ],
    ids=[
        "null",
        "null after an event",
        "two events",
        "a number",
        "a list",
        "no value",
        "deep lists",
        "deep tables",
        "a deep id",
        "half a character",
        "no reader",
        "nothing",
        "a table as reader",
        "a list as article",
        "no time",
        "nul",
    ],
)
def test_a_line_that_is_no_event_costs_only_itself(tmp_path, broken, code):
    """A broken line is located and coded, whatever is in it; the lines around it are read."""
    found = replay(POLICY_READ, _write(tmp_path, "log.jsonl", f"{EVENT}{broken}\n{EVENT}"))

    assert [(2, code)] == _left_out(found)
    assert 2 == found.views


@pytest.mark.parametrize(
    "content",
    ["null\n", "\ufeff\n null", '{"reader":' * 100_000 + "1" + "}" * 100_000],
    ids=["null", "later", "deep"],
)
def test_nothing_that_ends_the_process_reaches_the_reader(tmp_path, content):
    """Logs that end a process by themselves end with exit code 2 and a message on stderr."""
    _write(tmp_path, "policy.toml", POLICY)
    path = _write(tmp_path, "log.jsonl", content)
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "from meter.cli import main; main()",
            "replay",
            str(tmp_path / "policy.toml"),
            str(path),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (2, "") == (ran.returncode, ran.stdout)
    assert ran.stderr.startswith(
        "error: no view in `log.jsonl` can be read: 1 row with no event in it; the first is"
        " log.jsonl:"
    )


def test_two_halves_of_events_are_not_two_events(tmp_path):
    """An event broken over two lines, beside a whole one, is two bad lines."""
    halves = f"{EVENT[:30]}\n{EVENT[30:].strip()}"
    found = replay(POLICY_READ, _write(tmp_path, "log.jsonl", f"{EVENT}{halves}{EVENT}{EVENT}"))

    assert [(2, "L01"), (3, "L01")] == _left_out(found)
    assert 2 == found.views


def test_letters_that_are_not_utf8_cost_their_line(tmp_path):
    """A line in Latin-1 is left out; a mark of the byte order at the start is none."""
    content = (
        b"\xef\xbb\xbf"
        + EVENT.encode()
        + EVENT.replace("r1", "ø").encode("latin-1")
        + EVENT.replace("r1", "ø").encode()
    )
    found = replay(POLICY_READ, _write(tmp_path, "log.jsonl", content))

    assert [(2, "L02")] == _left_out(found)
    assert (2, 2) == (found.views, found.readers)


def test_numbers_too_long_for_a_number_stay_apart(tmp_path):
    """Readers whose numbers differ in the twentieth digit are different readers."""
    lines = (
        f'{{"reader": {12345678901234567890 + n}, "time": "2026-06-01T10:00:00Z", "article": 1}}\n'
        for n in range(3)
    )

    assert 3 == replay(POLICY_READ, _write(tmp_path, "log.jsonl", "".join(lines))).readers


def test_a_block_without_a_needed_column_is_bad_rows(tmp_path, monkeypatch):
    """Where some lines lack the reader they are counted.

    A mapped column that only some blocks have is no error.
    """
    monkeypatch.setattr(log_lines, "_BLOCK", 256)
    without = '{"at": "2026-06-01T10:00:00Z", "article": {"id": "a1"}}\n'
    path = _write(
        tmp_path,
        "log.jsonl",
        EVENT * 6 + without * 12 + EVENT.replace("}\n", ', "tier": "free"}\n') * 6,
    )
    found = replay(POLICY_READ, path, columns={"access": "tier"})

    assert (12, {"no reader": 12}) == (found.rows_left_out.count, found.rows_left_out.reasons)
    assert list(range(7, 19)) == [bad.row for bad in found.rows_left_out.first]
    assert 12 == found.views


def test_a_column_no_line_has_is_asked_for(tmp_path):
    """Where no line at all has the column, the message says which there are and what was meant."""
    path = _write(
        tmp_path, "log.jsonl", '{"at": "2026-06-01T10:00:00Z", "usr_id": "x", "page": "x"}\n'
    )

    with pytest.raises(
        LogError,
        match=(
            r"no column for the reader; it has `at`, `usr_id`, `page`: say which with `--column"
            r" reader=usr_id`"
        ),
    ):
        replay(POLICY_READ, path)
    with pytest.raises(
        LogError, match=r"no column `pag` for `article`; it has .*; did you mean `page`"
    ):
        replay(POLICY_READ, path, columns={"reader": "usr_id", "article": "pag"})


def test_a_line_without_end_is_one_bad_line(tmp_path, monkeypatch):
    """A line longer than any event is left out without being kept in memory."""
    monkeypatch.setattr(log_lines, "_BLOCK", 512)
    monkeypatch.setattr(log_lines, "_LONGEST", 2048)
    found = replay(
        POLICY_READ, _write(tmp_path, "log.jsonl", f"{EVENT}{'x' * 9000}\n{EVENT}{'y' * 5000}")
    )

    assert [(2, "L01"), (4, "L01")] == _left_out(found)
    assert 2 == found.views


def test_what_a_log_says_cannot_command_a_terminal(tmp_path):
    """Escapes are shown as such, and long values are cut."""
    event = EVENT.replace("2026-06-01T10:00:00Z", "\\u001b[31mred\\n" + "x" * 5000)
    reason = (
        replay(POLICY_READ, _write(tmp_path, "log.jsonl", event + EVENT))
        .rows_left_out.first[0]
        .reason
    )

    assert reason.startswith("`\\u001B[31mred\\u000Axxx")
    assert reason.isprintable()
    assert len(reason) < 200


_SCRAPS = st.sampled_from(
    [
        EVENT,
        FLAT,
        "null",
        "{",
        "}",
        "[",
        "]",
        '"',
        ",",
        ":",
        "\n",
        "\r\n",
        " ",
        "\0",
        "é",
        "\\ud800",
        "1e999",
        "NaN",
        "{}",
        '"reader":',
        '"id":',
        "7",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_SCRAPS, min_size=1, max_size=12).map("".join))
@example("{}null{}\n{}\n")
@example('{"a":\n{"b":1}}\n')
def test_every_line_is_an_event_or_a_bad_row(tmp_path_factory, text):
    """However scraps of JSON are put together, no line is lost and none is made up."""
    path = _write(tmp_path_factory.mktemp("log"), "log.jsonl", text)
    bad = BadRows()
    rows = [np.zeros(0, np.int64)]
    try:
        rows += [piece.rows for piece in Log(path).pieces(bad)]
    except LogError as error:
        if "the log has no column" in str(error):
            return
        raise

    lines = [number for number, line in enumerate(text.encode().split(b"\n"), 1) if line.strip()]
    assert lines == sorted([*np.concatenate(rows).tolist(), *(row.row for row in bad.first)])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (HEAD + ROW + "r1\n" + ROW, [(3, "L03")]),
        (HEAD + ROW + "r1,x,y,z\n" + ROW, [(3, "L03")]),
        ((HEAD + ROW + ROW.replace("r1", "ø") + ROW).encode("latin-1"), [(3, "L02")]),
        ((HEAD + ROW + "ø,too,many,cells\n" + ROW).encode("latin-1"), [(3, "L03")]),
        (
            HEAD
            + ROW
            + 'r1,2026-06-01T10:00:00Z,"a1\n'
            + ROW
            + 'r1,2026-06-01T10:00:00Z,"a2\n'
            + ROW,
            [(3, "L03")],
        ),
        (HEAD + ROW + ROW + 'r1,2026-06-01T10:00:00Z,"a1\n' + ROW * 9, [(4, "L03")]),
        (HEAD + ROW + "\0\0\n" + ROW, [(3, "L03")]),
        (HEAD + ROW + ROW + "x" * 200_000 + ",never,a\n", [(4, "L06")]),
    ],
    ids=[
        "fewer cells",
        "more cells",
        "latin-1",
        "latin-1 and more cells",
        "a quote closed later",
        "a quote never closed",
        "nul",
        "long",
    ],
)
def test_a_broken_row_of_a_csv_costs_only_itself(tmp_path, capfd, content, expected):
    """Odd rows are located and coded, nothing else is said about them, and the others are read."""
    found = replay(POLICY_READ, _write(tmp_path, "log.csv", content))

    assert expected == _left_out(found)
    assert 2 == found.views
    assert ("", "") == tuple(capfd.readouterr())


def test_a_quote_that_swallows_rows_says_how_many(tmp_path):
    """The rows that are lost with it are told."""
    found = replay(
        POLICY_READ,
        _write(tmp_path, "log.csv", HEAD + ROW + 'r1,2026-06-01T10:00:00Z,"a1\n' + ROW * 9),
    )

    assert "a quote is never closed, so 11 lines are one row" == found.rows_left_out.first[0].reason


def test_a_quote_that_swallows_whole_blocks_ends_the_reading(tmp_path, monkeypatch):
    """Where a row is longer than two blocks, the row before it is told."""
    monkeypatch.setattr(log_cells, "_BLOCK", 256)
    path = _write(tmp_path, "log.csv", HEAD + ROW * 20 + 'r1,2026-06-01T10:00:00Z,"a1\n' + ROW * 60)

    with pytest.raises(
        LogError,
        match=(
            r"`log.csv` cannot be read beyond row 21: somewhere after it, a quote is never closed"
        ),
    ):
        replay(POLICY_READ, path)


def _compressed(text):
    """Return compressed bytes that are the same at any time of the day."""
    return gzip.compress(text.encode(), mtime=0)


_DAMAGED = bytearray(
    _compressed(HEAD + "".join(f"r{n},2026-06-01T10:00:00Z,a{n * n}\n" for n in range(500)))
)
_DAMAGED[60:90] = b"\xff" * 30


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("log.csv", "", "is empty; the first line should name the columns"),
        ("log.csv", "\n" + HEAD + ROW, "has an empty first line"),
        ("log.csv", HEAD, "has no views in it"),
        ("log.csv", (HEAD + ROW).encode("utf-16"), "may be UTF-16"),
        (
            "log.csv",
            "læser,time,article\n".encode("latin-1"),
            "is not UTF-8; save the log as CSV in UTF-8",
        ),
        (
            "log.csv",
            "usr,tme,artcle\n" + ROW,
            "it has `usr`, `tme`, `artcle`: say which with `--column reader=usr`",
        ),
        ("log.csv", 'reader,time,"article\n' + ROW, "a quote is never closed"),
        ("log.csv", "x" * 200_000 + "," + HEAD + ROW, "or it is too long"),
        ("log.csv", (HEAD + ROW).replace("\n", "\r"), "end in a carriage return alone"),
        ("log.csv", "reader,reader,time,article\nx," + ROW, "two columns named `reader`"),
        (
            "log.csv",
            HEAD + "a,b,c\n" * 3,
            (
                "read: 3 rows with no time that can be read; the first is log.csv:2: `b` is not a"
                " time (L06)"
            ),
        ),
        ("log.csv.gz", _compressed((HEAD + ROW) * 500)[:50], "is cut off or damaged"),
        ("log.csv.gz", bytes(_DAMAGED), "damaged"),
        ("log.csv.gz", HEAD + ROW, "is not compressed with gzip as its name says"),
        ("log.jsonl", "", "has no views in it"),
        ("log.jsonl", "\n \n", "has no views in it"),
        ("log.jsonl", f"[{EVENT.strip()}]", "a JSON Lines log has one event a line"),
        ("log.jsonl", EVENT.encode("utf-16"), "save the log in UTF-8"),
        ("log.jsonl.gz", _compressed(EVENT * 500)[:50], "is cut off or damaged"),
        (
            "log.parquet",
            "hello",
            "cannot be read as Parquet: it may be cut off, or something else; write it again",
        ),
        ("log.parquet", "", "cannot be read as Parquet"),
        ("log.arrow", "hello", "cannot be read as Arrow"),
        ("log.arrow", "", "cannot be read as Arrow"),
        ("log.txt", "hello", "has no name ending that says what it is; use one of `.csv`"),
    ],
    ids=[
        "csv: empty",
        "csv: first line empty",
        "csv: no views",
        "csv: utf-16",
        "csv: first line in latin-1",
        "csv: unknown columns",
        "csv: open quote in the first line",
        "csv: first line too long",
        "csv: carriage returns",
        "csv: a column twice",
        "csv: no times",
        "csv.gz: cut off",
        "csv.gz: damaged",
        "csv.gz: not compressed",
        "jsonl: empty",
        "jsonl: blank lines",
        "jsonl: a list",
        "jsonl: utf-16",
        "jsonl.gz: cut off",
        "parquet: a text",
        "parquet: empty",
        "arrow: a text",
        "arrow: empty",
        "an unknown ending",
    ],
)
def test_a_log_of_which_nothing_can_be_read_is_refused(tmp_path, name, content, words):
    """Exit code 2, nothing on stdout, and on stderr what is wrong and what to do."""
    policy = _write(tmp_path, "policy.toml", POLICY)
    path = _write(tmp_path, name, content)
    result = CliRunner().invoke(main, ["replay", str(policy), str(path)])

    assert (2, "") == (result.exit_code, result.stdout)
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_log_that_is_not_there_is_refused(tmp_path):
    """A folder and a missing file are told apart."""
    with pytest.raises(LogError, match="is a folder; name a file in it"):
        Log((tmp_path / "logs.csv").mkdir() or tmp_path / "logs.csv")
    with pytest.raises(LogError, match="there is no log"):
        Log(tmp_path / "log.csv")


def _parquet(folder, **columns):
    path = folder / "log.parquet"
    pa.parquet.write_table(pa.table({**GOOD, **columns}), path)
    return path


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"reader": [b"r1", b"\xff"]}, [(2, "L02")]),
        ({"reader": pa.array(["r1", None])}, [(2, "L04")]),
        ({"time": pa.array([1 << 62, 1_780_000_000_000], pa.timestamp("ms"))}, [(1, "L06")]),
        ({"time": pa.array([(1 << 31) - 1, 20_600], pa.date32())}, [(1, "L06")]),
        ({"time": pa.array([1.78e9, float("nan")])}, [(2, "L06")]),
        ({"published": pa.array([1 << 62, 1], pa.timestamp("us"))}, [(1, "L07")]),
        ({"published": pa.array([1, 10**18 + 1], pa.timestamp("ns"))}, []),
        ({"segments": [["followers"], None]}, []),
    ],
    ids=[
        "bytes",
        "missing",
        "far time",
        "far date",
        "no number",
        "far publication",
        "nanoseconds",
        "lists",
    ],
)
def test_a_value_no_row_can_have_costs_only_its_row(tmp_path, columns, expected):
    """Values of Parquet columns that make no sense are located; those that do are read."""
    found = replay(POLICY_READ, _parquet(tmp_path, **columns))

    assert expected == _left_out(found)
    assert 2 - len(expected) == found.views


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (
            {"reader": [["r1"], ["r2"]]},
            "the column `reader` of the log holds `list<.*`; it should hold texts or whole numbers",
        ),
        (
            {"time": [{"a": 1}] * 2},
            "the column `time` of the log holds `struct<.*`; it should hold times",
        ),
        (
            {"time": pa.array([1, 2], pa.duration("s"))},
            "no view in `log.parquet` can be read: 2 rows with no time",
        ),
        ({"time": [True, False]}, "no view in `log.parquet` can be read: 2 rows with no time"),
    ],
)
def test_a_column_of_the_wrong_type_is_told(tmp_path, columns, words):
    """What cannot be an id or a time is named with what it holds."""
    with pytest.raises(LogError, match=words):
        replay(POLICY_READ, _parquet(tmp_path, **columns))


def test_a_parquet_log_without_rows_or_whole_ends_is_refused(tmp_path):
    """No rows are no views; half a file is none."""
    path = _parquet(tmp_path)
    half = path.read_bytes()[: path.stat().st_size // 2]
    pa.parquet.write_table(pa.table(GOOD).slice(0, 0), path)
    with pytest.raises(LogError, match="has no views in it"):
        replay(POLICY_READ, path)

    path.write_bytes(half)
    with pytest.raises(LogError, match="cannot be read as Parquet"):
        replay(POLICY_READ, path)


def test_an_arrow_file_that_points_outside_of_itself_is_refused(tmp_path):
    """Offsets beyond the data would end the process."""
    table = pa.table({**GOOD, "reader": ["reader-one", "reader-two"]})
    with pa.ipc.new_file(path := tmp_path / "log.arrow", table.schema) as file:
        file.write_table(table)
    content = path.read_bytes()
    offsets = np.array([0, 10, 20], np.int32).tobytes()
    assert 1 == content.count(offsets)

    path.write_bytes(content.replace(offsets, np.array([0, 1 << 30, 20], np.int32).tobytes()))
    with pytest.raises(LogError, match="cannot be read as Arrow"):
        replay(POLICY_READ, path)


def test_broken_rows_are_told_with_file_line_and_code(tmp_path):
    """Summary, document and messages name each first broken row as FILE:LINE, with its code."""
    policy = _write(tmp_path, "policy.toml", POLICY)
    path = _write(tmp_path, "log.jsonl", f"{EVENT}null\n")
    summary, document, rows = (
        CliRunner().invoke(main, ["replay", str(policy), str(path), *more])
        for more in ((), ("--format", "json"), ("--per", "decision"))
    )

    assert [0, 0, 0] == [result.exit_code for result in (summary, document, rows)]
    assert "log.jsonl:2 is left out (L01): not a JSON object" in summary.stdout
    assert [{"row": 2, "code": "L01", "reason": "not a JSON object"}] == json.loads(
        document.stdout
    )["rows_left_out"]["first"]
    assert "log.jsonl:2 is left out (L01): not a JSON object\n" in rows.stderr


def test_a_clock_that_steps_back_is_put_in_order(tmp_path):
    """Views are decided in the order of their times, and listed as the log lists them.

    Views of one instant are decided in the order of the log.
    """
    times = ("10:02", "10:00", "10:01", "10:00")
    lines = [f"r1,2026-06-01T{time}:00Z,a{n}\n" for n, time in enumerate(times)]
    found = replay(POLICY_READ, _write(tmp_path, "log.csv", HEAD + "".join(lines)), decisions=True)
    rows = [row for table in found.decisions for row in table.to_pylist()]

    assert [("a0", False), ("a1", True), ("a2", False), ("a3", True)] == [
        (row["article"], row["counted"]) for row in rows
    ]


def test_a_list_with_a_gap_in_it_is_not_misread(tmp_path):
    """`null` where a right should be costs the line; it is not taken for the right beside it."""
    policy = loads_policy(
        POLICY.replace(
            'segments = ["followers"], age = { below = "4 days" }', 'reader = ["subscriber"]'
        )
    )
    line = FLAT.replace("}", ', "entitlements": [{"kind": "subscription"}]}')
    found = replay(policy, _write(tmp_path, "log.jsonl", line.replace("[", "[null, ") + line))

    assert [(1, "L07")] == _left_out(found)
    assert 1 == found.views

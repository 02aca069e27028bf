"""What `meter replay` prints, and when it says no."""

from __future__ import annotations

import csv
import json

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

from click.testing import CliRunner

from meter.cli import main

POLICY = """
[publication]
name = "The Harbour Review"
timezone = "Europe/Oslo"
[meters.monthly]
window = {{ calendar = "month" }}
limit = {limit}
[[rules]]
name = "a few articles"
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
LOG = (
    "reader,time,article\n"
    + "".join(f"r{n % 2},2026-06-{n + 1:02}T10:00:00Z,a{n}\n" for n in range(9))
    + "r9,never,a1\n"
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a log and policies that let read 2 and 4 articles a month."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.csv").write_text(LOG, encoding="utf-8")
    for limit in (2, 4):
        (tmp_path / f"limit-{limit}.toml").write_text(POLICY.format(limit=limit), encoding="utf-8")
    return tmp_path


def _run(*arguments):
    return CliRunner().invoke(main, ["replay", *arguments])


def test_the_summary_is_one_document(folder):
    """`--format json` has figures under their names, the curve, rows left out and warnings."""
    result = _run("limit-2.toml", "log.csv", "--format", "json")
    found = json.loads(result.stdout)

    assert 0 == result.exit_code
    assert (2, 9, 2, 5) == tuple(
        found[name] for name in ("readers", "views", "readers_stopped", "views_blocked")
    )
    assert [{"view": 3, "readers": 2, "share_stopped": 1.0}] == found["first_stop_curve"]
    assert {"countdown": 2, "last-free-article": 2, "subscription-wall": 5} == found[
        "prompts_shown"
    ]
    assert [{"row": 11, "code": "L06", "reason": "`never` is not a time"}] == found[
        "rows_left_out"
    ]["first"]
    assert "W02" in [warning["code"] for warning in found["warnings"]]


def test_the_summary_is_a_table_for_people(folder):
    """It names the figures, the stops, what was shown, the rows left out and the warnings."""
    out = _run("limit-2.toml", "log.csv").stdout

    for words in (
        "readers stopped",
        "100.00%",
        "first stopped at view",
        "subscription-wall",
        "log.csv:11 is left out (L06)",
        "W05",
        "holdout",
    ):
        assert words in out


def test_a_looser_policy_is_answered_with_no(folder):
    """Exit code 1, no figure for the stops, bounds, and W01."""
    result = _run("limit-4.toml", "log.csv", "--recorded-under", "limit-2.toml", "--format", "json")
    found = json.loads(result.stdout)

    assert 1 == result.exit_code
    assert (None, None) == (found["readers_stopped"], found["views_blocked"])
    assert {"at_least": 1, "at_most": 2} == found["bounds"]["readers_stopped"]
    assert "W01" in [warning["code"] for warning in found["warnings"]]
    assert "not known" in _run("limit-4.toml", "log.csv", "--recorded-under", "limit-2.toml").stdout


def test_decisions_are_rows(folder):
    """`--per decision` prints one row a view in the order of the log, as CSV and as JSON.

    Messages go to stderr.
    """
    result = _run("limit-2.toml", "log.csv", "--per", "decision")
    rows = list(csv.DictReader(result.stdout.splitlines()))

    assert ["r0", "r1"] * 4 + ["r0"] == [row["reader"] for row in rows]
    assert ["countdown"] * 2 + ["last-free-article"] * 2 + ["subscription-wall"] * 5 == [
        row["show"] for row in rows
    ]
    assert "left out: 1 row with no time that can be read" in result.stderr
    assert [int(row["used"]) for row in rows] == [
        row["used"]
        for row in json.loads(
            _run("limit-2.toml", "log.csv", "--per", "decision", "--format", "json").stdout
        )
    ]


def test_readers_are_rows(folder):
    """`--per reader` prints one row a reader."""
    rows = list(
        csv.DictReader(_run("limit-2.toml", "log.csv", "--per", "reader").stdout.splitlines())
    )

    assert [("r0", "5", "2", "3", "3"), ("r1", "4", "2", "2", "3")] == [
        tuple(row[name] for name in ("reader", "views", "counted", "blocked", "first_stop"))
        for row in rows
    ]
    assert "r0" in _run("limit-2.toml", "log.csv", "--per", "reader", "--format", "table").stdout


def test_columns_can_be_mapped_together_or_apart(folder):
    """`--column a=x,b=y` is `--column a=x --column b=y`."""
    (folder / "other.csv").write_text(
        LOG.replace("reader,time,article", "who,when,what"), encoding="utf-8"
    )
    together = _run(
        "limit-2.toml",
        "other.csv",
        "--format",
        "json",
        "--column",
        "reader=who,time=when,article=what",
    )
    one_by_one = [
        word for pair in ("reader=who", "time=when", "article=what") for word in ("--column", pair)
    ]
    apart = _run("limit-2.toml", "other.csv", "--format", "json", *one_by_one)

    assert 0 == together.exit_code
    assert together.stdout == apart.stdout


def test_a_summary_can_be_csv(folder):
    """Names and values, one a line."""
    assert (
        "readers_stopped,2"
        in _run("limit-2.toml", "log.csv", "--format", "csv").stdout.splitlines()
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("limit-2.toml", "log.csv", "--column", "reader"), "`reader` is not NAME=COLUMN"),
        (("limit-2.toml", "log.csv", "--column", "reader=who"), "the log has no column `who`"),
        (("limit-2.toml", "lag.csv"), "did you mean `log.csv`"),
        (("limit-2.toml", "limit-4.toml"), "has no name ending that says what it is"),
        (
            ("limit-2.toml", "log.csv", "--zone", "Mars/Olympus"),
            "`Mars/Olympus` is not a time zone",
        ),
    ],
)
def test_wrong_usage_says_what_is_wrong(folder, arguments, words):
    """Exit code 2, and a message in words."""
    result = _run(*arguments)

    assert 2 == result.exit_code
    assert words in result.stderr

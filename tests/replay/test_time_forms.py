"""Times of other forms are read as `--time-format` says, and the likely form is offered."""

from __future__ import annotations

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import loads_policy
from meter.cli import main
from meter.replay.logs.columns import LogError, column_names
from meter.replay.run import replay

POLICY = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"
[meters.m]
window = { calendar = "month" }
limit = 3
count = "views"
[[rules]]
name = "a few"
spend = "m"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
FORMS = (
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%Y%m%d",
    "%d.%m.%Y %H:%M",
    "%d/%b/%Y:%H:%M:%S %z",
)


def _log(texts):
    return pa.table({"reader": [1] * len(texts), "time": texts, "article": [1] * len(texts)})


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(FORMS), st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_a_time_is_read_in_its_form(form, when):
    """What a form writes is read back, and where it is not named, it is among those offered."""
    text = when.replace(tzinfo=UTC).strftime(form)
    read = datetime.strptime(text, form)  # noqa: DTZ007
    found = replay(loads_policy(POLICY), _log([text]), time_format=form)

    assert read.replace(tzinfo=None) == (
        found.first_view if read.tzinfo is None else found.first_view.astimezone(UTC)
    ).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["02/02/2023 07:00:31", "22/02/2023 07:00:31"], "%d/%m/%Y %H:%M:%S"),
        (["02/02/2023 07:00:31", "02/22/2023 07:00:31"], "%m/%d/%Y %H:%M:%S"),
        (["02/02/2023 07:00:31"], "%d/%m/%Y %H:%M:%S"),
        (["20260601120000"], "%Y%m%d%H%M%S"),
        (["22.02.2023"], "%d.%m.%Y"),
        ([20260601, 20260602], "%Y%m%d"),
        (["10/Oct/2025:13:55:36 +0200"], "%d/%b/%Y:%H:%M:%S %z"),
    ],
)
def test_the_likely_form_is_offered(texts, form, tmp_path):
    """A log of which no time can be read names the option with the form."""
    pyarrow.parquet.write_table(_log(texts), tmp_path / "log.parquet")
    with pytest.raises(LogError, match="--time-format") as told:
        replay(loads_policy(POLICY), tmp_path / "log.parquet")

    assert f"`--time-format '{form}'`" in str(told.value)
    assert "(L06)" in str(told.value)
    assert len(texts) == replay(loads_policy(POLICY), _log(texts), time_format=form).views


def test_the_form_of_some_times_is_a_note():
    """Where others can be read, those that cannot are left out, and a note says how to."""
    found = replay(loads_policy(POLICY), _log(["2026-06-01T10:00:00Z", "22/02/2023 07:00"]))

    assert 1 == found.rows_left_out.count
    assert any("`--time-format '%d/%m/%Y %H:%M'`" in note for note in found.notes)


@pytest.mark.parametrize("form", ["%H:%M", "day", "%Q", "%d/%m"])
def test_a_form_that_says_no_day_is_refused(form):
    """In words, with an example."""
    with pytest.raises(LogError, match="give day, month and year, such as"):
        replay(loads_policy(POLICY), _log(["10:00"]), time_format=form)


def test_the_command_takes_a_form(tmp_path):
    """`--time-format` reads a CSV that nothing could be read of before."""
    (tmp_path / "policy.toml").write_text(POLICY)
    (tmp_path / "log.csv").write_text("reader,time,article\n1,02/02/2023 07:00:31,a\n")
    command = ["replay", f"{tmp_path}/policy.toml", f"{tmp_path}/log.csv"]
    without = CliRunner().invoke(main, command)
    given_one = CliRunner().invoke(main, [*command, "--time-format", "%d/%m/%Y %H:%M:%S"])

    assert 2 == without.exit_code
    assert "--time-format '%d/%m/%Y %H:%M:%S'" in " ".join(without.stderr.split())
    assert 0 == given_one.exit_code
    assert "2023-02-02 07:00" in given_one.stdout


@pytest.mark.parametrize(
    ("there", "offered"),
    [
        (("member", "timestamp", "teaser"), "reader=member"),
        (("userid", "ts", "slug"), "reader=userid"),
        (("x", "timestamp", "teaser"), "reader=NAME"),
        (("reader", "seen_at", "page"), "time=seen_at"),
        (("reader", "time", "headline"), "article=headline"),
        (("reader", "time", "foo"), "article=NAME"),
        (("a", "b", "c"), "reader=NAME"),
    ],
)
def test_the_alike_column_is_offered(there, offered):
    """Never one that is only the last which nothing else is."""
    with pytest.raises(LogError, match="say which with") as told:
        column_names({}, there)

    assert f"`--column {offered}`" in str(told.value)


def test_rows_of_a_table_without_ids_are_separate_views(tmp_path):
    """Also where all of them are of one article at midnight; that is said."""
    table = _log(["2026-06-01"] * 10)
    (tmp_path / "log.csv").write_text("reader,time,article\n" + "1,2026-06-01,a\n" * 10)

    for log in (table, tmp_path / "log.csv"):
        found = replay(loads_policy(POLICY), log, recorded_under="none")
        assert (3, 7) == (found.views_counted, found.views_blocked)
        assert any("each row is a view of its own" in note for note in found.notes)


def test_events_without_ids_are_told_apart_by_their_instants(tmp_path):
    """As `meter decide` does, and a note says how many are taken for one."""
    event = '{"at": "2026-06-01T10:00:00Z", "reader": {"id": "1"}, "article": {"id": "a"}}\n'
    (tmp_path / "log.jsonl").write_text(event * 10)
    found = replay(loads_policy(POLICY), tmp_path / "log.jsonl", recorded_under="none")

    assert (1, 0) == (found.views_counted, found.views_blocked)
    assert any("9 views" in note for note in found.notes)

"""The first rows of a log, and which of its columns is what, most likely."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pyarrow as pa
from attrs import frozen

from meter.replay.logs.columns import LogError, known_columns, suggested_columns
from meter.replay.logs.csv import LONGEST_HEAD, read_head
from meter.replay.logs.lines import one_by_one
from meter.replay.logs.rows import BadRows, shortened
from meter.replay.logs.time_forms import likely_forms
from meter.replay.logs.times import Times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from meter.studio.log.shelf import StoredLog

__all__ = ["Preview", "look_into"]

_ROWS = 6
_MOST_COLUMNS = 120
_MOST_BYTES = 1 << 18
_LONGEST_CELL = 60
_MARK = b"\xef\xbb\xbf"
_LINES = (".jsonl", ".ndjson")


@frozen(kw_only=True)
class Preview:
    """A log's columns and first rows, as they are shown.

    `found` are columns that go by a usual name, by what they stand for, `suggested` those and the
    ones most like what is needed. `time_forms` are the ways in which its times are written, where
    that is not ISO 8601.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    found: dict[str, str]
    suggested: dict[str, str]
    time_forms: tuple[str, ...] = ()


def look_into(log: StoredLog, zone: ZoneInfo) -> Preview:
    """Return the first rows of a log; no more of it is read than that.

    Raises `LogError` for what is no log at all.
    """
    is_lines = log.path.suffix.lower() in _LINES
    columns, rows = _of_lines(log) if is_lines else _of_cells(log)
    if len(columns) > _MOST_COLUMNS:
        raise LogError(
            f"`{log.name}` has {len(columns):,} columns, and the studio maps {_MOST_COLUMNS} at"
            " most; leave out those that say nothing of a view, or use `meter replay`"
        )
    _check_names(columns, log.name)
    suggested = suggested_columns(columns)
    return Preview(
        columns=columns,
        rows=tuple(tuple(shortened(cell, _LONGEST_CELL) for cell in row) for row in rows),
        found=known_columns({}, columns),
        suggested=suggested,
        time_forms=_time_forms(columns, rows, suggested.get("at"), zone),
    )


def _of_cells(log: StoredLog) -> tuple[tuple[str, ...], list[list[str]]]:
    with log.path.open("rb") as stream:
        columns, mark = read_head(stream.readline(LONGEST_HEAD), log.name)
        text = stream.read(_MOST_BYTES).decode("utf-8", "replace")
    lines = io.StringIO(text, newline="")
    rows: list[list[str]] = []
    try:
        for row in csv.reader(lines, delimiter=mark):
            if row:
                rows.append(row[: len(columns)] + [""] * (len(columns) - len(row)))
            if len(rows) == _ROWS:
                break
    except csv.Error:
        pass  # a cell that is too long: what stands before it is shown
    return tuple(columns), rows


def _of_lines(log: StoredLog) -> tuple[tuple[str, ...], list[list[str]]]:
    with log.path.open("rb") as stream:
        text = stream.read(_MOST_BYTES).removeprefix(_MARK)
        is_whole = not stream.read(1)
    lines = text.split(b"\n")
    first = [line for line in (lines if is_whole else lines[:-1]) if line.strip()][:_ROWS]
    bad = BadRows()
    table, _ = one_by_one(b"\n".join(first), 1, {}, bad)
    if not table.num_rows:
        reason = bad.first[0].reason if bad.first else "there is no line in it, or a very long one"
        raise LogError(
            f"the first lines of `{log.name}` hold no page view: {reason}; a JSON Lines log has one"
            " event a line"
        )
    cells = [[cell or "" for cell in column.to_pylist()] for column in table.columns]
    return tuple(table.column_names), [list(row) for row in zip(*cells, strict=True)]


def _check_names(columns: Sequence[str], name: str) -> None:
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice is not None:
        raise LogError(
            f"`{name}` has two columns named `{shortened(twice, _LONGEST_CELL)}`; rename one of"
            " them"
        )


def _time_forms(
    columns: Sequence[str], rows: Sequence[Sequence[str]], column: str | None, zone: ZoneInfo
) -> tuple[str, ...]:
    """Return how times are written, most likely, where they cannot be read as they are."""
    if column is None or not rows:
        return ()
    place = columns.index(column)
    times = Times(zone)
    times.read(pa.array([row[place] for row in rows], pa.string()))
    unread = list(times.unread)
    # one cell that is no time at all should not hide how the others are written
    return tuple(likely_forms(unread) or likely_forms(unread[:1]))

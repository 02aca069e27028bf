"""The first rows of a log, and which of its columns is what, by its name or by its values."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pyarrow as pa
from attrs import field, frozen

from meter.replay.logs.columns import LogError, known_columns, suggested_columns
from meter.replay.logs.csv import LONGEST_HEAD, read_head
from meter.replay.logs.lines import one_by_one
from meter.replay.logs.rows import BadRows, shortened
from meter.replay.logs.time_forms import likely_forms, read_time
from meter.replay.logs.times import Times
from meter.vocabulary import ArticleAccess, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from meter.studio.log.shelf import StoredLog

__all__ = ["LogPreview", "look_into"]

_ROWS = 6
_LOOKED = 200
"""How many rows are looked at to say what a column is."""
_FEWEST_COLUMNS = 2
_MOST_COLUMNS = 120
_MOST_BYTES = 1 << 18
_LONGEST_CELL = 60
_MARK = b"\xef\xbb\xbf"
_LINES = (".jsonl", ".ndjson")
_BY_VALUES: dict[str, frozenset[str]] = {
    "article.access": frozenset(ArticleAccess),
    "reader.status": frozenset(Status),
}
"""What a column stands for whose values are all among these."""


@frozen(kw_only=True)
class LogPreview:
    """A log's columns and first rows, as they are shown.

    `found` are columns that go by a usual name, by what they stand for, `suggested` those and the
    ones most like what is needed, by their names or by their values.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    found: dict[str, str]
    suggested: dict[str, str]
    _cells: dict[str, list[str]] = field(repr=False)
    _zone: ZoneInfo

    @property
    def guessed(self) -> dict[str, str]:
        """The columns that are suggested and go by no usual name."""
        return {name: one for name, one in self.suggested.items() if name not in self.found}

    def time_forms(self, column: str | None) -> tuple[str, ...]:
        """Return how the times of a column are written, most likely, where not in ISO 8601."""
        unread = _unread(self._cells.get(column or "", []), self._zone)
        # one cell that is no time at all should not hide how the others are written
        forms = likely_forms(unread) or likely_forms(unread[:1])
        read = {form: sum(read_time(text, form) is not None for text in unread) for form in forms}
        return tuple(form for form in forms if read[form] == max(read.values()))


def look_into(log: StoredLog, zone: ZoneInfo) -> LogPreview:
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
    if len(columns) < _FEWEST_COLUMNS:
        raise LogError(
            f"`{log.name}` is no log of page views: it has one column alone, and a log says in"
            " columns of their own who read, what and when; choose another file"
        )
    _check_names(columns, log.name)
    cells = {column: [row[place] for row in rows] for place, column in enumerate(columns)}
    return LogPreview(
        columns=columns,
        rows=tuple(tuple(shortened(cell, _LONGEST_CELL) for cell in row) for row in rows[:_ROWS]),
        found=known_columns({}, columns),
        suggested=_by_values(suggested_columns(columns), cells, zone),
        cells=cells,
        zone=zone,
    )


def _by_values(
    suggested: dict[str, str], cells: dict[str, list[str]], zone: ZoneInfo
) -> dict[str, str]:
    """Return what is suggested, and what else a column's values alone tell."""
    found = dict(suggested)
    for column, values in cells.items():
        said = {value for value in values if value}
        if not said or column in found.values():
            continue
        names = [name for name, words in _BY_VALUES.items() if said <= words]
        if _are_times(values, zone):
            names.append("at")
        for name in names:
            found.setdefault(name, column)
    return found


def _are_times(values: Sequence[str], zone: ZoneInfo) -> bool:
    """Say whether all values of a column are times; plain numbers may be anything."""
    if any(value.strip().lstrip("-").replace(".", "", 1).isdigit() for value in values):
        return False
    unread = _unread(values, zone)
    return not unread or bool(likely_forms(unread))


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
            if len(rows) == _LOOKED:
                break
    except csv.Error:
        pass  # a cell that is too long: what stands before it is shown
    return tuple(columns), rows


def _of_lines(log: StoredLog) -> tuple[tuple[str, ...], list[list[str]]]:
    with log.path.open("rb") as stream:
        text = stream.read(_MOST_BYTES).removeprefix(_MARK)
        is_whole = not stream.read(1)
    lines = text.split(b"\n")
    first = [line for line in (lines if is_whole else lines[:-1]) if line.strip()][:_LOOKED]
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


def _unread(values: Collection[str], zone: ZoneInfo) -> list[str]:
    """Return those of some values that are no times as they are."""
    times = Times(zone)
    times.read(pa.array(list(values), pa.string()))
    return list(times.unread)

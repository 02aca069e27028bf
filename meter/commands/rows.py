"""Print the rows of large tables piece by piece: as CSV, as JSON, or the first as a table."""

from __future__ import annotations

import csv
import json
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from rich.table import Table

from meter.commands.console import open_console, print_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["print_rows"]

_MOST_ROWS = 40
_PIPE_WIDTH = 240
"""How wide a table is where nobody looks."""


def print_rows(tables: Iterable[pa.Table], form: str) -> None:
    """Print the rows of tables that have the same columns on stdout: `csv`, `json` or `table`."""
    _PRINTERS[form](map(_with_texts, tables))


def _with_texts(table: pa.Table) -> pa.Table:
    """Return a table whose times are ISO 8601 texts."""
    for place, name in enumerate(table.column_names):
        if pa.types.is_timestamp(table[name].type):
            texts = pc.strftime(table[name], format="%Y-%m-%dT%H:%M:%S%Ez")
            table = table.set_column(place, name, pc.replace_substring(texts, ".000000", ""))
    return table


def _print_csv(tables: Iterable[pa.Table]) -> None:
    out = csv.writer(sys.stdout, lineterminator="\n")
    unquoted = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    named = False
    for table in tables:
        if not named:
            out.writerow(table.column_names)
            named = True
        written = pa.BufferOutputStream()
        try:
            pyarrow.csv.write_csv(table, written, unquoted)
        except pa.ArrowInvalid:  # a text has a comma or a quote in it
            out.writerows(_plain_rows(table))
        else:
            sys.stdout.write(written.getvalue().to_pybytes().decode())


def _plain_rows(table: pa.Table) -> Iterator[tuple[object, ...]]:
    """Yield a table's rows as Python values; `true` and `false` are words."""
    columns: list[list[object]] = []
    for column in table.columns:
        values = column.cast(pa.string()) if pa.types.is_boolean(column.type) else column
        columns.append(values.to_pylist())
    return zip(*columns, strict=True)


def _print_json(tables: Iterable[pa.Table]) -> None:
    mark = "["
    for table in tables:
        for row in table.to_pylist():
            sys.stdout.write(mark + json.dumps(row, ensure_ascii=False))
            mark = ",\n "
    sys.stdout.write("[]\n" if mark == "[" else "]\n")


def _print_table(tables: Iterable[pa.Table]) -> None:
    drawn: Table | None = None
    more = 0
    for table in tables:
        drawn = drawn or Table(*table.column_names, box=None, pad_edge=False, padding=(0, 2, 0, 0))
        shown = table.slice(0, max(0, _MOST_ROWS - drawn.row_count))
        more += table.num_rows - shown.num_rows
        for row in _plain_rows(shown):
            drawn.add_row(*("" if value is None else str(value) for value in row))
    if drawn is not None:
        console = open_console(width=None if sys.stdout.isatty() else _PIPE_WIDTH)
        with console.capture() as text:
            console.print(drawn)
        sys.stdout.write("\n".join(line.rstrip() for line in text.get().splitlines()) + "\n")
    if more:
        print_message(f"{more:,} more rows; `--format csv` prints all")


_PRINTERS = {"csv": _print_csv, "json": _print_json, "table": _print_table}

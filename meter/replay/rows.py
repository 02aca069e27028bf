"""How are the rows of large tables printed?

Piece by piece, as CSV, as one JSON document, or the first of them as a table.
"""

from __future__ import annotations

import csv
import json
import sys
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from meter.commands.console import open_console, say

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["print_rows"]

_MOST_ROWS = 40


def print_rows(tables: Iterable[pa.Table], form: str) -> None:
    """Print the rows of tables that have the same columns on stdout: `csv`, `json` or `table`."""
    {"csv": _print_csv, "json": _print_json, "table": _print_table}[form](map(_with_texts, tables))


def _with_texts(table: pa.Table) -> pa.Table:
    """Return a table whose times are ISO 8601 texts."""
    for place, name in enumerate(table.column_names):
        if pa.types.is_timestamp(table[name].type):
            texts = pc.strftime(table[name], format="%Y-%m-%dT%H:%M:%S%Ez")
            table = table.set_column(place, name, pc.replace_substring(texts, ".000000", ""))
    return table


def _print_csv(tables: Iterable[pa.Table]) -> None:
    named = False
    for table in tables:
        if not named:
            csv.writer(sys.stdout, lineterminator="\n").writerow(table.column_names)
            named = True
        out = pa.BufferOutputStream()
        try:
            pyarrow.csv.write_csv(
                table, out, pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
            )
        except pa.ArrowInvalid:  # a text has a comma or a quote in it
            columns = [_plain(column) for column in table.columns]
            csv.writer(sys.stdout, lineterminator="\n").writerows(zip(*columns, strict=True))
        else:
            sys.stdout.write(out.getvalue().to_pybytes().decode())


def _plain(column: pa.ChunkedArray) -> list[Any]:
    values = column.cast(pa.string()) if pa.types.is_boolean(column.type) else column
    return values.to_pylist()  # type: ignore[no-any-return]


def _print_json(tables: Iterable[pa.Table]) -> None:
    mark = "["
    for table in tables:
        rows = (json.dumps(row, ensure_ascii=False) for row in table.to_pylist())
        for row in rows:
            sys.stdout.write(mark + row)
            mark = ",\n "
    sys.stdout.write("[]\n" if mark == "[" else "]\n")


def _print_table(tables: Iterable[pa.Table]) -> None:
    from rich.table import Table

    drawn, more = None, 0
    for table in tables:
        drawn = drawn or Table(*table.column_names, box=None, pad_edge=False, padding=(0, 2, 0, 0))
        shown = table.slice(0, max(0, _MOST_ROWS - drawn.row_count))
        more += table.num_rows - shown.num_rows
        for row in zip(*(_plain(column) for column in shown.columns), strict=True):
            drawn.add_row(*("" if value is None else str(value) for value in row))
    if drawn is not None:
        console = open_console(width=None if sys.stdout.isatty() else 240)
        with console.capture() as text:
            console.print(drawn)
        sys.stdout.write("\n".join(line.rstrip() for line in text.get().splitlines()) + "\n")
    if more:
        say(f"{more:,} more rows; `--format csv` prints all")

"""How is a log of page views read? CSV, JSON Lines, Parquet, Arrow files and tables become batches with the same column names.

A log is read piece by piece and may be larger than memory. A row that cannot be read is counted, located and reported, never lost.
"""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meter.simulate.compiled import missing

try:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv
    import pyarrow.json
    import pyarrow.parquet
except ImportError as error:  # pragma: no cover - checked in an environment without the extra
    raise missing(error) from error

import numpy as np
from attrs import define, field, frozen

from meter.simulate.log_columns import NAMES, LogError, column_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import IO

__all__ = ["BadRow", "BadRows", "Log", "LogError", "Piece", "column_names"]

_BLOCK = 1 << 24
"""How many bytes of text are read at a time."""
_ROWS = 1 << 18
_MOST_SHOWN = 20
_TABLES = ("reader", "article")
_RIGHT = pa.struct([(name, pa.string()) for name in ("kind", "product", "starts", "ends", "grace")])
_EVENT = [
    ("at", pa.string()),
    ("reader", pa.struct([("id", pa.string()), ("entitlements", pa.list_(_RIGHT))])),
    ("article", pa.struct([("id", pa.string()), ("published", pa.string())])),
]


@frozen
class BadRow:
    """A row that was left out: where it is (the first row is 1; in text, the line), and why."""

    row: int
    reason: str


@define
class BadRows:
    """Rows that were left out: all are counted, the first few are kept, the reasons are tallied."""

    count: int = 0
    first: list[BadRow] = field(factory=list)
    reasons: dict[str, int] = field(factory=dict)

    def add(self, row: int, reason: str, kind: str | None = None) -> None:
        """Count one row; `kind` is the reason without the row's own values."""
        self.count += 1
        self.reasons[kind or reason] = self.reasons.get(kind or reason, 0) + 1
        if len(self.first) < _MOST_SHOWN:
            self.first.append(BadRow(row, reason))


@frozen
class Piece:
    """Some rows of a log: a table with our column names, and the number of each row (or line) in the log."""

    table: pa.Table
    rows: np.ndarray[Any, Any]


class Log:
    """A log of page views that can be read again and again, piece by piece.

    `source` is a path (`.csv`, `.csv.gz`, `.jsonl`, `.ndjson`, `.parquet`, `.arrow`, `.feather`) or anything that holds Arrow data (a
    `pyarrow` table, a Polars frame, a DuckDB result). `columns` maps our names to the log's; `clock=False` says that the log has no
    times, only an order. Raises `LogError`.
    """

    def __init__(self, source: Any, columns: Mapping[str, str] | None = None, *, clock: bool = True) -> None:  # noqa: ANN401
        self.mapping, self.clock = dict(columns or {}), clock
        self.table: pa.Table | None = None
        if hasattr(source, "to_arrow_table") and not hasattr(source, "__arrow_c_stream__"):
            source = source.to_arrow_table()
        if isinstance(source, pa.RecordBatch):
            source = pa.Table.from_batches([source])
        if hasattr(source, "__arrow_c_stream__"):
            self.table, self.name, self.kind = pa.table(source), "table", "table"
            return
        self.path = Path(source)
        self.name = self.path.name
        suffix = self.path.suffixes[-2:][0] if self.path.suffix == ".gz" and len(self.path.suffixes) > 1 else self.path.suffix
        kinds = {
            ".csv": "csv",
            ".tsv": "csv",
            ".jsonl": "json",
            ".ndjson": "json",
            ".parquet": "parquet",
            ".arrow": "arrow",
            ".feather": "arrow",
        }
        if suffix.lower() not in kinds:
            raise LogError(f"`{source}` has no name ending that says what it is; use one of {', '.join(f'`{s}`' for s in kinds)}")
        if not self.path.is_file():
            raise LogError(f"there is no log `{source}`")
        self.kind = kinds[suffix.lower()]

    def pieces(self, bad: BadRows) -> Iterator[Piece]:
        """Yield the log's rows in order; rows that cannot be read as rows are added to `bad`."""
        read = {"csv": self._csv, "json": self._json, "parquet": self._parquet, "arrow": self._arrow, "table": self._arrow}[self.kind]
        try:
            yield from read(bad)
        except (OSError, EOFError, pa.ArrowInvalid, UnicodeDecodeError) as error:
            raise LogError(f"`{self.name}` cannot be read as {self.kind}: {str(error).splitlines()[0]}") from error

    def _named(self, table: pa.Table) -> pa.Table:
        names = column_names(self.mapping, table.column_names, clock=self.clock)
        return pa.table({name: table[column] for name, column in names.items()})

    def _csv(self, bad: BadRows) -> Iterator[Piece]:
        with self._open() as stream:
            header = stream.readline().decode("utf-8-sig")
        if not header.strip():
            raise LogError(f"`{self.name}` is empty; its first line should name the columns")
        mark = max(",;\t", key=header.count)
        there = next(csv.reader([header], delimiter=mark))
        names = column_names(self.mapping, there, clock=self.clock)
        wrong: list[int] = []

        def refuse(row: pyarrow.csv.InvalidRow) -> str:
            wrong.append(row.number)
            reason = f"{row.actual_columns} cells where the first line names {row.expected_columns}"
            bad.add(row.number, reason, "more or fewer cells than columns")
            return "skip"

        with pa.input_stream(str(self.path), compression="detect") as stream:
            reader = pyarrow.csv.open_csv(
                stream,
                read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=_BLOCK),
                parse_options=pyarrow.csv.ParseOptions(delimiter=mark, invalid_row_handler=refuse, newlines_in_values=True),
                convert_options=pyarrow.csv.ConvertOptions(
                    include_columns=list(dict.fromkeys(names.values())),
                    column_types=dict.fromkeys(names.values(), pa.string()),
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
            read = 0
            for batch in reader:
                numbers = np.arange(read, read + batch.num_rows)
                read += batch.num_rows
                gaps = np.array(wrong, np.int64) - np.arange(len(wrong)) - 2
                rows = numbers + 2 + np.searchsorted(gaps, numbers, "right")
                yield _decoded(Piece(pa.table({name: batch[column] for name, column in names.items()}), rows), bad)

    def _open(self) -> IO[bytes]:
        return gzip.open(self.path) if self.path.suffix == ".gz" else self.path.open("rb")  # type: ignore[return-value]

    def _json(self, bad: BadRows) -> Iterator[Piece]:
        line, rest = 1, b""
        with self._open() as stream:
            while True:
                block = stream.read(_BLOCK)
                text = rest + block
                cut = text.rfind(b"\n") + 1 if block else len(text)
                text, rest = text[:cut], text[cut:]
                if text.strip():
                    yield self._lines(text, line, bad)
                line += text.count(b"\n")
                if not block:
                    return

    def _lines(self, text: bytes, line: int, bad: BadRows) -> Piece:
        """Read a block of lines at once where they are all alike, otherwise one by one."""
        lines = text.count(b"\n") + (not text.endswith(b"\n"))
        table = next((table for schema in self._schemas() if (table := _alike(text, schema, lines)) is not None), None)
        if table is None:
            return self._line_by_line(text, line, bad)
        for name in _TABLES:
            if name in table.column_names and pa.types.is_struct(table[name].type):
                inner = table[name].combine_chunks()
                inner = inner.chunk(0) if isinstance(inner, pa.ChunkedArray) else inner
                fields = {f"{name}.{f.name}": part for f, part in zip(inner.type, inner.flatten(), strict=True)}
                table = pa.table({**{n: table[n] for n in table.column_names if n != name}, **fields})
        empty = [name for name in table.column_names if table[name].null_count == table.num_rows]
        table = table.drop_columns([name for name in empty if name not in self.mapping.values()])
        return Piece(self._named(table), np.arange(line, line + lines))

    def _schemas(self) -> list[pa.Schema]:
        """Return what lines may look like: our events, flat rows, rows whose times are numbers. Times stay texts: they have zones."""
        times = dict.fromkeys((*NAMES["at"], "at", "published", *self.mapping.values()), pa.string())
        return [pa.schema(_EVENT), pa.schema(list(times.items())), pa.schema([])]

    def _line_by_line(self, text: bytes, line: int, bad: BadRows) -> Piece:
        events, rows = [], []
        for number, raw in enumerate(text.split(b"\n"), line):
            if not raw.strip():
                continue
            try:
                event = json.loads(raw)
            except ValueError:
                bad.add(number, "not JSON", "no JSON in it")
                continue
            if not isinstance(event, dict):
                bad.add(number, "not a JSON object", "no JSON object in it")
                continue
            for name in _TABLES:
                if isinstance(event.get(name), dict):
                    event |= {f"{name}.{key}": value for key, value in event.pop(name).items()}
                elif name in event and name not in self.mapping.values():
                    event[f"{name}.id"] = event.pop(name)  # an id stands for a reader or an article of which nothing else is known
            events.append(event)
            rows.append(number)
        there = list(dict.fromkeys(name for event in events for name in event))
        names = column_names(self.mapping, there, clock=self.clock) if there else {}
        table = pa.table({name: _texts(event.get(column) for event in events) for name, column in names.items()})
        return Piece(table, np.array(rows, np.int64))

    def _parquet(self, bad: BadRows) -> Iterator[Piece]:  # noqa: ARG002
        with pyarrow.parquet.ParquetFile(self.path) as file:
            names = column_names(self.mapping, file.schema_arrow.names, clock=self.clock)
            yield from self._batches(file.iter_batches(batch_size=_ROWS, columns=list(names.values())))

    def _arrow(self, bad: BadRows) -> Iterator[Piece]:  # noqa: ARG002
        if self.table is not None:
            yield from self._batches(self.table.to_batches(max_chunksize=_ROWS * 8))
            return
        with pa.memory_map(str(self.path)) as stream:
            try:
                reader = pa.ipc.open_file(stream)
                batches = (reader.get_batch(number) for number in range(reader.num_record_batches))
            except pa.ArrowInvalid:
                batches = iter(pa.ipc.open_stream(stream))
            yield from self._batches(batches)

    def _batches(self, batches: Iterator[pa.RecordBatch] | list[pa.RecordBatch]) -> Iterator[Piece]:
        row = 1
        for batch in batches:
            yield Piece(self._named(pa.Table.from_batches([batch])), np.arange(row, row + batch.num_rows))
            row += batch.num_rows


def _decoded(piece: Piece, bad: BadRows) -> Piece:
    """Leave out rows with a cell that is not UTF-8."""
    fine = np.ones(piece.table.num_rows, np.bool_)
    for name in piece.table.column_names:
        raw = pc.cast(piece.table[name], pa.binary())
        try:
            pc.cast(raw, pa.string())
        except pa.ArrowInvalid:
            for place, cell in enumerate(raw.to_pylist()):
                if fine[place] and cell.decode("utf-8", "replace").encode() != cell:
                    fine[place] = False
                    bad.add(int(piece.rows[place]), f"`{cell.decode('utf-8', 'replace')}` is not UTF-8", "text that is not UTF-8")
    return piece if fine.all() else Piece(piece.table.filter(pa.array(fine)), piece.rows[fine])


def _alike(text: bytes, schema: pa.Schema, lines: int) -> pa.Table | None:
    """Read lines that all have one form, or return `None`."""
    try:
        table = pyarrow.json.read_json(
            pa.BufferReader(text),
            read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=max(len(text), 1)),
            parse_options=pyarrow.json.ParseOptions(explicit_schema=schema, newlines_in_values=False),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    if table.num_rows != lines or "timestamp" in str(table.schema):  # a time read without its zone
        return None
    return table


def _texts(values: Iterator[Any]) -> pa.Array:
    """Return JSON values as texts: what is not a text stays JSON."""
    return pa.array(
        [value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values], pa.string()
    )

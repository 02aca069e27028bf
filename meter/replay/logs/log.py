"""Read a log of page views: CSV, JSON Lines, Parquet, Arrow files and tables.

A log is read piece by piece and may be larger than memory. A row that cannot be read is counted,
located and reported, never lost.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol, cast

from meter.columns.arrow import ArrowStream
from meter.errors import raise_missing_extra

try:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet
except ImportError as error:  # pragma: no cover - checked in an environment without the extra
    raise_missing_extra(error)

from meter.replay.logs.columns import LogError, column_names
from meter.replay.logs.csv import read_cells
from meter.replay.logs.jsonl import read_lines
from meter.replay.logs.rows import BadRow, BadRows, RawRows, RowProblem, shortened
from meter.replay.logs.time_forms import time_format_words
from meter.replay.logs.types import check_types, decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from os import PathLike

__all__ = [
    "ArrowStream",
    "ArrowTable",
    "BadRow",
    "BadRows",
    "Log",
    "LogError",
    "RawRows",
    "RowProblem",
    "column_names",
]

_ROWS = 1 << 18
"""How many rows of a Parquet file are read at a time."""
_TABLE_ROWS = 1 << 21
_LONGEST = 120
_KINDS = {
    ".csv": "CSV",
    ".tsv": "CSV",
    ".jsonl": "JSON Lines",
    ".ndjson": "JSON Lines",
    ".parquet": "Parquet",
    ".arrow": "Arrow",
    ".feather": "Arrow",
}
_LIKELY = {
    "CSV": "see whether it is text, with a line for each view",
    "JSON Lines": "see whether the file is whole",
    "Parquet": "it may be cut off, or something else; write it again",
    "Arrow": "it may be cut off, or something else; write it again",
    "table": "give texts, numbers and times",
}
"""What the matter is, most likely, and the next step."""
_AS_BYTES = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary()}
_STEPS = {
    RowProblem.NO_EVENT: (
        'a JSON Lines log has one event a line, such as `{"at": …, "reader": {…}, "article": {…}}`'
    ),
    RowProblem.NOT_TEXT: "save the log in UTF-8",
    RowProblem.CELLS: "see whether the first line names the columns, and quotes are closed",
    RowProblem.NO_READER: "say which column is the reader with `--column reader=NAME`",
    RowProblem.NO_ARTICLE: "say which column is the article with `--column article=NAME`",
    RowProblem.NO_TIME: (
        "say which column is the time with `--column time=NAME`; a time is such as"
        " `2026-06-01T08:30:00+09:00`, or as `--time-format` says"
    ),
    RowProblem.BAD_VALUE: "say which column is which with `--column NAME=COLUMN`",
}


class ArrowTable(Protocol):
    """What can be turned into a `pyarrow` table, such as a result of an older DuckDB."""

    def to_arrow_table(self) -> ArrowStream: ...


class Log:
    """A log of page views that can be read again and again, piece by piece.

    `source` is a path (`.csv`, `.csv.gz`, `.jsonl`, `.ndjson`, `.parquet`, `.arrow`, `.feather`) or
    anything that holds Arrow data (a `pyarrow` table, a Polars frame, a DuckDB result). `columns`
    maps our names to the log's; `clock=False` says that the log has no times, only an order. Raises
    `LogError`.
    """

    def __init__(
        self,
        source: str | PathLike[str] | ArrowStream | ArrowTable,
        columns: Mapping[str, str] | None = None,
        *,
        clock: bool = True,
    ) -> None:
        self.mapping = dict(columns or {})
        self.clock = clock
        self.table: pa.Table = _table_of(source)
        if self.table is not None:
            self.name = "table"
            self.kind = "table"
            return
        self.path = Path(cast("str | PathLike[str]", source))
        self.name = self.path.name
        self.kind = _kind_of(self.path, f"{source}")

    def pieces(self, bad: BadRows) -> Iterator[RawRows]:
        """Yield the log's rows in order; rows that cannot be read as rows are added to `bad`."""
        readers = {
            "CSV": self._csv,
            "JSON Lines": self._json,
            "Parquet": self._parquet,
            "Arrow": self._arrow,
            "table": self._whole_table,
        }
        try:
            yield from readers[self.kind](bad)
        except gzip.BadGzipFile as error:
            raise LogError(
                f"`{self.name}` is not compressed with gzip as its name says, or is damaged; rename"
                " it or write it again"
            ) from error
        except (EOFError, zlib.error) as error:
            raise LogError(
                f"`{self.name}` is cut off or damaged in its compression; write or fetch it again"
            ) from error
        except (OSError, UnicodeError, csv.Error, pa.ArrowException) as error:
            raise LogError(
                f"`{self.name}` cannot be read as {self.kind}: {_cause(error, self.kind)}"
            ) from error

    def nothing_read(self, bad: BadRows, forms: Sequence[str] = ()) -> LogError:
        """Return what to say of a log without a single view that can be read.

        `forms` are the ways in which its times are written, most likely.
        """
        if not bad.count:
            return LogError(f"`{self.name}` has no views in it; give a log with at least one")
        first = bad.first[0]
        where = f"the first is {self.name}:{first.row}: {first.reason} ({first.code})"
        step = _STEPS[first.code]
        if first.code is RowProblem.NO_TIME and forms:
            step = f"say how its times are written with {time_format_words(forms)}"
        return LogError(f"no view in `{self.name}` can be read: {bad.summary()}; {where}; {step}")

    def _open(self) -> IO[bytes]:
        if self.path.suffix == ".gz":
            return cast("IO[bytes]", gzip.open(self.path))
        return self.path.open("rb")

    def _csv(self, bad: BadRows) -> Iterator[RawRows]:
        with self._open() as stream:
            yield from read_cells(stream, self.name, self.mapping, bad, clock=self.clock)

    def _json(self, bad: BadRows) -> Iterator[RawRows]:
        with self._open() as stream:
            yield from read_lines(stream, self.mapping, bad, clock=self.clock)

    def _parquet(self, bad: BadRows) -> Iterator[RawRows]:
        with pyarrow.parquet.ParquetFile(self.path) as file:
            names = column_names(self.mapping, file.schema_arrow.names, clock=self.clock)
            yield from self._batches(
                file.iter_batches(batch_size=_ROWS, columns=list(names.values())), bad
            )

    def _whole_table(self, bad: BadRows) -> Iterator[RawRows]:
        yield from self._batches(self.table.to_batches(max_chunksize=_TABLE_ROWS), bad)

    def _arrow(self, bad: BadRows) -> Iterator[RawRows]:
        with pa.memory_map(str(self.path)) as stream:
            try:
                reader = pa.ipc.open_file(stream)
                batches = (reader.get_batch(number) for number in range(reader.num_record_batches))
            except pa.ArrowInvalid:
                batches = iter(pa.ipc.open_stream(stream))
            yield from self._batches(batches, bad)

    def _batches(self, batches: Iterable[pa.RecordBatch], bad: BadRows) -> Iterator[RawRows]:
        row = 1
        for batch in batches:
            names = column_names(self.mapping, batch.schema.names, clock=self.clock)
            table = pa.table({name: batch[column] for name, column in names.items()})
            if self.table is None:
                _check_offsets(table)
            check_types(table, names)
            yield decoded(RawRows(table, np.arange(row, row + batch.num_rows)), bad)
            row += batch.num_rows


def _table_of(source: object) -> pa.Table | None:
    """Return Arrow data as a table; what holds none is a path."""
    if hasattr(source, "to_arrow_table") and not hasattr(source, "__arrow_c_stream__"):
        source = source.to_arrow_table()
    if isinstance(source, pa.RecordBatch):
        return pa.Table.from_batches([source])
    return pa.table(source) if hasattr(source, "__arrow_c_stream__") else None


def _kind_of(path: Path, given: str) -> str:
    """Return what a file is by the ending of its name, if it is there."""
    suffix = path.suffix
    if suffix == ".gz" and len(path.suffixes) > 1:
        suffix = path.suffixes[-2]
    if suffix.lower() not in _KINDS:
        known = ", ".join(f"`{ending}`" for ending in _KINDS)
        raise LogError(f"`{given}` has no name ending that says what it is; use one of {known}")
    if path.is_dir():
        raise LogError(f"`{given}` is a folder; name a file in it")
    if not path.is_file():
        raise LogError(f"there is no log `{given}`")
    return _KINDS[suffix.lower()]


def _check_offsets(table: pa.Table) -> None:
    """Raise `ArrowInvalid` if a file's columns point outside of themselves.

    Reading them would end the process.
    """
    for column in table.columns:
        for chunk in column.chunks:
            parts = [chunk]
            if pa.types.is_dictionary(chunk.type):
                parts = [chunk.indices, chunk.dictionary]
            for part in parts:
                # As bytes, since letters that are not UTF-8 cost a row and not the log.
                plain = _AS_BYTES.get(part.type)
                raw = part if plain is None else part.view(plain)
                raw.validate(full=True)
            chunk.validate()


def _cause(error: Exception, kind: str) -> str:
    """Say in a few words why a file could not be read, and what to do."""
    if isinstance(error, PermissionError):
        return "you may not read it; ask for the right to"
    words = getattr(error, "strerror", None) or str(error) or "no reason given"
    words = shortened(words.splitlines()[0].rstrip("."), _LONGEST)
    return f"{_LIKELY[kind]} ({words})"

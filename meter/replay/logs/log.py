"""How is a log of page views read?

CSV, JSON Lines, Parquet, Arrow files and tables become batches with the same column names.

A log is read piece by piece and may be larger than memory. A row that cannot be read is counted,
located and reported, never lost.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meter.columns.compiled import missing

try:
    import pyarrow as pa
    import pyarrow.parquet
except ImportError as error:  # pragma: no cover - checked in an environment without the extra
    raise missing(error) from error

import numpy as np

from meter.replay.logs.columns import LogError, column_names
from meter.replay.logs.csv import read_cells
from meter.replay.logs.jsonl import read_lines
from meter.replay.logs.rows import BadRow, BadRows, Fault, Piece, printable
from meter.replay.logs.types import check_types, decoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import IO

__all__ = ["BadRow", "BadRows", "Fault", "Log", "LogError", "Piece", "column_names"]

_ROWS = 1 << 18
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
_STEPS = {
    Fault.NO_EVENT: (
        'a JSON Lines log has one event a line, such as `{"at": …, "reader": {…}, "article": {…}}`'
    ),
    Fault.NOT_TEXT: "save the log in UTF-8",
    Fault.CELLS: "see whether the first line names the columns, and quotes are closed",
    Fault.NO_READER: "say which column is the reader with `--column reader=NAME`",
    Fault.NO_ARTICLE: "say which column is the article with `--column article=NAME`",
    Fault.NO_TIME: (
        "say which column is the time with `--column time=NAME`; a time is such as"
        " `2026-06-01T08:30:00+09:00`"
    ),
    Fault.BAD_VALUE: "say which column is which with `--column NAME=COLUMN`",
}


class Log:
    """A log of page views that can be read again and again, piece by piece.

    `source` is a path (`.csv`, `.csv.gz`, `.jsonl`, `.ndjson`, `.parquet`, `.arrow`, `.feather`) or
    anything that holds Arrow data (a `pyarrow` table, a Polars frame, a DuckDB result). `columns`
    maps our names to the log's; `clock=False` says that the log has no times, only an order. Raises
    `LogError`.
    """

    def __init__(
        self, source: Any, columns: Mapping[str, str] | None = None, *, clock: bool = True
    ) -> None:
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
        suffix = (
            self.path.suffixes[-2:][0]
            if self.path.suffix == ".gz" and len(self.path.suffixes) > 1
            else self.path.suffix
        )
        if suffix.lower() not in _KINDS:
            raise LogError(
                f"`{source}` has no name ending that says what it is; use one of"
                f" {', '.join(f'`{s}`' for s in _KINDS)}"
            )
        if self.path.is_dir():
            raise LogError(f"`{source}` is a folder; name a file in it")
        if not self.path.is_file():
            raise LogError(f"there is no log `{source}`")
        self.kind = _KINDS[suffix.lower()]

    def pieces(self, bad: BadRows) -> Iterator[Piece]:
        """Yield the log's rows in order; rows that cannot be read as rows are added to `bad`."""
        read = {
            "CSV": self._csv,
            "JSON Lines": self._json,
            "Parquet": self._parquet,
            "Arrow": self._arrow,
            "table": self._arrow,
        }[self.kind]
        try:
            yield from read(bad)
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

    def _csv(self, bad: BadRows) -> Iterator[Piece]:
        with self._open() as stream:
            yield from read_cells(stream, self.name, self.mapping, bad, clock=self.clock)

    def nothing_read(self, bad: BadRows) -> LogError:
        """Return what to say of a log without a single view that can be read."""
        if not bad.count:
            return LogError(f"`{self.name}` has no views in it; give a log with at least one")
        first = bad.first[0]
        where = f"the first is {self.name}:{first.row}: {first.reason} ({first.code})"
        return LogError(
            f"no view in `{self.name}` can be read: {bad.told()}; {where}; {_STEPS[first.code]}"
        )

    def _open(self) -> IO[bytes]:
        return gzip.open(self.path) if self.path.suffix == ".gz" else self.path.open("rb")  # type: ignore[return-value]

    def _json(self, bad: BadRows) -> Iterator[Piece]:
        with self._open() as stream:
            yield from read_lines(stream, self.mapping, bad, clock=self.clock)

    def _parquet(self, bad: BadRows) -> Iterator[Piece]:
        with pyarrow.parquet.ParquetFile(self.path) as file:
            names = column_names(self.mapping, file.schema_arrow.names, clock=self.clock)
            yield from self._batches(
                file.iter_batches(batch_size=_ROWS, columns=list(names.values())), bad
            )

    def _arrow(self, bad: BadRows) -> Iterator[Piece]:
        if self.table is not None:
            yield from self._batches(self.table.to_batches(max_chunksize=_ROWS * 8), bad)
            return
        with pa.memory_map(str(self.path)) as stream:
            try:
                reader = pa.ipc.open_file(stream)
                batches = (reader.get_batch(number) for number in range(reader.num_record_batches))
            except pa.ArrowInvalid:
                batches = iter(pa.ipc.open_stream(stream))
            yield from self._batches(batches, bad)

    def _batches(
        self, batches: Iterator[pa.RecordBatch] | list[pa.RecordBatch], bad: BadRows
    ) -> Iterator[Piece]:
        row = 1
        for batch in batches:
            names = column_names(self.mapping, batch.schema.names, clock=self.clock)
            table = pa.table({name: batch[column] for name, column in names.items()})
            if self.table is None:
                _check_offsets(table)
            check_types(table, names)
            yield decoded(Piece(table, np.arange(row, row + batch.num_rows)), bad)
            row += batch.num_rows


def _check_offsets(table: pa.Table) -> None:
    """Raise `ArrowInvalid` if a file's columns point outside of themselves, which would end the
    process.
    """
    for column in table.columns:
        for chunk in column.chunks:
            for part in (
                (chunk.indices, chunk.dictionary)
                if pa.types.is_dictionary(chunk.type)
                else (chunk,)
            ):
                plain = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary()}.get(
                    part.type
                )
                (part if plain is None else part.view(plain)).validate(
                    full=True
                )  # other letters than UTF-8 cost a row, not the log
            chunk.validate()


def _cause(error: Exception, kind: str) -> str:
    """Say in a few words why a file could not be read, and what to do."""
    if isinstance(error, PermissionError):
        return "you may not read it; ask for the right to"
    words = printable(
        (getattr(error, "strerror", None) or str(error) or "no reason given")
        .splitlines()[0]
        .rstrip("."),
        120,
    )
    return f"{_LIKELY[kind]} ({words})"

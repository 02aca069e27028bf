"""Read a CSV log piece by piece, and locate its broken rows.

Such are rows with odd cells, other encodings, and quotes that are never closed.
"""

from __future__ import annotations

import codecs
import csv
import io
from typing import IO, TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from meter.replay.logs.columns import LogError, column_names
from meter.replay.logs.rows import BadRows, RawRows, RowProblem, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["LONGEST_HEAD", "read_cells", "read_head"]

_BLOCK = 1 << 24
"""How many bytes are read at a time."""
LONGEST_HEAD = 100_000
"""A first line with more bytes names no columns."""
_SHOWN = 60
_UNKNOWN = "\ufffd"
"""What stands for bytes that are no letter in UTF-8."""
_IDS = ("reader.id", "article.id")


def read_cells(
    stream: IO[bytes], name: str, mapping: Mapping[str, str], bad: BadRows, *, clock: bool
) -> Iterator[RawRows]:
    """Yield the rows of a CSV log called `name`; rows that cannot be read are added to `bad`.

    Raises `LogError`.
    """
    there, mark = read_head(stream.readline(LONGEST_HEAD), name)
    names = column_names(mapping, there, clock=clock)
    stream.seek(0)
    letters = _Letters(stream)
    wrong: list[int] = []
    reader = _open(letters, mark, list(names.values()), wrong, bad)
    read = 0
    for batch in _batches(reader, name, wrong):
        # pyarrow numbers the rows it skips, not those it returns. Row n of the good ones (from 0)
        # is row n + 2 of the log (the first line names the columns) and one more for each skipped
        # row before it: the k-th, at row r, stands after r - k - 2 good ones.
        numbers = np.arange(read, read + batch.num_rows)
        gaps = np.array(wrong, np.int64) - np.arange(len(wrong)) - 2
        rows = numbers + 2 + np.searchsorted(gaps, numbers, "right")
        read += batch.num_rows
        piece = RawRows(pa.table({name: batch[column] for name, column in names.items()}), rows)
        if letters.damaged:
            piece = _readable(piece, bad)
        yield _unswallowed(piece, mark, bad)


def _open(
    letters: _Letters, mark: str, columns: list[str], wrong: list[int], bad: BadRows
) -> pyarrow.csv.CSVStreamingReader:
    """Return pyarrow's reader of some columns; rows it cannot split are added to `wrong`."""

    def refuse(row: pyarrow.csv.InvalidRow) -> str:
        wrong.append(row.number)
        lines = row.text.count("\n") + 1
        if lines > 1:
            _add_open_quote(bad, row.number, lines)
        else:
            reason = f"{row.actual_columns} cells where the first line names {row.expected_columns}"
            bad.add(row.number, RowProblem.CELLS, reason, "more or fewer cells than columns")
        return "skip"

    return pyarrow.csv.open_csv(
        pa.PythonFile(letters, mode="r"),
        read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=_BLOCK),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=mark, invalid_row_handler=refuse, newlines_in_values=True
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            include_columns=list(dict.fromkeys(columns)),
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )


def _add_open_quote(bad: BadRows, row: int, lines: int) -> None:
    reason = f"a quote is never closed, so {lines:,} lines are one row"
    bad.add(row, RowProblem.CELLS, reason, "a quote that is never closed")


class _Letters(io.RawIOBase):
    """A stream of UTF-8, whatever is in the file.

    Pyarrow cannot report a row that has other bytes in it. `damaged` says if it had.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._ready = b""
        self.damaged = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = _BLOCK) -> bytes:
        while not self._ready:
            raw = self._stream.read(size)
            # Nearly every block is ASCII and nothing of the one before is left over: no decoding.
            if raw.isascii() and raw and not self._decoder.getstate()[0]:
                return raw
            text = self._decoder.decode(raw, final=not raw)
            self.damaged |= _UNKNOWN in text
            self._ready = text.encode()
            if not raw:
                break
        part = self._ready[:size]
        self._ready = self._ready[size:]
        return part


def _readable(piece: RawRows, bad: BadRows) -> RawRows:
    """Leave out rows with a cell that was not UTF-8."""
    fine = np.ones(piece.table.num_rows, np.bool_)
    for name in piece.table.column_names:
        odd = np.asarray(pc.match_substring(piece.table[name], _UNKNOWN)) & fine
        for place in np.flatnonzero(odd):
            cell = shortened(piece.table[name][place].as_py(), _SHOWN)
            reason = f"`{cell}` is not UTF-8"
            bad.add(int(piece.rows[place]), RowProblem.NOT_TEXT, reason, "text that is not UTF-8")
        fine &= ~odd
    return piece.where(fine)


def _batches(
    reader: pyarrow.csv.CSVStreamingReader, name: str, wrong: list[int]
) -> Iterator[pa.RecordBatch]:
    """Yield the batches of a reader, and locate what stops it."""
    read = 1
    try:
        for batch in reader:
            yield batch
            read += batch.num_rows
    except pa.ArrowInvalid as error:
        after = read + len(wrong)
        raise LogError(
            f"`{name}` cannot be read beyond row {after:,}: somewhere after it, a quote is never"
            " closed"
        ) from error


def read_head(line: bytes, name: str) -> tuple[list[str], str]:
    """Return the names in the first line of a log called `name`, and the mark between them.

    Raises `LogError`.
    """
    if line.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in line:
        raise LogError(
            f"`{name}` is not UTF-8 text (it may be UTF-16, or no CSV at all); save it as CSV in"
            " UTF-8"
        )
    try:
        header = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LogError(
            f"the first line of `{name}` is not UTF-8; save the log as CSV in UTF-8"
        ) from error
    if not header.strip():
        raise LogError(
            f"`{name}` {'has an empty first line' if line else 'is empty'}; the first line should"
            " name the columns"
        )
    if "\r" in header.rstrip("\r\n"):
        raise LogError(
            f"the lines of `{name}` end in a carriage return alone; save it with line feeds"
        )
    mark = max(",;\t", key=header.count)
    if header.count('"') % 2 or len(line) >= LONGEST_HEAD:
        raise LogError(
            f"the first line of `{name}` does not end where its names do: a quote is never closed,"
            " or it is too long"
        )
    return next(csv.reader([header], delimiter=mark)), mark


def _unswallowed(piece: RawRows, mark: str, bad: BadRows) -> RawRows:
    """Leave out rows with an id of several lines that look like rows.

    A quote that is closed rows later has swallowed them.
    """
    swallowed = np.zeros(piece.table.num_rows, np.bool_)
    for name in _IDS:
        column = piece.table[name]
        broken = pc.match_substring(column, "\n")
        if pc.any(broken).as_py():
            cells = pc.match_substring_regex(column, f'[{mark}"]')
            swallowed |= np.asarray(pc.and_(broken, cells))
    for place in np.flatnonzero(swallowed):
        breaks = sum(piece.table[name][place].as_py().count("\n") for name in _IDS)
        _add_open_quote(bad, int(piece.rows[place]), breaks + 1)
    return piece.where(~swallowed)

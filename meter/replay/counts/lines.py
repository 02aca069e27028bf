"""Split a CSV file into records, and give back the lines that an open quote has swallowed."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import deque
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO

from attrs import frozen

from meter.replay.logs.failures import LogError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["LONGEST_LINE", "CsvRecord", "opened", "records"]

LONGEST_LINE = 1 << 20
"""A line of more characters is none of a table."""
_WIDE = (b"\xff\xfe", b"\xfe\xff")
"""How files of UTF-16 begin."""
_ARCHIVE = b"PK\x03\x04"
"""How spreadsheets begin, which are archives."""


@frozen
class CsvRecord:
    """One row: the line it begins on (the first is 1), its cells, and why it cannot be split.

    `fault` is empty where it could; otherwise `cells` is the line as it stands.
    """

    line: int
    cells: list[str]
    fault: str = ""


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """Open a CSV file, also one that is compressed with gzip.

    Bytes that are not UTF-8 come as lone surrogates, and go into a file as they were. Raises
    `LogError` for a file that is not there, in UTF-16, or a spreadsheet.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as raw:
            begins = raw.read(4)
            if begins.startswith(_WIDE):
                raise LogError(f"`{path.name}` is in UTF-16; save it as CSV in UTF-8")
            if begins == _ARCHIVE:
                raise LogError(
                    f"`{path.name}` is a spreadsheet or an archive; save it as CSV in UTF-8"
                )
            raw.seek(0)
            yield TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise LogError(
            f"`{path.name}` is cut off or damaged in its compression; write or fetch it again"
        ) from error


class _Lines:
    """The lines of a file, of which those of the record in hand can be given back."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._again: deque[str] = deque()
        self.read = 0
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._stream.readline(LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        self.read += 1
        if len(line) > LONGEST_LINE:
            raise LogError(
                f"line {self.read:,} of `{self._name}` has more than {LONGEST_LINE:,} characters;"
                " see whether it is CSV, with a line for each count"
            )
        self.taken.append(line)
        return line

    def give_back(self) -> None:
        """Read every line of the record in hand again, except the first."""
        self._again.extendleft(reversed(self.taken[1:]))
        self.read -= len(self.taken) - 1


def records(stream: TextIO, name: str, mark: str) -> Iterator[CsvRecord]:
    """Yield the rows of a CSV file called `name`, whose cells are split by `mark`.

    A row whose quote is never closed is one line that cannot be split: what it would have swallowed
    is read as rows of its own. Empty lines are passed by. Raises `LogError`.
    """
    lines = _Lines(stream, name)
    reader = csv.reader(lines, delimiter=mark, strict=True)
    while True:
        lines.taken.clear()
        begins = lines.read + 1
        try:
            cells = next(reader, None)
        except csv.Error:
            lines.give_back()
            whole = lines.taken[0].rstrip("\r\n")
            yield CsvRecord(
                begins, [whole], "a quote in it is never closed, or not where a cell ends"
            )
            continue
        if cells is None:
            return
        if cells:
            yield CsvRecord(begins, cells)

"""Sort counts by reader and time on the disk, so that a file may be larger than memory."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.replay.counts.rows import CountedRead

__all__ = ["Spool", "spool"]

_MADE = "CREATE TABLE reads (reader TEXT, at INTEGER, line INTEGER, mark TEXT)"
_ADDED = "INSERT INTO reads VALUES (?, ?, ?, ?)"
_SORTED = "SELECT reader, at, mark FROM reads ORDER BY reader, at, line"
_INDEXED = "CREATE INDEX IF NOT EXISTS by_reader ON reads (reader)"
_LINES = "SELECT line FROM reads WHERE reader = ?"
_TOGETHER = 10_000
"""How many rows are written at a time."""


class Spool:
    """Counts that are handed in row by row, and handed out reader by reader."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base
        self._waiting: list[tuple[str, int, int, str]] = []

    def add(self, read: CountedRead) -> None:
        """Take one count in."""
        self._waiting.append((read.reader, read.at, read.line, read.mark))
        if len(self._waiting) >= _TOGETHER:
            self._write()

    def by_reader(self) -> Iterator[tuple[str, list[tuple[str, int]]]]:
        """Yield each reader with what they read, in order of time: ids and instants."""
        self._write()
        rows = self._base.execute(_SORTED)
        for reader, reads in groupby(rows, itemgetter(0)):
            yield reader, [(mark, at) for _, at, mark in reads]

    def lines_of(self, readers: list[str]) -> set[int]:
        """Return the lines of the file on which some readers stand."""
        self._base.execute(_INDEXED)
        return {line for name in readers for (line,) in self._base.execute(_LINES, (name,))}

    def _write(self) -> None:
        self._base.executemany(_ADDED, self._waiting)
        self._waiting.clear()


@contextmanager
def spool() -> Iterator[Spool]:
    """Open a spool in a file without a name, which is gone when it is closed."""
    base = sqlite3.connect("", isolation_level=None)
    try:
        base.execute("PRAGMA journal_mode = OFF")
        base.execute("PRAGMA synchronous = OFF")
        base.execute(_MADE)
        base.execute("BEGIN")
        yield Spool(base)
    finally:
        base.close()

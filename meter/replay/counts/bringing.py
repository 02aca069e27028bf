"""Bring the counts of a file into a store, one swap for each reader, twice the same as once.

What a reader has read elsewhere is laid out as the meter would have counted it: in order of time,
an id once in each window. What of it a window still holds joins the reader's record, as a sign-in
would join it, so the site may count meanwhile.
"""

from __future__ import annotations

import csv
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self, TextIO

from attrs import define, field

from meter.engine import joined_at
from meter.errors import CorruptUsageError, StoreError
from meter.replay.counts.rows import CountsFile, RefusedRow
from meter.replay.counts.spool import Spool, spool
from meter.usage import Tally, Usage
from meter.windows import instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from meter.paywall import Paywall
    from meter.policy import Policy

__all__ = ["Imported", "StoppedImportError", "as_counted", "import_counts", "rejected_path"]

_MOST_SHOWN = 20
_BROKEN = "what is kept of this reader cannot be read: put the record back, or forget the reader"


class StoppedImportError(StoreError):
    """The store did not answer in the middle of an import; run again, it goes on where it was."""


@define
class Imported:
    """What became of the rows of a file: each is one of four things, and `rows` is their sum.

    `counted` still count in a running window, `repeated` were counted in their window already,
    `over` are in no window that runs, `refused` could not be taken; the `first` of those are kept.
    `readers` are those whose records hold the counts.
    """

    rows: int = 0
    counted: int = 0
    repeated: int = 0
    over: int = 0
    refused: int = 0
    readers: int = 0
    first: list[RefusedRow] = field(factory=list)


def rejected_path(path: Path) -> Path:
    """Return where the rows are written that cannot be taken: `FILE.rejected.csv` beside `FILE`."""
    plain = path.with_suffix("") if path.suffix == ".gz" else path
    return plain.with_name(f"{plain.stem}.rejected.csv")


def as_counted(policy: Policy, meter: str, reads: Iterable[tuple[str, int]]) -> tuple[Tally, int]:
    """Return what a meter would have counted of reads in order of time, and how many it counted.

    A read is the id that the meter remembers and an instant. No limit is asked: all of them were
    counted elsewhere.
    """
    tally = Tally()
    added = 0
    for mark, at in reads:
        tally = policy.rulebook.inside(meter, tally, at)
        if mark not in tally.ids:
            tally = tally.add(mark, at)
            added += 1
    return tally, added


def import_counts(file: CountsFile, paywall: Paywall, *, dry: bool = False) -> Imported:
    """Bring what a file says was counted into a paywall's store, and say what became of its rows.

    The paywall's clock has to stand at the file's `now`. Rows that cannot be taken are written
    beside the file, with their line and the reason, in the place of those of an earlier run. With
    `dry` nothing is written anywhere.

    Raises `LogError` where the file cannot be read, and `StoppedImportError` where the store does
    not answer: what was brought until then stays, and a second run changes nothing of it.
    """
    done = Imported()
    with spool() as sorted_reads, _Rejects(file, done, dry=dry) as rejects:
        for row in file.rows():
            done.rows += 1
            if isinstance(row, RefusedRow):
                rejects.add(row)
            else:
                sorted_reads.add(row)
        unread = _bring(file, paywall, sorted_reads, done, dry=dry)
        if unread:
            lines = sorted_reads.lines_of(unread)
            for record in file.records():
                if record.line in lines:
                    rejects.add(RefusedRow(record.line, _BROKEN, tuple(record.cells)))
    return done


def _bring(
    file: CountsFile, paywall: Paywall, sorted_reads: Spool, done: Imported, *, dry: bool
) -> list[str]:
    """Bring each reader's counts, and return the readers whose records cannot be read."""
    policy = file.policy
    name = file.meter.name
    now = moment(file.now, policy.zone)
    unread = []
    for reader, reads in sorted_reads.by_reader():
        tally, added = as_counted(policy, name, reads)
        at = instant(joined_at(policy, Usage({name: tally}), now))
        inside = policy.rulebook.inside(name, tally, at)
        try:
            if inside.ids and not dry:
                paywall.bring(Usage({name: inside}), reader)
        except CorruptUsageError:
            unread.append(reader)
            continue
        except StoreError as error:
            raise StoppedImportError(
                f"stopped after {done.readers:,} readers: {error}; run it again, nothing counts"
                " twice"
            ) from error
        done.readers += bool(inside.ids)
        done.counted += len(inside.ids)
        done.repeated += len(reads) - added
        done.over += added - len(inside.ids)
    return unread


class _Rejects:
    """Writes the rows that cannot be taken beside the file, as they come; none, no file."""

    def __init__(self, file: CountsFile, done: Imported, *, dry: bool) -> None:
        self._path = rejected_path(file.path)
        self._header = file.header
        self._done = done
        self._dry = dry
        self._closing = ExitStack()
        self._stream: TextIO | None = None

    def __enter__(self) -> Self:
        if not self._dry:
            self._path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def add(self, row: RefusedRow) -> None:
        """Count a row, keep it if it is among the first, and write it."""
        self._done.refused += 1
        if len(self._done.first) < _MOST_SHOWN:
            self._done.first.append(row)
        if self._dry:
            return
        if self._stream is None:
            self._stream = self._closing.enter_context(
                self._path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            )
            csv.writer(self._stream).writerow((*self._header, "line", "reason"))
        blank = ("",) * (len(self._header) - len(row.cells))
        csv.writer(self._stream).writerow((*row.cells, *blank, row.line, row.reason))

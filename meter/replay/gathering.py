"""Sort the parsed rows of a log into shards, each with all the views of some readers.

A log goes through `RawRows` (read), `ParsedRows` (checked and dated) and `ReaderShard` (by reader)
to a `ShardedLog`. Shards are kept in memory while they fit, else in files on disk. What is kept of
a view is its reader, its instant, its article and its group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, evolve, field, frozen
from numpy.typing import NDArray

from meter.columns.arrow import bytes_of
from meter.columns.partition import hash_texts
from meter.columns.views import OtherEvent, Views
from meter.replay.logs.remembered import CLOSED, STARTED, KnownRights, ToldRows

if TYPE_CHECKING:
    from meter.replay.preparation import ParsedRows

__all__ = ["ASKED", "RECORDED", "ReaderShard", "ShardBuilder", "ShardedLog", "shards_of"]

ASKED = 0
RECORDED = 1
"""The places of the policies: the one that is asked about, and the one of the recording."""
_SHARDS = 64
"""How many files the readers are dealt to."""


@frozen(kw_only=True)
class ReaderShard:
    """Some readers with all their views.

    Columns for each policy, the readers' names and, where asked for, each view's row in the log.
    """

    views: tuple[Views, ...]
    names: pa.Array | None
    rows: NDArray[np.int64]

    def reader_names(self, readers: NDArray[np.uint64]) -> list[object]:
        """Return the ids that a column of readers stands for."""
        names: list[object]
        if self.names is None:
            names = readers.view(np.int64).tolist()
        else:
            names = self.names.take(pa.array(readers.astype(np.int64))).to_pylist()
        return names


@frozen(kw_only=True)
class ShardedLog:
    """A whole log, ready to be decided shard by shard.

    `columns` are the names of its columns. `pairs` are the groups in which views lie under the
    recorded policy and under the one asked about, where both are known.
    """

    shards: Iterable[ReaderShard]
    rows: int
    first_at: int
    last_at: int
    spilled: bool
    columns: frozenset[str]
    pairs: frozenset[tuple[int, int]]


@define
class ShardBuilder:
    """Takes the parsed rows of a log in order, and makes shards of them.

    Beyond `budget` bytes they go to files in a temporary folder, which `close` removes.
    """

    budget: int
    wants_rows: bool = True
    closed: ToldRows = field(factory=partial(ToldRows, CLOSED))
    started: ToldRows = field(factory=partial(ToldRows, STARTED))
    rights: KnownRights = field(factory=KnownRights)
    rows: int = 0
    first_at: int = 1 << 62
    last_at: int = -(1 << 62)
    _columns: set[str] = field(factory=set)
    _pairs: set[tuple[int, int]] = field(factory=set)
    _kept: list[pa.Table] = field(factory=list)
    _bytes: int = 0
    _folder: TemporaryDirectory[str] | None = None
    _writers: list[pa.RecordBatchStreamWriter] = field(factory=list)

    def add(self, piece: ParsedRows) -> None:
        """Take the next piece."""
        self._columns |= piece.columns
        start = self.rows
        self.rows += len(piece.fine)
        if not len(piece.at):
            return
        self.first_at = min(self.first_at, int(piece.at.min()))
        self.last_at = max(self.last_at, int(piece.at.max()))
        if len(piece.groups) > RECORDED:
            both = np.stack((piece.groups[RECORDED], piece.groups[ASKED]))
            self._pairs.update(map(tuple, np.unique(both, axis=1).T.tolist()))
        table = self._table(piece, start)
        if self._writers:
            self._deal(table)
            return
        self._kept.append(table)
        self._bytes += table.nbytes
        if self._bytes > self.budget:
            self._spill(table.schema)

    def _table(self, piece: ParsedRows, start: int) -> pa.Table:
        """Return what is kept of a piece whose first row is number `start`."""
        columns = {"reader": piece.reader, "at": pa.array(piece.at), "article": piece.article}
        if self.wants_rows:
            columns["row"] = pa.array(start + np.flatnonzero(piece.fine))
        for policy, group in enumerate(piece.groups):
            columns[f"group {policy}"] = pa.array(group)
        if piece.key is not None:
            columns["key"] = piece.key
        if piece.right is not None:
            columns["right"] = pa.array(piece.right)
        return pa.table(columns)

    def _spill(self, schema: pa.Schema) -> None:
        """Go on in files: deal what is in memory to them, each piece by piece, and let it go."""
        self._folder = TemporaryDirectory(prefix="meter-replay-", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        for number in range(_SHARDS):
            self._writers.append(pa.ipc.new_stream(str(folder / f"{number}.arrows"), schema))
        for kept in self._kept:
            self._deal(kept)
        self._kept = []

    def _deal(self, table: pa.Table) -> None:
        """Write each row to the file of its reader; the order within a file is the log's."""
        shard = shards_of(table["reader"].combine_chunks(), _SHARDS)
        # A stable sort by shard brings the rows of a shard together and leaves them in order, so a
        # shard is one slice of the sorted table.
        order = np.argsort(shard, kind="stable")
        cuts = np.searchsorted(shard[order], np.arange(_SHARDS + 1))
        dealt = table.take(pa.array(order))
        for number, writer in enumerate(self._writers):
            start = cuts[number]
            end = cuts[number + 1]
            if start < end:
                writer.write_table(dealt.slice(start, end - start))

    def finish(self) -> ShardedLog:
        """Return everything that was added."""
        for writer in self._writers:
            writer.close()
        return ShardedLog(
            shards=self._shards(),
            rows=self.rows,
            first_at=self.first_at,
            last_at=self.last_at,
            spilled=bool(self._writers),
            columns=frozenset(self._columns),
            pairs=frozenset(self._pairs),
        )

    def _shards(self) -> Iterator[ReaderShard]:
        if self._folder is None:
            kept = self._kept
            self._kept = []
            if kept:
                yield self._shard(kept)
            return
        folder = Path(self._folder.name)
        for number in range(_SHARDS):
            with pa.memory_map(str(folder / f"{number}.arrows")) as stream:
                table = pa.ipc.open_stream(stream).read_all()
            if table.num_rows:
                yield self._shard([table])

    def _shard(self, tables: list[pa.Table]) -> ReaderShard:
        """Return tables, which are given up, as a shard."""
        table = pa.concat_tables(tables, promote_options="permissive")
        tables.clear()
        reader, names = _numbered(table["reader"])
        article, _ = _numbered(table["article"])
        key = np.empty(0, np.int64)
        if "key" in table.column_names:
            key, _ = _numbered(_keys(table))
        rows = np.empty(0, np.int64)
        if "row" in table.column_names:
            rows = table["row"].to_numpy()
        at = table["at"].to_numpy()
        views = Views(reader=reader, at=at, article=article, key=key, group=[0])
        if "right" in table.column_names:
            views = evolve(views, right=table["right"].to_numpy(), rights=self.rights.all)
        if names is not None:
            closings = _told(self.closed, names, rows)
            views = evolve(views, closings=closings, starts=_told(self.started, names, rows))
        groups = sorted(name for name in table.column_names if name.startswith("group "))
        grouped = (evolve(views, group=_shortest(table[name].to_numpy())) for name in groups)
        return ReaderShard(views=tuple(grouped), names=names, rows=rows)

    def close(self) -> None:
        """Remove what was written."""
        for writer in self._writers:
            writer.close()
        if self._folder is not None:
            self._folder.cleanup()


def _told(told: ToldRows, names: pa.Array, rows: NDArray[np.int64]) -> tuple[OtherEvent, ...]:
    """Return what is told of a shard's readers, each with how many of its views come before."""
    if not told.rows:
        return ()
    numbers = {name: number for number, name in enumerate(names.to_pylist())}
    mine = [row for row in told.rows if row.reader in numbers]
    before = np.searchsorted(rows, [row.row for row in mine])
    return tuple(
        OtherEvent(numbers[row.reader], row.at, int(ahead), row.name)
        for row, ahead in zip(mine, before, strict=True)
    )


def shards_of(reader: pa.Array, shards: int) -> NDArray[np.int64]:
    """Return which of some shards each reader belongs to.

    Only the text of an id counts, so a reader has the same shard in every table and process.
    """
    if isinstance(reader, pa.ChunkedArray):
        reader = reader.chunk(0)
    if pa.types.is_integer(reader.type):
        reader = reader.cast(pa.string())
    places, letters = bytes_of(reader)
    hashes: NDArray[np.uint64] = hash_texts(places, letters)
    return (hashes % np.uint64(shards)).astype(np.int64)


def _keys(table: pa.Table) -> pa.ChunkedArray:
    """Return what distinguishes views; those of a piece without ids, by their instant."""
    keys = table["key"]
    if not keys.null_count:
        return keys
    names = table["article"].cast(pa.string())
    length = pc.utf8_length(names).cast(pa.string())
    at = pc.binary_join_element_wise("@", table["at"].cast(pa.string()), "")
    return pc.coalesce(keys, pc.binary_join_element_wise(length, names, at, "~"))


def _shortest(group: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return one entry where all are equal."""
    return group[:1] if group.min() == group.max() else group


def _numbered(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], pa.Array | None]:
    """Return ids as whole numbers, and what they stand for where they were no numbers."""
    if pa.types.is_integer(column.type):
        return column.to_numpy().astype(np.int64, copy=False), None
    coded = column.combine_chunks()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.chunk(0)
    coded = pc.dictionary_encode(coded)
    return np.asarray(coded.indices), coded.dictionary

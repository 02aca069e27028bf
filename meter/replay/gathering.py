"""How do the pieces of a log become columns to decide?

In memory while they fit, else dealt by reader to files on disk.

Each piece's rows are checked, dated and put into groups of equal facts at once; what is kept of a
view is its reader, its instant, its article and its group. A reader's views always end up in one
part, so parts can be decided apart from each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field, frozen

from meter.columns.decide import Columns, Views
from meter.columns.partition import hash_texts
from meter.columns.tables import Array
from meter.replay.grouping import NEEDS, Coded, code_column, group_views
from meter.replay.logs.attributes import ATTRIBUTES
from meter.replay.logs.rows import Fault
from meter.replay.logs.times import Times
from meter.windows import day_start

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from meter.replay.logs.log import BadRows, Piece

__all__ = ["Gathered", "Gathering", "Part", "Prepared", "prepare"]

_PARTS = 64
_EVERY = ("article.access", "prefetch")
"""What decides whether a view counts, whatever the policy asks."""


@frozen(kw_only=True)
class Prepared:
    """A piece of a log, checked: `fine` says which of its rows these views are."""

    reader: pa.Array
    article: pa.Array
    at: Array
    key: pa.Array | None
    groups: tuple[Array, ...]
    fine: Array


@frozen(kw_only=True)
class Reading:
    """How to read a log's rows.

    For which policies, in which zone, and on which day where it has no clock.
    """

    policies: tuple[Columns, ...]
    times: Times
    day: date | None
    texts: bool

    @property
    def zone(self) -> ZoneInfo:
        """The zone of times that have none."""
        return self.times.zone

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that make a difference to one of the policies."""
        needed = set(_EVERY)
        for columns in self.policies:
            vocabulary = columns.rulebook.vocabulary
            for slot in vocabulary.slots[: vocabulary.base]:
                needed.update(NEEDS.get(slot.name, ATTRIBUTES))
        return tuple(name for name in ATTRIBUTES if name in needed)

    @property
    def by_view(self) -> bool:
        """Whether a meter of one of the policies counts views."""
        return any(
            by_view for columns in self.policies for _, _, by_view in columns.rulebook.meters
        )


def prepare(piece: Piece, reading: Reading, bad: BadRows) -> Prepared:
    """Check and date the rows of a piece and put them into groups of equal facts.

    Rows that cannot be read are added to `bad`.
    """
    table, total = piece.table, piece.table.num_rows
    fine = np.ones(total, np.bool_)

    def refuse(wrong: Array, code: Fault, reason: Any, kind: str) -> None:
        for place in np.flatnonzero(wrong & fine):
            bad.add(
                int(piece.rows[place]), code, reason(place) if callable(reason) else reason, kind
            )
        fine[wrong] = False

    ids = {}
    for name, word, code in (
        ("reader.id", "reader", Fault.NO_READER),
        ("article.id", "article", Fault.NO_ARTICLE),
    ):
        ids[name] = _ids(table, name, texts=reading.texts)
        refuse(_empty(ids[name]), code, f"no {word}", f"no {word}")
    if reading.day is None:
        raw = _column(table, "at")
        at, known = reading.times.read(raw)
        refuse(
            ~known,
            Fault.NO_TIME,
            lambda place: (
                f"`{_shown(raw[place])}` is not a time" if raw[place].is_valid else "no time"
            ),
            "no time that can be read",
        )
    else:
        # A log without a clock has an order: its views are dated one microsecond apart.
        at = day_start(reading.day, reading.zone) + piece.rows.astype(np.int64)
    attributes: dict[str, Coded] = {}
    for name in reading.attributes:
        if name in table.column_names:
            codes, values = _distinct(_column(table, name))
            attributes[name], faults = code_column(name, codes, values, reading.zone)
            if faults:
                wrong = np.isin(codes, list(faults))
                told = f"no {name} that can be read"
                refuse(
                    wrong,
                    Fault.BAD_VALUE,
                    lambda place, codes=codes, faults=faults: faults[int(codes[place])],
                    told,
                )
    key = None
    if reading.by_view and "id" in table.column_names:
        own = _ids(table, "id", texts=True)
        rest = pc.binary_join_element_wise(
            ids["article.id"].cast(pa.string()), pa.array(at).cast(pa.string()), "@"
        )
        key = pc.coalesce(own, rest)
    if not fine.all():
        mask = pa.array(fine)
        ids = {name: column.filter(mask) for name, column in ids.items()}
        key = None if key is None else key.filter(mask)
        at = at[fine]
        attributes = {
            name: Coded(column.codes[fine], column.values) for name, column in attributes.items()
        }
    groups = tuple(group_views(columns, at, attributes) for columns in reading.policies)
    return Prepared(
        reader=ids["reader.id"], article=ids["article.id"], at=at, key=key, groups=groups, fine=fine
    )


def _column(table: pa.Table, name: str) -> pa.Array:
    column = table[name].combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(column.type):
        values = (
            column.dictionary.cast(pa.string())
            if pa.types.is_string_view(column.type.value_type)
            else column.dictionary
        )
        column = values.take(column.indices)
    return column.cast(pa.string()) if pa.types.is_string_view(column.type) else column


def _ids(table: pa.Table, name: str, *, texts: bool) -> pa.Array:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    column = _column(table, name)
    fits = pa.types.is_integer(column.type) and not pa.types.is_uint64(column.type)
    return column if fits and not texts else column.cast(pa.string())


def _empty(column: pa.Array) -> Array:
    if pa.types.is_integer(column.type):
        return np.asarray(column.is_null())
    return np.asarray(pc.fill_null(pc.equal(column, ""), True))


def _distinct(column: pa.Array) -> tuple[Array, list[Any]]:
    """Return a column as codes, and its distinct values; a missing one is `None`."""
    if pa.types.is_nested(column.type):
        texts = [
            None if value is None else json.dumps(value, default=str)
            for value in column.to_pylist()
        ]
        column = pa.array(texts, pa.string())
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    coded = pc.dictionary_encode(column)
    codes = np.asarray(pc.fill_null(coded.indices, len(coded.dictionary))).astype(np.int64)
    return codes, [*(_value(value) for value in coded.dictionary), None]


def _value(value: pa.Scalar) -> Any:
    """Return a value as Python has it; a time that Python cannot have is a text."""
    try:
        return value.as_py()
    except (ValueError, OverflowError):
        return _shown(value)


def _shown(value: pa.Scalar) -> str:
    try:
        return str(value.as_py())
    except (ValueError, OverflowError):
        return str(value.value)  # a time beyond the calendar


@frozen(kw_only=True)
class Part:
    """Some readers with all their views.

    Columns for each policy, the readers' names and, where asked for, each view's row in the log.
    """

    views: tuple[Views, ...]
    names: pa.Array | None
    rows: Array

    def reader_names(self, readers: Array) -> list[Any]:
        """Return the ids that a column of readers stands for."""
        if self.names is None:
            return readers.view(np.int64).tolist()  # type: ignore[no-any-return]
        return self.names.take(pa.array(readers.astype(np.int64))).to_pylist()  # type: ignore[no-any-return]


@frozen(kw_only=True)
class Gathered:
    """A whole log, ready to be decided part by part."""

    parts: Iterable[Part]
    rows: int
    first_at: int
    last_at: int
    spilled: bool


@define
class Gathering:
    """Takes prepared pieces in order.

    Beyond `budget` bytes it deals them to files in a temporary folder, which `close` removes.
    """

    budget: int
    wants_rows: bool = True
    rows: int = 0
    first_at: int = 1 << 62
    last_at: int = -(1 << 62)
    _kept: list[pa.Table] = field(factory=list)
    _bytes: int = 0
    _folder: TemporaryDirectory[str] | None = None
    _writers: list[pa.RecordBatchStreamWriter] = field(factory=list)

    def add(self, piece: Prepared) -> None:
        """Take the next piece."""
        start = self.rows
        self.rows += len(piece.fine)
        if not len(piece.at):
            return
        self.first_at, self.last_at = (
            min(self.first_at, int(piece.at.min())),
            max(self.last_at, int(piece.at.max())),
        )
        columns = {"reader": piece.reader, "at": pa.array(piece.at), "article": piece.article}
        if self.wants_rows:
            columns["row"] = pa.array(start + np.flatnonzero(piece.fine))
        columns |= {f"group {n}": pa.array(group) for n, group in enumerate(piece.groups)}
        if piece.key is not None:
            columns["key"] = piece.key
        table = pa.table(columns)
        if self._writers:
            self._deal(table)
            return
        self._kept.append(table)
        self._bytes += table.nbytes
        if self._bytes > self.budget:
            self._folder = TemporaryDirectory(prefix="meter-replay-", ignore_cleanup_errors=True)
            folder = Path(self._folder.name)
            self._writers = [
                pa.ipc.new_stream(str(folder / f"{number}.arrows"), table.schema)
                for number in range(_PARTS)
            ]
            for kept in self._kept:
                self._deal(kept)
            self._kept = []

    def _deal(self, table: pa.Table) -> None:
        part = parts_of(table["reader"].combine_chunks(), _PARTS)
        order = np.argsort(part, kind="stable")
        cuts = np.searchsorted(part[order], np.arange(_PARTS + 1))
        dealt = table.take(pa.array(order))
        for number, writer in enumerate(self._writers):
            if cuts[number] < cuts[number + 1]:
                writer.write_table(dealt.slice(cuts[number], cuts[number + 1] - cuts[number]))

    def finish(self) -> Gathered:
        """Return everything that was added."""
        for writer in self._writers:
            writer.close()
        spilled = bool(self._writers)
        return Gathered(
            parts=self._parts(),
            rows=self.rows,
            first_at=self.first_at,
            last_at=self.last_at,
            spilled=spilled,
        )

    def _parts(self) -> Iterator[Part]:
        if not self._writers:
            if self._kept:
                kept, self._kept = self._kept, []
                yield _part(kept)
            return
        folder = Path(self._folder.name) if self._folder else Path()
        for number in range(_PARTS):
            with pa.memory_map(str(folder / f"{number}.arrows")) as stream:
                table = pa.ipc.open_stream(stream).read_all()
            if table.num_rows:
                yield _part([table])

    def close(self) -> None:
        """Remove what was written."""
        for writer in self._writers:
            writer.close()
        if self._folder is not None:
            self._folder.cleanup()


def parts_of(reader: pa.Array, parts: int) -> Array:
    """Return which of some parts each reader belongs to."""
    if isinstance(reader, pa.ChunkedArray):
        reader = reader.chunk(0)
    if pa.types.is_integer(reader.type):
        reader = reader.cast(pa.string())
    text = reader.cast(pa.large_string())
    _, offsets, data = text.buffers()
    places = np.frombuffer(offsets, np.int64)[text.offset : text.offset + len(text) + 1]
    hashes = hash_texts(
        places,
        np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8),
    )
    return (hashes % np.uint64(parts)).astype(np.int64)


def _part(tables: list[pa.Table]) -> Part:
    """Return tables, which are given up, as a part."""
    table = pa.concat_tables(tables, promote_options="permissive")
    tables.clear()
    reader, names = _numbered(table["reader"])
    article, _ = _numbered(table["article"])
    key, _ = (
        _numbered(table["key"]) if "key" in table.column_names else (np.empty(0, np.int64), None)
    )
    at = table["at"].to_numpy()
    groups = [name for name in table.column_names if name.startswith("group ")]
    views = tuple(
        Views(
            reader=reader, at=at, article=article, key=key, group=_shortest(table[name].to_numpy())
        )
        for name in sorted(groups)
    )
    return Part(
        views=views,
        names=names,
        rows=table["row"].to_numpy() if "row" in table.column_names else np.empty(0, np.int64),
    )


def _shortest(group: Array) -> Array:
    """Return one entry where all are equal."""
    return group[:1] if group.min() == group.max() else group


def _numbered(column: pa.ChunkedArray) -> tuple[Array, pa.Array | None]:
    """Return ids as whole numbers, and what they stand for where they were no numbers."""
    if pa.types.is_integer(column.type):
        return column.to_numpy().astype(np.int64, copy=False), None
    coded = column.combine_chunks()
    coded = coded.chunk(0) if isinstance(coded, pa.ChunkedArray) else coded
    coded = pc.dictionary_encode(coded)
    return np.asarray(coded.indices), coded.dictionary

"""What is remembered of the readers of a table: their records, given as bytes.

The arrays count from what a plain record holds: counts of the policy's own meters, none of them
later than the reader's first view. Any other record is left to the engine, with all its reader's
views.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from meter.columns.arrow import bytes_of, plain_column
from meter.columns.batch.asked import arrow_table, ids_of_column
from meter.columns.batch.problems import TableProblems
from meter.columns.batch.records import (
    MeterNames,
    PlainEntries,
    RawRecords,
    copy_ids,
    first_instants,
    read_records,
)
from meter.errors import CorruptUsageError, quoted
from meter.usage import Usage

if TYPE_CHECKING:
    from meter.columns.arrays import Integers
    from meter.columns.batch.asked import AskedTable
    from meter.rulebook import Rulebook

__all__ = ["GivenUsages", "given_usages", "ids_in", "plain_entries", "start_of_meter"]

_READER = "reader"
_USAGE = "usage"
_LEAST = len('"",')
"""An id takes so many bytes at least."""


@frozen(kw_only=True, eq=False)
class GivenUsages:
    """The records that were given: `readers` are the ids, `raw` the bytes of each."""

    readers: pa.Array
    raw: pa.Array

    def places(self, readers: pa.Array) -> Integers:
        """Return where the record of each reader is; -1 where there is none."""
        if not len(self.readers):
            return np.full(len(readers), -1, np.int64)
        places = pc.index_in(readers, value_set=self.readers)
        return np.asarray(pc.fill_null(places, -1)).astype(np.int64)

    def usage(self, place: int) -> Usage:
        """Return a record. Raises `CorruptUsageError` that says whose it is."""
        try:
            return Usage.from_bytes(self.raw[place].as_py())
        except CorruptUsageError as error:
            name = quoted(self.readers[place].as_py())
            raise CorruptUsageError(f"usages, row {place + 1}, reader {name}: {error}") from error


def given_usages(given: object) -> GivenUsages:
    """Return records: of a table with the columns `reader` and `usage`, or of a mapping.

    Raises `EventError` for a table that is none, or that names a reader twice.
    """
    if given is None:
        return GivenUsages(readers=pa.array([], pa.string()), raw=pa.array([], pa.large_binary()))
    if isinstance(given, Mapping):
        given = _table_of(given)
    problems = TableProblems("usages")
    table = arrow_table(given, "usages")
    for name in (_READER, _USAGE):
        if name not in table.column_names:
            advice = "it has one row for each reader: `reader`, the id, and `usage`, the bytes"
            problems.add("missing-key", f"the table has no column `{name}`", advice)
    problems.refuse()
    codes, readers = ids_of_column(table, _READER, _READER, problems)
    raw = _bytes(table, problems)
    problems.refuse()
    if len(readers) < len(codes):
        again = np.ones(len(codes), np.bool_)
        again[np.unique(codes, return_index=True)[1]] = False
        first = readers[int(codes[np.flatnonzero(again)[0]])].as_py()
        message = f"reader {quoted(first)} has two records"
        problems.add_rows(again, "duplicate-key", message, "keep one, or join them first")
    problems.refuse()
    return GivenUsages(readers=readers, raw=raw)


def _table_of(given: Mapping[str, object]) -> pa.Table:
    raw = [usage.to_bytes() if isinstance(usage, Usage) else usage for usage in given.values()]
    for name, record in zip(given, raw, strict=True):
        if not isinstance(record, bytes):
            raise TypeError(
                f"the usage of reader {quoted(name)} is a `Usage` or its bytes, not a"
                f" `{type(record).__name__}`"
            )
    names = pa.array([*given], pa.string())
    return pa.table({_READER: names, _USAGE: pa.array(raw, pa.large_binary())})


def _bytes(table: pa.Table, problems: TableProblems) -> pa.Array:
    column = plain_column(table, _USAGE)
    if not (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)):
        message = f"the column `usage` holds `{column.type}`, not bytes"
        problems.add("wrong-type", message, "give what `Usage.to_bytes()` returned")
        return column
    missing = np.asarray(column.is_null())
    advice = "leave out readers of whom nothing is known"
    problems.add_rows(missing, "missing-key", "`usage` is missing", advice)
    return column.cast(pa.large_binary())


def plain_entries(
    asked: AskedTable, given: GivenUsages, places: Integers, rulebook: Rulebook
) -> PlainEntries:
    """Return what the records of a table's readers hold; a new reader's is empty."""
    readers = len(places)
    first_at = np.full(readers, np.iinfo(np.int64).max)
    first_instants(asked.reader, asked.at, first_at)
    raw = _raw_records(given)
    used = places[places >= 0]
    most = int((raw.offsets[used + 1] - raw.offsets[used]).sum()) // _LEAST + 2
    found = PlainEntries(
        starts=np.empty(readers + 1, np.int64),
        meter=np.empty(most, np.int32),
        first=np.empty(most, np.int64),
        last=np.empty(most, np.int64),
        at=np.empty(most, np.int64),
        plain=np.empty(readers, np.bool_),
    )
    entries = read_records(raw, _meter_names(rulebook), places, first_at, found)
    return found._replace(
        meter=found.meter[:entries],
        first=found.first[:entries],
        last=found.last[:entries],
        at=found.at[:entries],
    )


def ids_in(given: GivenUsages, found: PlainEntries) -> pa.Array:
    """Return the ids of entries."""
    raw = _raw_records(given)
    offsets = np.concatenate([[0], np.cumsum(found.last - found.first)])
    letters = np.empty(max(int(offsets[-1]), 1), np.uint8)
    copy_ids(raw, found, offsets, letters)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(letters)]
    ids = pa.Array.from_buffers(pa.large_string(), len(found.at), buffers)
    coded = pc.dictionary_encode(ids)
    return pa.DictionaryArray.from_arrays(coded.indices, coded.dictionary.cast(pa.string()))


def _raw_records(given: GivenUsages) -> RawRecords:
    offsets, data = bytes_of(given.raw)
    try:
        given.raw.cast(pa.large_string())
    except pa.ArrowInvalid:
        return RawRecords(offsets, data, is_text=False)
    return RawRecords(offsets, data, is_text=True)


def start_of_meter(name: str) -> str:
    """Return what stands before the ids of a meter in a record."""
    return Usage.counting({name: [""]}, 0).to_bytes().decode().removeprefix("1{").partition('""')[0]


def _meter_names(rulebook: Rulebook) -> MeterNames:
    names = sorted(rulebook.places)
    starts = pa.array([start_of_meter(name) for name in names], pa.large_string())
    offsets, data = bytes_of(starts)
    meter = np.array([rulebook.places[name] for name in names], np.int64)
    return MeterNames(offsets, data, meter)

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
from attrs import field, frozen
from numpy.typing import NDArray

from meter.columns.arrays import Codes, Integers
from meter.columns.arrow import plain_column
from meter.columns.batch.asked import arrow_table, ids_of_column
from meter.columns.batch.problems import TableProblems
from meter.errors import CorruptUsageError, quoted
from meter.usage import Usage

if TYPE_CHECKING:
    from meter.columns.batch.asked import AskedTable
    from meter.rulebook import Rulebook

__all__ = ["GivenUsages", "PlainRecords", "given_usages", "plain_records"]

_READER = "reader"
_USAGE = "usage"


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
        return GivenUsages(readers=pa.array([], pa.string()), raw=pa.array([], pa.binary()))
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
    return pa.table({_READER: pa.array(given, pa.string()), _USAGE: pa.array(raw, pa.binary())})


def _bytes(table: pa.Table, problems: TableProblems) -> pa.Array:
    column = plain_column(table, _USAGE)
    if not (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)):
        message = f"the column `usage` holds `{column.type}`, not bytes"
        problems.add("wrong-type", message, "give what `Usage.to_bytes()` returned")
        return column
    missing = np.asarray(column.is_null())
    advice = "leave out readers of whom nothing is known"
    problems.add_rows(missing, "missing-key", "`usage` is missing", advice)
    return column


@frozen(kw_only=True, eq=False)
class PlainRecords:
    """What readers had counted, by entry: whose it is, the meter, the id that counts, the instant.

    The entries of a reader stand together, each meter's in order of time. `plain` says of each
    reader of the table whether the arrays can count from its record; `usages` are the others'.
    """

    plain: NDArray[np.bool_]
    starts: Integers
    meter: Codes
    ids: list[str]
    at: Integers
    usages: dict[int, Usage] = field(factory=dict)


def plain_records(
    asked: AskedTable, given: GivenUsages, places: Integers, rulebook: Rulebook
) -> PlainRecords:
    """Read the records of a table's readers; a new reader's is empty."""
    first_at = np.full(len(asked.readers), np.iinfo(np.int64).max)
    np.minimum.at(first_at, asked.reader, asked.at)
    plain = np.ones(len(places), np.bool_)
    lengths = np.zeros(len(places), np.int64)
    meter: list[int] = []
    ids: list[str] = []
    at: list[int] = []
    usages = {}
    for reader in np.flatnonzero(places >= 0).tolist():
        usage = given.usage(int(places[reader]))
        if not _is_plain(usage, rulebook, int(first_at[reader])):
            plain[reader] = False
            usages[reader] = usage
            continue
        for name, tally in usage.tallies.items():
            meter += [rulebook.places[name]] * len(tally.ids)
            ids += tally.ids
            at += tally.ats
            lengths[reader] += len(tally.ids)
    return PlainRecords(
        plain=plain,
        starts=np.concatenate([[0], np.cumsum(lengths)]),
        meter=np.array(meter, np.int32),
        ids=ids,
        at=np.array(at, np.int64),
        usages=usages,
    )


def _is_plain(usage: Usage, rulebook: Rulebook, first_at: int) -> bool:
    """Say whether a record holds nothing but counts of the policy's meters up to an instant."""
    if usage.started or usage.shown or usage.closed or usage.offered:
        return False
    return all(
        name in rulebook.places and tally.ats[-1] <= first_at
        for name, tally in usage.tallies.items()
    )

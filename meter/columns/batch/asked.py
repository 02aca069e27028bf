"""Read a table of page views: its columns are the fields of events, and are held to the same."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, frozen

from meter.columns.arrays import Integers
from meter.columns.arrow import distinct, plain_column
from meter.columns.attributes import LOG_ATTRIBUTES, Form
from meter.columns.batch.problems import TableProblems
from meter.columns.decide import Columns
from meter.columns.grouping import READER_ID, Coded, code_column, needs_of
from meter.errors import closest, step_to
from meter.loading.event_parts import ID, Moment
from meter.loading.problems import ProblemCollector
from meter.validation import YEARS
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from meter.columns.arrow import ArrowStream

__all__ = ["ARTICLE_ID", "VIEW_ID", "AskedTable", "arrow_table", "ids_of_column", "read_table"]

ARTICLE_ID = "article.id"
VIEW_ID = "id"
_AT = "at"
_SHORT = {"reader": READER_ID, "article": ARTICLE_ID}
_REQUIRED = {
    READER_ID: ("reader", "whose view it is, such as `r1`"),
    _AT: ("at", "when it was, as times with a zone"),
    ARTICLE_ID: ("article", "what was asked for, such as `a1`"),
}
_EVERY = ("article.access", "prefetch")
"""What decides whether a view counts, whatever the policy asks."""
_PARTS = ("reader", "article")
_ZONED = 'give them one, such as `pc.assume_timezone(table["at"], "Asia/Tokyo")`'
_EARLIEST = instant(datetime(YEARS.start, 1, 1, tzinfo=UTC))
_LATEST = instant(datetime(YEARS.stop, 1, 1, tzinfo=UTC))
_PER_MICROSECOND = {"s": 10**6, "ms": 1000}
_NANOSECONDS = 1000


@frozen(kw_only=True, eq=False)
class AskedTable:
    """Page views of a table in its order, checked.

    `reader` and `article` number `readers` and `articles`, the distinct ids; `at` are instants in
    microseconds since 1970; `view_ids` are the views' own ids, if the table has any; `attributes`
    are what the policy asks for; `given` are the columns that say which view is which.
    """

    reader: Integers
    readers: pa.Array
    at: Integers
    article: Integers
    articles: pa.Array
    view_ids: pa.Array | None
    attributes: dict[str, Coded]
    given: dict[str, pa.ChunkedArray]

    def __len__(self) -> int:
        return len(self.at)


def read_table(source: ArrowStream, columns: Columns, *, every: bool) -> AskedTable:
    """Read and check a table for a policy; `every` asks for all attributes, needed or not.

    Raises `EventError` with all that is wrong with it.
    """
    problems = TableProblems("table")
    table = _by_path(arrow_table(source, "table"), problems)
    problems.refuse()
    return _CheckedTable(table, problems, columns).read(every=every)


def arrow_table(source: object, name: str) -> pa.Table:
    """Return Arrow data as a table; raise `TypeError` for anything else."""
    if isinstance(source, pa.Table):
        return source
    if isinstance(source, pa.RecordBatch):
        return pa.Table.from_batches([source])
    if hasattr(source, "__arrow_c_stream__"):
        return pa.table(source)
    raise TypeError(
        f"`{name}` is Arrow data, such as a `pyarrow.Table` or a Polars frame, not a"
        f" `{type(source).__name__}`"
    )


def _by_path(table: pa.Table, problems: TableProblems) -> pa.Table:
    """Return a table whose columns are named by their paths in an event, such as `article.id`."""
    columns: dict[str, pa.ChunkedArray] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        parts = {name: column}
        if name in _PARTS and pa.types.is_struct(column.type):
            part = pa.table({name: column}).flatten()
            parts = dict(zip(part.column_names, part.columns, strict=True))
        for path, values in parts.items():
            _add_column(columns, _SHORT.get(path, path), values, problems)
    for path, (name, what) in _REQUIRED.items():
        if path not in columns:
            problems.add("missing-key", f"the table has no column `{name}`", f"it says {what}")
    return pa.table(columns)


def _add_column(
    columns: dict[str, pa.ChunkedArray],
    path: str,
    values: pa.ChunkedArray,
    problems: TableProblems,
) -> None:
    known = (*_REQUIRED, VIEW_ID, *LOG_ATTRIBUTES)
    if path not in known:
        ends = {name.rpartition(".")[2]: name for name in known}
        close = closest(path, known) or ends.get(closest(path.rpartition(".")[2], ends) or "")
        advice = f"{step_to(close, known)} Leave out columns that are no field of an event"
        problems.add("unknown-key", f"the table has a column `{path}`, as no event has", advice)
    elif path in columns:
        problems.add("duplicate-key", f"the table has two columns for `{path}`", "leave one out")
    else:
        columns[path] = values


@define
class _CheckedTable:
    """A table whose columns are being read."""

    table: pa.Table
    problems: TableProblems
    columns: Columns

    def read(self, *, every: bool) -> AskedTable:
        reader, readers = ids_of_column(self.table, READER_ID, "reader", self.problems)
        article, articles = ids_of_column(self.table, ARTICLE_ID, "article", self.problems)
        at = self._instants()
        view_ids = self._view_ids()
        names = [name for name in self._names(every=every) if name in self.table.column_names]
        attributes = {name: self._attribute(name) for name in names}
        self.problems.refuse()
        asked = AskedTable(
            reader=reader,
            readers=readers,
            at=at,
            article=article,
            articles=articles,
            view_ids=view_ids,
            attributes=attributes,
            given={short: self.table[path] for path, (short, _) in _REQUIRED.items()},
        )
        if self.columns.rulebook.vocabulary.has("named"):
            attributes[ARTICLE_ID] = Coded(article, tuple(articles.to_pylist()))
        return asked

    def _names(self, *, every: bool) -> Sequence[str]:
        if every:
            return tuple(LOG_ATTRIBUTES)
        vocabulary = self.columns.rulebook.vocabulary
        needed = set(_EVERY)
        for slot in vocabulary.slots[: vocabulary.base]:
            needed.update(needs_of(slot))
        return tuple(name for name in LOG_ATTRIBUTES if name in needed)

    def _view_ids(self) -> pa.Array | None:
        """Return the views' own ids; a missing one is null."""
        if VIEW_ID not in self.table.column_names:
            return None
        ids = plain_column(self.table, VIEW_ID)
        if not _is_id(ids.type):
            self._refuse_type(VIEW_ID, ids.type, "texts")
            return None
        ids = ids.cast(pa.string())
        wrong = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(ids), ""), fill_value=False)
        self.problems.add_rows(
            np.asarray(wrong), "empty-text", "`id` is empty", "leave it null where there is none"
        )
        return ids

    def _attribute(self, name: str) -> Coded:
        """Return the values of a column, read as those of an event are."""
        column = plain_column(self.table, name)
        try:
            codes, values = distinct(column)
        except pa.ArrowException:
            self._refuse_type(name, column.type, "what an event has there")
            return Coded(np.zeros(len(column), np.int64), (None,))
        zone = self.columns.rulebook.policy.zone
        said = [_as_in_json(value) for value in values]
        coded, faults = code_column(name, codes, said, zone, Form.VALUE)
        for code, fault in faults.items():
            problem = fault.problem
            self.problems.add_rows(
                codes == code, problem.code, f"`{name}`: {problem.message}", problem.help or ""
            )
        return coded

    def _instants(self) -> Integers:
        """Return when the views were."""
        column = plain_column(self.table, _AT)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            column = self._moments(column)
        elif not pa.types.is_timestamp(column.type):
            self._refuse_type(_AT, column.type, "times with a zone")
            return np.zeros(len(column), np.int64)
        elif column.type.tz is None:
            message = "the column `at` holds times without a zone, which could be any instant"
            self.problems.add("no-offset", message, _ZONED)
        instants = column.cast(pa.int64())
        if column.null_count:
            missing = np.asarray(column.is_null())
            advice = "say when the view was"
            self.problems.add_rows(missing, "missing-key", "`at` is missing", advice)
            instants = pc.fill_null(instants, 0)
        at = np.asarray(instants)
        if column.type.unit == "ns":
            at = at // _NANOSECONDS
        elif column.type.unit != "us":
            scale = _PER_MICROSECOND[column.type.unit]
            far = (at < _EARLIEST // scale) | (at > _LATEST // scale)
            at = np.where(far, _LATEST // scale, at) * scale
        if len(at) and not _EARLIEST <= int(at.min()) <= int(at.max()) < _LATEST:
            far = (at < _EARLIEST) | (at >= _LATEST)
            message = f"`at` is in a year that is not from {YEARS[0]} to {YEARS[-1]}"
            self.problems.add_rows(far, "bad-date", message, "check the unit and the year")
        return at

    def _moments(self, column: pa.Array) -> pa.Array:
        """Return texts as instants; where some are none, all that is wrong is noted."""
        kind = pa.timestamp("us", "UTC")
        try:
            return pc.cast(column, kind)
        except pa.ArrowInvalid:
            codes, texts = distinct(column)
        shape = Moment()
        found: list[datetime | None] = []
        for code, text in enumerate(texts):
            report = ProblemCollector()
            read = None if text is None else shape.read(text, (_AT,), report)
            found.append(read if isinstance(read, datetime) else None)
            for problem, _ in report.found:
                found[-1] = datetime.fromtimestamp(0, UTC)
                self.problems.add_rows(
                    codes == code, problem.code, problem.message, problem.help or ""
                )
        return pa.array(found, kind).take(pa.array(codes))

    def _refuse_type(self, name: str, kind: pa.DataType, wanted: str) -> None:
        message = f"the column `{name}` holds `{kind}`, not {wanted}"
        self.problems.add("wrong-type", message, "turn it into that")


def ids_of_column(
    table: pa.Table, path: str, name: str, problems: TableProblems
) -> tuple[Integers, pa.Array]:
    """Return ids as numbers, and the distinct ones in the order in which they are first met.

    Whole numbers stand for their digits. Missing and impossible ids are noted.
    """
    column = plain_column(table, path)
    if not _is_id(column.type):
        message = f"the column `{name}` holds `{column.type}`, not ids"
        problems.add("wrong-type", message, "give ids as texts or whole numbers")
        return np.zeros(len(column), np.int64), pa.array([], pa.string())
    coded = pc.dictionary_encode(column)
    indices = coded.indices
    ids = coded.dictionary.cast(pa.string())
    if column.null_count:
        advice = f"an id is a text such as `{name[0]}1`; decide views without one with `decide`"
        missing = np.asarray(column.is_null())
        problems.add_rows(missing, "missing-key", f"`{name}` is missing", advice)
        indices = pc.fill_null(indices, len(ids))
    codes = np.asarray(indices).astype(np.int64)
    for number in np.flatnonzero(_doubtful(ids)):
        report = ProblemCollector()
        ID.read(ids[int(number)].as_py(), (name,), report)
        for problem, _ in report.found:
            wrong = codes == number
            problems.add_rows(wrong, problem.code, problem.message, problem.help or "")
    return codes, ids


def _is_id(kind: pa.DataType) -> bool:
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_null)
    return any(test(kind) for test in kinds)


def _doubtful(ids: pa.Array) -> NDArray[np.bool_]:
    """Return which ids have to be looked at: empty and long ones, and those of unusual letters."""
    unusual = pc.match_substring_regex(ids, "[^!-~]")
    length = pc.utf8_length(ids)
    wrong = pc.or_(pc.equal(length, 0), pc.greater(length, ID.longest))
    return np.asarray(pc.or_(unusual, wrong))


def _as_in_json(value: object) -> object:
    """Return a value as JSON would say it: times as texts."""
    if isinstance(value, date):
        return value.isoformat()
    return value

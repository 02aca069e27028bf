"""Check and date the rows of a piece of a log, and put them into groups of equal facts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field, frozen
from numpy.typing import NDArray

from meter.columns.decide import Columns
from meter.loading.article_ids import (
    FORMS,
    ArticleIds,
    PageAddresses,
    rights_as_compared,
)
from meter.replay.grouping import NEEDS, Coded, code_column, group_views
from meter.replay.logs.attributes import LOG_ATTRIBUTES
from meter.replay.logs.columns import LogError
from meter.replay.logs.peeks import PassedBy
from meter.replay.logs.rows import BadRows, Form, RawRows, RowProblem
from meter.replay.logs.times import Times
from meter.windows import day_start

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

__all__ = ["ParseOptions", "ParsedRows", "prepare"]

_EVERY = ("article.access", "prefetch")
"""What decides whether a view counts, whatever the policy asks."""


@frozen(kw_only=True)
class ParsedRows:
    """A piece of a log, checked: `fine` says which of its rows these views are.

    `groups` has a column for each policy, `columns` are the names of all that the piece had.
    `attributes` are what the policies ask of a view: `group_views` makes further groups of them.
    """

    reader: pa.Array
    article: pa.Array
    at: NDArray[np.int64]
    key: pa.Array | None
    groups: tuple[NDArray[np.int32], ...]
    attributes: Mapping[str, Coded]
    fine: NDArray[np.bool_]
    columns: frozenset[str]


@frozen(kw_only=True)
class ParseOptions:
    """How to read a log's rows.

    For which policies, in which zone, and on which day where it has no clock. `texts` says that
    every value of the log is written as a text, `article_ids` how those of articles are compared.
    """

    policies: tuple[Columns, ...]
    times: Times
    day: date | None
    texts: bool
    article_ids: ArticleIds
    pages: PageAddresses
    passed_by: PassedBy = field(factory=PassedBy)

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
                needed.update(NEEDS.get(slot.asks, LOG_ATTRIBUTES))
        return tuple(name for name in LOG_ATTRIBUTES if name in needed)

    @property
    def by_view(self) -> bool:
        """Whether a meter of one of the policies counts views."""
        return any(meter.by_view for columns in self.policies for meter in columns.rulebook.meters)


@define
class _Check:
    """A piece whose rows are being checked: `fine` says which are views, as far as is known."""

    piece: RawRows
    bad: BadRows
    fine: NDArray[np.bool_]

    def refuse(
        self,
        wrong: NDArray[np.bool_],
        code: RowProblem,
        kind: str,
        reason_of: Callable[[int], str] | None = None,
    ) -> None:
        """Leave out rows, and add those that were not left out before to the bad ones.

        `kind` is the reason without a row's own values, `reason_of` the reason of one place.
        """
        for place in np.flatnonzero(wrong & self.fine):
            reason = kind if reason_of is None else reason_of(int(place))
            self.bad.add(int(self.piece.rows[place]), code, reason, kind)
        self.fine[wrong] = False


def prepare(piece: RawRows, options: ParseOptions, bad: BadRows) -> ParsedRows:
    """Check and date the rows of a piece and put them into groups of equal facts.

    Rows that cannot be read are added to `bad`.
    """
    # A row is refused for the first thing that is wrong with it, so the order of these counts.
    check = _Check(piece, bad, np.ones(piece.table.num_rows, np.bool_))
    peeks = options.passed_by.mark(piece)
    if peeks is not None:
        check.fine[peeks] = False
    reader = _named_ids(check, options, "reader.id", "reader", RowProblem.NO_READER)
    article = _named_ids(check, options, "article.id", "article", RowProblem.NO_ARTICLE)
    article = _as_compared(article, options)
    at = _instants(check, options)
    names = [name for name in options.attributes if name in piece.table.column_names]
    attributes = {name: _attribute(check, name, options.zone) for name in names}
    if "reader.entitlements" in names:
        _compare_rights(attributes, article, options)
    _refuse_starts(piece, options)
    key = _view_keys(piece, article, at) if options.by_view else None
    fine = check.fine
    if not fine.all():
        mask = pa.array(fine)
        reader = reader.filter(mask)
        article = article.filter(mask)
        key = None if key is None else key.filter(mask)
        at = at[fine]
        for name, column in attributes.items():
            attributes[name] = Coded(column.codes[fine], column.values)
    return ParsedRows(
        reader=reader,
        article=article,
        at=at,
        key=key,
        groups=tuple(group_views(columns, at, attributes) for columns in options.policies),
        attributes=attributes,
        fine=fine,
        columns=frozenset(piece.table.column_names),
    )


def _compare_rights(attributes: dict[str, Coded], article: pa.Array, options: ParseOptions) -> None:
    """Add the articles, where rights name some, as their ids and those of rights are compared."""
    rights = attributes["reader.entitlements"]
    if not any(columns.rulebook.vocabulary.has("named") for columns in options.policies):
        return
    values = tuple(
        rights_as_compared(value, options.article_ids) if isinstance(value, tuple) else value
        for value in rights.values
    )
    attributes["reader.entitlements"] = Coded(rights.codes, values)
    attributes["article.id"] = _coded_ids(article)


def _coded_ids(article: pa.Array) -> Coded:
    codes, values = _distinct(article.cast(pa.string()))
    return Coded(codes, tuple(values))


def _refuse_starts(piece: RawRows, options: ParseOptions) -> None:
    """Raise `LogError` where a row says that an offer was started which an account starts once."""
    once = {name for columns in options.policies for name in columns.rulebook.vocabulary.once}
    if not once or "started" not in piece.table.column_names:
        return
    for row, name in zip(piece.rows, piece.table["started"].to_pylist(), strict=True):
        if name in once:
            raise LogError(
                f"not replayed yet: row {row} says that a reader started offer `{name}`, which an"
                " account can start once; leave such rows out, or run the log through `meter"
                " decide`"
            )


def _named_ids(
    check: _Check, options: ParseOptions, name: str, word: str, code: RowProblem
) -> pa.Array:
    """Return the ids of readers or articles; rows without one are refused."""
    ids = _ids(check.piece.table, name, texts=options.texts)
    check.refuse(_empty(ids), code, f"no {word}")
    return ids


def _as_compared(ids: pa.Array, options: ParseOptions) -> pa.Array:
    """Return ids of articles as they are compared; of exact ones, note those of one page."""
    is_exact = options.article_ids is ArticleIds.EXACT
    if pa.types.is_integer(ids.type) or (is_exact and options.pages.is_full):
        return ids
    coded = pc.dictionary_encode(ids)
    names = coded.dictionary.to_pylist()
    if is_exact:
        options.pages.add(names)
        return ids
    forms = pa.array(map(FORMS[options.article_ids], names), coded.dictionary.type)
    return forms.take(coded.indices)


def _instants(check: _Check, options: ParseOptions) -> NDArray[np.int64]:
    """Return when the views were; rows whose time cannot be read are refused."""
    if options.day is not None:
        # A log without a clock has an order: its views are dated one microsecond apart.
        return day_start(options.day, options.zone) + check.piece.rows.astype(np.int64)
    raw = _column(check.piece.table, "at")
    at, known = options.times.read(raw)

    def reason_of(place: int) -> str:
        return f"`{_shown(raw[place])}` is not a time" if raw[place].is_valid else "no time"

    check.refuse(~known, RowProblem.NO_TIME, "no time that can be read", reason_of)
    return at


def _attribute(check: _Check, name: str, zone: ZoneInfo) -> Coded:
    """Return a column of an attribute; rows whose value cannot be read are refused."""
    codes, values = _distinct(_column(check.piece.table, name))
    column, faults = code_column(name, codes, values, zone, check.piece.form)

    def reason_of(place: int) -> str:
        return faults[int(codes[place])]

    if faults:
        wrong = np.isin(codes, list(faults))
        check.refuse(wrong, RowProblem.BAD_VALUE, f"no {name} that can be read", reason_of)
    return column


def _view_keys(piece: RawRows, article: pa.Array, at: NDArray[np.int64]) -> pa.Array | None:
    """Return what distinguishes views: the article and their own id.

    A row of a table without an id is a view of its own. An event without one is distinguished by
    its instant, as `meter decide` does: `None` stands for that. The same keys as
    `PageView.view_key` makes, but for their length.
    """
    table = piece.table
    is_event = piece.form is not Form.CELL
    if "id" not in table.column_names:
        return None if is_event else pa.array(piece.rows)
    names = article.cast(pa.string())
    ids = _ids(table, "id", texts=True)
    ids = pc.if_else(pc.equal(ids, ""), None, ids)  # an empty cell of a table is no id
    own = pc.binary_join_element_wise("~", ids, "")
    where = ("@", pa.array(at)) if is_event else ("#", pa.array(piece.rows))
    rest = pc.binary_join_element_wise(where[0], where[1].cast(pa.string()), "")
    length = pc.utf8_length(names).cast(pa.string())
    return pc.binary_join_element_wise(length, names, pc.coalesce(own, rest), "~")


def _column(table: pa.Table, name: str) -> pa.Array:
    """Return a column in one piece, without encodings that other functions do not know."""
    column = table[name].combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(column.type):
        values = column.dictionary
        if pa.types.is_string_view(values.type):
            values = values.cast(pa.string())
        column = values.take(column.indices)
    return column.cast(pa.string()) if pa.types.is_string_view(column.type) else column


def _ids(table: pa.Table, name: str, *, texts: bool) -> pa.Array:
    """Return ids: whole numbers as such unless they should be `texts`, else texts."""
    if name not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    column = _column(table, name)
    fits = pa.types.is_integer(column.type) and not pa.types.is_uint64(column.type)
    return column if fits and not texts else column.cast(pa.string())


def _empty(column: pa.Array) -> NDArray[np.bool_]:
    if pa.types.is_integer(column.type):
        return np.asarray(column.is_null())
    return np.asarray(pc.fill_null(pc.equal(column, ""), fill_value=True))


def _distinct(column: pa.Array) -> tuple[NDArray[np.int64], list[object]]:
    """Return a column as codes, and its distinct values; a missing one is `None`."""
    nested = pa.types.is_nested(column.type)
    if nested:
        texts = [
            None if value is None else json.dumps(value, default=str)
            for value in column.to_pylist()
        ]
        column = pa.array(texts, pa.string())
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    coded = pc.dictionary_encode(column)
    codes = np.asarray(pc.fill_null(coded.indices, len(coded.dictionary))).astype(np.int64)
    values = [_value(value) for value in coded.dictionary]
    if nested:
        values = [json.loads(str(text), object_hook=_given) for text in values]
    return codes, [*values, None]


def _given(table: dict[str, object]) -> dict[str, object]:
    """Return a table without the fields that only other rows have."""
    return {name: value for name, value in table.items() if value is not None}


def _value(value: pa.Scalar) -> object:
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

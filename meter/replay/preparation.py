"""Check and date the rows of a piece of a log, and put them into groups of equal facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field, frozen
from numpy.typing import NDArray

from meter.columns.arrow import distinct, ids_of, is_empty, plain_column, shown
from meter.columns.attributes import LOG_ATTRIBUTES, Form
from meter.columns.decide import Columns
from meter.columns.grouping import READER_ID, Coded, code_column, group_views, needs_of
from meter.loading.article_ids import (
    FORMS,
    ArticleIds,
    PageAddresses,
    rights_as_compared,
)
from meter.replay.logs.columns import LogError
from meter.replay.logs.peeks import PassedBy
from meter.replay.logs.remembered import (
    CLOSED,
    OF_RIGHTS,
    STARTED,
    KnownRights,
    ToldRows,
    told_twice,
)
from meter.replay.logs.rows import BadRows, RawRows, RowProblem
from meter.replay.logs.times import Times
from meter.windows import day_start

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from meter.facts import Slot

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
    right: NDArray[np.int32] | None
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
    closed: ToldRows = field(factory=partial(ToldRows, CLOSED))
    started: ToldRows = field(factory=partial(ToldRows, STARTED))
    rights: KnownRights = field(factory=KnownRights)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of times that have none."""
        return self.times.zone

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that make a difference to one of the policies."""
        needed = set(_EVERY)
        for slot in self._slots:
            needed.update(needs_of(slot))
        if self.by_rights:
            needed.update(OF_RIGHTS)
        return tuple(name for name in LOG_ATTRIBUTES if name in needed)

    @property
    def _slots(self) -> list[Slot]:
        words = [columns.rulebook.vocabulary for columns in self.policies]
        return [slot for vocabulary in words for slot in vocabulary.slots[: vocabulary.base]]

    @property
    def by_reader_id(self) -> bool:
        """Whether a fact depends on the reader's own id."""
        return any(READER_ID in needs_of(slot) for slot in self._slots)

    @property
    def by_rights(self) -> bool:
        """Whether a prompt is quiet after a purchase."""
        books = [columns.rulebook for columns in self.policies]
        return any(prompt.purchase for book in books for prompt in book.frequencies.prompts)

    @property
    def by_view(self) -> bool:
        """Whether views are told apart: by a meter that counts them, or as showings of prompts."""
        books = [columns.rulebook for columns in self.policies]
        counting = any(meter.by_view for book in books for meter in book.meters)
        return counting or any(book.looks_at_prompts for book in books)


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
    told = [(rows, rows.mark(piece)) for rows in (options.closed, options.started)]
    is_told = np.logical_or.reduce([marked for _, marked in told])
    reader = _readers(check, options)
    article = ids_of(piece.table, "article.id", texts=options.texts)
    for wrong, reason in told_twice(told, ~is_empty(article)):
        check.refuse(wrong, RowProblem.BAD_VALUE, reason)
    check.refuse(is_empty(article) & ~is_told, RowProblem.NO_ARTICLE, "no article")
    article = _as_compared(article, options)
    at = _instants(check, options)
    for rows, marked in told:
        rows.take(piece, marked & check.fine, reader, at)
    check.fine[is_told] = False
    names = [name for name in options.attributes if name in piece.table.column_names]
    attributes = {name: _attribute(check, name, options.zone) for name in names}
    if "reader.entitlements" in names:
        _compare_rights(attributes, article, options)
    if options.by_reader_id:
        attributes[READER_ID] = _coded_ids(reader)
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
    rights = {name: (column.codes, column.values) for name, column in attributes.items()}
    return ParsedRows(
        reader=reader,
        article=article,
        at=at,
        key=key,
        right=options.rights.of_views(rights, len(at)) if options.by_rights else None,
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
    codes, values = distinct(article.cast(pa.string()))
    return Coded(codes, tuple(values))


def _refuse_starts(piece: RawRows, options: ParseOptions) -> None:
    """Raise `LogError` where a table says that an offer was started which an account starts once.

    Its rows are views, so that nothing says whether that came before or with the view.
    """
    if piece.form is not Form.CELL:
        return
    once = {name for columns in options.policies for name in columns.rulebook.vocabulary.once}
    if not once or "started" not in piece.table.column_names:
        return
    for row, name in zip(piece.rows, piece.table["started"].to_pylist(), strict=True):
        if name in once:
            raise LogError(
                f"row {row} says that a reader started offer `{name}`, which an account can start"
                " once, and the rows of a table are views; leave such rows out, or write the log as"
                " JSON Lines, with a line for each start"
            )


def _readers(check: _Check, options: ParseOptions) -> pa.Array:
    """Return the ids of readers; rows without one are refused."""
    ids = ids_of(check.piece.table, READER_ID, texts=options.texts)
    check.refuse(is_empty(ids), RowProblem.NO_READER, "no reader")
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
    raw = plain_column(check.piece.table, "at")
    at, known = options.times.read(raw)

    def reason_of(place: int) -> str:
        return f"`{shown(raw[place])}` is not a time" if raw[place].is_valid else "no time"

    check.refuse(~known, RowProblem.NO_TIME, "no time that can be read", reason_of)
    return at


def _attribute(check: _Check, name: str, zone: ZoneInfo) -> Coded:
    """Return a column of an attribute; rows whose value cannot be read are refused."""
    codes, values = distinct(plain_column(check.piece.table, name))
    column, faults = code_column(name, codes, values, zone, check.piece.form)

    def reason_of(place: int) -> str:
        return f"{name}: {faults[int(codes[place])]}"

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
    ids = ids_of(table, "id", texts=True)
    ids = pc.if_else(pc.equal(ids, ""), None, ids)  # an empty cell of a table is no id
    own = pc.binary_join_element_wise("~", ids, "")
    where = ("@", pa.array(at)) if is_event else ("#", pa.array(piece.rows))
    rest = pc.binary_join_element_wise(where[0], where[1].cast(pa.string()), "")
    length = pc.utf8_length(names).cast(pa.string())
    return pc.binary_join_element_wise(length, names, pc.coalesce(own, rest), "~")

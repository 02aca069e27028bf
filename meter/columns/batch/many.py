"""Decide every view of a table, each reader's in order of time, from what is known of the reader.

A policy that arrays can decide counts in the compiled loop (see `meter.columns.counting`), from the
readers' records on. A policy whose prompts, experiments or offers ask what happened before, and a
record that holds anything but counts, are left to the engine, view by view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from meter.columns.arrays import CountedBefore, Integers
from meter.columns.batch.answers import TableAnswers
from meter.columns.batch.asked import AskedTable, read_table
from meter.columns.batch.known import given_usages, ids_in, plain_entries
from meter.columns.batch.marks import Marks, marks_of
from meter.columns.batch.one_by_one import NEW, decide_each
from meter.columns.batch.records import find_repeated
from meter.columns.batch.remembered import records_of, usage_table, written_records
from meter.columns.decide import Columns
from meter.columns.grouping import group_views
from meter.columns.partition import in_order
from meter.columns.views import Views
from meter.engine.calls import check_given

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from meter.columns.arrow import ArrowStream
    from meter.columns.batch.records import PlainEntries
    from meter.columns.remembering import CountedAfter
    from meter.policy import Policy
    from meter.usage import Usage

__all__ = ["decide_many"]

_MOST_METERS = 62
"""A number has a bit for each."""


def decide_many(
    policy: Policy,
    table: ArrowStream,
    usages: Mapping[str, Usage | bytes] | ArrowStream | None = None,
    *,
    workers: int = 1,
) -> tuple[pa.Table, pa.Table]:
    """Decide every view of a table; return the decisions, and the readers' records afterwards.

    `table` is Arrow data whose columns are the fields of events: `reader`, `at` (times with a
    zone), `article`, and any others, named by their paths, such as `reader.registered` or
    `article.section`; `reader` and `article` may be structs as well. `usages` are the readers'
    records: a mapping of ids to usages or their bytes, or Arrow data with the columns `reader` and
    `usage`; whoever has none is new. `workers` is the number of threads, which changes nothing but
    the speed.

    Views of one reader are decided in order of time (at one instant, in that of the table), each
    from the record that the one before left, exactly as `decide` does. The first table that is
    returned has a row for each view, in the order of the table; the second one a row for each
    record, `reader`, `usage` and whether it has `changed`: first those that were given, in their
    order, then those of new readers who have anything to remember.

    Raises `EventError` with everything that is wrong with the table, `CorruptUsageError` for a
    record that cannot be read, and `TypeError` for what is no Arrow data.
    """
    check_given(policy=policy)
    columns = Columns(policy)
    beyond = columns.has_campaigns or len(columns.meters) > _MOST_METERS
    asked = read_table(table, columns, every=beyond)
    given = given_usages(usages)
    places = given.places(asked.readers)
    answers = TableAnswers(asked, columns)
    written = [records_of({})]
    plain = np.zeros(len(places), np.bool_)
    if not beyond:
        found = plain_entries(asked, given, places, policy.rulebook)
        marks = marks_of(asked, ids_in(given, found), policy.rulebook)
        find_repeated(found, marks.before, np.zeros(len(marks.names), np.int64))
        plain = found.plain
        rows = np.flatnonzero(plain[asked.reader])
        parts = _decide_at_once(columns, asked, found, marks, rows, answers, workers)
        written.append(written_records(parts, marks.names, policy.rulebook))
    if not plain.all():
        known = {
            reader: given.usage(int(places[reader]))
            for reader in np.flatnonzero(~plain & (places >= 0)).tolist()
        }
        rest = np.flatnonzero(~plain[asked.reader])
        usages_after = _decide_each(policy, asked, rest, known, answers)
        written.append(records_of(usages_after))
    return answers.table(), usage_table(asked, given, places, written)


def _decide_at_once(
    columns: Columns,
    asked: AskedTable,
    found: PlainEntries,
    marks: Marks,
    rows: Integers,
    answers: TableAnswers,
    workers: int,
) -> tuple[CountedAfter, ...]:
    """Decide rows in arrays; return what their readers have counted."""
    taken = rows if len(rows) < len(asked) else slice(None)  # a slice copies nothing
    group = group_views(columns, asked.at, asked.attributes)[taken]
    views = Views(
        reader=asked.reader[taken],
        at=asked.at[taken],
        article=marks.article[taken],
        key=marks.view[taken] if len(marks.view) else marks.view,
        group=group,
    )
    before = CountedBefore(found.starts, found.meter, marks.before, found.at)
    decided = columns.at_once(views, workers=workers, before=before)
    answers.add_decided(taken, group, decided)
    return decided.after


def _decide_each(
    policy: Policy,
    asked: AskedTable,
    rows: Integers,
    known: dict[int, Usage],
    answers: TableAnswers,
) -> dict[int, Usage]:
    """Decide rows one by one, from what is known of readers; return the usages that changed."""
    order, _ = in_order(asked.reader[rows].astype(np.uint64), asked.at[rows])
    after = known.copy()
    for row, decision in decide_each(policy, asked, rows[order], after):
        answers.add(row, decision)
    return {reader: usage for reader, usage in after.items() if usage != known.get(reader, NEW)}

"""What a policy decides of many views at once: the engine's meaning at the speed of arrays.

Views come as columns. Those with equal facts form a group, the same `engine.judge` is called once
for each combination of facts and counts that is met (see `tables`), and a compiled loop does the
counting (see `counting`). Where it matters what was shown before, or an experiment decides, the
engine is asked view by view (see `one_by_one`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from meter.columns.arrays import (
    Codes,
    CountedBefore,
    Flags,
    Integers,
    new_memory,
    nothing_before,
)
from meter.columns.counting import TALLIES, Bucket, CountResults, count, tally
from meter.columns.one_by_one import decide_one_by_one
from meter.columns.partition import Dealt, deal, in_order, in_turn
from meter.columns.remembering import CountedAfter, remember
from meter.columns.tables import Judging
from meter.columns.views import Decided, Readers, Views, with_starts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meter.columns.arrays import Tables

__all__ = ["Columns", "Decided", "Readers", "Views"]


class Columns(Judging):
    """A policy at the speed of arrays.

    `group` numbers facts, `decide` decides views, `verdicts` and `limit` say what was decided.

    >>> from meter import Article, PageView, Reader, loads_policy
    >>> policy = loads_policy('''
    ... [publication]
    ... name = "The Harbour Review"
    ... [meters.monthly]
    ... window = { calendar = "month" }
    ... limit = 1
    ... [[rules]]
    ... name = "one a month"
    ... spend = "monthly"
    ... show = "countdown"
    ... [[rules]]
    ... name = "everyone else"
    ... show = "subscription-wall"
    ... ''')
    >>> columns = Columns(policy)
    >>> reader, view = Reader(id="-"), PageView(article=Article(id="-"))
    >>> facts = policy.rulebook.vocabulary.observe(reader, view, 0)
    >>> group = columns.group(facts)
    >>> views = Views(reader=[7, 7, 8], at=[0, 1, 2], article=[1, 2, 1], group=[group])
    >>> [str(columns.verdicts[number].show) for number in columns.decide(views).verdict]
    ['last-free-article', 'subscription-wall', 'last-free-article']
    """

    def decide(self, views: Views, *, by_view: bool = True, workers: int = 1) -> Decided:
        """Decide every view, each reader's in order of time (and of the columns, at one instant).

        `by_view` asks for the single decisions; `workers` is the number of threads, which changes
        nothing but the speed.
        """
        views = with_starts(self, views)
        if self.has_campaigns:
            return decide_one_by_one(self, views, by_view=by_view)
        return self.at_once(views, by_view=by_view, workers=workers)

    def at_once(
        self,
        views: Views,
        *,
        by_view: bool = True,
        workers: int = 1,
        before: CountedBefore | None = None,
    ) -> Decided:
        """Decide who may read what, and what is counted, whatever prompts were shown before.

        That is all of `decide` for a policy without campaigns. Of another one it is right who gets
        access by which rule, if no condition asks what was `seen`; what readers have started is not
        looked at either. `before` is what readers had
        counted before their first view; where it is given, `resets` and `after` are told as well.
        """
        dealt = deal(
            views.reader,
            views.at,
            views.article,
            views.key,
            views.group,
            positions=by_view,
            workers=workers,
        )
        total = len(views.at) if by_view else 0
        decisions = _Decisions(
            np.empty(total, np.int32),
            np.empty(total, np.int32),
            np.empty(total, np.int32),
            np.empty(total, np.bool_),
            np.zeros(total, np.bool_),
            np.empty(0 if before is None else total, np.int64),
        )
        tables = _unrolled(self.tables(views.at))
        verdicts = self.verdict_table()
        buckets = len(dealt.edges) - 1

        def work(first: int) -> tuple[list[Readers], Integers, Integers, list[CountedAfter]]:
            known = nothing_before() if before is None else before
            worker = _Worker(self, tables, verdicts.copy(), dealt, known, decisions)
            mine = range(first, buckets, workers)
            readers = [worker.decide(b) for b in mine if dealt.edges[b] < dealt.edges[b + 1]]
            return readers, worker.tallies.sum(axis=0), worker.meters, worker.after

        with ThreadPoolExecutor(workers) as pool:
            done = list(pool.map(work, range(workers)))
        views_by_verdict = np.zeros(len(self.verdicts), np.int64)
        for _, tallies, _, _ in done:
            views_by_verdict[: len(tallies)] += tallies
        return Decided(
            readers=_together(part for parts, _, _, _ in done for part in parts),
            views=views_by_verdict,
            meters=np.sum([counted for _, _, counted, _ in done], axis=0),
            verdict=decisions.verdict,
            told=decisions.told,
            used=decisions.used,
            counted=decisions.counted,
            speculative=decisions.speculative,
            resets=decisions.resets,
            after=tuple(part for _, _, _, after in done for part in after),
        )


def _unrolled(tables: Tables) -> Tables:
    """Return tables that tell the compiler of one meter: its loops over meters are none then.

    For any other number of meters the same loops are compiled once.
    """
    return tables._replace(kind=(int(tables.kind[0]),)) if len(tables.kind) == 1 else tables


@frozen
class _Decisions:
    """What was decided of each view, where that is asked for; else nothing."""

    verdict: Codes
    told: Codes
    used: Codes
    counted: Flags
    speculative: Flags
    resets: Integers


class _Worker:
    """What one thread needs to decide bucket after bucket: its own copy of what is known."""

    def __init__(
        self,
        columns: Columns,
        tables: Tables,
        verdicts: Codes,
        dealt: Dealt,
        before: CountedBefore,
        decisions: _Decisions,
    ) -> None:
        self.columns = columns
        self.tables = tables
        self.verdicts = verdicts
        self.dealt = dealt
        self.decisions = decisions
        self.before = before
        self.most_before = int(np.diff(before.starts).max(initial=0))
        """How much a reader had counted before, at most."""
        self.memory = new_memory(1, len(columns.meters), columns.capacity() + self.most_before)
        self.tallies = np.zeros((TALLIES, 0), np.int64)
        """How many views got each verdict, in parts."""
        self.meters = np.zeros(len(columns.meters), np.int64)
        """How many views each meter has counted."""
        self.after: list[CountedAfter] = []
        names = columns.meters
        self.by_name = np.array(sorted(range(len(names)), key=names.__getitem__), np.int64)

    def decide(self, number: int) -> Readers:
        """Decide the views of a bucket that is not empty."""
        part = slice(self.dealt.edges[number], self.dealt.edges[number + 1])
        total = len(self.dealt.reader)
        key, group = self.dealt.key, self.dealt.group
        reader = self.dealt.reader[part].astype(np.uint64, copy=False)
        at = self.dealt.at[part]
        order, starts = in_order(reader, at)
        bucket = Bucket(
            reader=reader[order[starts[:-1]]],
            at=in_turn(at, order),
            article=in_turn(self.dealt.article[part], order),
            key=in_turn(key[part], order) if len(key) == total else key.astype(np.int64),
            group=group[part][order] if len(group) == total else group,
            starts=starts,
        )
        results = self._count(bucket)
        if len(self.decisions.verdict):
            position = self.dealt.position[part][order]
            self.decisions.verdict[position] = results.verdict
            self.decisions.told[position] = results.told
            self.decisions.used[position] = results.used
            self.decisions.counted[position] = results.counted
            if len(results.speculative):
                self.decisions.speculative[position] = results.speculative
            if len(results.kept):
                self.decisions.resets[position] = results.resets
                self._remember(bucket, results.kept)
        new = len(self.columns.verdicts) - self.tallies.shape[1]
        if new:
            self.tallies = np.pad(self.tallies, ((0, 0), (0, new)))
        tally(results, self.tallies)
        return Readers(
            reader=bucket.reader,
            views=np.diff(starts),
            counted=results.counts,
            blocked=results.blocked,
            first_stop=results.first_stop,
            first_stop_at=results.first_stop_at,
        )

    def _remember(self, bucket: Bucket, kept: Integers) -> None:
        """Keep what the readers of a bucket have counted who have counted something new."""
        readers = len(bucket.starts) - 1
        most = int(np.bitwise_count(kept).sum())
        numbers = bucket.reader.astype(np.int64)
        most += int((self.before.starts[numbers + 1] - self.before.starts[numbers]).sum())
        after = CountedAfter(
            reader=np.empty(readers, np.int64),
            starts=np.empty(readers + 1, np.int64),
            meter=np.empty(most, np.int32),
            mark=np.empty(most, np.int64),
            at=np.empty(most, np.int64),
        )
        readers, most = remember(
            self.tables, self.memory, self.before, bucket, kept, self.by_name, after
        )
        self.after.append(
            CountedAfter(
                reader=after.reader[:readers],
                starts=after.starts[: readers + 1],
                meter=after.meter[:most],
                mark=after.mark[:most],
                at=after.at[:most],
            )
        )

    def _make_room(self, views: int) -> None:
        """Make room for so many views of a reader, as a meter has no limit."""
        room = self.memory.ids.shape[2]
        views += self.most_before
        if views >= room:
            self.memory = new_memory(1, len(self.columns.meters), max(views + 1, 2 * room))

    def _count(self, bucket: Bucket) -> CountResults:
        """Run the counting loop, and ask the engine whenever it meets a new combination."""
        views, readers = len(bucket.at), len(bucket.starts) - 1
        each_view = views if len(self.decisions.verdict) else 0
        fetched = views if self.tables.prefetch.any() else 0
        remembered = views if len(self.decisions.resets) else 0
        if self.columns.is_unlimited():
            self._make_room(int(np.diff(bucket.starts).max()))
        results = CountResults(
            verdict=np.empty(views, np.int32),
            told=np.empty(each_view, np.int32),
            used=np.empty(each_view, np.int32),
            counted=np.empty(each_view, np.bool_),
            speculative=np.empty(fetched, np.bool_),
            kept=np.empty(remembered, np.int64),
            resets=np.empty(remembered, np.int64),
            blocked=np.empty(readers, np.int64),
            counts=np.empty(readers, np.int64),
            meters=self.meters,
            first_stop=np.empty(readers, np.int64),
            first_stop_at=np.zeros(readers, np.int64),
        )
        reader = 0
        while True:
            reader, group, combination = count(
                self.tables, self.verdicts, self.memory, self.before, bucket, results, reader
            )
            if reader < 0:
                return results
            place = self.tables.verdict_at[group] + combination
            self.verdicts[place] = self.columns.judge(group, combination)
            self.tables = self.tables._replace(**self.columns.verdict_columns())


def _together(parts: Iterable[Readers]) -> Readers:
    """Return the rows of all parts."""
    rows = list(parts)

    def column(name: str, kind: type[np.generic] = np.int64) -> Integers:
        return np.concatenate([np.empty(0, kind), *(getattr(part, name) for part in rows)])

    return Readers(
        reader=np.concatenate([np.empty(0, np.uint64), *(part.reader for part in rows)]),
        views=column("views"),
        counted=column("counted"),
        blocked=column("blocked"),
        first_stop=column("first_stop"),
        first_stop_at=column("first_stop_at"),
    )

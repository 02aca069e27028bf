"""What does a policy decide for many views at once? The engine's meaning at the speed of arrays.

Views come as columns. Those with equal facts form a group, the same `engine.judge` is called once
for each combination of facts and counts that is met (see `judging`), and a compiled loop does the
counting (see `counting`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from meter.errors import raise_missing_extra

try:
    import numpy as np
except ImportError as error:  # pragma: no cover - checked in an environment without the extra
    raise_missing_extra(error)

from meter.columns.counting import Memory, Tables, count
from meter.columns.partition import arrange, deal, tally_buckets
from meter.columns.tables import Array, Judging

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Columns", "Decided", "Readers", "Views"]

_BUCKET = 1 << 14
"""How many views a bucket holds: few enough for a processor's cache."""
_MOST_BITS = 12
_DENSE = 4
"""Readers' numbers below this many times the views are dense."""
_NONE = np.empty(0, np.int64)


def _whole(values: Array) -> Array:
    """Return a column of whole numbers.

    One that may not be written is copied, as the loops are compiled for the other sort.
    """
    return np.require(values, np.int64, ["C", "W"])


def _groups(values: Array) -> Array:
    return np.require(values, np.int32, ["C", "W"])


def _readers(values: Array) -> Array:
    return np.require(np.asarray(values), None, ["C", "W"]).astype(np.uint64, copy=False)


@frozen(kw_only=True)
class Views:
    """Page views as columns of equal length.

    `reader`, `article` and `key` are whole numbers that stand for ids, `at` instants in
    microseconds since 1970. `key` stands for the view's id (`PageView.view_key`) and is only needed
    where a meter counts views and they have ids of their own; without it, views of one article at
    one microsecond are one. `group` numbers the facts as `Columns.group` does; one entry holds for
    all.
    """

    reader: Array = field(converter=_readers)
    at: Array = field(converter=_whole)
    article: Array = field(converter=_whole)
    key: Array = field(default=_NONE, converter=_whole)
    group: Array = field(converter=_groups)


@frozen(kw_only=True)
class Readers:
    """One row a reader, in no particular order.

    `views` all of them, `counted` those that spent, `blocked` those that got a preview;
    `first_stop` is the number of the first blocked view among the reader's own (from 1; 0 for none)
    and `first_stop_at` its instant.
    """

    reader: Array
    views: Array
    counted: Array
    blocked: Array
    first_stop: Array
    first_stop_at: Array


@frozen(kw_only=True)
class Decided:
    """What was decided. `views` counts views by verdict.

    `verdict`, `used` and `counted` are by view, where they were asked for.

    `verdict` numbers `Columns.verdicts`; `used` is what `Decision.meter.used` says, or -1 where
    there is no meter.
    """

    readers: Readers
    views: Array
    verdict: Array = _NONE
    used: Array = _NONE
    counted: Array = _NONE


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
    >>> facts = policy.rulebook.vocabulary.observe(Reader(id="-"), PageView(article=Article(id="-")), 0)
    >>> group = columns.group(facts, spends=True)
    >>> decided = columns.decide(Views(reader=[7, 7, 8], at=[0, 1, 2], article=[1, 2, 1], group=[group]))
    >>> [str(columns.verdicts[number].show) for number in decided.verdict]
    ['last-free-article', 'subscription-wall', 'last-free-article']
    """

    def decide(self, views: Views, *, by_view: bool = True, workers: int = 1) -> Decided:
        """Decide every view, each reader's in order of time (and of the columns, at one instant).

        `by_view` asks for the single decisions; `workers` is the number of threads, which changes
        nothing but the speed.
        """
        total = len(views.at)
        deck = _dealt(views, workers, positions=by_view)
        dealt, edges = deck.columns, deck.edges
        tables, verdicts = self.tables(views.at), self.verdict_table()
        out = tuple(
            np.empty(total if by_view else 0, kind) for kind in (np.int32, np.int32, np.bool_)
        )

        def work(buckets: range) -> list[tuple[Any, ...]]:
            bucket = _Bucket(
                self,
                tables,
                verdicts,
                int(max((edges[b + 1] - edges[b] for b in buckets), default=0)),
                deck,
            )
            return [
                bucket.decide(
                    [c[edges[b] : edges[b + 1]] if len(c) == total else c for c in dealt],
                    b << deck.shift if deck.dense else -1,
                    out,
                )
                for b in buckets
                if edges[b] < edges[b + 1]
            ]

        spans = [range(n, len(edges) - 1, workers) for n in range(workers)]
        if workers == 1:
            found = work(spans[0])
        else:
            with ThreadPoolExecutor(workers) as pool:
                found = [part for parts in pool.map(work, spans) for part in parts]
        rows = [
            np.concatenate(column) if column else _NONE
            for column in (zip(*(part[:6] for part in found), strict=True) if found else [()] * 6)
        ]
        by_verdict = np.zeros(len(self.verdicts), np.int64)
        for *_, tallies in found:
            by_verdict[: len(tallies)] += tallies
        names = ("reader", "views", "counted", "blocked", "first_stop", "first_stop_at")
        return Decided(
            readers=Readers(**dict(zip(names, rows, strict=True))),
            views=by_verdict,
            verdict=out[0],
            used=out[1],
            counted=out[2],
        )


class _Bucket:
    """What one thread needs to decide bucket after bucket.

    Scratch memory, and its own copy of what is known.
    """

    def __init__(
        self, columns: Columns, tables: Tables, verdicts: Array, most: int, deck: _Deck
    ) -> None:
        self.columns, self.tables, self.verdicts = columns, tables, verdicts.copy()
        meters, capacity = len(columns.meters), columns.capacity()
        self.memory = Memory(
            np.zeros((meters, capacity), np.int64),
            np.zeros((meters, capacity), np.int64),
            *(np.zeros(meters, np.int64) for _ in range(6)),
        )
        self.deck = deck
        self.dense = 1 << deck.shift if deck.dense else 0
        self.table = np.empty(max(1 << (2 * max(most, 1) - 1).bit_length(), self.dense), np.int32)
        self.local, self.order = np.empty(most, np.int32), np.empty(most, np.int64)
        self.readers, self.starts = (
            np.empty(most, deck.columns[0].dtype),
            np.empty(most + 1, np.int64),
        )
        self.results = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.bool_)

    def decide(self, dealt: Sequence[Array], base: int, out: Sequence[Array]) -> tuple[Array, ...]:
        reader, at, article, key, group, positions = dealt
        views = len(at)
        table = self.table[: self.dense or 1 << (2 * views - 1).bit_length()]
        bits = views.bit_length()
        ranks = _NONE if self.deck.span >> 62 - bits == 0 else np.argsort(at, kind="stable")
        many = arrange(
            reader,
            at,
            ranks,
            self.deck.first,
            base,
            bits,
            table,
            self.local,
            self.readers,
            self.starts,
            self.order,
        )
        totals = tuple(np.empty(many, np.int64) for _ in range(4))
        begin, exact = 0, len(key) <= 1
        while True:
            columns = (at, article, key, group)
            begin, g, combination = count(
                self.tables,
                self.verdicts,
                self.memory,
                exact,
                columns,
                self.order,
                bits,
                self.starts,
                begin,
                many,
                len(out[0]) > 0,
                self.results,
                totals,
            )
            if begin < 0:
                break
            self.verdicts[self.tables.verdict_at[g] + combination] = self.columns.judge(
                g, combination
            )
            self.tables = self.tables._replace(**self.columns.verdict_columns())
        for column, result in zip(out, self.results, strict=True):
            if len(column):
                column[positions[self.order[:views] & ((1 << bits) - 1)]] = result[:views]
        blocked, counted, first, first_at = totals
        per_reader = np.diff(self.starts[: many + 1])
        return (
            self.readers[:many].astype(np.uint64),
            per_reader,
            counted,
            blocked,
            first,
            first_at,
            np.bincount(self.results[0][:views]),
        )


@frozen
class _Deck:
    """Columns dealt into buckets; `edges` says where each bucket starts.

    Buckets of dense numbers hold `1 << shift` of them.

    The instants begin with `first` and span `span` microseconds.
    """

    columns: list[Array]
    edges: Array
    shift: int
    dense: bool
    first: int
    span: int


def _dealt(views: Views, workers: int, *, positions: bool) -> _Deck:
    """Deal the columns into the buckets of their readers."""
    total = len(views.at)
    buckets = min(1 << _MOST_BITS, max(2, 1 << (total // _BUCKET).bit_length()))
    most = int(views.reader.max()) + 1 if total else 1
    dense = most <= _DENSE * max(total, 1)
    # Dense numbers of readers need no hash: a bucket is a stretch of them.
    shift = (
        max(0, (-(-most // buckets) - 1).bit_length()) if dense else 64 - (buckets - 1).bit_length()
    )
    cuts = [total * n // workers for n in range(workers + 1)]
    kinds = [_narrow(views.reader), np.int64, _narrow(views.article), np.int64, np.int32]
    tallies = np.zeros((workers, buckets), np.int64)
    columns = (views.reader, views.at, views.article, views.key, views.group)
    with ThreadPoolExecutor(workers) as pool:
        list(
            pool.map(
                lambda n: tally_buckets(
                    views.reader, shift, dense, cuts[n], cuts[n + 1], tallies[n]
                ),
                range(workers),
            )
        )
        edges = np.concatenate([[0], np.cumsum(tallies.sum(axis=0))])
        places = edges[:-1] + np.cumsum(tallies, axis=0) - tallies
        dealt = [
            np.empty(total, kind) if len(column) == total else column
            for column, kind in zip(columns, kinds, strict=True)
        ]
        dealt.append(np.empty(total if positions else 0, np.int64))
        list(
            pool.map(
                lambda n: deal(
                    columns, shift, dense, cuts[n], cuts[n + 1], places[n], tuple(dealt)
                ),
                range(workers),
            )
        )
    first = int(views.at.min()) if total else 0
    return _Deck(dealt, edges, shift, dense, first, int(views.at.max()) - first if total else 0)


def _narrow(column: Array) -> Any:
    """Return the smaller type where it holds every value.

    What moves through memory is what takes time.
    """
    fits = len(column) and column.min() >= 0 and column.max() < 1 << 32
    return np.uint32 if fits else column.dtype

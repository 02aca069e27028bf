"""What does a policy decide for many views at once? The engine's meaning at the speed of arrays.

Views come as columns. Those with equal facts form a group, the same `engine.judge` is called once for each combination of facts
and counts that is met, and a compiled loop does the counting. No rule, limit or window is written a second time here.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from meter.decision import Access
from meter.engine import Verdict, allowance, judge
from meter.simulate.compiled import missing

try:
    import numpy as np
except ImportError as error:  # pragma: no cover - checked in an environment without the extra
    raise missing(error) from error

from meter.simulate.counting import CALENDAR, FIXED, LIFETIME, ROLLING, Memory, Tables, count
from meter.simulate.partition import arrange, deal, tally_buckets
from meter.view import ArticleAccess
from meter.windows import Timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from meter.facts import Formula
    from meter.policy import Policy

__all__ = ["Columns", "Decided", "Readers", "Views"]

_BUCKET = 1 << 14
"""How many views a bucket holds: few enough for a processor's cache."""
_MOST_BITS = 12
_NONE = np.empty(0, np.int64)

Array = Any
"""A NumPy array."""


def _numbers(kind: Any) -> Callable[[Array], Array]:  # noqa: ANN401 - a NumPy type
    """Return what makes a column of one type; one that may not be written is copied, as the loops are compiled for the other sort."""
    return lambda values: np.require(values, kind, ["C", "W"])


def _readers(values: Array) -> Array:
    return np.require(np.asarray(values), None, ["C", "W"]).astype(np.uint64, copy=False)


@frozen(kw_only=True)
class Views:
    """Page views as columns of equal length.

    `reader`, `article` and `key` are whole numbers that stand for ids, `at` instants in microseconds since 1970. `key` stands for
    the view's id (`PageView.view_key`) and is only needed where a meter counts views and they have ids of their own; without it,
    views of one article at one microsecond are one. `group` numbers the facts as `Columns.group` does; one entry holds for all.
    """

    reader: Array = field(converter=_readers)
    at: Array = field(converter=_numbers(np.int64))
    article: Array = field(converter=_numbers(np.int64))
    key: Array = field(default=_NONE, converter=_numbers(np.int64))
    group: Array = field(converter=_numbers(np.int32))


@frozen(kw_only=True)
class Readers:
    """One row a reader, in no particular order.

    `views` all of them, `counted` those that spent, `blocked` those that got a preview; `first_stop` is the number of the first
    blocked view among the reader's own (from 1; 0 for none) and `first_stop_at` its instant.
    """

    reader: Array
    views: Array
    counted: Array
    blocked: Array
    first_stop: Array
    first_stop_at: Array


@frozen(kw_only=True)
class Decided:
    """What was decided. `views` counts views by verdict; `verdict`, `used` and `counted` are by view, where they were asked for.

    `verdict` numbers `Columns.verdicts`; `used` is what `Decision.meter.used` says, or -1 where there is no meter.
    """

    readers: Readers
    views: Array
    verdict: Array = _NONE
    used: Array = _NONE
    counted: Array = _NONE


class Columns:
    """A policy at the speed of arrays. `judged` says how often the engine was asked."""

    def __init__(self, policy: Policy) -> None:
        self.rulebook = policy.rulebook
        self.meters = [name for name, _, _ in self.rulebook.meters]
        self.verdicts: list[Verdict] = []
        self.groups: list[tuple[tuple[Any, ...], bool]] = []
        self.judged = 0
        self._lock = Lock()
        self._group_of: dict[tuple[tuple[Any, ...], bool], int] = {}
        self._verdict_of: dict[Verdict, int] = {}
        self._settled: list[int] = []
        self._limits: list[list[int]] = []
        self._room_at: list[list[int]] = []
        self._strides: list[list[int]] = []
        self._verdict_at: list[int] = []
        self._sizes = 0
        self._known: dict[int, int] = {}
        self._rooms: list[int] = []
        self._room_sets: dict[tuple[int, int, bool], tuple[int, list[tuple[bool, int]]]] = {}
        self._places = {name: self.rulebook.vocabulary.place("open", name) for name in self.meters}

    def group(self, values: tuple[Any, ...], *, spends: bool) -> int:
        """Return the number of some facts: the codes that need no usage, and whether such a view would count at all.

        A view would count if the article is metered and the view is not a prefetch.
        """
        number = self._group_of.get((values, spends))
        if number is None:
            number = self._group_of[values, spends] = len(self.groups)
            self.groups.append((values, spends))
            self._prepare(values, spends)
        return number

    def limit(self, group: int, verdict: int) -> int | None:
        """Return the limit that a decision of this group and verdict reports, or `None` where it reports no meter."""
        meter = self.verdicts[verdict].meter
        return None if meter is None else self.rulebook.limit(meter, self.groups[group][0])

    def decide(self, views: Views, *, by_view: bool = True, workers: int = 1) -> Decided:
        """Decide every view, each reader's in order of time (and of the columns, at one instant).

        `by_view` asks for the single decisions; `workers` is the number of threads, which changes nothing but the speed.
        """
        total = len(views.at)
        bits = min(_MOST_BITS, max(1, (total // _BUCKET).bit_length()))
        dealt, edges = _dealt(views, bits, workers, positions=by_view)
        tables, verdicts = self._tables(views.at), self._verdict_table()
        out = tuple(np.empty(total if by_view else 0, kind) for kind in (np.int32, np.int32, np.bool_))

        def work(buckets: range) -> list[tuple[Any, ...]]:
            bucket = _Bucket(self, tables, verdicts, int(max((edges[b + 1] - edges[b] for b in buckets), default=0)), dealt[0].dtype)
            return [
                bucket.decide([c[edges[b] : edges[b + 1]] if len(c) == total else c for c in dealt], out)
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
            readers=Readers(**dict(zip(names, rows, strict=True))), views=by_verdict, verdict=out[0], used=out[1], counted=out[2]
        )

    def judge(self, group: int, combination: int) -> int:
        """Ask the engine about a group and what its meters have counted, and return the verdict's number."""
        with self._lock:  # threads come here seldom: once for each combination they meet
            return self._judge(group, combination)

    def _judge(self, group: int, combination: int) -> int:
        values, spends = self.groups[group]
        codes: list[Any] = []
        for m, name in enumerate(self.meters):
            left_slot = self.rulebook.vocabulary.slots[self._places[name] + 1]
            opens, left = False, 0  # a meter that no rule can ask about
            if self._limits[group][m] >= 0:
                found = self._rooms_of(m, self._limits[group][m], spends)[1]
                opens, left = found[combination // self._strides[group][m] % len(found)]
            codes += (opens, left_slot.code(left))
        verdict = judge(self.rulebook, (*values, *codes))
        assert verdict is not None  # noqa: S101 - every slot is given
        self.judged += 1
        number = self._number(verdict)
        self._known[self._verdict_at[group] + combination] = number
        return number

    def _number(self, verdict: Verdict) -> int:
        if verdict not in self._verdict_of:
            self._verdict_of[verdict] = len(self.verdicts)
            self.verdicts.append(verdict)
        return self._verdict_of[verdict]

    def _prepare(self, values: tuple[Any, ...], spends: bool) -> None:  # noqa: FBT001
        verdict = judge(self.rulebook, values)
        self.judged += 1
        self._settled.append(-1 if verdict is None else self._number(verdict))
        asked = set() if verdict is not None else set(self._asked(values))
        size, limits, rooms, strides = 1, [], [], []
        for m, name in enumerate(self.meters):
            if name not in asked:
                limits.append(-1)
                rooms.append(0)
                strides.append(0)
                continue
            limits.append(self.rulebook.limit(name, values))
            start, found = self._rooms_of(m, limits[-1], spends)
            rooms.append(start)
            strides.append(size)
            size *= len(found)
        self._limits.append(limits)
        self._room_at.append(rooms)
        self._strides.append(strides)
        self._verdict_at.append(self._sizes)
        self._sizes += size

    def _asked(self, values: tuple[Any, ...]) -> Iterator[str]:
        """Yield the meters that a verdict on these facts can depend on (or a few more)."""
        for rule in self.rulebook.rules:
            holds = rule.formula.holds(values)
            if holds is False:
                continue
            if rule.spend is not None:
                yield rule.spend
            yield from self._meters_in(rule.formula)
            yield from self._meters_in(rule.offer_formula)
            if holds and rule.spend is None:
                return

    def _meters_in(self, formula: Formula) -> Iterator[str]:
        for part in getattr(formula, "parts", ()):
            yield from self._meters_in(part)
        meter = self.rulebook.vocabulary.slots[formula.slot].meter if hasattr(formula, "slot") else None
        if meter is not None:
            yield meter

    def _rooms_of(self, meter: int, limit: int, spends: bool) -> tuple[int, list[tuple[bool, int]]]:  # noqa: FBT001
        """Return the different things that `allowance` can say of a limit, and where their numbers begin, by used and seen."""
        slot = self.rulebook.vocabulary.slots[self._places[self.meters[meter]] + 1]
        key = (limit, meter, spends)
        if key not in self._room_sets:
            found: dict[tuple[bool, int | None], int] = {}
            said: list[tuple[bool, int]] = []
            start = len(self._rooms)
            for used in range(limit + 1):
                for seen in (False, True):
                    opens, left = allowance(limit, used, seen, spends)
                    code = (opens, slot.code(left))
                    if code not in found:
                        found[code] = len(said)
                        said.append((opens, left))
                    self._rooms.append(found[code])
            self._room_sets[key] = start, said
        return self._room_sets[key]

    def _verdict_table(self) -> Array:
        table = np.full(max(self._sizes, 1), -1, np.int32)
        if self._known:
            table[np.fromiter(self._known, np.int64)] = np.fromiter(self._known.values(), np.int32)
        return table

    def _tables(self, at: Array) -> Tables:
        timelines = [timeline for _, timeline, _ in self.rulebook.meters]
        edges = [_edges(timeline, at) for timeline in timelines]
        shape = (len(self.groups), len(self.meters))

        def grid(rows: Sequence[Sequence[int]]) -> Array:
            return np.array(rows, np.int64).reshape(shape)

        return Tables(
            kind=np.array([_kind(timeline) for timeline in timelines], np.int64),
            length=np.array([0 if _kind(line) in (CALENDAR, LIFETIME) else line.ends((0,)) for line in timelines], np.int64),
            edge_at=np.cumsum([0, *map(len, edges)]),
            edges=np.array([edge for row in edges for edge in row], np.int64),
            by_view=np.array([by_view for _, _, by_view in self.rulebook.meters], np.bool_),
            settled=np.array(self._settled, np.int64),
            spends=np.array([spends for _, spends in self.groups], np.bool_),
            limit=grid(self._limits), room_at=grid(self._room_at), stride=grid(self._strides),
            rooms=np.array([*self._rooms, 0], np.int64), verdict_at=np.array(self._verdict_at, np.int64),
            **self._verdict_columns(),
        )  # fmt: skip

    def _verdict_columns(self) -> dict[str, Array]:
        place = {None: -1, **{name: number for number, name in enumerate(self.meters)}}
        return {
            "meter": np.array([place[verdict.meter] for verdict in self.verdicts], np.int64),
            "spend": np.array([place[verdict.spend] for verdict in self.verdicts], np.int64),
            "full": np.array([verdict.show.access is Access.FULL for verdict in self.verdicts], np.bool_),
        }

    def _capacity(self) -> int:
        return max((limit for limits in self._limits for limit in limits), default=1) + 1


class _Bucket:
    """What one thread needs to decide bucket after bucket: scratch memory, and its own copy of what is known."""

    def __init__(self, columns: Columns, tables: Tables, verdicts: Array, most: int, kind: Any) -> None:
        self.columns, self.tables, self.verdicts = columns, tables, verdicts.copy()
        meters, capacity = len(columns.meters), columns._capacity()  # noqa: SLF001
        self.memory = Memory(
            np.zeros((meters, capacity), np.int64), np.zeros((meters, capacity), np.int64), *(np.zeros(meters, np.int64) for _ in range(6))
        )
        self.table = np.empty(1 << (2 * max(most, 1) - 1).bit_length(), np.int32)
        self.local, self.order = np.empty(most, np.int32), np.empty(most, np.int32)
        self.readers, self.starts = np.empty(most, kind), np.empty(most + 1, np.int64)
        self.results = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.bool_)

    def decide(self, dealt: Sequence[Array], out: Sequence[Array]) -> tuple[Array, ...]:
        reader, at, article, key, group, positions = dealt
        views = len(at)
        table = self.table[: 1 << (2 * views - 1).bit_length()]
        many = arrange(reader, at, table, self.local, self.readers, self.starts, self.order)
        totals = tuple(np.empty(many, np.int64) for _ in range(4))
        begin, exact = 0, len(key) < 2  # noqa: PLR2004
        while True:
            columns = (at, article, key, group)
            begin, g, combination = count(
                self.tables, self.verdicts, self.memory, exact, columns, self.order, self.starts, begin, many, len(out[0]) > 0, self.results, totals
            )
            if begin < 0:
                break
            self.verdicts[self.tables.verdict_at[g] + combination] = self.columns.judge(g, combination)
            self.tables = self.tables._replace(**self.columns._verdict_columns())  # noqa: SLF001
        for column, result in zip(out, self.results, strict=True):
            if len(column):
                column[positions[self.order[:views]]] = result[:views]
        blocked, counted, first, first_at = totals
        per_reader = np.diff(self.starts[: many + 1])
        return self.readers[:many].copy(), per_reader, counted, blocked, first, first_at, np.bincount(self.results[0][:views])


def _dealt(views: Views, bits: int, workers: int, *, positions: bool) -> tuple[list[Array], Array]:
    """Return the columns in order of the readers' buckets, and where each bucket starts."""
    total, buckets = len(views.at), 1 << bits
    cuts = [total * n // workers for n in range(workers + 1)]
    kinds = [_narrow(views.reader), np.int64, _narrow(views.article), np.int64, np.int32]
    tallies = np.zeros((workers, buckets), np.int64)
    columns = (views.reader, views.at, views.article, views.key, views.group)
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda n: tally_buckets(views.reader, bits, cuts[n], cuts[n + 1], tallies[n]), range(workers)))
        edges = np.concatenate([[0], np.cumsum(tallies.sum(axis=0))])
        places = edges[:-1] + np.cumsum(tallies, axis=0) - tallies
        dealt = [np.empty(total, kind) if len(column) == total else column for column, kind in zip(columns, kinds, strict=True)]
        dealt.append(np.empty(total if positions else 0, np.int64))
        list(pool.map(lambda n: deal(columns, bits, cuts[n], cuts[n + 1], places[n], tuple(dealt)), range(workers)))
    return dealt, edges


def _narrow(column: Array) -> Any:  # noqa: ANN401 - a NumPy type
    """Return the smaller type where it holds every value: what moves through memory is what takes time."""
    fits = len(column) and 0 <= column.min() and column.max() < 1 << 32
    return np.uint32 if fits else column.dtype


def _kind(timeline: Timeline) -> int:
    window = timeline.window
    return CALENDAR if window.calendar else ROLLING if window.rolling else FIXED if window.fixed else LIFETIME


def _edges(timeline: Timeline, at: Array) -> list[int]:
    """Return where the calendar windows start that hold the instants `at`, and where the last one ends."""
    if timeline.window.calendar is None or not len(at):
        return []
    edges = [*timeline.bounds(int(at.min()))]
    last = int(at.max())
    while edges[-1] <= last:
        edges.append(timeline.bounds(edges[-1])[1])
    return edges


def spends(access: ArticleAccess, *, prefetch: bool) -> bool:
    """Say whether a view would count at all."""
    return access == ArticleAccess.METERED and not prefetch

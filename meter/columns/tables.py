"""A policy as tables of groups and verdicts; the engine is asked once a combination.

Limits and what they leave come from `engine.meter_codes`, verdicts from `engine.judge`, the meters
that may be told from `decision.told_places`, calendar windows from `Timeline.bounds`. No rule,
limit or window is written a second time here.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

from meter.columns.arrays import NO_LIMIT, Tables
from meter.columns.edges import edges_of, kind_of, length_of
from meter.decision import told_places
from meter.engine import is_settled, judge, meter_codes
from meter.facts.meters import ALREADY, OWN
from meter.formulas import leaves
from meter.rulebook import Verdict, first_match
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from meter.columns.arrays import Codes, Flags, Integers
    from meter.decision import Exposure
    from meter.formulas import Formula
    from meter.policy import Policy

__all__ = ["Array", "Group", "Judging"]

Array: TypeAlias = NDArray[Any]
"""A NumPy array of any kind; `arrays` has the kinds by name."""


class Group(NamedTuple):
    """Equal facts: the codes that need no usage, and whether such a view is a prefetch.

    `started` are the offers that an account starts once, and this one has started.
    """

    values: tuple[Any, ...]
    prefetch: bool
    started: frozenset[str] = frozenset()


_SEEN = range((OWN | ALREADY) + 1)
"""What `Counts` may say of a view and a meter."""


class _Rooms(NamedTuple):
    """The different codes that a meter can have for views of a group."""

    start: int
    """Where their numbers begin in `Tables.rooms`, by used and seen."""
    said: tuple[tuple[Hashable, ...], ...]


class _MeterRow(NamedTuple):
    """What `Tables` says of a group and a meter."""

    limit: int
    most: int = -1
    keeps: bool = False
    room_at: int = 0
    stride: int = 0
    said: tuple[tuple[Hashable, ...], ...] = ()
    """What the meter may say; nothing where no verdict depends on it."""


class _Row(NamedTuple):
    """What `Tables` says of a group, and of it and each meter."""

    settled: int
    meters: list[_MeterRow]
    verdict_at: int
    combinations: int
    """How many entries the group has in the table of verdicts."""


class _VerdictColumns(TypedDict):
    spends: Flags
    told_at: Integers
    told: Integers
    told_group: Integers
    full: Flags


_Told = tuple[tuple[int, ...], ...]
"""The places of the meters of which one is told, in groups."""


class Judging:
    """A policy as tables of groups and verdicts. `judged` says how often the engine was asked."""

    def __init__(self, policy: Policy) -> None:
        self.rulebook = policy.rulebook
        self.meters = [meter.name for meter in self.rulebook.meters]
        self.verdicts: list[Verdict] = []
        self.groups: list[Group] = []
        self.prompts: dict[str, int] = {}
        self.exposed: dict[tuple[Exposure, ...], int] = {(): 0}
        self.judged = 0
        self._lock = Lock()
        self._group_of: dict[Group, int] = {}
        self._verdict_of: dict[tuple[Verdict, _Told], int] = {}
        self._told: list[_Told] = []
        self._rows: list[_Row] = []
        self._known: dict[int, int] = {}
        self._rooms: list[int] = [0] * len(_SEEN)
        """What stands first holds for each meter of which nothing is asked but what it counts."""
        self._rooms_of: dict[tuple[Hashable, ...], _Rooms] = {}

    def group(
        self,
        values: tuple[Any, ...],
        *,
        prefetch: bool = False,
        started: frozenset[str] = frozenset(),
    ) -> int:
        """Return the number of some facts: the codes that need no usage, and what is started.

        A `prefetch` is judged alike and never counts.
        """
        group = Group(values, prefetch, started.intersection(self.rulebook.vocabulary.once))
        number = self._group_of.get(group)
        if number is None:
            number = self._group_of[group] = len(self.groups)
            self.groups.append(group)
            self._rows.append(self._row(group))
        return number

    def limit(self, group: int, place: int) -> int | None:
        """Return the limit of the meter at a place for a group; `None` where it has none."""
        return self.rulebook.limit_at(place, self.groups[group].values)

    def judge(self, group: int, combination: int) -> int:
        """Ask the engine about a group and what its meters have counted.

        Return the number of the verdict.
        """
        with self._lock:  # threads come here seldom: once for each combination they meet
            return self._judge(group, combination)

    def judge_all(self) -> None:
        """Ask the engine about every group and whatever its meters may have counted."""
        for group, row in enumerate(self._rows):
            if row.settled < 0:
                for combination in range(row.combinations):
                    self.judge(group, combination)

    def verdict_table(self) -> Codes:
        """Return the verdicts known so far by group and combination, and -1 for the others."""
        table = np.full(max(self._verdict_places(), 1), -1, np.int32)
        if self._known:
            table[np.fromiter(self._known, np.int64)] = np.fromiter(self._known.values(), np.int32)
        return table

    def tables(self, at: Integers) -> Tables:
        """Return the policy as arrays for views at the instants `at`."""
        meters = self.rulebook.meters
        timelines = [meter.timeline for meter in meters]
        edges = [edges_of(timeline, at) for timeline in timelines]
        rows = self._rows

        def by_group(name: str, kind: type[np.generic] = np.int64) -> Array:
            cells = [getattr(cell, name) for row in rows for cell in row.meters]
            return np.array(cells, kind).reshape(len(self.groups), len(self.meters))

        asked = [m in self.rulebook.histories or meter.by_view for m, meter in enumerate(meters)]
        own = [meter.opens * known for meter, known in zip(meters, asked, strict=True)]
        return Tables(
            kind=np.array([kind_of(timeline) for timeline in timelines], np.int64),
            length=np.array([length_of(timeline) for timeline in timelines], np.int64),
            edge_at=np.cumsum([0, *map(len, edges)]),
            edges=np.array([edge for row in edges for edge in row], np.int64),
            by_view=np.array([meter.by_view for meter in meters], np.bool_),
            shares=np.isin(np.arange(len(self.meters)), self.rulebook.sharing),
            own=np.array(own, np.int64),
            settled=np.array([row.settled for row in rows], np.int64),
            prefetch=np.array([group.prefetch for group in self.groups], np.bool_),
            limit=by_group("limit"),
            most=by_group("most"),
            keeps=by_group("keeps", np.bool_),
            room_at=by_group("room_at"),
            stride=by_group("stride"),
            rooms=np.array(self._rooms, np.int64),
            verdict_at=np.array([row.verdict_at for row in rows], np.int64),
            **self.verdict_columns(),
        )

    def verdict_columns(self) -> _VerdictColumns:
        """Return the columns of `Tables` by verdict, which grow while the engine is asked."""
        with self._lock:
            return self._verdict_columns()

    def _verdict_columns(self) -> _VerdictColumns:
        spends = np.zeros((len(self.verdicts), len(self.meters)), np.bool_)
        for number, verdict in enumerate(self.verdicts):
            spends[number, list(self.rulebook.places_of(verdict.spend))] = True
        told = [
            (place, number)
            for groups in self._told
            for number, group in enumerate(groups)
            for place in group
        ]
        return {
            "spends": spends,
            "told_at": np.cumsum([0, *(sum(map(len, groups)) for groups in self._told)]),
            "told": np.array([place for place, _ in told], np.int64),
            "told_group": np.array([number for _, number in told], np.int64),
            "full": np.array(
                [verdict.show.access is Access.FULL for verdict in self.verdicts], np.bool_
            ),
        }

    def capacity(self) -> int:
        """Return how much a meter with a limit may count at once."""
        limits = (cell.limit for cell in self._asked_cells() if cell.limit != NO_LIMIT)
        return max(limits, default=1) + 1

    def is_unlimited(self) -> bool:
        """Say whether some meter may count without end."""
        return any(cell.limit == NO_LIMIT for cell in self._asked_cells())

    def _asked_cells(self) -> Iterator[_MeterRow]:
        return (cell for row in self._rows for cell in row.meters if cell.most >= 0)

    def _judge(self, group: int, combination: int) -> int:
        facts = self.groups[group]
        row = self._rows[group]
        codes = list(facts.values)
        for m, cell in enumerate(row.meters):
            if cell.said:
                codes += cell.said[combination // cell.stride % len(cell.said)]
            else:  # a meter that no rule can ask about
                codes += self._codes(m, 0, 0, 0, adds=False)
        if self.rulebook.vocabulary.once:
            codes.append(facts.started)
        # Columns remember no showing: an offer that lasts a while is never over for anybody.
        codes += (None,) * len(self.rulebook.vocabulary.lasting)
        complete = tuple(codes)
        number = self._number(judge(self.rulebook, complete), complete)
        self.judged += 1
        self._known[row.verdict_at + combination] = number
        return number

    @property
    def has_campaigns(self) -> bool:
        """Whether more is decided than who may read what: prompts, exposures, running offers."""
        book = self.rulebook
        return bool(book.looks_at_prompts or book.experiments or book.vocabulary.lasting)

    def number(self, verdict: Verdict, facts: tuple[Any, ...]) -> int:
        """Return the number of a verdict on complete facts in `verdicts`."""
        with self._lock:
            return self._number(verdict, facts)

    def _number(self, verdict: Verdict, facts: tuple[Any, ...]) -> int:
        """Return the number of a verdict with the meters of which one is told."""
        key = (verdict, told_places(self.rulebook, verdict, facts))
        if key not in self._verdict_of:
            self._verdict_of[key] = len(self.verdicts)
            self.verdicts.append(verdict)
            self._told.append(key[1])
        return self._verdict_of[key]

    def _row(self, group: Group) -> _Row:
        verdict = first_match(self.rulebook, group.values)
        self.judged += 1
        settled = -1
        if verdict is not None and is_settled(self.rulebook, group.values):
            settled = self._number(verdict, group.values)
        asked = set(self._asked(group)) if verdict is None else set()
        cells = []
        combinations = 1
        for m, name in enumerate(self.meters):
            limit = self.rulebook.limit_at(m, group.values)
            cell = _MeterRow(NO_LIMIT if limit is None else limit)
            if settled < 0 and self.rulebook.keeps(m, group.values):
                cell = cell._replace(most=0, keeps=True)
            if name in asked:
                most, rooms = self._rooms_for(m, limit, group)
                cell = cell._replace(
                    most=most, room_at=rooms.start, stride=combinations, said=rooms.said
                )
                combinations *= len(rooms.said)
            cells.append(cell)
        return _Row(settled, cells, self._verdict_places(), combinations)

    def _verdict_places(self) -> int:
        """Return how many entries the table of verdicts has for the groups so far."""
        if not self._rows:
            return 0
        return self._rows[-1].verdict_at + self._rows[-1].combinations

    def _asked(self, group: Group) -> Iterator[str]:
        """Yield the meters that a verdict on these facts can depend on (or a few more)."""
        for rule in self.rulebook.rules:
            holds = rule.formula.holds(group.values)
            if holds is False:
                continue
            yield from rule.spend
            yield from self._meters_in(rule.formula)
            for offer in rule.offers:
                yield from self._meters_in(offer.formula)
            if holds and not rule.spend:
                return

    def _meters_in(self, formula: Formula) -> Iterator[str]:
        for leaf in leaves(formula):
            meter = self.rulebook.vocabulary.slots[leaf.slot].meter
            if meter is not None:
                yield meter

    def _rooms_for(self, m: int, limit: int | None, group: Group) -> tuple[int, _Rooms]:
        """Return the count from which on nothing changes, and what the meter may say until then."""
        adds = tuple(self.rulebook.adds(m, group.values, seen) for seen in _SEEN)
        most = max(limit or 0, self._most_asked(m))
        key = (m, limit, adds)
        if key not in self._rooms_of:
            numbers: dict[tuple[Hashable, ...], int] = {}
            start = len(self._rooms)
            for used in range(most + 1):
                for seen in _SEEN:
                    codes = self._codes(m, limit, used, seen, adds=adds[seen])
                    self._rooms.append(numbers.setdefault(codes, len(numbers)))
            self._rooms_of[key] = _Rooms(start, tuple(numbers))
        return most, self._rooms_of[key]

    def _most_asked(self, m: int) -> int:
        """Return the count after the last that some condition compares with."""
        vocabulary = self.rulebook.vocabulary
        slot = vocabulary.meters[self.meters[m]].used
        return int(vocabulary.slots[slot].mentioned[-1]) + 1 if slot >= 0 else 0

    def _codes(
        self, m: int, limit: int | None, used: int, seen: int, *, adds: bool
    ) -> tuple[Hashable, ...]:
        name = self.meters[m]
        codes = meter_codes(self.rulebook.vocabulary, name, limit, used, seen=seen, adds=adds)
        return tuple(codes)

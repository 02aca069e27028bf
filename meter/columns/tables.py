"""A policy as tables of groups and verdicts; the engine is asked once a combination.

Limits and what they leave come from `engine.allowance`, verdicts from `engine.judge`, calendar
windows from `Timeline.bounds`. No rule, limit or window is written a second time here.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

from meter.columns.arrays import CALENDAR, FIXED, LIFETIME, ROLLING, Tables
from meter.engine import allowance, judge
from meter.facts import ACCESS
from meter.formulas import leaves
from meter.rulebook import Verdict, first_match, is_spent
from meter.vocabulary import Access, Opening

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from meter.columns.arrays import Codes, Flags, Integers
    from meter.formulas import Formula
    from meter.policy import Policy
    from meter.windows import Timeline

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

    @property
    def spends(self) -> bool:
        """Whether a person's view of this would count where a rule spends."""
        return is_spent(self.values[ACCESS])


class _Rooms(NamedTuple):
    """The different things that `allowance` can say of a limit: whether it opens, what is left."""

    start: int
    """Where their numbers begin in `Tables.rooms`, by used and seen."""
    said: tuple[tuple[Opening, int], ...]


class _Row(NamedTuple):
    """What `Tables` says of a group, and of it and each meter."""

    settled: int
    limits: list[int]
    room_at: list[int]
    strides: list[int]
    verdict_at: int
    combinations: int
    """How many entries the group has in the table of verdicts."""


class _VerdictColumns(TypedDict):
    meter: Integers
    spend: Integers
    full: Flags


class Judging:
    """A policy as tables of groups and verdicts. `judged` says how often the engine was asked."""

    def __init__(self, policy: Policy) -> None:
        self.rulebook = policy.rulebook
        self.meters = [name for name, _, _ in self.rulebook.meters]
        self.verdicts: list[Verdict] = []
        self.groups: list[Group] = []
        self.judged = 0
        self._lock = Lock()
        self._group_of: dict[Group, int] = {}
        self._verdict_of: dict[Verdict, int] = {}
        self._rows: list[_Row] = []
        self._known: dict[int, int] = {}
        self._rooms: list[int] = []
        self._rooms_of: dict[tuple[int, int, bool], _Rooms] = {}
        vocabulary = self.rulebook.vocabulary
        self._left_slots = [
            vocabulary.slots[vocabulary.place("left", name)] for name in self.meters
        ]

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

    def limit(self, group: int, verdict: int) -> int | None:
        """Return the limit that a decision of this group and verdict reports.

        `None` where it reports no meter.
        """
        meter = self.verdicts[verdict].meter
        if meter is None:
            return None
        return self.rulebook.limit(meter, self.groups[group].values)

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
        timelines = [timeline for _, timeline, _ in self.rulebook.meters]
        edges = [_edges(timeline, at) for timeline in timelines]
        shape = (len(self.groups), len(self.meters))
        rows = self._rows
        return Tables(
            kind=np.array([_kind(timeline) for timeline in timelines], np.int64),
            length=np.array([_length(timeline) for timeline in timelines], np.int64),
            edge_at=np.cumsum([0, *map(len, edges)]),
            edges=np.array([edge for row in edges for edge in row], np.int64),
            by_view=np.array([by_view for _, _, by_view in self.rulebook.meters], np.bool_),
            shares=np.isin(np.arange(len(self.meters)), self.rulebook.sharing),
            settled=np.array([row.settled for row in rows], np.int64),
            prefetch=np.array([group.prefetch for group in self.groups], np.bool_),
            limit=np.array([row.limits for row in rows], np.int64).reshape(shape),
            room_at=np.array([row.room_at for row in rows], np.int64).reshape(shape),
            stride=np.array([row.strides for row in rows], np.int64).reshape(shape),
            rooms=np.array([*self._rooms, 0], np.int64),
            verdict_at=np.array([row.verdict_at for row in rows], np.int64),
            **self.verdict_columns(),
        )

    def verdict_columns(self) -> _VerdictColumns:
        """Return the columns of `Tables` by verdict, which grow while the engine is asked."""
        place: dict[str | None, int] = {None: -1}
        place.update((name, number) for number, name in enumerate(self.meters))
        return {
            "meter": np.array([place[verdict.meter] for verdict in self.verdicts], np.int64),
            "spend": np.array([place[verdict.spend] for verdict in self.verdicts], np.int64),
            "full": np.array(
                [verdict.show.access is Access.FULL for verdict in self.verdicts], np.bool_
            ),
        }

    def capacity(self) -> int:
        """Return how much a meter may count at once."""
        return max((limit for row in self._rows for limit in row.limits), default=1) + 1

    def _judge(self, group: int, combination: int) -> int:
        facts = self.groups[group]
        row = self._rows[group]
        codes: list[Hashable] = []
        for m, left_slot in enumerate(self._left_slots):
            opens, left = Opening.CLOSED, 0  # a meter that no rule can ask about
            if row.limits[m] >= 0:
                said = self._allowances(m, row.limits[m], spends=facts.spends).said
                opens, left = said[combination // row.strides[m] % len(said)]
            codes += (opens, left_slot.code(left))
        if self.rulebook.vocabulary.once:
            codes.append(facts.started)
        verdict = judge(self.rulebook, (*facts.values, *codes))
        self.judged += 1
        number = self._number(verdict)
        self._known[row.verdict_at + combination] = number
        return number

    def _number(self, verdict: Verdict) -> int:
        if verdict not in self._verdict_of:
            self._verdict_of[verdict] = len(self.verdicts)
            self.verdicts.append(verdict)
        return self._verdict_of[verdict]

    def _row(self, group: Group) -> _Row:
        verdict = first_match(self.rulebook, group.values)
        self.judged += 1
        settled = -1 if verdict is None else self._number(verdict)
        asked = set(self._asked(group)) if verdict is None else set()
        limits, room_at, strides = [], [], []
        combinations = 1
        for m, name in enumerate(self.meters):
            limit, start, stride = -1, 0, 0
            if name in asked:
                limit = self.rulebook.limit(name, group.values)
                start, said = self._allowances(m, limit, spends=group.spends)
                stride = combinations
                combinations *= len(said)
            limits.append(limit)
            room_at.append(start)
            strides.append(stride)
        return _Row(settled, limits, room_at, strides, self._verdict_places(), combinations)

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
            if rule.spend is not None:
                yield rule.spend
            yield from self._meters_in(rule.formula)
            for offer in rule.offers:
                yield from self._meters_in(offer.formula)
            if holds and rule.spend is None:
                return

    def _meters_in(self, formula: Formula) -> Iterator[str]:
        for leaf in leaves(formula):
            meter = self.rulebook.vocabulary.slots[leaf.slot].meter
            if meter is not None:
                yield meter

    def _allowances(self, m: int, limit: int, *, spends: bool) -> _Rooms:
        """Return the different things that `allowance` can say of a limit of a meter."""
        key = (m, limit, spends)
        if key not in self._rooms_of:
            numbers: dict[tuple[Opening, int | None], int] = {}
            said: list[tuple[Opening, int]] = []
            start = len(self._rooms)
            for used in range(limit + 1):
                for seen in (False, True):
                    opens, left = allowance(limit, used, seen=seen, spends=spends)
                    code = (opens, self._left_slots[m].code(left))
                    if code not in numbers:
                        numbers[code] = len(said)
                        said.append((opens, left))
                    self._rooms.append(numbers[code])
            self._rooms_of[key] = _Rooms(start, tuple(said))
        return self._rooms_of[key]


def _kind(timeline: Timeline) -> int:
    window = timeline.window
    if window.calendar:
        return CALENDAR
    if window.rolling:
        return ROLLING
    return FIXED if window.fixed else LIFETIME


def _length(timeline: Timeline) -> int:
    """Return the length of a rolling or fixed window in microseconds, else 0."""
    if _kind(timeline) not in (ROLLING, FIXED):
        return 0
    return timeline.ends((0,)) or 0


def _edges(timeline: Timeline, at: Integers) -> list[int]:
    """Return where the calendar windows start that hold the instants `at`.

    The last one is where the last of them ends.
    """
    if timeline.window.calendar is None or not len(at):
        return []
    edges = [*timeline.bounds(int(at.min()))]
    last = int(at.max())
    while edges[-1] <= last:
        edges.append(timeline.bounds(edges[-1])[1])
    return edges

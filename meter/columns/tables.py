"""What do the rules say of a group of equal facts?

The engine is asked once for each combination that is met, and remembered.

A policy becomes tables for the counting loop: limits and what they leave come from
`engine.allowance`, verdicts from `engine.judge`, calendar windows from `Timeline.bounds`. No rule,
limit or window is written a second time here.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from meter.engine import Verdict, allowance, first_match, judge
from meter.errors import raise_missing_extra
from meter.vocabulary import Access

try:
    import numpy as np
except ImportError as error:  # pragma: no cover - checked in an environment without the extra
    raise_missing_extra(error)

from meter.columns.counting import CALENDAR, FIXED, LIFETIME, ROLLING, Tables
from meter.vocabulary import ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.formulas import Formula
    from meter.policy import Policy
    from meter.windows import Timeline

__all__ = ["Array", "Judging", "spends"]

Array = Any
"""A NumPy array."""


class Judging:
    """A policy as tables of groups and verdicts. `judged` says how often the engine was asked."""

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
        """Return the number of some facts.

        The codes that need no usage, and whether such a view would count at all.

        A view would count if the article is metered and the view is not a prefetch.
        """
        number = self._group_of.get((values, spends))
        if number is None:
            number = self._group_of[values, spends] = len(self.groups)
            self.groups.append((values, spends))
            self._prepare(values, spends)
        return number

    def limit(self, group: int, verdict: int) -> int | None:
        """Return the limit that a decision of this group and verdict reports, or `None` where it
        reports no meter.
        """
        meter = self.verdicts[verdict].meter
        return None if meter is None else self.rulebook.limit(meter, self.groups[group][0])

    def judge(self, group: int, combination: int) -> int:
        """Ask the engine about a group and what its meters have counted, and return the verdict's
        number.
        """
        with self._lock:  # threads come here seldom: once for each combination they meet
            return self._judge(group, combination)

    def judge_all(self) -> None:
        """Ask the engine about every group and whatever its meters may have counted."""
        starts = [*self._verdict_at, self._sizes]
        for group, settled in enumerate(self._settled):
            if settled < 0:
                for combination in range(starts[group + 1] - starts[group]):
                    self.judge(group, combination)

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
        assert verdict is not None
        self.judged += 1
        number = self._number(verdict)
        self._known[self._verdict_at[group] + combination] = number
        return number

    def _number(self, verdict: Verdict) -> int:
        if verdict not in self._verdict_of:
            self._verdict_of[verdict] = len(self.verdicts)
            self.verdicts.append(verdict)
        return self._verdict_of[verdict]

    def _prepare(self, values: tuple[Any, ...], spends: bool) -> None:
        verdict = first_match(self.rulebook, values)
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
        meter = (
            self.rulebook.vocabulary.slots[formula.slot].meter if hasattr(formula, "slot") else None
        )
        if meter is not None:
            yield meter

    def _rooms_of(self, meter: int, limit: int, spends: bool) -> tuple[int, list[tuple[bool, int]]]:
        """Return the different things that `allowance` can say of a limit, and where their numbers
        begin, by used and seen.
        """
        slot = self.rulebook.vocabulary.slots[self._places[self.meters[meter]] + 1]
        key = (limit, meter, spends)
        if key not in self._room_sets:
            found: dict[tuple[bool, int | None], int] = {}
            said: list[tuple[bool, int]] = []
            start = len(self._rooms)
            for used in range(limit + 1):
                for seen in (False, True):
                    opens, left = allowance(limit, used, seen=seen, spends=spends)
                    code = (opens, slot.code(left))
                    if code not in found:
                        found[code] = len(said)
                        said.append((opens, left))
                    self._rooms.append(found[code])
            self._room_sets[key] = start, said
        return self._room_sets[key]

    def verdict_table(self) -> Array:
        table = np.full(max(self._sizes, 1), -1, np.int32)
        if self._known:
            table[np.fromiter(self._known, np.int64)] = np.fromiter(self._known.values(), np.int32)
        return table

    def tables(self, at: Array) -> Tables:
        timelines = [timeline for _, timeline, _ in self.rulebook.meters]
        edges = [_edges(timeline, at) for timeline in timelines]
        shape = (len(self.groups), len(self.meters))

        def grid(rows: Sequence[Sequence[int]]) -> Array:
            return np.array(rows, np.int64).reshape(shape)

        return Tables(
            kind=np.array([_kind(timeline) for timeline in timelines], np.int64),
            length=np.array(
                [
                    0 if _kind(line) in (CALENDAR, LIFETIME) else line.ends((0,))
                    for line in timelines
                ],
                np.int64,
            ),
            edge_at=np.cumsum([0, *map(len, edges)]),
            edges=np.array([edge for row in edges for edge in row], np.int64),
            by_view=np.array([by_view for _, _, by_view in self.rulebook.meters], np.bool_),
            settled=np.array(self._settled, np.int64),
            spends=np.array([spends for _, spends in self.groups], np.bool_),
            limit=grid(self._limits),
            room_at=grid(self._room_at),
            stride=grid(self._strides),
            rooms=np.array([*self._rooms, 0], np.int64),
            verdict_at=np.array(self._verdict_at, np.int64),
            **self.verdict_columns(),
        )

    def verdict_columns(self) -> dict[str, Array]:
        place: dict[str | None, int] = {
            None: -1,
            **{name: number for number, name in enumerate(self.meters)},
        }
        return {
            "meter": np.array([place[verdict.meter] for verdict in self.verdicts], np.int64),
            "spend": np.array([place[verdict.spend] for verdict in self.verdicts], np.int64),
            "full": np.array(
                [verdict.show.access is Access.FULL for verdict in self.verdicts], np.bool_
            ),
        }

    def capacity(self) -> int:
        return max((limit for limits in self._limits for limit in limits), default=1) + 1


def _kind(timeline: Timeline) -> int:
    window = timeline.window
    return (
        CALENDAR
        if window.calendar
        else ROLLING
        if window.rolling
        else FIXED
        if window.fixed
        else LIFETIME
    )


def _edges(timeline: Timeline, at: Array) -> list[int]:
    """Return where the calendar windows start that hold the instants `at`, and where the last one
    ends.
    """
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

"""Everything that can happen in the simulated world, as far as a policy distinguishes it."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import timedelta
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from meter.errors import MeterError
from meter.facts.slots import observer_of
from meter.simulate.arms import Bucketing
from meter.simulate.unknown import refuse_unknown
from meter.view import Article, PageView, Reader
from meter.windows import DAY, EPOCH, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from meter.columns.tables import Judging
    from meter.policy import Policy
    from meter.simulate.account_states import AccountState
    from meter.simulate.horizon import Horizon
    from meter.simulate.world import WorldKinds

    Scene = tuple[Reader, PageView, int]
    """Somebody looks at something at an instant."""

__all__ = ["Dimension", "Situations"]

_MOST_SITUATIONS = 200_000
_SCORES = 101
_QUARTER = DAY // 96
_SOMEONE = Reader(id="someone")
_SOMETHING = PageView(article=Article(id="something"))


@frozen(eq=False)
class Dimension:
    """One way in which views differ, and what of it a policy distinguishes.

    `slots` are the places, among the codes that a policy observes, that depend on it; `codes` what
    is seen there, each different thing once; `number` which of them it is, for each case.
    """

    slots: tuple[int, ...]
    codes: tuple[tuple[Hashable, ...], ...]
    number: NDArray[np.int64]


class Situations:
    """What one policy sees of each person, article, visit and time of the simulated world."""

    def __init__(
        self, policy: Policy, kinds: WorldKinds, horizon: Horizon, states: Sequence[AccountState]
    ) -> None:
        self._kinds = kinds
        self._zone = policy.zone
        self._at = horizon.opens
        self._vocabulary = policy.rulebook.vocabulary
        self._slots = self._vocabulary.slots[: self._vocabulary.base]
        mentioned = {slot.name: slot.mentioned for slot in self._slots}
        self._has = mentioned.keys()
        refuse_unknown(policy)
        self.periods = self._changes(mentioned.get("period", ()), horizon)
        """The instants at which something changes by the policy's own dates, days and hours."""
        self.expiry: tuple[int, ...] = mentioned.get("expiry", ())
        self.ages: tuple[int, ...] = mentioned.get("age", ())
        """What the times since expiry and since publication are compared with, in microseconds."""
        self.who = self._who(states)
        """[state, interval of the time since expiry]"""
        self.reader = self._reader()
        """[reader class, score in hundredths]"""
        self.article = self._article()
        """[article class]"""
        self.visit = self._visit()
        """[referrer, device]"""
        self.period = self._period()
        """[period]"""
        self.age = self._age()
        """[interval of the age]"""
        self.by_visitor = Bucketing.of(self._slots, by_visitor=True)
        self.by_reader = Bucketing.of(self._slots, by_visitor=False)
        """The variants that ids are in."""

    def groups(self, judging: Judging) -> NDArray[np.int64]:
        """Return the group of equal facts of each combination, one axis a dimension.

        The axes are who, reader, article, visit, period, age, the arms of the visitor and of the
        reader, and what was started: bit by bit, the offers that an account starts once. Raises
        `MeterError` where there are too many combinations.
        """
        dimensions: list[Dimension | Bucketing] = [self.who, self.reader, self.article, self.visit]
        dimensions += [self.period, self.age, self.by_visitor, self.by_reader]
        once = self._vocabulary.once
        sizes = [*(len(dimension.codes) for dimension in dimensions), 1 << len(once)]
        if prod(sizes) > _MOST_SITUATIONS:
            raise MeterError(
                f"the policy and the assumptions make {prod(sizes)} different situations; leave"
                " out segments, sections or experiments, or offers that are started once"
            )
        group = np.empty(sizes, np.int64)
        for combination in product(*map(range, sizes)):
            codes: list[Hashable] = [None] * len(self._slots)
            for dimension, number in zip(dimensions, combination[:-1], strict=True):
                for slot, code in zip(dimension.slots, dimension.codes[number], strict=True):
                    codes[slot] = code
            started = frozenset(name for bit, name in enumerate(once) if combination[-1] >> bit & 1)
            group[combination] = judging.group(tuple(codes), started=started)
        return group

    def _dimension(
        self, names: tuple[str, ...], shape: tuple[int, ...], scenes: Iterable[Scene]
    ) -> Dimension:
        """Return what the slots of some names say of scenes, which come row by row."""
        slots = tuple(place for place, slot in enumerate(self._slots) if slot.name in names)
        numbers: dict[tuple[Hashable, ...], int] = {}
        found = []
        for scene in scenes:
            seen = self._vocabulary.observe(*scene)
            codes = tuple(seen[slot] for slot in slots)
            found.append(numbers.setdefault(codes, len(numbers)))
        return Dimension(slots, tuple(numbers), np.array(found, np.int64).reshape(shape))

    def _changes(self, dates: Sequence[int], horizon: Horizon) -> tuple[int, ...]:
        """Return the instants at which the date, the day of the week or the hour changes.

        By the clocks, which show another hour only at whole quarters of one.
        """
        clocks = [observer_of(slot) for slot in self._slots if slot.zone is not None]
        if not clocks:
            return tuple(dates)
        changes = set(dates)
        before: list[Hashable] = []
        for at in range(horizon.opens // _QUARTER * _QUARTER, horizon.closes, _QUARTER):
            told = [observe(_SOMEONE, _SOMETHING, at) for observe in clocks]
            if told != before:
                changes.add(at)
            before = told
        return tuple(sorted(changes))

    def _who(self, states: Sequence[AccountState]) -> Dimension:
        lengths = _one_of_each(self.expiry)
        return self._dimension(
            ("reader", "product", "whole", "named", "expiry"),
            (len(states), len(lengths)),
            (
                (self._person(state, length), _SOMETHING, self._at)
                for state in states
                for length in lengths
            ),
        )

    def _person(self, state: AccountState, since: int) -> Reader:
        """Return somebody whose right ended some microseconds ago, or ends tomorrow."""
        now = EPOCH + timedelta(microseconds=self._at)
        ended = now - timedelta(microseconds=since)
        ends = ended if state.over else now + timedelta(days=1)
        return state.given_to(_SOMEONE, ended - timedelta(days=1), ends)

    def _reader(self) -> Dimension:
        readers = self._kinds.readers
        scores = range(_SCORES) if "score" in self._has else (0,)
        found = self._dimension(
            ("segments", "score", "country"),
            (len(readers), len(scores)),
            (
                (evolve(reader, score=score / 100), _SOMETHING, self._at)
                for reader in readers
                for score in scores
            ),
        )
        if "score" in self._has:
            return found
        return evolve(found, number=np.repeat(found.number, _SCORES, axis=1))

    def _article(self) -> Dimension:
        articles = self._kinds.articles
        return self._dimension(
            ("access", "section", "kind", "tags"),
            (len(articles),),
            ((_SOMEONE, self._page(article), self._at) for article in articles),
        )

    def _page(self, article: Article, age: int = 0) -> PageView:
        """Return a view of an article that came out some microseconds ago."""
        published = moment(self._at - age, self._zone)
        return PageView(article=evolve(article, published=published))

    def _visit(self) -> Dimension:
        referrers = self._kinds.referrers
        devices = self._kinds.devices
        return self._dimension(
            ("device", "referrer", "channel", "language", "gift", "crawler"),
            (len(referrers), len(devices)),
            ((_SOMEONE, view, self._at) for view in self._visits()),
        )

    def _visits(self) -> Iterator[PageView]:
        for referrer, device in product(self._kinds.referrers, self._kinds.devices):
            yield evolve(_SOMETHING, referrer=referrer, device=device, channel="web")

    def _period(self) -> Dimension:
        starts = [self._at]
        if self.periods:
            starts = [min(self._at, *self.periods) - 1, *self.periods]
        scenes = ((_SOMEONE, _SOMETHING, start) for start in starts)
        return self._dimension(("period", "weekday", "hour"), (len(starts),), scenes)

    def _age(self) -> Dimension:
        ages = _one_of_each(self.ages)
        pages = (self._page(_SOMETHING.article, age) for age in ages)
        scenes = ((_SOMEONE, page, self._at) for page in pages)
        return self._dimension(("age",), (len(ages),), scenes)


def _one_of_each(marks: Sequence[int]) -> list[int]:
    """Return a length of each interval between some lengths, and each of them itself."""
    lengths = [0]
    for mark in marks:
        lengths += [mark, mark + 1]
    return lengths

"""The states that a meter can be in for a view, and the fewest counts that lead to each."""

# All that rules see of a meter are its codes (`meter_codes` of the engine): is it open to the view,
# what would be left, what is left, how much is counted. They follow from the reader's limit, from
# how much is counted and whether this article is among it, from whether the article is counted
# already by any meter, and from what the view would add (a `Charge`). Which codes there are at once
# is found by asking the engine for every limit and charge, and for every count at which a code can
# change: between two such edges all counts are alike.

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from meter.engine import meter_codes
from meter.facts import ACCESS
from meter.facts.meters import ALREADY, OWN
from meter.verify.situations import MeterState
from meter.vocabulary import ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.facts import Codes
    from meter.formulas import Formula
    from meter.rulebook import Rulebook

__all__ = ["Case", "Charge", "Known", "Limits", "MeterCounts", "Way", "Ways"]


class Way(NamedTuple):
    """How a state is reached: how many are counted, and whether this article (or view) is.

    `used` is `None` for a reader without an id, of whom nothing is known.
    """

    used: int | None
    own: bool

    @property
    def order(self) -> tuple[bool, int, bool]:
        """What is sorted by: few counts first, and readers without an id last."""
        return self.used is None, self.used or 0, self.own


Ways = dict[MeterState, Way]

Known = tuple[bool, ...]
"""Under each policy: is the article counted already?"""

Limits = tuple[int | None, ...]
"""A reader's limit of a meter under each policy; `None` is no limit."""


class Charge(NamedTuple):
    """What a view is to a meter: its history keeps it, and it counts where a rule spends."""

    keeps: bool = False
    spent: bool = False

    def adds(self, seen: int) -> bool:
        """Say whether the view would count, as `Rulebook.adds` does; `seen` is as in `Counts`."""
        if self.keeps and not seen & OWN:
            return True
        return self.spent and not seen & ALREADY


Charges = tuple[Charge, ...]
"""What a view is to a meter under each policy."""


class Case(NamedTuple):
    """Views with certain charges: of an access, and with histories that keep them or do not.

    `kept` has, for the policies whose history may keep such an article, the number of the policy,
    the history's formula, and whether it holds.
    """

    access: ArticleAccess
    kept: tuple[tuple[int, Formula, bool], ...]


class MeterCounts:
    """One meter under some policies that share a vocabulary."""

    def __init__(
        self, name: str, rulebooks: Sequence[Rulebook], sharing: Sequence[frozenset[str]]
    ) -> None:
        self.name = name
        self.rulebooks = rulebooks
        self.vocabulary = rulebooks[0].vocabulary
        self.places = [book.places.get(name) for book in rulebooks]
        """Under each policy, the place of the meter; `None` where there is no such meter."""
        self.shares = [name in meters for meters in sharing]
        self.limits = list(self._limits())
        """Every combination of limits that a reader may have."""
        self.cases = self._cases()
        """By what a view is to the meter, which views are that."""
        self._found: dict[tuple[Limits, Known, Charges], Ways] = {}
        self._known_codes: dict[tuple[int | None, int | None, tuple[int, bool]], Codes] = {}

    @property
    def is_used(self) -> bool:
        """Whether some condition asks how much is counted."""
        return self.vocabulary.meters[self.name].used >= 0

    def _limits(self) -> Iterator[Limits]:
        own = [
            {0, *(limit for _, limit in book.limits.get(self.name, ()))} for book in self.rulebooks
        ]
        yield from product(*(sorted(limits, key=_finite_first) for limits in own))

    def _cases(self) -> dict[Charges, list[Case]]:
        cases: dict[Charges, list[Case]] = {}
        for access in ArticleAccess:
            may = [self._may_be(side, access) for side in range(len(self.places))]
            for charges in product(*may):
                kept = tuple(self._kept(charges, may))
                cases.setdefault(charges, []).append(Case(access, kept))
        return cases

    def _kept(
        self, charges: Charges, may: Sequence[Sequence[Charge]]
    ) -> Iterator[tuple[int, Formula, bool]]:
        """Yield the histories that some charges are asked of."""
        for side, place in enumerate(self.places):
            history = None if place is None else self.rulebooks[side].kept[place].history
            if history is not None and len(may[side]) > 1:
                yield side, history, charges[side].keeps

    def _may_be(self, side: int, access: ArticleAccess) -> list[Charge]:
        """Return what views of an access can be to the meter under one policy."""
        place = self.places[side]
        if place is None:
            return [Charge()]
        kept = self.rulebooks[side].kept[place]
        spent = access in kept.spent
        if kept.history is None or access not in kept.access:
            return [Charge(keeps=False, spent=spent)]
        return [Charge(keeps=keeps, spent=spent) for keeps in (False, True)]

    def charges(self, facts: Codes) -> Charges:
        """Return what a view with these facts is to the meter."""
        charges = []
        for book, place in zip(self.rulebooks, self.places, strict=True):
            if place is None:
                charges.append(Charge())
            else:
                spent = facts[ACCESS] in book.kept[place].spent
                charges.append(Charge(keeps=book.keeps(place, facts), spent=spent))
        return tuple(charges)

    def states(self, limits: Limits, known: Known, charges: Charges) -> Ways:
        """Return the states of readers with an id under these limits, and how each is reached."""
        key = limits, known, charges
        if key not in self._found:
            self._found[key] = self._states(limits, known, charges)
        return self._found[key]

    def _states(self, limits: Limits, known: Known, charges: Charges) -> Ways:
        shared = list(zip(self.shares, known, strict=True))
        hidden = any(shares and not knows for shares, knows in shared)
        told = any(shares and knows for shares, knows in shared)
        # What the view is to the meter, by whether it has counted it itself.
        views = [self._view(known, charges, own=own) for own in (False, True)]
        ways: Ways = {}
        for used in self._counts_that_matter(limits):
            for own in (False, True) if used and not hidden else (False,):
                state = self._state(limits, used, views[own])
                # Where something is known, this meter is the first to be asked for it.
                if state not in ways or (told and own and not ways[state].own):
                    ways[state] = Way(used, own)
        return ways

    def without_id(self, limits: Limits) -> MeterState:
        """Return the state for a reader without an id."""
        return self._state(limits, None, [(0, False)] * len(limits))

    def _view(self, known: Known, charges: Charges, *, own: bool) -> list[tuple[int, bool]]:
        """Return under each policy whether the view is counted (see `Counts`), and would count."""
        seen = [self._seen(side, own=own, known=knows) for side, knows in enumerate(known)]
        return [(saw, charge.adds(saw)) for saw, charge in zip(seen, charges, strict=True)]

    def _seen(self, side: int, *, own: bool, known: bool) -> int:
        """Return what `Counts` says of the view: counted by this meter, and counted already."""
        place = self.places[side]
        if place is None:
            return 0
        already = own if self.rulebooks[side].meters[place].by_view else known
        return OWN * own + ALREADY * already

    def _state(
        self, limits: Limits, used: int | None, view: Sequence[tuple[int, bool]]
    ) -> MeterState:
        sides = zip(limits, view, strict=True)
        return MeterState(tuple(self._codes(limit, used, viewed) for limit, viewed in sides))

    def _codes(self, limit: int | None, used: int | None, view: tuple[int, bool]) -> Codes:
        key = limit, used, view
        found = self._known_codes.get(key)
        if found is None:
            seen, adds = view
            told = meter_codes(self.vocabulary, self.name, limit, used, seen=seen, adds=adds)
            found = self._known_codes[key] = tuple(told)
        return found

    def _counts_that_matter(self, limits: Limits) -> list[int]:
        """Return counts up to the largest constant, enough to meet every possible code.

        A count may be above a limit, which may have been another then.
        """
        finite = [limit for limit in limits if limit is not None]
        slots = self.vocabulary.meters[self.name]
        left = {0, *self._constants(slots.left), *self._constants(slots.now)}
        used = self._constants(slots.used)
        edges = {0, *used, *(limit - mark for limit in finite for mark in left)}
        near = {edge + step for edge in edges for step in range(-2, 3)}
        most = max(1, *finite, *(mark + 1 for mark in used), 0)
        return sorted(count for count in near if 0 <= count <= most)

    def _constants(self, slot: int) -> list[int]:
        return [] if slot < 0 else [int(mark) for mark in self.vocabulary.slots[slot].mentioned]


def _finite_first(limit: int | None) -> tuple[bool, int]:
    return limit is None, limit or 0

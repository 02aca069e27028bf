"""What some policies can tell apart, laid out as variables with a few codes each.

There is a variable for each slot of their common vocabulary (for a set, one for each member), one
for whether the article is counted already, and one for the state of each meter.
"""

# The state of a meter is one variable and not three (limit, count, "counted already"),
# because all that rules can see of it are two codes: whether the meter is open to this view, and
# what is left after it. Which pairs there are is found by asking the engine's own `allowance` for
# every limit a reader may have and every count at which a code can change: between two such edges
# all counts are alike. Two policies share the variable; its codes are then pairs of pairs, since it
# is one count that either policy measures against a limit of its own.
#
# "Counted already" is one variable for all meters, because one meter's count opens the others. Two
# policies share it unless they count articles on different meters.

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from meter.engine import allowance, complete, count, is_counted
from meter.formulas import Contains, leaves
from meter.rulebook import is_spent
from meter.verify.concretize import concretize, plain_codes
from meter.verify.situations import MeterState, Situation, Variable
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from meter.facts import Codes, Slot, Vocabulary
    from meter.rulebook import Rulebook
    from meter.verify.concretize import ConcreteView

__all__ = ["Layout"]

_WHO = (
    "reader",
    "product",
    "segments",
    "score",
    "expiry",
    "purchase",
    "registration",
    "country",
    "period",
    "weekday",
    "hour",
    "whole",
    "started",
)
"""What stays the same from one page view to the next: the reader, and the day."""

Ways = dict[MeterState, tuple[int, bool]]
"""How a state is reached: how many are counted, and whether this article (or view) is."""

Known = tuple[bool, ...]
"""Under each policy: is the article counted already?"""


class Layout:
    """The variables of some policies that share a vocabulary, and what their codes mean.

    Readers come first, then page views, then meter states; `by_mention`, what rules ask for first
    comes first.
    """

    def __init__(self, rulebooks: Sequence[Rulebook], *, by_mention: bool = False) -> None:
        self.rulebooks = tuple(rulebooks)
        self.vocabulary: Vocabulary = rulebooks[0].vocabulary
        self.by_mention = by_mention
        meters = [meter.name for book in rulebooks for meter in book.policy.meters]
        self.meters = tuple(dict.fromkeys(meters))
        self.limit_values = {name: self._limit_values(name) for name in self.meters}
        self._ways: dict[tuple[str, tuple[int, ...], bool, Known], Ways] = {}
        self.sharing = tuple(
            frozenset(book.meters[place].name for place in book.sharing) for book in rulebooks
        )
        """Under each policy, the meters whose counts are counted already for one another."""
        self.variables = self._variables()
        self.who = frozenset(level for level, v in enumerate(self.variables) if v.who)
        known = {
            frozenset(v.counted_by): level
            for level, v in enumerate(self.variables)
            if v.name == _KNOWN
        }
        self.known_levels = tuple(known[meters] for meters in self.sharing)
        """Under each policy, the level that says whether the article is counted already."""
        self.first_count = min(self.known_levels)
        """The level from which on the reader's past is told."""
        self._levels = {
            (v.slot, v.member): level
            for level, v in enumerate(self.variables)
            if v.slot is not None
        }
        self._state_levels = {
            v.meter: level for level, v in enumerate(self.variables) if v.meter is not None
        }
        self.state_levels = frozenset(self._state_levels.values())

    # The variables.

    def _variables(self) -> tuple[Variable, ...]:
        slots = list(self._slot_variables())
        if self.by_mention:
            first = self._first_mentions()
            slots.sort(key=lambda v: first.get((v.slot, v.member), len(first)))
        else:
            slots.sort(key=lambda v: not v.who)
        known = [
            Variable(_KNOWN, (False, True), counted_by=tuple(sorted(meters)))
            for meters in dict.fromkeys(self.sharing)
        ]
        meter_states = [
            Variable("meter state", self._state_domain(name), meter=name) for name in self.meters
        ]
        return (*slots, *known, *meter_states)

    def _slot_variables(self) -> Iterator[Variable]:
        for index, slot in enumerate(self.vocabulary.slots):
            if slot.meter is not None:
                continue
            who = slot.asks in _WHO
            if slot.kind == "set":
                for member in slot.mentioned:
                    yield Variable(slot.name, (False, True), index, member, who=who)
            else:
                yield Variable(slot.name, plain_codes(self.vocabulary, slot), index, who=who)

    def _first_mentions(self) -> dict[tuple[int | None, str | None], int]:
        """Return the slots and members that rules ask for, numbered as they come."""
        first: dict[tuple[int | None, str | None], int] = {}
        for book in self.rulebooks:
            for rule in book.rules:
                for atom in leaves(rule.formula):
                    member = atom.member if isinstance(atom, Contains) else None
                    first.setdefault((atom.slot, member), len(first))
        return first

    def _limit_values(self, meter: str) -> list[tuple[int, ...]]:
        """Return every combination of limits a reader may have, one under each policy."""
        combinations: list[tuple[int, ...]] = [()]
        for book in self.rulebooks:
            own = sorted({0, *(limit for _, limit in book.limits.get(meter, ()))})
            combinations = [(*most, limit) for most in combinations for limit in own]
        return combinations

    def _state_domain(self, meter: str) -> tuple[MeterState, ...]:
        ways: Ways = {}
        for limits in self.limit_values[meter]:
            for spends, known in product((True, False), self.known_values()):
                for state, way in self.meter_states(meter, limits, known, spends=spends).items():
                    ways[state] = min(way, ways.get(state, way))

        def history(state: MeterState) -> tuple[tuple[int, bool], list[bool]]:
            return ways[state], [not opens for opens, _ in state.codes]

        # First the states that still allow a read: examples then need no history.
        return tuple(sorted(ways, key=history))

    def known_values(self) -> list[Known]:
        """Return what "counted already" may be under the policies."""
        sets = list(dict.fromkeys(self.sharing))
        return [
            tuple(values[sets.index(meters)] for meters in self.sharing)
            for values in product((False, True), repeat=len(sets))
        ]

    def meter_states(
        self, meter: str, limits: tuple[int, ...], known: Known, *, spends: bool
    ) -> Ways:
        """Return the possible states of a meter under these limits, and how each is reached.

        `spends`: the article is such that it counts where a rule spends.
        """
        key = meter, limits, spends, known
        if key not in self._ways:
            slot = self.vocabulary.slots[self.vocabulary.place("left", meter)]
            shared = [meter in meters for meters in self.sharing]
            hidden = any(shares and not knows for shares, knows in zip(shared, known, strict=True))
            told = any(shares and knows for shares, knows in zip(shared, known, strict=True))
            ways: Ways = {}
            for used in _counts_that_matter(limits, slot.mentioned):
                for own in (False, True) if used and not hidden else (False,):
                    seen = [
                        knows if shares else own
                        for shares, knows in zip(shared, known, strict=True)
                    ]
                    state = _meter_state(slot, limits, used, seen, spends=spends)
                    # Where something is known, this meter is the first to be asked for it.
                    if state not in ways or (told and own and not ways[state][1]):
                        ways[state] = (used, own)
            self._ways[key] = ways
        return self._ways[key]

    def level(self, slot: int, member: str | None = None) -> int:
        """Return the level of a slot, or of one member of a slot that holds a set."""
        return self._levels[slot, member]

    def named(self, name: str, member: str | None = None) -> int | None:
        """Return the level of a slot by its name, or `None` if the policy never looks at it."""
        for level, variable in enumerate(self.variables):
            if variable.name == name and variable.member == member:
                return level
        return None

    def state_level(self, meter: str) -> int:
        """Return the level of a meter's state."""
        return self._state_levels[meter]

    def state_indices(
        self, meter: str, side: int, name: str, codes: Container[object]
    ) -> list[int]:
        """Return the states whose `open` or `left` is one of some codes, as indices."""
        part = _PARTS.index(name)
        domain = self.variables[self._state_levels[meter]].domain
        return [index for index, state in enumerate(domain) if state.codes[side][part] in codes]

    # One situation.

    def situation(self, codes: Sequence[int]) -> Situation:
        """Return the situation at one code (its index) a level."""
        values: dict[str, Any] = {}
        meter_states: dict[str, MeterState] = {}
        known: dict[frozenset[str], bool] = {}
        for variable, code in zip(self.variables, codes, strict=True):
            value = variable.domain[code]
            if variable.member is not None:
                members = values.get(variable.name, frozenset())
                values[variable.name] = members | {variable.member} if value else members
            elif variable.meter is not None:
                meter_states[variable.meter] = value
            elif variable.slot is None:
                known[frozenset(variable.counted_by)] = value
            else:
                values[variable.name] = value
        knows = tuple(known[meters] for meters in self.sharing)
        return Situation(tuple(codes), values, knows, meter_states)

    def facts(self, situation: Situation, side: int = 0) -> Codes:
        """Return a situation as the engine sees it: one code for each slot of the vocabulary."""
        facts = []
        for slot in self.vocabulary.slots:
            if slot.meter is None:
                facts.append(situation.values[slot.name])
            else:
                part = _PARTS.index(slot.name)
                facts.append(situation.meter_states[slot.meter].codes[side][part])
        return tuple(facts)

    def observe(self, asked: ConcreteView, side: int = 0) -> Codes:
        """Return a concrete view as the engine sees it under the policy `side`."""
        rulebook = self.rulebooks[side]
        at = instant(asked.now)
        facts = self.vocabulary.observe(asked.reader, asked.view, at)
        counts, _ = count(rulebook, asked.reader, asked.view, asked.usage, at)
        return complete(rulebook, facts, counts)

    def knows(self, asked: ConcreteView, side: int = 0) -> bool:
        """Say whether the article of a concrete view is counted already, under a policy."""
        rulebook = self.rulebooks[side]
        at = instant(asked.now)
        counts, _ = count(rulebook, asked.reader, asked.view, asked.usage, at)
        return is_counted(rulebook, counts)

    def codes(self, facts: Sequence[Any], *, known: bool = False) -> list[int]:
        """Return the code (its index) of every level of a layout of one policy, for some facts.

        `known`: the article is counted already.
        """
        return [
            variable.domain.index(self._value(variable, facts, known=known))
            for variable in self.variables
        ]

    def _value(self, variable: Variable, facts: Sequence[Any], *, known: bool) -> object:
        if variable.meter is not None:
            opens, left = (facts[self.vocabulary.place(part, variable.meter)] for part in _PARTS)
            return MeterState(((opens, left),))
        if variable.slot is None:
            return known
        value: object = facts[variable.slot]
        return value if variable.member is None else variable.member in facts[variable.slot]

    def limits_of(self, situation: Situation, meter: str) -> tuple[int, ...]:
        """Return the limits of a meter in a situation, one under each policy."""
        facts = self.facts(situation)
        return tuple(
            book.limit(meter, facts) if meter in book.limits else 0 for book in self.rulebooks
        )

    def used(self, situation: Situation) -> dict[str, tuple[int, bool]]:
        """Return by meter how many are used in a situation, and whether this one is among them.

        The fewest that lead there.
        """
        spends = is_spent(situation.values["access"])
        used = {}
        for meter, state in situation.meter_states.items():
            limits = self.limits_of(situation, meter)
            used[meter] = self.meter_states(meter, limits, situation.known, spends=spends)[state]
        return used

    def concretize(self, situation: Situation, side: int = 0) -> ConcreteView:
        """Return a situation as something to ask the engine about, under the policy `side`."""
        return concretize(
            self.rulebooks[side].policy,
            self.vocabulary,
            situation.values,
            used=self.used(situation),
        )


_KNOWN = "counted already"
_PARTS = ("open", "left")
"""The slots of a meter, in the order of a state's codes."""


def _meter_state(
    left: Slot, limits: Sequence[int], used: int, seen: Sequence[bool], *, spends: bool
) -> MeterState:
    rooms = [
        allowance(limit, used, seen=known, spends=spends)
        for limit, known in zip(limits, seen, strict=True)
    ]
    return MeterState(tuple((opens, left.code(rest) or 0) for opens, rest in rooms))


def _counts_that_matter(limits: Sequence[int], mentioned: Sequence[float]) -> list[int]:
    """Return counts up to the largest limit, enough to meet every possible code.

    Under a limit of 0 one may have been counted too: the limit may have been another then.
    """
    edges = {0, *(int(limit - mark) for limit in limits for mark in (0, *mentioned))}
    near = {edge + step for edge in edges for step in range(-2, 3)}
    return sorted(count for count in near if 0 <= count <= max(1, *limits))

"""What some policies can tell apart, laid out as variables with a few codes each.

There is a variable for each slot of their common vocabulary (for a set, one for each member), one
for whether the view counts, and one for the state of each meter.
"""

# The state of a meter is one variable and not three (limit, count, "counted already"),
# because all that rules can see of it are two codes: whether the meter is open to this view, and
# what is left after it. Which pairs there are is found by asking the engine's own `allowance` for
# every limit a reader may have and every count at which a code can change: between two such edges
# all counts are alike. Two policies share the variable; its codes are then pairs of pairs, since it
# is one count that either policy measures against a limit of its own.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meter.engine import allowance, ledger
from meter.formulas import Contains, leaves
from meter.verify.concretize import concretize, plain_codes
from meter.verify.situations import MeterState, Situation, Variable
from meter.vocabulary import ArticleAccess, Count
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from meter.facts import Codes, Slot, Vocabulary
    from meter.rulebook import Rulebook
    from meter.verify.concretize import ConcreteView

__all__ = ["Layout"]

_WHO = ("reader", "product", "segments", "score", "days_since_expiry", "country", "period")
"""What stays the same from one page view to the next: the reader, and the day."""

_Ways = dict[MeterState, tuple[int, bool]]
"""How a state is reached: how many are counted, and whether this article (or view) is."""


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
        self._ways: dict[tuple[str, tuple[int, ...], bool], _Ways] = {}
        self.variables = self._variables()
        self.who = frozenset(level for level, v in enumerate(self.variables) if v.who)
        self.counts = next(level for level, v in enumerate(self.variables) if v.name == "counts")
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
        counts = Variable("counts", (True, False))
        meter_states = [
            Variable("meter state", self._state_domain(name), meter=name) for name in self.meters
        ]
        return (*slots, counts, *meter_states)

    def _slot_variables(self) -> Iterator[Variable]:
        for index, slot in enumerate(self.vocabulary.slots[: self.vocabulary.base]):
            who = slot.name in _WHO
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
        ways: _Ways = {}
        for limits in self.limit_values[meter]:
            for counts in (True, False):
                for state, way in self.meter_states(meter, limits, counts=counts).items():
                    ways[state] = min(way, ways.get(state, way))

        def history(state: MeterState) -> tuple[tuple[int, bool], list[bool]]:
            return ways[state], [not opens for opens, _ in state.codes]

        # First the states that still allow a read: examples then need no history.
        return tuple(sorted(ways, key=history))

    def meter_states(self, meter: str, limits: tuple[int, ...], *, counts: bool) -> _Ways:
        """Return the possible states of a meter under these limits, and how each is reached."""
        key = meter, limits, counts
        if key not in self._ways:
            slot = self.vocabulary.slots[self.vocabulary.place("left", meter)]
            ways: _Ways = {}
            for used in _counts_that_matter(limits, slot.mentioned):
                for seen in (False, True) if used else (False,):
                    state = _meter_state(slot, limits, used, seen=seen, counts=counts)
                    ways.setdefault(state, (used, seen))
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
        counts = True
        for variable, code in zip(self.variables, codes, strict=True):
            value = variable.domain[code]
            if variable.member is not None:
                members = values.get(variable.name, frozenset())
                values[variable.name] = members | {variable.member} if value else members
            elif variable.meter is not None:
                meter_states[variable.meter] = value
            elif variable.slot is None:
                counts = value
            else:
                values[variable.name] = value
        return Situation(tuple(codes), values, counts, meter_states)

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
        article = asked.view.article
        counts = article.access == ArticleAccess.METERED and not asked.view.prefetch
        counted = ledger(rulebook.policy, asked.usage, asked.now)
        facts = list(self.vocabulary.observe(asked.reader, asked.view, at))
        for name in dict.fromkeys(slot.meter for slot in self.vocabulary.slots if slot.meter):
            meter = rulebook.policy.meter(name)
            key = asked.view.view_key(at) if meter.count is Count.VIEWS else article.key
            ids = counted[name][0].ids
            limit = rulebook.limit(name, facts)
            opens, rest = allowance(limit, len(ids), seen=key in ids, spends=counts)
            left = self.vocabulary.slots[self.vocabulary.place("left", name)]
            facts += [opens, left.code(rest)]
        return tuple(facts)

    def codes(self, facts: Sequence[Any], *, counts: bool = True) -> list[int]:
        """Return the code (its index) of every level of a layout of one policy, for some facts."""
        return [
            variable.domain.index(self._value(variable, facts, counts=counts))
            for variable in self.variables
        ]

    def _value(self, variable: Variable, facts: Sequence[Any], *, counts: bool) -> object:
        if variable.meter is not None:
            opens, left = (facts[self.vocabulary.place(part, variable.meter)] for part in _PARTS)
            return MeterState(((opens, left),))
        if variable.slot is None:
            return counts
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
        counts = situation.counts and situation.values["access"] == ArticleAccess.METERED
        return {
            meter: self.meter_states(meter, self.limits_of(situation, meter), counts=counts)[state]
            for meter, state in situation.meter_states.items()
        }

    def concretize(self, situation: Situation, side: int = 0) -> ConcreteView:
        """Return a situation as something to ask the engine about, under the policy `side`."""
        return concretize(
            self.rulebooks[side].policy,
            self.vocabulary,
            situation.values,
            counts=situation.counts,
            used=self.used(situation),
        )


_PARTS = ("open", "left")
"""The slots of a meter, in the order of a state's codes."""


def _meter_state(
    left: Slot, limits: Sequence[int], used: int, *, seen: bool, counts: bool
) -> MeterState:
    rooms = [allowance(limit, used, seen=seen, spends=counts) for limit in limits]
    return MeterState(tuple((opens, left.code(rest) or 0) for opens, rest in rooms))


def _counts_that_matter(limits: Sequence[int], mentioned: Sequence[float]) -> list[int]:
    """Return counts up to the largest limit, enough to meet every possible code."""
    edges = {0, *(int(limit - mark) for limit in limits for mark in (0, *mentioned))}
    near = {edge + step for edge in edges for step in range(-2, 3)}
    return sorted(count for count in near if 0 <= count <= max(limits))

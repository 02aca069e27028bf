"""What some policies can tell apart, laid out as variables with a few codes each.

There is a variable for each slot of their common vocabulary (for a set, one for each member), one
for whether the article is counted already, and one for the state of each meter.
"""

# The state of a meter is one variable and not four (limit, count, "counted already", what counts),
# because all that rules can see of it are its codes (see `together.counts`). Two policies share the
# variable; its codes are then pairs of codes, since it is one count that either policy measures
# against a limit of its own.
#
# "Counted already" is one variable for all meters, because one meter's count opens the others. Two
# policies share it unless they count articles on different meters.

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from meter.decision import FIRST_METER
from meter.engine import complete, count, is_counted
from meter.facts import seen_name
from meter.formulas import Contains, In, leaves
from meter.verify.concretize import concretize, plain_codes
from meter.verify.situations import MeterState, Situation, Variable
from meter.verify.together.counts import MeterCounts, Way
from meter.verify.together.showings import seen_codes
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Container, Hashable, Iterator, Sequence

    from meter.facts import Codes, Slot, Vocabulary
    from meter.rulebook import Rulebook
    from meter.verify.concretize import ConcreteView
    from meter.verify.together.counts import Known, Limits, Ways

__all__ = ["Layout", "dividing_slot"]

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
    "offered",
    "experiment",
)
"""What stays the same from one page view to the next: the reader, and the day."""
_CLOCK = ("expiry", "purchase", "registration", "period", "weekday", "hour")
"""What another instant may change, of the same reader."""


_MANY = 4
"""Of how many different answers of one slot it is said that it divides the rules."""


def dividing_slot(rulebooks: Sequence[Rulebook]) -> int | None:
    """Return the slot of which rules ask for the most different answers, if those are many."""
    asked: dict[int, set[Hashable]] = {}
    for book in rulebooks:
        for rule in book.rules:
            for atom in leaves(rule.formula):
                if isinstance(atom, In):
                    asked.setdefault(atom.slot, set()).add(atom.codes)
    most = max(asked, key=lambda slot: len(asked[slot]), default=None)
    return most if most is not None and len(asked[most]) >= _MANY else None


class Layout:
    """The variables of some policies that share a vocabulary, and what their codes mean.

    Readers come first, then page views, then meter states; `by_mention`, what divides the rules
    comes first, as sections do where each has rules of its own, or else what rules ask for first.
    """

    def __init__(self, rulebooks: Sequence[Rulebook], *, by_mention: bool = False) -> None:
        self.rulebooks = tuple(rulebooks)
        self.vocabulary: Vocabulary = rulebooks[0].vocabulary
        self.by_mention = by_mention
        meters = [meter.name for book in rulebooks for meter in book.policy.meters]
        self.meters = tuple(dict.fromkeys(meters))
        self.sharing = tuple(
            frozenset(book.meters[place].name for place in book.sharing) for book in rulebooks
        )
        """Under each policy, the meters whose counts are counted already for one another."""
        self.counts = {
            name: MeterCounts(name, self.rulebooks, self.sharing) for name in self.meters
        }
        self.asked_used = next((name for name in self.meters if self.counts[name].is_used), None)
        """A meter of which it is asked how much is counted: of who has no id, that is not known."""
        self.variables = self._variables()
        self.who = frozenset(level for level, v in enumerate(self.variables) if v.who)
        self.clock = frozenset(i for i, v in enumerate(self.variables) if self._moves(v))
        """The levels that another instant may change, after all others of the reader."""
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
        self.id_levels = tuple(
            level for level, v in enumerate(self.variables) if self._knows_of_an_id(v)
        )
        """The levels that hold `None` of a reader without an id, and of nobody else."""
        self._state_levels = {
            v.meter: level for level, v in enumerate(self.variables) if v.meter is not None
        }
        self.state_levels = frozenset(self._state_levels.values())

    # The variables.

    def _variables(self) -> tuple[Variable, ...]:
        slots = list(self._slot_variables())
        divider = dividing_slot(self.rulebooks) if self.by_mention else None
        if divider is not None:
            slots.sort(key=lambda v: (v.slot != divider, not v.who))
        elif self.by_mention:
            first = self._first_mentions()
            slots.sort(key=lambda v: first.get((v.slot, v.member), len(first)))
        else:
            slots.sort(key=lambda v: (not v.who, self._moves(v)))
        known = [
            Variable(_KNOWN, (False, True), counted_by=tuple(sorted(meters)))
            for meters in dict.fromkeys(self.sharing)
        ]
        meter_states = [
            Variable("meter state", self._state_domain(name), meter=name) for name in self.meters
        ]
        return (*slots, *known, *self._seen_variables(), *meter_states)

    def _slot_variables(self) -> Iterator[Variable]:
        for index, slot in enumerate(self.vocabulary.slots):
            if slot.meter is not None or slot.asks == "seen":
                continue
            who = slot.asks in _WHO
            if slot.kind == "set":
                for member in slot.mentioned:
                    yield Variable(slot.name, (False, True), index, member, who=who)
            else:
                yield Variable(slot.name, plain_codes(self.vocabulary, slot), index, who=who)

    def _seen_variables(self) -> Iterator[Variable]:
        for prompt in self.vocabulary.seen:
            place = self.vocabulary.place(seen_name(prompt))
            slot = self.vocabulary.slots[place]
            yield Variable(slot.name, seen_codes(self.rulebooks, prompt, slot), place)

    def slot_of(self, variable: Variable) -> Slot | None:
        """Return the slot of a variable, or `None` for one that has none."""
        return None if variable.slot is None else self.vocabulary.slots[variable.slot]

    def _moves(self, variable: Variable) -> bool:
        slot = self.slot_of(variable)
        return slot is not None and slot.asks in _CLOCK

    def _knows_of_an_id(self, variable: Variable) -> bool:
        slot = self.slot_of(variable)
        if slot is None:
            return False
        by_reader = slot.assignment is not None and not slot.assignment.by_visitor
        return by_reader or slot.asks == "seen"

    def _first_mentions(self) -> dict[tuple[int | None, str | None], int]:
        """Return the slots and members that rules ask for, numbered as they come."""
        first: dict[tuple[int | None, str | None], int] = {}
        for book in self.rulebooks:
            for rule in book.rules:
                for atom in leaves(rule.formula):
                    member = atom.member if isinstance(atom, Contains) else None
                    first.setdefault((atom.slot, member), len(first))
        return first

    def _state_domain(self, meter: str) -> tuple[MeterState, ...]:
        counts = self.counts[meter]
        ways: Ways = {}
        for limits in counts.limits:
            for charges, known in product(counts.cases, self.known_values()):
                for state, way in counts.states(limits, known, charges).items():
                    ways[state] = min(way, ways.get(state, way))
        for limits in counts.limits:
            ways.setdefault(counts.without_id(limits), Way(None, own=False))

        def history(state: MeterState) -> tuple[tuple[bool, int, bool], list[bool]]:
            return ways[state].order, [not codes[0] for codes in state.codes]

        # First the states that still allow a read: examples then need no history.
        return tuple(sorted(ways, key=history))

    def known_values(self) -> list[Known]:
        """Return what "counted already" may be under the policies."""
        sets = list(dict.fromkeys(self.sharing))
        return [
            tuple(values[sets.index(meters)] for meters in self.sharing)
            for values in product((False, True), repeat=len(sets))
        ]

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
        """Return the states in which a slot of the meter has one of some codes, as indices."""
        part = self._part(name, meter)
        domain = self.variables[self._state_levels[meter]].domain
        return [index for index, state in enumerate(domain) if state.codes[side][part] in codes]

    def _part(self, name: str, meter: str) -> int:
        """Return the place of a slot among the codes of a meter's state."""
        return self.vocabulary.place(name, meter) - self.vocabulary.meters[meter].open

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
                part = self._part(slot.name, slot.meter)
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
        return len(counts) > FIRST_METER and is_counted(rulebook, counts)

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
            slots = self.vocabulary.meters[variable.meter]
            return MeterState((tuple(facts[slots.open : slots.end]),))
        if variable.slot is None:
            return known
        value: object = facts[variable.slot]
        return value if variable.member is None else variable.member in facts[variable.slot]

    def limits_of(self, situation: Situation, meter: str) -> Limits:
        """Return the limits of a meter in a situation, one under each policy."""
        facts = self.facts(situation)
        return tuple(
            book.limit(meter, facts) if meter in book.limits else 0 for book in self.rulebooks
        )

    def is_without_id(self, situation: Situation) -> bool:
        """Say whether a situation is that of a reader without an id, where that can be told."""
        if self.id_levels:
            return situation.values[self.variables[self.id_levels[0]].name] is None
        if self.asked_used is None:
            return False
        part = self._part("used", self.asked_used)
        return situation.meter_states[self.asked_used].codes[0][part] is None

    def used(self, situation: Situation) -> dict[str, Way]:
        """Return by meter how many are used in a situation, and whether this one is among them.

        The fewest that lead there; nothing is known of a reader without an id.
        """
        if self.is_without_id(situation):
            return dict.fromkeys(situation.meter_states, Way(None, own=False))
        facts = self.facts(situation)
        used = {}
        for meter, state in situation.meter_states.items():
            counts = self.counts[meter]
            limits = self.limits_of(situation, meter)
            used[meter] = counts.states(limits, situation.known, counts.charges(facts))[state]
        return used

    def concretize(self, situation: Situation, side: int = 0) -> ConcreteView:
        """Return a situation as something to ask the engine about, under the policy `side`."""
        return concretize(
            self.rulebooks[side].policy,
            self.vocabulary,
            situation.values,
            used=self.used(situation),
            with_id=not self.is_without_id(situation),
        )


_KNOWN = "counted already"

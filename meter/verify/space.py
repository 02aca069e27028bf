"""Every possible reader, page view and meter state, as decision diagrams over a layout.

`possible` holds which combinations of codes can be, `situations.assumed` says it in words. Verdicts
are the engine's own: this module only says for which codes the engine is asked.
"""

from __future__ import annotations

from functools import partial
from math import inf
from operator import eq
from typing import TYPE_CHECKING

from attrs import evolve

from meter.engine import judge
from meter.errors import listed
from meter.formulas import And, Contains, In, Turned
from meter.memo import decide
from meter.verify.diagram import FALSE, MOST_STEPS, TRUE, Diagrams
from meter.verify.layout import Layout
from meter.verify.phrasing import reader_words, view_words
from meter.verify.together.couplings import couplings
from meter.verify.together.showings import shown_words
from meter.verify.walk.algebra import charged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from meter.decision import Decision
    from meter.formulas import Formula
    from meter.rulebook import Rulebook
    from meter.verify.situations import Situation
    from meter.verify.together.counts import Limits
    from meter.verify.together.couplings import Coupling

__all__ = ["Space"]


class Space(Layout):
    """All situations of some policies that share a vocabulary, as decision diagrams."""

    def __init__(
        self,
        rulebooks: Sequence[Rulebook],
        *,
        by_mention: bool = False,
        steps: int = MOST_STEPS,
        until: float | None = None,
    ) -> None:
        super().__init__(rulebooks, by_mention=by_mention)
        self.diagrams = Diagrams([len(v.domain) for v in self.variables], steps=steps, until=until)
        self._formulas: dict[tuple[Formula, int], int] = {}
        sides = range(len(rulebooks))
        self.limits = {name: [self._limit(name, side) for side in sides] for name in self.meters}
        self.possible = self._possible()

    # Sets of situations.

    def is_(self, name: str, *codes: object, member: str | None = None) -> int:
        """Return where a slot holds one of the codes; a slot that no policy looks at, nowhere."""
        level = self.named(name, member)
        if level is None:
            return FALSE
        return self.diagrams.test(level, self.variables[level].indices(codes))

    def where(self, formula: Formula, side: int = 0) -> int:
        """Return where a formula of the vocabulary holds.

        `side` says under which policy a meter's state is asked for, where two are compared.
        """
        key = formula, side
        found = self._formulas.get(key)
        if found is None:
            found = self._formulas[key] = self._where(formula, side)
        return found

    def _where(self, formula: Formula, side: int) -> int:
        if isinstance(formula, In):
            slot = self.vocabulary.slots[formula.slot]
            if slot.meter is not None:
                return self.meter_state(slot.meter, side, slot.name, formula.codes)
            level = self.level(formula.slot)
            return self.diagrams.test(level, self.variables[level].indices(formula.codes))
        if isinstance(formula, Contains):
            level = self.level(formula.slot, formula.member)
            return self.diagrams.test(level, [int(formula.inside)])
        if isinstance(formula, Turned):
            return TRUE if formula.holds(()) else FALSE
        parts = [self.where(part, side) for part in formula.parts]
        # From the last level to the first, so that what is built so far is never walked again.
        parts.sort(key=self.diagrams.level, reverse=True)
        if isinstance(formula, And):
            return self.diagrams.conjoin(*parts)
        return self.diagrams.disjoin(*parts)

    def meter_state(self, meter: str, side: int, name: str, codes: Collection[object]) -> int:
        """Return where a slot of a meter holds one of the codes, under the policy `side`."""
        indices = self.state_indices(meter, side, name, codes)
        return self.diagrams.test(self.state_level(meter), indices)

    def limited(self, meter: str, limits: Limits) -> int:
        """Return the readers who have these limits of a meter, one under each policy."""
        parts = (
            self.diagrams.relabel(diagram, partial(eq, limit))
            for diagram, limit in zip(self.limits[meter], limits, strict=True)
        )
        return self.diagrams.conjoin(*parts)

    def moving_limits(self, meters: Iterable[str], side: int = 0) -> list[int]:
        """Return the limits of some meters that are another one at another time."""
        limits = [self.limits[name][side] for name in meters]
        levels = self.diagrams.level
        return [
            limit
            for limit in limits
            if not self.clock.isdisjoint(map(levels, self.diagrams.below(limit)))
        ]

    def _limit(self, meter: str, side: int) -> int:
        """Return a meter's limit everywhere: the first that matches, or 0."""
        result = self.diagrams.leaf(0)
        for formula, limit in reversed(self.rulebooks[side].limits.get(meter, ())):
            result = self.diagrams.ite(self.where(formula, side), self.diagrams.leaf(limit), result)
        return result

    # What can be.

    def _possible(self) -> int:
        diagrams = self.diagrams
        parts = [self.having(coupling) for coupling in couplings(self)]
        past = self._possible_pasts()
        told = self._told_without_id()
        if told:
            nobody_knows = diagrams.disjoin(*told)
            past = diagrams.ite(nobody_knows, diagrams.conjoin(*told, self.without_id()), past)
        return diagrams.conjoin(past, *reversed(parts))

    def _told_without_id(self) -> list[int]:
        """Return where each thing is not known that is known of every reader with an id."""
        told = [
            self.diagrams.test(level, self.variables[level].indices([None]))
            for level in self.id_levels
        ]
        if self.asked_used is not None:
            told.append(self.meter_state(self.asked_used, 0, "used", [None]))
        return told

    def _possible_pasts(self) -> int:
        """Return what readers with an id may have counted, under the limits they have."""
        diagrams = self.diagrams
        parts = []
        counted = dict.fromkeys(self.known_levels, FALSE)
        for meter in self.meters:
            may, own = self._possible_states(meter)
            parts.append(may)
            for side, level in enumerate(self.known_levels):
                if meter in self.sharing[side]:
                    counted[level] = diagrams.disjoin(counted[level], own)
        # What is counted already has been counted by some meter.
        for level, somewhere in counted.items():
            parts.append(diagrams.ite(diagrams.test(level, [0]), TRUE, somewhere))
        return diagrams.conjoin(*reversed(parts))

    def without_id(self) -> int:
        """Return the situations of readers without an id: nothing is known of their meters."""
        diagrams = self.diagrams
        parts = [diagrams.test(level, [0]) for level in set(self.known_levels)]
        parts += [self.is_("started", True, member=name) for name in self.vocabulary.once]
        for offer in self.vocabulary.lasting:
            slot = self.vocabulary.offered(offer)
            parts.append(self.is_(slot.name, slot.code(inf)))
        for meter in self.meters:
            level = self.state_level(meter)
            states = [
                diagrams.conjoin(
                    self.limited(meter, limits),
                    diagrams.test(
                        level,
                        self.variables[level].indices([self.counts[meter].without_id(limits)]),
                    ),
                )
                for limits in self.counts[meter].limits
            ]
            parts.append(diagrams.disjoin(*states))
        return diagrams.conjoin(*parts)

    def having(self, coupling: Coupling) -> int:
        """Return where some levels have codes that can be had at once."""

        def below(place: int, rows: Collection[tuple[int, ...]]) -> int:
            if not rows or place == len(coupling.levels):
                return TRUE if rows else FALSE
            level = coupling.levels[place]
            by_code: dict[int, list[tuple[int, ...]]] = {}
            for row in rows:
                by_code.setdefault(row[place], []).append(row)
            codes = range(len(self.variables[level].domain))
            return self.diagrams.node(
                level, [below(place + 1, by_code.get(code, ())) for code in codes]
            )

        return below(0, coupling.allowed)

    def _possible_states(self, meter: str) -> tuple[int, int]:
        """Return where a meter's state can be reached under the limits a reader has.

        Then where it can be with this article among what the meter has counted.
        """
        diagrams = self.diagrams
        level = self.state_level(meter)
        variable = self.variables[level]
        counts = self.counts[meter]
        views = {charges: charged(self, diagrams, cases) for charges, cases in counts.cases.items()}
        reached: list[int] = []
        reached_by_own: list[int] = []
        for known in self.known_values():
            told = zip(self.known_levels, known, strict=True)
            knows = diagrams.conjoin(*(diagrams.test(at, [int(value)]) for at, value in told))
            for limits in counts.limits:
                here = diagrams.conjoin(self.limited(meter, limits), knows)
                may = own = FALSE
                for charges, those in views.items():
                    ways = counts.states(limits, known, charges)
                    own_ways = [state for state, way in ways.items() if way.own]
                    may = diagrams.ite(those, diagrams.test(level, variable.indices(ways)), may)
                    own = diagrams.ite(those, diagrams.test(level, variable.indices(own_ways)), own)
                reached.append(diagrams.conjoin(here, may))
                reached_by_own.append(diagrams.conjoin(here, own))
        return diagrams.disjoin(*reached), diagrams.disjoin(*reached_by_own)

    # One situation of a set.

    def example(self, diagram: int) -> Situation | None:
        """Return the plainest situation in a set, or `None` if the set is empty."""
        return None if diagram == FALSE else self.witness(diagram)

    def witness(self, diagram: int) -> Situation:
        """Return the plainest situation in a set that is not empty."""
        path = self.diagrams.path(diagram)
        if path is None:
            raise LookupError("no situation is in the empty set")
        # A condition matters if some situation without it lies outside the set.
        outside = self.diagrams.difference(self.possible, diagram)
        box = {level: frozenset({code}) for level, code in path.items()}
        for level in sorted(box, reverse=True):
            wider = {other: codes for other, codes in box.items() if other != level}
            if not self.diagrams.meets(outside, wider):
                box = wider
        codes = [path.get(level, 0) for level in range(len(self.variables))]
        return evolve(self.situation(codes), matters=frozenset(box))

    def ask(self, situation: Situation, side: int = 0) -> Decision:
        """Return what the engine decides in a situation.

        The diagrams must say the same.
        """
        asked = self.concretize(situation, side)
        decision, _ = decide(
            self.rulebooks[side].policy, asked.reader, asked.view, asked.usage, asked.now
        )
        judged = judge(self.rulebooks[side], self.facts(situation, side))
        decided = (decision.rule, decision.show, decision.offers)
        if (judged.rule, judged.show, judged.offers) != decided:
            raise AssertionError(
                f"the engine does not reproduce {situation}: {decision}"
            )  # pragma: no cover - held by the tests
        return decision

    def describe(self, situation: Situation, side: int = 0) -> str:
        """Describe a situation in plain words."""
        matters = {self.variables[level].name for level in situation.matters} | {"reader", "access"}
        values = {name: value for name, value in situation.values.items() if name in matters}
        reader = reader_words(values, self.vocabulary)
        view = view_words(values, self.vocabulary)
        if self.is_without_id(situation) and self.states_matter(situation):
            reader = f"{reader} without an id"
        counted = []
        told = False
        for meter, (used, own) in self.used(situation).items():
            limit = self.limits_of(situation, meter)[side]
            if used is None or limit == 0 or self.state_level(meter) not in situation.matters:
                continue
            this = ", this article among them" if own else ""
            told = told or own
            counted.append(f"{self._count(meter, used, limit)}{this}")
        counted += shown_words(self.vocabulary, values)
        if situation.known[side] and self.known_levels[side] in situation.matters and not told:
            view = f"{view} that is counted already"
        if counted:
            return f"{reader} {view} with {listed(counted, 'and')}"
        return f"{reader} {view}"

    def states_matter(self, situation: Situation) -> bool:
        """Say whether the state of some meter is worth describing."""
        return not self.state_levels.isdisjoint(situation.matters)

    def _count(self, meter: str, used: int, limit: int | None) -> str:
        """Say how many are counted: of a limit no more than that, unless it is asked how many."""
        if limit is None:
            return f"{used} counted on `{meter}`"
        if self.counts[meter].is_used and used > limit:
            return f"{used} counted on `{meter}`, whose limit is {limit},"
        return f"{min(used, limit)} of {limit} used on `{meter}`"

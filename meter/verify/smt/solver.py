"""A layout as formulas of z3: the same questions, put to a solver.

For policies whose rules are too many and too narrow for a diagram, and for the test suite. z3 may
answer `unknown`: that is never `proved`.
"""

# Every variable of the layout is a whole number, the index of one of its codes. What hangs
# together is read from the same tables (`couplings`), the states of meters are encoded anew, and
# the conditions anew from the same formulas: nothing is translated from the diagrams but the
# situations of a promise. The rules are the one walk of
# `symbolic`, over `If` where the diagrams have their own branching, so a policy is one term that
# says which verdict (a number, see `leaves`) it comes to. Its size is that of the policy, whereas a
# diagram may grow exponentially; what it costs is that z3 has to search.

from __future__ import annotations

from itertools import product
from math import inf
from typing import TYPE_CHECKING, TypeVar, cast

import z3
from attrs import evolve

from meter.formulas import And, Contains, In, Turned
from meter.verify.diagram import FALSE, TRUE, UndecidedError
from meter.verify.together.couplings import couplings
from meter.verify.walk.algebra import charged
from meter.verify.walk.rules import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator

    from meter.formulas import Formula
    from meter.rulebook import Verdict
    from meter.verify.situations import Situation
    from meter.verify.space import Space
    from meter.verify.together.counts import Limits

__all__ = ["Solver"]

_NO_RULE = "no rule"
_NO_LIMIT = -1
_Seen = TypeVar("_Seen")


class Solver:
    """A space as formulas of z3.

    One whole number a level, and the verdict of each policy as a number.
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        # A context of its own: two solvers never share a name or a seed.
        self.context = z3.Context()
        self.levels = [z3.Int(f"v{level}", self.context) for level in range(len(space.variables))]
        self.leaves: list[Hashable] = []
        self._numbers: dict[Hashable, int] = {}
        self._diagrams: dict[int, z3.BoolRef] = {}
        self._solver = z3.Solver(ctx=self.context)
        for level, variable in zip(self.levels, space.variables, strict=True):
            self._solver.add(level >= 0, level < len(variable.domain))
        self._solver.add(*self._possible())

    def limit(self, seconds: float) -> None:
        """Bound the time that each answer from now on may take."""
        self._solver.set("timeout", max(1, int(seconds * 1000)))

    def find(self, *conditions: z3.BoolRef) -> Situation | None:
        """Return a situation in which everything holds, or `None` if there is none.

        Raises `UndecidedError` for `unknown`.
        """
        answer = self._solver.check(*conditions)
        if answer == z3.unsat:
            return None
        if answer != z3.sat:
            raise UndecidedError(f"z3 answered `unknown`: {self._solver.reason_unknown()}")
        model = self._solver.model()
        codes = [model.eval(level, model_completion=True).as_long() for level in self.levels]
        return evolve(self.space.situation(codes), matters=frozenset(range(len(codes))))

    # The operations of a logic.

    def conjoin(self, *parts: z3.BoolRef) -> z3.BoolRef:
        """Return where every part holds."""
        return z3.And(*parts) if parts else z3.BoolVal(val=True, ctx=self.context)

    def disjoin(self, *parts: z3.BoolRef) -> z3.BoolRef:
        """Return where at least one part holds."""
        return z3.Or(*parts) if parts else z3.BoolVal(val=False, ctx=self.context)

    def negate(self, part: z3.BoolRef) -> z3.BoolRef:
        """Return where something does not hold."""
        return z3.Not(part)

    def differ(self, left: z3.ExprRef, right: z3.ExprRef) -> z3.BoolRef:
        """Return where two numbers are not the same."""
        return left != right

    def ite(self, test: z3.BoolRef, yes: z3.ExprRef, no: z3.ExprRef) -> z3.ExprRef:
        """Return `yes` where `test` holds and `no` where it does not."""
        return z3.If(test, yes, no)

    def leaf(self, value: Hashable) -> z3.ExprRef:
        """Return the number that stands for a value."""
        if value not in self._numbers:
            self._numbers[value] = len(self.leaves)
            self.leaves.append(value)
        return z3.IntVal(self._numbers[value], self.context)

    def is_(self, name: str, *codes: object) -> z3.BoolRef:
        """Return where a slot holds one of the codes; a slot that no policy looks at, nowhere."""
        level = self.space.named(name)
        if level is None:
            return self.disjoin()
        return self._test(level, self.space.variables[level].indices(codes))

    def where(self, formula: Formula, side: int = 0) -> z3.BoolRef:
        """Return where a formula of the vocabulary holds."""
        space = self.space
        if isinstance(formula, In):
            slot = space.vocabulary.slots[formula.slot]
            if slot.meter is not None:
                return self.meter_state(slot.meter, side, slot.name, formula.codes)
            level = space.level(formula.slot)
            return self._test(level, space.variables[level].indices(formula.codes))
        if isinstance(formula, Contains):
            level = space.level(formula.slot, formula.member)
            return self.levels[level] == int(formula.inside)
        if isinstance(formula, Turned):
            return self.conjoin() if formula.holds(()) else self.disjoin()
        parts = [self.where(part, side) for part in formula.parts]
        return self.conjoin(*parts) if isinstance(formula, And) else self.disjoin(*parts)

    def meter_state(
        self, meter: str, side: int, name: str, codes: Collection[object]
    ) -> z3.BoolRef:
        """Return where a slot of a meter holds one of the codes, under the policy `side`."""
        indices = self.space.state_indices(meter, side, name, codes)
        return self._test(self.space.state_level(meter), indices)

    def counted_already(self, *, known: bool, side: int = 0) -> z3.BoolRef:
        """Return where the article is, or is not, counted already under the policy `side`."""
        return self._test(self.space.known_levels[side], [int(known)])

    def limited_to_zero(self, meter: str, side: int) -> z3.BoolRef:
        """Return where a reader has a limit of 0."""
        return self._limit(meter, side) == self._number(0)

    def limits(self, meter: str) -> list[z3.ExprRef]:
        """Return a meter's limit under each policy."""
        return [self._limit(meter, side) for side in range(len(self.space.rulebooks))]

    def diagram(self, diagram: int) -> z3.BoolRef:
        """Return a set of situations as a formula of z3."""
        if diagram in (FALSE, TRUE):
            return z3.BoolVal(val=diagram == TRUE, ctx=self.context)
        if diagram not in self._diagrams:
            diagrams = self.space.diagrams
            level = self.levels[diagrams.level(diagram)]
            branches = [
                self.conjoin(level == code, self.diagram(child))
                for code, child in enumerate(diagrams.children(diagram))
                if child != FALSE
            ]
            self._diagrams[diagram] = self.disjoin(*branches)
        return self._diagrams[diagram]

    def verdict(
        self,
        side: int = 0,
        view: Callable[[Verdict], Hashable] = lambda verdict: verdict,
        *,
        telling: bool = False,
    ) -> z3.ExprRef:
        """Return what a policy says as a number, which `leaves` translates.

        `view` says what of a verdict is looked at; `telling`, that it is to name no other meters
        than those of which one is told.
        """
        walk = Walk(self, self, self.space.rulebooks[side], side, view, telling)
        return walk.verdicts(self.leaf(_NO_RULE))[0][()]

    def among(self, verdict: z3.ExprRef, holds: Callable[[_Seen], bool]) -> z3.BoolRef:
        """Return where what is looked at of a policy's verdict is one of those wanted."""
        wanted = [
            number
            for number, leaf in enumerate(self.leaves)
            if leaf != _NO_RULE and holds(cast("_Seen", leaf))
        ]
        return self.disjoin(*(verdict == number for number in wanted))

    def _test(self, level: int, codes: Collection[int]) -> z3.BoolRef:
        return self.disjoin(*(self.levels[level] == code for code in codes))

    def _limit(self, meter: str, side: int) -> z3.ExprRef:
        result = self._number(0)
        for formula, limit in reversed(self.space.rulebooks[side].limits.get(meter, ())):
            value = self._number(limit)
            result = z3.If(self.where(formula, side), value, result)
        return result

    def _number(self, limit: int | None) -> z3.ExprRef:
        """Return a limit as a number; no limit is below all that there are."""
        return z3.IntVal(_NO_LIMIT if limit is None else limit, self.context)

    # What is possible, encoded anew.

    def _possible(self) -> Iterator[z3.BoolRef]:
        space = self.space
        for coupling in couplings(space):
            rows = (zip(coupling.levels, row, strict=True) for row in sorted(coupling.allowed))
            yield self.disjoin(
                *(self.conjoin(*(self.levels[at] == code for at, code in row)) for row in rows)
            )
        with_id = self._has_id()
        yield z3.Implies(self.negate(with_id), self._without_id())
        counted: dict[int, list[z3.BoolRef]] = {level: [] for level in space.known_levels}
        for meter in space.meters:
            own = []
            for here, may, among in self._possible_states(meter):
                yield z3.Implies(self.conjoin(with_id, here), may)
                own.append(self.conjoin(here, among))
            for side, level in enumerate(space.known_levels):
                if meter in space.sharing[side]:
                    counted[level] += own
        for level, somewhere in counted.items():
            yield z3.Implies(self._test(level, [1]), self.disjoin(*somewhere))

    def _has_id(self) -> z3.BoolRef:
        """Return where something is known that is not of a reader without an id, or nobody asks."""
        return self.negate(self.disjoin(*self._told_without_id()))

    def _told_without_id(self) -> list[z3.BoolRef]:
        """Return where each thing is not known that is known of every reader with an id."""
        space = self.space
        told = [
            self._test(level, space.variables[level].indices([None])) for level in space.id_levels
        ]
        if space.asked_used is not None:
            told.append(self.meter_state(space.asked_used, 0, "used", [None]))
        return told

    def _without_id(self) -> z3.BoolRef:
        """Return what holds for readers without an id: nothing is known of their meters."""
        space = self.space
        parts = [self._test(level, [0]) for level in space.known_levels]
        parts += self._told_without_id()
        for level, variable in enumerate(space.variables):
            if variable.name == "started":
                parts.append(self.levels[level] == 1)
        for offer in space.vocabulary.lasting:
            slot = space.vocabulary.offered(offer)
            level = space.level(space.vocabulary.place(slot.name))
            parts.append(self._test(level, space.variables[level].indices([slot.code(inf)])))
        for meter, counts in space.counts.items():
            level = space.state_level(meter)
            for values in counts.limits:
                state = space.variables[level].indices([counts.without_id(values)])
                parts.append(z3.Implies(self._limited(meter, values), self._test(level, state)))
        return self.conjoin(*parts)

    def _limited(self, meter: str, values: Limits) -> z3.BoolRef:
        """Return where a reader has these limits of a meter, one under each policy."""
        pairs = zip(self.limits(meter), values, strict=True)
        return self.conjoin(*(limit == self._number(value) for limit, value in pairs))

    def _possible_states(self, meter: str) -> Iterator[tuple[z3.BoolRef, z3.BoolRef, z3.BoolRef]]:
        """Yield every case there is of limits, of what counts and of what is counted already.

        With it come the states of a meter that are possible there, and those in which the meter has
        counted this very article.
        """
        space = self.space
        level = space.state_level(meter)
        variable = space.variables[level]
        counts = space.counts[meter]
        views = {charges: charged(self, self, cases) for charges, cases in counts.cases.items()}
        for values, charges, known in product(counts.limits, views, space.known_values()):
            ways = counts.states(values, known, charges)
            own = [state for state, way in ways.items() if way.own]
            here = [self._limited(meter, values), views[charges]]
            here += [
                self._test(at, [int(k)]) for at, k in zip(space.known_levels, known, strict=True)
            ]
            may = self._test(level, variable.indices(ways))
            yield self.conjoin(*here), may, self._test(level, variable.indices(own))

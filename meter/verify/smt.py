"""A second opinion: the same questions, put to the z3 solver.

For policies whose rules are too many and too narrow for a diagram, and for the test suite. The
conditions are encoded anew from the same formulas. z3 may answer `unknown`: that is never `proved`.
Needs the extra `smt`.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from attrs import evolve

from meter.engine import verdict_of
from meter.formulas import Among, Contains, Every
from meter.verify.diagram import FALSE, TRUE, UndecidedError
from meter.verify.situations import EXPIRED, RUNNING
from meter.vocabulary import ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable

    from meter.formulas import Formula
    from meter.rulebook import JudgedRule
    from meter.verify.situations import Situation
    from meter.verify.space import Space

__all__ = ["Solver", "is_installed"]


def is_installed() -> bool:
    """Say whether z3 can be asked."""
    return find_spec("z3") is not None


class Solver:
    """A space as formulas of z3.

    One whole number a level, and the verdict of each policy as a number.
    """

    def __init__(self, space: Space) -> None:
        import z3

        self.z3 = z3
        self.space = space
        # A context of its own: two solvers never share a name or a seed.
        self.context = z3.Context()
        self.levels = [z3.Int(f"v{level}", self.context) for level in range(len(space.variables))]
        self._numbers: dict[Hashable, int] = {}
        self._diagrams: dict[int, Any] = {}
        self.leaves: list[Any] = []
        self._solver = z3.Solver(ctx=self.context)
        for level, variable in zip(self.levels, space.variables, strict=True):
            self._solver.add(level >= 0, level < len(variable.domain))
        self._solver.add(*self._possible())

    def limit(self, seconds: float) -> None:
        """Bound the time that each answer from now on may take."""
        self._solver.set("timeout", max(1, int(seconds * 1000)))

    def find(self, *conditions: Any) -> Situation | None:
        """Return a situation in which everything holds, or `None` if there is none.

        Raises `UndecidedError` for `unknown`.
        """
        answer = self._solver.check(*conditions)
        if answer == self.z3.unsat:
            return None
        if answer != self.z3.sat:
            raise UndecidedError(f"z3 does not know: {self._solver.reason_unknown()}")
        model = self._solver.model()
        codes = [model.eval(level, model_completion=True).as_long() for level in self.levels]
        return evolve(self.space.situation(codes), matters=frozenset(range(len(codes))))

    # What can be, said once more.

    def _test(self, level: int, codes: Collection[int]) -> Any:
        return self._or([self.levels[level] == code for code in codes])

    def _or(self, parts: Iterable[Any]) -> Any:
        parts = list(parts)
        return self.z3.Or(*parts) if parts else self.z3.BoolVal(val=False, ctx=self.context)

    def _and(self, parts: Iterable[Any]) -> Any:
        parts = list(parts)
        return self.z3.And(*parts) if parts else self.z3.BoolVal(val=True, ctx=self.context)

    def _is(self, name: str, codes: Collection[object]) -> Any:
        level, variable = next(
            (level, v) for level, v in enumerate(self.space.variables) if v.name == name
        )
        return self._test(
            level, [index for index, code in enumerate(variable.domain) if code in codes]
        )

    def _possible(self) -> Iterable[Any]:
        z3, space = self.z3, self.space
        for level, variable in enumerate(space.variables):
            if variable.name == "days_since_expiry":
                known = self._test(
                    level, [index for index, code in enumerate(variable.domain) if code is not None]
                )
                yield known == self._is("reader", EXPIRED)
            if variable.name == "product":
                yield z3.Implies(self.levels[level] == 1, self._is("reader", RUNNING))
        metered = self._is("access", [ArticleAccess.METERED])
        counting = self._test(space.counts, [0])
        yield z3.Or(metered, counting)
        counting = z3.And(metered, counting)
        for meter in space.meters:
            level = next(
                level for level, variable in enumerate(space.variables) if variable.meter == meter
            )
            domain = space.variables[level].domain
            limits = self.limits(meter)
            for combination in space.limit_values[meter]:
                here = self._and(
                    [limit == value for limit, value in zip(limits, combination, strict=True)]
                )
                for counts in (True, False):
                    reached = space.standings(meter, combination, counts=counts)
                    may = self._test(
                        level, [code for code, standing in enumerate(domain) if standing in reached]
                    )
                    yield z3.Implies(z3.And(here, counting if counts else z3.Not(counting)), may)

    def _limit(self, meter: str, side: int) -> Any:
        result = self.z3.IntVal(0, self.context)
        for formula, limit in reversed(self.space.rulebooks[side].limits.get(meter, ())):
            result = self.z3.If(
                self.where(formula, side), self.z3.IntVal(limit, self.context), result
            )
        return result

    def limits(self, meter: str) -> list[Any]:
        """Return a meter's limit under each policy."""
        return [self._limit(meter, side) for side in range(len(self.space.rulebooks))]

    # What is said.

    def where(self, formula: Formula, side: int = 0) -> Any:
        """Return a formula of the vocabulary as one of z3."""
        space = self.space
        if isinstance(formula, Among):
            slot = space.vocabulary.slots[formula.slot]
            if slot.meter is not None:
                return self.standing(
                    slot.meter, side, ("open", "left").index(slot.name), formula.codes
                )
            level = next(level for level, v in enumerate(space.variables) if v.slot == formula.slot)
            return self._test(
                level,
                [
                    i
                    for i, code in enumerate(space.variables[level].domain)
                    if code in formula.codes
                ],
            )
        if isinstance(formula, Contains):
            member = next(
                level
                for level, v in enumerate(space.variables)
                if (v.slot, v.member) == (formula.slot, formula.member)
            )
            return self.levels[member] == int(formula.inside)
        parts = [self.where(part, side) for part in formula.parts]
        return self._and(parts) if isinstance(formula, Every) else self._or(parts)

    def standing(self, meter: str, side: int, part: int, codes: Collection[object]) -> Any:
        """Return where the `open` (0) or `left` (1) code of a meter is one of some."""
        level = next(
            level for level, variable in enumerate(self.space.variables) if variable.meter == meter
        )
        domain = self.space.variables[level].domain
        return self._test(
            level, [i for i, standing in enumerate(domain) if standing.codes[side][part] in codes]
        )

    def diagram(self, diagram: int) -> Any:
        """Return a set of situations as a formula of z3."""
        if diagram in (FALSE, TRUE):
            return self.z3.BoolVal(val=diagram == TRUE, ctx=self.context)
        if diagram not in self._diagrams:
            forest = self.space.forest
            level = self.levels[forest.level(diagram)]
            branches = [
                self.z3.And(level == code, self.diagram(kid))
                for code, kid in enumerate(forest.kids(diagram))
                if kid != FALSE
            ]
            self._diagrams[diagram] = self._or(branches)
        return self._diagrams[diagram]

    def _leaf(self, value: Hashable) -> Any:
        if value not in self._numbers:
            self._numbers[value] = len(self.leaves)
            self.leaves.append(value)
        return self.z3.IntVal(self._numbers[value], self.context)

    def verdict(
        self, side: int = 0, view: Callable[[Any], Hashable] = lambda verdict: verdict
    ) -> Any:
        """Return what a policy says as a number, which `leaves` translates.

        `view` says what of a verdict is looked at.
        """
        rules = self.space.rulebooks[side].rules
        refusals = (None, *dict.fromkeys(rule.spend for rule in rules if rule.spend))
        after: dict[str | None, Any] = dict.fromkeys(refusals, self._leaf("no rule"))
        for rule in reversed(rules):
            holds = self.where(rule.formula, side)
            after = {
                refused: self._rule(rule, refused, after, holds, side, view) for refused in refusals
            }
        return after[None]

    def _rule(
        self,
        rule: JudgedRule,
        refused: str | None,
        after: dict[str | None, Any],
        holds: Any,
        side: int,
        view: Callable[[Any], Hashable],
    ) -> Any:
        z3 = self.z3

        def said(access: ArticleAccess, *, nothing_left: bool) -> Any:
            with_, without = (
                self._leaf(
                    view(
                        verdict_of(
                            rule,
                            access,
                            nothing_left=nothing_left,
                            offered=offered,
                            refused=refused,
                        )
                    )
                )
                for offered in (True, False)
            )
            if rule.offer is None:
                return with_
            return z3.If(self.where(rule.offer_formula, side), with_, without)

        if rule.spend is None:
            return z3.If(holds, said(ArticleAccess.METERED, nothing_left=False), after[refused])
        metered, free = (
            self._is("access", [ArticleAccess.METERED]),
            self._is("access", [ArticleAccess.FREE]),
        )
        opens = self.standing(rule.spend, side, 0, [True])
        last = self.standing(rule.spend, side, 1, [rule.nothing_left])
        spending = z3.If(
            last,
            said(ArticleAccess.METERED, nothing_left=True),
            said(ArticleAccess.METERED, nothing_left=False),
        )
        allowed = z3.If(opens, spending, after[refused or rule.spend])
        return z3.If(
            holds,
            z3.If(
                free,
                said(ArticleAccess.FREE, nothing_left=False),
                z3.If(metered, allowed, after[refused]),
            ),
            after[refused],
        )

    def among(self, verdict: Any, holds: Callable[[Any], bool]) -> Any:
        """Return where a policy's verdict is one of those wanted."""
        return self._or(
            verdict == number
            for number, leaf in enumerate(self.leaves)
            if not isinstance(leaf, str) and holds(leaf)
        )

"""Of which meters one is told at a wall: those that are closed, of all that a verdict names."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import evolve, frozen

from meter.facts.meters import Opening
from meter.formulas import And, Contains, In, Turned
from meter.rulebook import Refusals, Rulebook, Verdict, also_refused
from meter.verify.diagram import UndecidedError
from meter.verify.walk.algebra import Algebra, Atoms, opposite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.formulas import Formula
    from meter.rulebook import JudgedRule

__all__ = ["Telling"]

_MOST_ASKED = 8
"""Of how many meters a wall may depend on whether they are closed."""

_Result = TypeVar("_Result")


@frozen
class Telling(Generic[_Result]):
    """The verdicts of one policy, by what `told_places` of the engine leaves of their meters."""

    atoms: Atoms[_Result]
    algebra: Algebra[_Result]
    rulebook: Rulebook
    side: int
    view: Callable[[Verdict], Hashable]

    def leaf(self, rule: JudgedRule, verdict: Verdict) -> _Result:
        """Return a verdict of a rule with no meters but those of which one is told."""
        # Of a rule that spends one meter, and that refused, this meter is closed.
        asked = {name: self._closed(name) for group in verdict.refused for name in _several(group)}
        exhausted = {name: self._by(rule, name) for name in self._in_order(verdict.exhausted)}
        if len(asked) + len(exhausted) > _MOST_ASKED:
            raise UndecidedError("a wall depends on too many meters")

        sure = tuple(group[0] for group in verdict.refused if len(group) == 1)

        def told(closed: tuple[str, ...]) -> _Result:
            return self._choose(
                list(exhausted.items()),
                lambda held: self.algebra.leaf(self.view(_only(verdict, closed, held))),
            )

        return self._choose(list(asked.items()), lambda closed: told((*sure, *closed)))

    def _choose(
        self,
        tests: Sequence[tuple[str, _Result]],
        then: Callable[[tuple[str, ...]], _Result],
        so_far: tuple[str, ...] = (),
    ) -> _Result:
        """Return what follows on those names of which the test holds."""
        if not tests:
            return then(so_far)
        (name, test), *others = tests
        with_it = self._choose(others, then, (*so_far, name))
        return self.algebra.ite(test, with_it, self._choose(others, then, so_far))

    def _in_order(self, names: Sequence[str]) -> list[str]:
        return sorted(names, key=self.rulebook.places.__getitem__)

    def _closed(self, meter: str) -> _Result:
        return self.atoms.meter_state(meter, self.side, "open", [Opening.CLOSED])

    def _by(self, rule: JudgedRule, meter: str) -> _Result:
        """Return where a rule's condition holds by a meter's being exhausted (`exhausted_by`)."""
        slot = self.rulebook.vocabulary.meters[meter].open
        return self.algebra.conjoin(
            self._closed(meter),
            self._held(rule.formula, slot),
            opposite(self.algebra, self._without_usage(rule.formula)),
        )

    def _held(self, formula: Formula, slot: int) -> _Result:
        """Return where a formula holds by a part that asks for a slot (`held_by`)."""
        if isinstance(formula, In | Contains):
            here = formula.slot == slot
            return self.atoms.where(formula, self.side) if here else self.algebra.disjoin()
        if isinstance(formula, Turned):
            return self.algebra.disjoin()
        parts = [self._held(part, slot) for part in formula.parts]
        holds = self.atoms.where(formula, self.side)
        return self.algebra.conjoin(holds, self.algebra.disjoin(*parts))

    def _without_usage(self, formula: Formula) -> _Result:
        """Return where a formula holds whatever the usage is."""
        if isinstance(formula, In | Contains):
            known = formula.slot < self.rulebook.vocabulary.base
            return self.atoms.where(formula, self.side) if known else self.algebra.disjoin()
        if isinstance(formula, Turned):
            return self.atoms.where(formula, self.side)
        parts = [self._without_usage(part) for part in formula.parts]
        if isinstance(formula, And):
            return self.algebra.conjoin(*parts)
        return self.algebra.disjoin(*parts)


def _several(group: tuple[str, ...]) -> tuple[str, ...]:
    return group if len(group) > 1 else ()


def _only(verdict: Verdict, closed: Sequence[str], held: tuple[str, ...]) -> Verdict:
    """Return a verdict with the meters that are closed, as far as they can be told first."""
    refused: Refusals = ()
    for group in verdict.refused:
        left = tuple(name for name in group if name in closed)
        refused = also_refused(refused, left) if left else refused
    is_told = bool(held) and also_refused(refused, held) != refused
    return evolve(verdict, refused=refused, exhausted=held if is_told else ())

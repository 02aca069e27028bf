"""Which views two policies count on a meter though no rule spends it for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import listed
from meter.explanation import clause
from meter.facts import Vocabulary
from meter.facts.meters import Opening
from meter.formulas.translation import formula_of
from meter.policy import When
from meter.verify.diagram import FALSE
from meter.verify.walk.symbolic import among, spends
from meter.vocabulary import Access, ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from z3 import BoolRef, ExprRef

    from meter.policy import Policy
    from meter.rulebook import Verdict
    from meter.verify.rows import Seen
    from meter.verify.smt.solver import Solver
    from meter.verify.space import Space

__all__ = ["KeptViews", "counted_otherwise", "kept_views"]


class KeptViews:
    """The histories of two policies over one space, given what either says everywhere."""

    def __init__(self, space: Space, verdicts: Sequence[int]) -> None:
        self.space = space
        self.verdicts = verdicts

    def keeps(self, side: int, meter: str) -> int:
        """Return where a policy counts a view on a meter whatever rule opened it.

        Where both policies spend the meter for it, it counts in any case.
        """
        diagrams = self.space.diagrams
        book = self.space.rulebooks[side]
        place = book.places.get(meter)
        if place is None:
            return FALSE
        access, _, history = book.kept[place]
        if history is None:
            return FALSE
        read = among(self.space, self.verdicts[side], _is_whole)
        kept = [self.space.where(history, side), self.space.is_("access", *access)]
        zero = diagrams.relabel(self.space.limits[meter][side], lambda limit: limit == 0)
        # As far as the limit goes: a meter that has nothing left counts nothing more.
        closed = self.space.meter_state(meter, side, "open", [Opening.CLOSED])
        whole = diagrams.conjoin(read, *kept, diagrams.negate(zero), diagrams.negate(closed))
        return diagrams.difference(whole, self._counted_by_both(meter))

    def _counted_by_both(self, meter: str) -> int:
        """Return where both policies spend a meter, and it counts the view or has counted it."""
        diagrams = self.space.diagrams
        spent = diagrams.conjoin(
            *(among(self.space, whole, spends(meter)) for whole in self.verdicts)
        )
        # A meter of views knows its own only, and so does the only one that shares.
        if all(shares <= {meter} for shares in self.space.sharing):
            return spent
        new = (diagrams.test(level, [0]) for level in self.space.known_levels)
        return diagrams.conjoin(spent, *new)


def counted_otherwise(solver: Solver, meter: str, said: Sequence[ExprRef]) -> BoolRef:
    """Return where the histories of two policies count a view otherwise, or to another limit.

    `said` is what each policy says, as a reader notices it.
    """
    kept = [_kept(solver, side, meter, said[side]) for side in (0, 1)]
    both = solver.conjoin(*(solver.among(each, _spends(meter)) for each in said))
    if not all(shares <= {meter} for shares in solver.space.sharing):
        both = solver.conjoin(
            both, *(solver.counted_already(known=False, side=side) for side in (0, 1))
        )
    otherwise = solver.conjoin(solver.differ(*kept), solver.negate(both))
    limits = solver.differ(*solver.limits(meter))
    return solver.disjoin(otherwise, solver.conjoin(*kept, limits))


def _kept(solver: Solver, side: int, meter: str, said: ExprRef) -> BoolRef:
    """Return where a policy counts a view on a meter whatever rule opened it."""
    book = solver.space.rulebooks[side]
    place = book.places.get(meter)
    if place is None:
        return solver.disjoin()
    access, _, history = book.kept[place]
    if history is None:
        return solver.disjoin()
    return solver.conjoin(
        solver.among(said, _is_seen_whole),
        solver.where(history, side),
        solver.is_("access", *access),
        solver.negate(solver.limited_to_zero(meter, side)),
    )


def _is_seen_whole(seen: Seen) -> bool:
    return seen.show.access is Access.FULL


def _spends(meter: str) -> Callable[[Seen], bool]:
    """Return whether a meter is spent, by what is seen."""
    return lambda seen: meter in seen.spend


def _is_whole(verdict: Verdict) -> bool:
    return verdict.show.access is Access.FULL


def kept_views(policy: Policy, name: str) -> str:
    """Say which views a meter counts whatever rule opened them."""
    meter = next((each for each in policy.meters if each.name == name), None)
    if meter is None or meter.counts is None:
        return "counted where a rule spends it, only"
    what = "every whole view"
    if any(name in rule.spend for rule in policy.rules):
        said = [str(access) for access in ArticleAccess if access in meter.access]
        what = f"{what} of {listed(said, 'and')} articles"
    if meter.counts == When():
        return f"{what} is counted"
    vocabulary = Vocabulary([policy], [meter.counts])
    words = clause(formula_of(meter.counts, vocabulary, policy), vocabulary)
    return f"{what} is counted where {words}"

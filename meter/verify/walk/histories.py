"""Which views two policies count on a meter though no rule spends it for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import listed
from meter.explanation import clause
from meter.facts import Vocabulary
from meter.formulas.translation import formula_of
from meter.policy import When
from meter.verify.diagram import FALSE
from meter.verify.symbolic import among, spends
from meter.vocabulary import Access, ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.policy import Policy
    from meter.rulebook import Verdict
    from meter.verify.space import Space

__all__ = ["KeptViews", "kept_views"]


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
        whole = diagrams.conjoin(read, *kept, diagrams.negate(zero))
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

"""Every reader, page view and standing that can be, as decision diagrams over a layout.

Which combinations of codes can be is said in `possible`, in words by `situations.assumed`. Verdicts
are the engine's own: this module only says for which codes the engine is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from meter.engine import judge
from meter.errors import listed
from meter.formulas import Among, Contains, Every
from meter.memo import decide
from meter.verify.diagram import FALSE, MOST_STEPS, TRUE, Forest
from meter.verify.layout import Layout
from meter.verify.phrasing import reader_words, view_words
from meter.verify.situations import EXPIRED, RUNNING
from meter.vocabulary import ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from meter.decision import Decision
    from meter.formulas import Formula
    from meter.rulebook import Rulebook
    from meter.verify.situations import Situation

__all__ = ["Space"]


class Space(Layout):
    """All situations of some policies that share a vocabulary, as sets in a forest."""

    def __init__(
        self,
        rulebooks: Sequence[Rulebook],
        *,
        by_mention: bool = False,
        steps: int = MOST_STEPS,
        until: float | None = None,
    ) -> None:
        super().__init__(rulebooks, by_mention=by_mention)
        self.forest = Forest([len(v.domain) for v in self.variables], steps=steps, until=until)
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
        return self.forest.test(level, self.variables[level].indices(codes))

    def where(self, formula: Formula, side: int = 0) -> int:
        """Return where a formula of the vocabulary holds.

        `side` says whose standing on a meter is asked for, where two policies are compared.
        """
        key = formula, side
        found = self._formulas.get(key)
        if found is None:
            found = self._formulas[key] = self._where(formula, side)
        return found

    def _where(self, formula: Formula, side: int) -> int:
        if isinstance(formula, Among):
            slot = self.vocabulary.slots[formula.slot]
            if slot.meter is not None:
                return self.standing(slot.meter, side, slot.name, formula.codes)
            level = self.level(formula.slot)
            return self.forest.test(level, self.variables[level].indices(formula.codes))
        if isinstance(formula, Contains):
            level = self.level(formula.slot, formula.member)
            return self.forest.test(level, [int(formula.inside)])
        parts = [self.where(part, side) for part in formula.parts]
        # From the last level to the first, so that what is built so far is never walked again.
        parts.sort(key=self.forest.level, reverse=True)
        if isinstance(formula, Every):
            return self.forest.both(*parts)
        return self.forest.either(*parts)

    def standing(self, meter: str, side: int, name: str, codes: Collection[object]) -> int:
        """Return where `open` or `left` of a meter is one of the codes, under the policy `side`."""
        indices = self.standing_indices(meter, side, name, codes)
        return self.forest.test(self.standing_level(meter), indices)

    def limited(self, meter: str, limits: tuple[int, ...]) -> int:
        """Return the readers who have these limits of a meter, one under each policy."""
        parts = (
            self.forest.relabel(diagram, limit.__eq__)
            for diagram, limit in zip(self.limits[meter], limits, strict=True)
        )
        return self.forest.both(*parts)

    def _limit(self, meter: str, side: int) -> int:
        """Return a meter's limit everywhere: the first that matches, or 0."""
        result = self.forest.leaf(0)
        for formula, limit in reversed(self.rulebooks[side].limits.get(meter, ())):
            result = self.forest.choose(self.where(formula, side), self.forest.leaf(limit), result)
        return result

    # What can be.

    def _possible(self) -> int:
        forest = self.forest
        parts = [*self._possible_readers()]
        # Views of what is not metered never count; of what is metered only those by a person do.
        metered = self.is_("access", ArticleAccess.METERED)
        counting = forest.test(self.counts, [0])
        parts.append(forest.choose(metered, TRUE, counting))
        counting = forest.both(counting, metered)
        parts += [self._possible_standings(meter, counting) for meter in self.meters]
        return forest.both(*reversed(parts))

    def _possible_readers(self) -> list[int]:
        forest = self.forest
        expired = self.is_("reader", *EXPIRED)
        running = self.is_("reader", *RUNNING)
        parts = []
        for level, variable in enumerate(self.variables):
            if variable.name == "days_since_expiry":
                codes = [code for code in variable.domain if code is not None]
                known = forest.test(level, variable.indices(codes))
                parts.append(forest.choose(expired, known, forest.negate(known)))
            if variable.name == "product":
                parts.append(forest.choose(running, TRUE, forest.test(level, [0])))
        return parts

    def _possible_standings(self, meter: str, counting: int) -> int:
        """Return where a reader's standing on a meter can be come by under the limits they have."""
        forest = self.forest
        level = self.standing_level(meter)
        ways = []
        for limits in self.limit_values[meter]:
            may = [
                forest.test(
                    level,
                    self.variables[level].indices(self.standings(meter, limits, counts=counts)),
                )
                for counts in (True, False)
            ]
            ways.append(forest.both(self.limited(meter, limits), forest.choose(counting, *may)))
        return forest.either(*ways)

    # One situation of a set.

    def example(self, diagram: int) -> Situation | None:
        """Return the plainest situation in a set, or `None` if the set is empty."""
        return None if diagram == FALSE else self.witness(diagram)

    def witness(self, diagram: int) -> Situation:
        """Return the plainest situation in a set that is not empty."""
        path = self.forest.path(diagram)
        if path is None:
            raise LookupError("no situation is in the empty set")
        # A condition matters if some situation without it lies outside the set.
        outside = self.forest.minus(self.possible, diagram)
        box = {level: frozenset({code}) for level, code in path.items()}
        for level in sorted(box, reverse=True):
            wider = {other: codes for other, codes in box.items() if other != level}
            if not self.forest.meets(outside, wider):
                box = wider
        codes = [path.get(level, 0) for level in range(len(self.variables))]
        return evolve(self.situation(codes), matters=frozenset(box))

    def ask(self, situation: Situation, side: int = 0) -> Decision:
        """Return what the engine decides in a situation.

        An answer the diagrams do not give is a fault of theirs.
        """
        met = self.encounter(situation, side)
        decision, _ = decide(self.rulebooks[side].policy, met.reader, met.view, met.usage, met.now)
        said = judge(self.rulebooks[side], self.facts(situation, side))
        decided = (decision.rule, decision.show, decision.offer)
        if (said.rule, said.show, said.offer) != decided:
            raise AssertionError(
                f"the engine does not reproduce {situation}: {decision}"
            )  # pragma: no cover - held by the tests
        return decision

    def tell(self, situation: Situation, side: int = 0) -> str:
        """Say a situation in a person's words."""
        matters = {self.variables[level].name for level in situation.matters} | {"reader", "access"}
        values = {name: value for name, value in situation.values.items() if name in matters}
        reader = reader_words(values, self.vocabulary)
        view = view_words(values, self.vocabulary, counts=situation.counts)
        stood = []
        for meter, (used, seen) in self.used(situation).items():
            limit = self.limits_of(situation, meter)[side]
            if limit and self.standing_level(meter) in situation.matters:
                this = ", this article among them" if seen else ""
                stood.append(f"{min(used, limit)} of {limit} used on `{meter}`{this}")
        return f"{reader} {view} with {listed(stood, 'and')}" if stood else f"{reader} {view}"

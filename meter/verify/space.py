"""Every reader, view and standing that can be, and what a policy says of each.

A space lays one or two policies out over the variables of their common vocabulary: a slot each, a
member each for sets, whether the view counts, and where the reader stands on each meter. Which
combinations can be is said in `possible`, in words by `situations.assumed`. Verdicts are the
engine's own: this module only says for which codes the engine is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from meter.engine import allowance, judge, ledger
from meter.formulas import Among, Contains, Every, leaves
from meter.memo import decide
from meter.verify.concretize import impersonate, listed, plain_codes, reader_words, view_words
from meter.verify.diagram import FALSE, MOST_STEPS, TRUE, Forest
from meter.verify.situations import (
    EXPIRED,
    RUNNING,
    Situation,
    Standing,
    Variable,
    counts_that_matter,
)
from meter.vocabulary import ArticleAccess, Count
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from meter.decision import Decision
    from meter.facts import Vocabulary
    from meter.formulas import Formula
    from meter.rulebook import Rulebook
    from meter.verify.concretize import Encounter

__all__ = ["Space"]

_WHO = ("reader", "product", "segments", "score", "days_since_expiry", "country", "period")
"""What stays the same from one page view to the next: the reader, and the day."""


class Space:
    """All situations of some policies that share a vocabulary, as variables of a forest."""

    def __init__(
        self,
        rulebooks: Sequence[Rulebook],
        *,
        by_mention: bool = False,
        steps: int = MOST_STEPS,
        until: float | None = None,
    ) -> None:
        self.rulebooks = tuple(rulebooks)
        self.vocabulary: Vocabulary = rulebooks[0].vocabulary
        self.by_mention = by_mention
        self.meters = tuple(
            dict.fromkeys(meter.name for book in rulebooks for meter in book.policy.meters)
        )
        self._reached: dict[
            tuple[str, tuple[int, ...], bool], dict[Standing, tuple[int, bool]]
        ] = {}
        self.limit_values = {name: self._limit_values(name) for name in self.meters}
        self.variables = self._lay_out(by_mention=by_mention)
        self._levels = {
            (v.slot, v.member): level
            for level, v in enumerate(self.variables)
            if v.slot is not None
        }
        self._standings = {
            v.meter: level for level, v in enumerate(self.variables) if v.meter is not None
        }
        self.counts = next(level for level, v in enumerate(self.variables) if v.name == "counts")
        self.who = frozenset(level for level, v in enumerate(self.variables) if v.who)
        self.standing_levels = frozenset(self._standings.values())
        self.forest = Forest([len(v.domain) for v in self.variables], steps=steps, until=until)
        self._formulas: dict[tuple[Formula, int], int] = {}
        self.limits = {
            name: [self._limit(name, side) for side in range(len(rulebooks))]
            for name in self.meters
        }
        self.possible = self._possible()

    # What there is.

    def _lay_out(self, *, by_mention: bool) -> tuple[Variable, ...]:
        slots = []
        for index, slot in enumerate(self.vocabulary.slots[: self.vocabulary.base]):
            who = slot.name in _WHO
            if slot.kind == "set":
                slots += [
                    Variable(slot.name, (False, True), index, member, who=who)
                    for member in slot.mentioned
                ]
            else:
                slots.append(Variable(slot.name, plain_codes(slot), index, who=who))
        if by_mention:
            first: dict[tuple[int | None, str | None], int] = {}
            for book in self.rulebooks:
                for rule in book.rules:
                    for atom in leaves(rule.formula):
                        first.setdefault(
                            (atom.slot, atom.member if isinstance(atom, Contains) else None),
                            len(first),
                        )
            slots.sort(key=lambda v: first.get((v.slot, v.member), len(first)))
        else:
            slots.sort(key=lambda v: not v.who)
        standings = [
            Variable("standing", self._standing_domain(name), meter=name) for name in self.meters
        ]
        return (*slots, Variable("counts", (True, False)), *standings)

    def _limit_values(self, meter: str) -> list[tuple[int, ...]]:
        """Return every combination of limits a reader may have of a meter, one under each policy."""
        combinations: list[tuple[int, ...]] = [()]
        for book in self.rulebooks:
            own = sorted({0, *(limit for _, limit in book.limits.get(meter, ()))})
            combinations = [(*most, limit) for most in combinations for limit in own]
        return combinations

    def standings(
        self, meter: str, limits: tuple[int, ...], *, counts: bool
    ) -> dict[Standing, tuple[int, bool]]:
        """Return where a reader with these limits may stand on a meter, and how.

        How many are used, and whether this one is.
        """
        slot = self.vocabulary.slots[self.vocabulary.place("left", meter)]
        key = meter, limits, counts
        if key not in self._reached:
            found: dict[Standing, tuple[int, bool]] = {}
            for used in counts_that_matter(limits, slot.mentioned):
                for seen in (False, True) if used else (False,):
                    rooms = [allowance(limit, used, seen=seen, spends=counts) for limit in limits]
                    found.setdefault(
                        Standing(tuple((opens, slot.code(left) or 0) for opens, left in rooms)),
                        (used, seen),
                    )
            self._reached[key] = found
        return self._reached[key]

    def _standing_domain(self, meter: str) -> tuple[Standing, ...]:
        ways: dict[Standing, tuple[int, bool]] = {}
        for limits in self.limit_values[meter]:
            for counts in (True, False):
                for standing, way in self.standings(meter, limits, counts=counts).items():
                    ways[standing] = min(way, ways.get(standing, way))
        # First the standings of a reader who still may read: examples then need no history.
        return tuple(
            sorted(
                ways,
                key=lambda standing: (ways[standing], [not opens for opens, _ in standing.codes]),
            )
        )

    # What can be.

    def _limit(self, meter: str, side: int) -> int:
        forest, result = self.forest, self.forest.leaf(0)
        for formula, limit in reversed(self.rulebooks[side].limits.get(meter, ())):
            result = forest.choose(self.where(formula, side), forest.leaf(limit), result)
        return result

    def limited(self, meter: str, limits: tuple[int, ...]) -> int:
        """Return the readers who have these limits of a meter, one under each policy."""
        parts = (
            self.forest.relabel(diagram, limit.__eq__)
            for diagram, limit in zip(self.limits[meter], limits, strict=True)
        )
        return self.forest.both(*parts)

    def is_(self, name: str, *codes: object, member: str | None = None) -> int:
        """Return where a slot holds one of the codes; a slot the policy never looks at is nowhere."""
        for level, variable in enumerate(self.variables):
            if variable.name == name and variable.member == member:
                return self.forest.test(
                    level, [index for index, code in enumerate(variable.domain) if code in codes]
                )
        return FALSE

    def _possible(self) -> int:
        forest = self.forest
        expired, running = self.is_("reader", *EXPIRED), self.is_("reader", *RUNNING)
        parts = []
        for level, variable in enumerate(self.variables):
            if variable.name == "days_since_expiry":
                known = forest.test(
                    level, [index for index, code in enumerate(variable.domain) if code is not None]
                )
                parts.append(forest.choose(expired, known, forest.negate(known)))
            if variable.name == "product":
                parts.append(forest.choose(running, TRUE, forest.test(level, [0])))
        # Views of what is not metered never count; of what is metered only those by a person do.
        counting = forest.test(self.counts, [0])
        parts.append(forest.choose(self.is_("access", ArticleAccess.METERED), TRUE, counting))
        counting = forest.both(counting, self.is_("access", ArticleAccess.METERED))
        for meter in self.meters:
            level = self._standings[meter]
            places = {
                standing: index for index, standing in enumerate(self.variables[level].domain)
            }
            ways = []
            for limits in self.limit_values[meter]:
                may = [
                    forest.test(
                        level,
                        [
                            places[standing]
                            for standing in self.standings(meter, limits, counts=counts)
                        ],
                    )
                    for counts in (True, False)
                ]
                ways.append(forest.both(self.limited(meter, limits), forest.choose(counting, *may)))
            parts.append(forest.either(*ways))
        return forest.both(*reversed(parts))

    # What is said.

    def where(self, formula: Formula, side: int = 0) -> int:
        """Return where a formula of the vocabulary holds.

        `side` is the policy whose meters it speaks of.
        """
        key = formula, side
        found = self._formulas.get(key)
        if found is None:
            if isinstance(formula, Among):
                found = self._among(formula, side)
            elif isinstance(formula, Contains):
                found = self.forest.test(
                    self._levels[formula.slot, formula.member], [int(formula.inside)]
                )
            else:
                parts = [self.where(part, side) for part in formula.parts]
                parts.sort(key=self.forest.level, reverse=True)
                found = (
                    self.forest.both(*parts)
                    if isinstance(formula, Every)
                    else self.forest.either(*parts)
                )
            self._formulas[key] = found
        return found

    def _among(self, formula: Among, side: int) -> int:
        slot = self.vocabulary.slots[formula.slot]
        if slot.meter is None:
            level = self._levels[formula.slot, None]
            return self.forest.test(
                level,
                [i for i, code in enumerate(self.variables[level].domain) if code in formula.codes],
            )
        return self.standing(slot.meter, side, slot.name, formula.codes)

    def standing(self, meter: str, side: int, name: str, codes: Iterable[object]) -> int:
        """Return where a meter's `open` or `left` slot holds one of the codes, under the policy
        `side`.
        """
        level, part, wanted = self._standings[meter], ("open", "left").index(name), frozenset(codes)
        domain = self.variables[level].domain
        return self.forest.test(
            level, [i for i, standing in enumerate(domain) if standing.codes[side][part] in wanted]
        )

    # One situation.

    def example(self, diagram: int) -> Situation | None:
        """Return the plainest situation in a set, or `None` if the set is empty."""
        path = self.forest.path(diagram)
        if path is None:
            return None
        outside = self.forest.minus(self.possible, diagram)
        box = {level: frozenset({code}) for level, code in path.items()}
        for level in sorted(box, reverse=True):
            wider = {other: codes for other, codes in box.items() if other != level}
            if not self.forest.meets(outside, wider):
                box = wider
        return evolve(
            self.situation([path.get(level, 0) for level in range(len(self.variables))]),
            matters=frozenset(box),
        )

    def situation(self, codes: Sequence[int]) -> Situation:
        """Return the situation at one code (its index) a level."""
        values: dict[str, Any] = {}
        standings, counts = {}, True
        for variable, code in zip(self.variables, codes, strict=True):
            value = variable.domain[code]
            if variable.member is not None:
                values[variable.name] = values.get(variable.name, frozenset()) | (
                    {variable.member} if value else set()
                )
            elif variable.meter is not None:
                standings[variable.meter] = value
            elif variable.slot is None:
                counts = value
            else:
                values[variable.name] = value
        return Situation(tuple(codes), values, counts, standings)

    def facts(self, situation: Situation, side: int = 0) -> tuple[Any, ...]:
        """Return a situation as the engine sees it: one code for each slot of the vocabulary."""
        own = [
            situation.values[slot.name] for slot in self.vocabulary.slots[: self.vocabulary.base]
        ]
        pairs = [
            situation.standings[slot.meter].codes[side]
            for slot in self.vocabulary.slots[self.vocabulary.base :: 2]
            if slot.meter
        ]
        return (*own, *(code for pair in pairs for code in pair))

    def observe(self, met: Encounter, side: int = 0) -> tuple[Any, ...]:
        """Return an encounter as the engine sees it under the policy `side`.

        One code for each slot of the vocabulary.
        """
        rulebook, at = self.rulebooks[side], instant(met.now)
        facts = list(self.vocabulary.observe(met.reader, met.view, at))
        article = met.view.article
        counts = article.access == ArticleAccess.METERED and not met.view.prefetch
        counted = ledger(rulebook.policy, met.usage, met.now)
        for opened, left in zip(
            self.vocabulary.slots[self.vocabulary.base :: 2],
            self.vocabulary.slots[self.vocabulary.base + 1 :: 2],
            strict=True,
        ):
            meter = rulebook.policy.meter(str(opened.meter))
            key = met.view.view_key(at) if meter.count is Count.VIEWS else article.key
            ids = counted[meter.name][0].ids
            opens, rest = allowance(
                rulebook.limit(meter.name, facts), len(ids), seen=key in ids, spends=counts
            )
            facts += [opens, left.code(rest)]
        return tuple(facts)

    def codes(self, facts: Sequence[Any], *, counts: bool = True) -> list[int]:
        """Return the code (its index) of every level of a space of one policy, for what the engine
        sees.
        """
        codes = []
        for variable in self.variables:
            if variable.meter is not None:
                place = self.vocabulary.place("open", variable.meter)
                codes.append(variable.domain.index(Standing(((facts[place], facts[place + 1]),))))
            elif variable.slot is None:
                codes.append(variable.domain.index(counts))
            else:
                value = facts[variable.slot]
                codes.append(
                    variable.domain.index(
                        value if variable.member is None else variable.member in value
                    )
                )
        return codes

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
            meter: self.standings(meter, self.limits_of(situation, meter), counts=counts)[standing]
            for meter, standing in situation.standings.items()
        }

    def encounter(self, situation: Situation, side: int = 0) -> Encounter:
        """Return a situation as a reader, a view, a usage and an instant, to ask the engine about
        under the policy `side`.
        """
        policy = self.rulebooks[side].policy
        return impersonate(
            policy,
            self.vocabulary,
            situation.values,
            counts=situation.counts,
            used=self.used(situation),
        )

    def ask(self, situation: Situation, side: int = 0) -> Decision:
        """Return what the engine decides in a situation.

        An answer the diagrams do not give is a fault of theirs.
        """
        met = self.encounter(situation, side)
        decision, _ = decide(self.rulebooks[side].policy, met.reader, met.view, met.usage, met.now)
        said = judge(self.rulebooks[side], self.facts(situation, side))
        if said is None or (said.rule, said.show, said.offer) != (
            decision.rule,
            decision.show,
            decision.offer,
        ):
            raise AssertionError(
                f"the engine does not reproduce {situation}: {decision}"
            )  # pragma: no cover - held by the tests
        return decision

    def tell(self, situation: Situation, side: int = 0) -> str:
        """Say a situation in a person's words."""
        counts = situation.counts
        matters = {self.variables[level].name for level in situation.matters} | {"reader", "access"}
        values = {name: value for name, value in situation.values.items() if name in matters}
        told = (
            f"{reader_words(values, self.vocabulary)}"
            f" {view_words(values, self.vocabulary, counts=counts)}"
        )
        stood = []
        for meter, (used, seen) in self.used(situation).items():
            limit = self.limits_of(situation, meter)[side]
            if limit and self._standings[meter] in situation.matters:
                stood.append(
                    f"{min(used, limit)} of {limit} used on `{meter}`"
                    + (", this article among them" if seen else "")
                )
        return f"{told} with {listed(stood, 'and')}" if stood else told

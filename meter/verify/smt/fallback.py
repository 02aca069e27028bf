"""Answer the promises of a policy that is too large for a diagram, by z3."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from attrs import evolve

from meter.facts.meters import Opening
from meter.formulas.translation import formula_of
from meter.verify.answers import EVERYONE, OWN, ProofAnswer, ProofOutcome, proved
from meter.verify.budget import SOLVER_SECONDS, open_solver
from meter.verify.counterexample import saying, single_view
from meter.verify.diagram import UndecidedError
from meter.verify.frequency.proof import (
    NOBODY,
    is_shown_by,
    kept_by_caps,
    proved_by,
    searched,
)
from meter.verify.properties import (
    FULL,
    MEANING,
    built_in_by_code,
    from_guarantee,
    promises_of,
)
from meter.verify.search import scenario_at
from meter.verify.walk.symbolic import comes_from, previews, spends
from meter.vocabulary import Show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from z3 import BoolRef

    from meter.policy import Guarantee
    from meter.rulebook import JudgedRule, Rulebook
    from meter.verify.properties import Property
    from meter.verify.smt.solver import Solver

__all__ = ["fallback", "rules_that_fire"]


def fallback(
    rulebook: Rulebook, leave_out: Sequence[str], reason: str, seconds: float | None
) -> Iterator[ProofAnswer]:
    """Yield an answer to every promise by z3, or `not decided`.

    `reason` says why the diagram gives none, `seconds` is for all of them.
    """
    promised = promises_of(rulebook.policy)
    codes = [code for code in promised if code not in leave_out]
    guarantees = rulebook.policy.guarantees
    until = monotonic() + (SOLVER_SECONDS if seconds is None else seconds)
    try:
        proof = _SolverProof(open_solver([rulebook], reason), until)
    except UndecidedError as error:
        named = [(code, promised[code]) for code in codes]
        named += [(OWN, guarantee.name) for guarantee in guarantees]
        kept = {each.name: kept_by_caps(rulebook, each) for each in guarantees if each.prompt}
        for code, name in named:
            how = kept.get(name) if code == OWN else None
            answer = proved(code, name, how) if how else _not_decided(code, name, str(error))
            yield evolve(answer, means=MEANING.get(code))
        return
    views = built_in_by_code(proof.space)
    for code in codes:
        if code in views:
            answer = proof.single(code, promised[code], views[code])
        else:
            answer = proof.over_time(code, promised[code])
        yield evolve(answer, means=MEANING[code])
    for guarantee in guarantees:
        if guarantee.prompt is None:
            yield proof.single(OWN, guarantee.name, from_guarantee(proof.space, guarantee))
        else:
            yield proof.often(guarantee)


def rules_that_fire(
    rulebook: Rulebook, *, seconds: float = SOLVER_SECONDS
) -> frozenset[str] | None:
    """Return the names of the rules that decide for some reader.

    `None` where z3 cannot say that of all of them.
    """
    until = monotonic() + seconds
    fires = set()
    try:
        solver = open_solver([rulebook], "")
        verdict = solver.verdict()
        for rule in rulebook.rules:
            solver.limit(until - monotonic())
            reached = solver.among(verdict, comes_from(rule.name))
            if rule.name not in fires and solver.find(reached) is not None:
                fires.add(rule.name)
    except UndecidedError:
        return None
    return frozenset(fires)


def _not_decided(code: str, name: str, how: str) -> ProofAnswer:
    return ProofAnswer(code=code, name=name, outcome=ProofOutcome.NOT_DECIDED, how=how)


class _SolverProof:
    """One policy put to z3, until an instant of the monotonic clock."""

    def __init__(self, solver: Solver, until: float) -> None:
        self.solver = solver
        self.space = solver.space
        self.policy = solver.space.rulebooks[0].policy
        self.verdict = solver.verdict()
        self.until = until

    def single(self, code: str, name: str, properties: Sequence[Property]) -> ProofAnswer:
        """Answer promises about single page views."""
        wrong = [
            self.solver.conjoin(self.solver.diagram(prop.where), *self._broken(prop))
            for prop in properties
        ]
        return self._answer(code, name, wrong, [(prop.wanted, prop.says) for prop in properties])

    def _broken(self, prop: Property) -> list[BoolRef]:
        """Return where a property is broken; one that says what is wrong is, wherever it holds."""
        return [] if prop.says else [self.solver.among(self.verdict, prop.is_broken)]

    def often(self, guarantee: Guarantee) -> ProofAnswer:
        """Answer how often a prompt is shown: by its caps, or by a journey that breaks it."""
        how = kept_by_caps(self.space.rulebooks[0], guarantee)
        if how is not None:
            return proved_by(guarantee, how)
        formula = formula_of(guarantee.when, self.space.vocabulary, self.policy)
        shows = is_shown_by(self.policy, guarantee.prompt or "")
        try:
            self.solver.limit(self.until - monotonic())
            situation = self.solver.find(
                self.solver.among(self.verdict, shows), self.solver.where(formula)
            )
            if situation is None:
                return proved_by(guarantee, f"by z3, {NOBODY}")
            readers = [scenario_at(self.space, situation)]
            return searched(self.space, guarantee, readers, self.until)
        except UndecidedError as error:
            return _not_decided(OWN, guarantee.name, str(error))

    def over_time(self, code: str, name: str) -> ProofAnswer:
        """Answer a promise that is kept where no single page view might break it."""
        wrong = [
            condition
            for meter in self.policy.meters
            for condition in _WRONG[code](self, meter.name)
        ]
        return self._answer(code, name, wrong, [(frozenset(Show) - FULL, "")] * len(wrong))

    def closed(self, meter: str) -> Iterator[BoolRef]:
        """Yield where a meter is spent that is not open."""
        closed = self.solver.meter_state(meter, 0, "open", [Opening.CLOSED])
        yield self.solver.conjoin(self.solver.among(self.verdict, spends(meter)), closed)

    def at_zero(self, meter: str) -> Iterator[BoolRef]:
        """Yield where a countdown is shown at a limit of 0."""
        announcing = self.solver.among(self.verdict, spends(meter, but=Show.ARTICLE))
        yield self.solver.conjoin(announcing, self.solver.diagram(self.space.limited(meter, (0,))))

    def silent(self, meter: str) -> Iterator[BoolRef]:
        """Yield what would have to be for a last free article to go by unannounced.

        If it cannot be, all are announced.
        """
        rules = [rule for rule in self.space.rulebooks[0].rules if meter in rule.spend]
        counting = [rule for rule in rules if rule.show is Show.COUNTDOWN]
        if not counting:
            return
        solver = self.solver
        new = solver.counted_already(known=False)
        last = solver.conjoin(
            new,
            solver.meter_state(meter, 0, "open", [Opening.OPEN]),
            solver.disjoin(*(self._leaves_nothing(rule, meter) for rule in counting)),
        )
        silent = spends(meter, but=Show.LAST_FREE_ARTICLE)
        yield solver.conjoin(last, solver.among(self.verdict, silent))
        refused = solver.among(self.verdict, previews)
        for rule in counting:
            # Something is left, but where the limit may have been a higher one before.
            lasting = [
                solver.meter_state(name, 0, "open", [Opening.OPEN, Opening.UNLIMITED])
                for name in rule.spend
                if not self.space.moving_limits([name])
            ]
            read = solver.is_("access", *rule.access)
            yield solver.conjoin(new, read, *lasting, refused)

    def _leaves_nothing(self, rule: JudgedRule, meter: str) -> BoolRef:
        """Return where this view leaves nothing of a meter that a rule spends."""
        nothing = rule.nothing_left[rule.spend.index(meter)]
        return self.solver.meter_state(meter, 0, "left", [nothing])

    def _answer(
        self,
        code: str,
        name: str,
        wrong: Sequence[BoolRef],
        meant: Sequence[tuple[frozenset[Show], str]],
    ) -> ProofAnswer:
        """Answer by the first of some conditions, all of them wrong, that can be met.

        `meant` says of each what would keep the promise, and what is wrong in words, if it is not
        what is shown.
        """
        try:
            for condition, (wanted, says) in zip(wrong, meant, strict=True):
                self.solver.limit(self.until - monotonic())
                situation = self.solver.find(condition)
                if situation is not None and code in _SUSPECTS:
                    return _not_decided(code, name, _SUSPECTS[code])
                if situation is not None:
                    return ProofAnswer(
                        code=code,
                        name=name,
                        outcome=ProofOutcome.FAILS,
                        how="z3 found this page view, and the engine agrees",
                        counterexample=saying(single_view(self.space, situation, wanted), says),
                    )
        except UndecidedError as error:
            return _not_decided(code, name, str(error))
        how = f"by z3, {EVERYONE}"
        return ProofAnswer(code=code, name=name, outcome=ProofOutcome.PROVED, how=how)


_WRONG: dict[str, Callable[[_SolverProof, str], Iterable[BoolRef]]] = {
    "never-more-than-the-limit": _SolverProof.closed,
    "last-free-is-announced": _SolverProof.silent,
    "nothing-free-at-zero": _SolverProof.at_zero,
}
"""What is wrong about a meter under each promise about time."""

_SUSPECTS = {
    "last-free-is-announced": (
        "z3 finds a page view that might break it, and the policy is too large to search for a"
        " journey that does"
    ),
}
"""The promises that are not broken by one page view alone, and the answer where one might be."""

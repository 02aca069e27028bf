"""What is still known of the promises of a policy that is too large for a diagram: what z3 says."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from attrs import evolve

from meter.formulas import Among
from meter.verify.answers import EVERYONE, Answer, Outcome
from meter.verify.budget import SOLVER_SECONDS, open_solver
from meter.verify.counterexample import scene
from meter.verify.diagram import UndecidedError
from meter.verify.properties import FULL, MEANING, STANDING, own_promise, standing_by_code
from meter.verify.symbolic import comes_from, spends, walls
from meter.vocabulary import ArticleAccess, Show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from z3 import BoolRef

    from meter.rulebook import Rulebook
    from meter.verify.properties import Promise
    from meter.verify.smt.solver import Solver

__all__ = ["rules_that_fire", "second_opinion"]


def second_opinion(
    rulebook: Rulebook, leave_out: Sequence[str], reason: str, seconds: float | None
) -> Iterator[Answer]:
    """Yield an answer to every promise by z3, or `not decided`.

    `reason` says why the diagram has none, `seconds` is for all of them.
    """
    codes = [code for code in STANDING if code not in leave_out]
    guarantees = rulebook.policy.guarantees
    until = monotonic() + (SOLVER_SECONDS if seconds is None else seconds)
    try:
        opinion = _Opinion(open_solver([rulebook], reason), until)
    except UndecidedError as error:
        named = [(code, STANDING[code]) for code in codes]
        named += [("guarantee", guarantee.name) for guarantee in guarantees]
        for code, name in named:
            answer = _not_decided(code, name, str(error))
            yield evolve(answer, means=MEANING.get(code))
        return
    views = standing_by_code(opinion.space)
    for code in codes:
        if code in views:
            answer = opinion.single(code, STANDING[code], views[code])
        else:
            answer = opinion.over_time(code, STANDING[code])
        yield evolve(answer, means=MEANING[code])
    for guarantee in guarantees:
        promise = own_promise(opinion.space, guarantee)
        yield opinion.single("guarantee", guarantee.name, [promise])


def rules_that_fire(
    rulebook: Rulebook, *, seconds: float = SOLVER_SECONDS
) -> frozenset[str] | None:
    """Return the names of the rules that some reader meets.

    `None` where z3 cannot say that of all of them.
    """
    until = monotonic() + seconds
    fires = set()
    try:
        solver = open_solver([rulebook], "")
        verdict = solver.verdict()
        for rule in rulebook.rules:
            solver.limit(until - monotonic())
            met = solver.among(verdict, comes_from(rule.name))
            if rule.name not in fires and solver.find(met) is not None:
                fires.add(rule.name)
    except UndecidedError:
        return None
    return frozenset(fires)


def _not_decided(code: str, name: str, how: str) -> Answer:
    return Answer(code=code, name=name, outcome=Outcome.NOT_DECIDED, how=how)


class _Opinion:
    """One policy put to z3, until an instant of the monotonic clock."""

    def __init__(self, solver: Solver, until: float) -> None:
        self.solver = solver
        self.space = solver.space
        self.policy = solver.space.rulebooks[0].policy
        self.verdict = solver.verdict()
        self.until = until

    def single(self, code: str, name: str, promises: Sequence[Promise]) -> Answer:
        """Answer promises about single page views."""
        wrong = [
            self.solver.both(
                self.solver.diagram(promise.where),
                self.solver.among(self.verdict, promise.is_broken),
            )
            for promise in promises
        ]
        return self._answer(code, name, wrong, promises[0].wanted)

    def over_time(self, code: str, name: str) -> Answer:
        """Answer a promise that is kept where no single page view might break it."""
        wrong = [
            condition
            for meter in self.policy.meters
            for condition in _WRONG[code](self, meter.name)
        ]
        return self._answer(code, name, wrong, frozenset(Show) - FULL)

    def closed(self, meter: str) -> Iterator[BoolRef]:
        """Yield where a meter is spent that is not open."""
        opens = self.solver.standing(meter, 0, "open", [True])
        yield self.solver.both(
            self.solver.among(self.verdict, spends(meter)), self.solver.negate(opens)
        )

    def at_zero(self, meter: str) -> Iterator[BoolRef]:
        """Yield where a countdown is shown at a limit of 0."""
        told = self.solver.among(self.verdict, spends(meter, but=Show.ARTICLE))
        yield self.solver.both(told, self.solver.diagram(self.space.limited(meter, (0,))))

    def silent(self, meter: str) -> Iterator[BoolRef]:
        """Yield what would have to be for a last free article to go by unannounced.

        If it cannot be, all are announced.
        """
        rules = [rule for rule in self.space.rulebooks[0].rules if rule.spend == meter]
        if not any(rule.show is Show.COUNTDOWN for rule in rules):
            return
        solver = self.solver
        access = self.space.vocabulary.place("access")
        last = solver.both(
            solver.where(Among(access, frozenset({ArticleAccess.METERED}))),
            solver.standing(meter, 0, "open", [True]),
            solver.standing(meter, 0, "left", [rules[0].nothing_left]),
        )
        silent = spends(meter, but=Show.LAST_FREE_ARTICLE)
        yield solver.both(last, solver.among(self.verdict, silent))
        yield solver.both(last, solver.among(self.verdict, walls))

    def _answer(
        self, code: str, name: str, wrong: Sequence[BoolRef], wanted: frozenset[Show]
    ) -> Answer:
        """Answer by the first of some conditions, all of them wrong, that can be met."""
        try:
            for condition in wrong:
                self.solver.limit(self.until - monotonic())
                situation = self.solver.find(condition)
                if situation is not None and code in _SUSPECTS:
                    return _not_decided(code, name, _SUSPECTS[code])
                if situation is not None:
                    return Answer(
                        code=code,
                        name=name,
                        outcome=Outcome.FAILS,
                        how="z3 found this page view, and the engine agrees",
                        story=scene(self.space, situation, wanted),
                    )
        except UndecidedError as error:
            return _not_decided(code, name, str(error))
        how = f"by z3, {EVERYONE}"
        return Answer(code=code, name=name, outcome=Outcome.PROVED, how=how)


_WRONG: dict[str, Callable[[_Opinion, str], Iterable[BoolRef]]] = {
    "never-more-than-the-limit": _Opinion.closed,
    "last-free-is-announced": _Opinion.silent,
    "nothing-free-at-zero": _Opinion.at_zero,
}
"""What is wrong about a meter under each promise about time."""

_SUSPECTS = {
    "last-free-is-announced": (
        "z3 finds a page view that might break it, and the policy is too large to search for the"
        " way there"
    ),
}
"""The promises that are not broken by one page view alone, and what is said where one might be."""

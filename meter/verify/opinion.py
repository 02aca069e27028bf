"""What is still known of a policy that is too large for a diagram.

What z3 says, and nothing where it is not installed.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from meter.formulas import Among
from meter.verify.counterexample import scene
from meter.verify.diagram import UndecidedError
from meter.verify.diff import Row, counting, told_of, visible
from meter.verify.properties import FULL, MEANING, STANDING, Promise, own_promise, standing_by_code
from meter.verify.prove import Answer, Outcome
from meter.verify.smt import Solver, is_installed
from meter.verify.space import Space
from meter.verify.symbolic import comes_from, spends, walls
from meter.vocabulary import ArticleAccess, Show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.rulebook import Rulebook

__all__ = ["one_difference", "rules_that_fire", "second_opinion"]

_SECONDS = 5.0
NOT_INSTALLED = "z3 could be asked: `pip install 'meter-paywall[smt]'`"


def second_opinion(
    rulebook: Rulebook, leave_out: Sequence[str], reason: str, seconds: float | None
) -> Iterator[Answer]:
    """Yield an answer to every promise by z3, or `not decided`.

    `reason` says why the diagram has none, `seconds` is for all of them.
    """
    names = {code: name for code, name in STANDING.items() if code not in leave_out}
    own = [
        (f"guarantee {index}", guarantee)
        for index, guarantee in enumerate(rulebook.policy.guarantees)
    ]
    until = monotonic() + (_SECONDS if seconds is None else seconds)
    opinion = None
    if is_installed():
        try:
            opinion = _Opinion(Space([rulebook]))
        except UndecidedError as error:
            reason = str(error)
    else:
        reason = f"{reason}; {NOT_INSTALLED}"
    if opinion is None:
        for code, name in (
            *names.items(),
            *(("guarantee", guarantee.name) for _, guarantee in own),
        ):
            yield Answer(
                code=code,
                name=name,
                outcome=Outcome.NOT_DECIDED,
                how=reason,
                means=MEANING.get(code),
            )
        return
    for code, name in names.items():
        yield opinion.standing(code, name, until)
    for _, guarantee in own:
        yield opinion.single(
            "guarantee", guarantee.name, [own_promise(opinion.space, guarantee)], until
        )


def one_difference(
    rulebooks: Sequence[Rulebook], reason: str, seconds: float | None
) -> Iterator[Row]:
    """Yield one reader for whom two policies decide differently, if there is any.

    Raises `UndecidedError` where z3 cannot say.
    """
    if not is_installed():
        raise UndecidedError(f"{reason}; {NOT_INSTALLED}")
    space = Space(rulebooks)
    solver = Solver(space)
    solver.limit(_SECONDS if seconds is None else seconds / 2)
    old, new = (solver.verdict(side, visible) for side in (0, 1))
    differs = [old != new]
    policies = [book.policy for book in rulebooks]
    for meter in {meter.name for meter in policies[0].meters} & {
        meter.name for meter in policies[1].meters
    }:
        told = solver.z3.Or(*(solver.among(side, told_of(meter)) for side in (old, new)))
        if counting(policies[0], meter) != counting(policies[1], meter):
            differs.append(told)
        else:
            differs += [solver.z3.And(told, solver.limits(meter)[0] != solver.limits(meter)[1])]
    situation = solver.find(solver.z3.Or(*differs))
    if situation is not None:
        shows = [f"`{space.ask(situation, side).show}`" for side in (0, 1)]
        yield Row(
            about="rules",
            who=f"for example {space.tell(situation)}",
            before=shows[0],
            after=shows[1],
        )


def rules_that_fire(rulebook: Rulebook, *, seconds: float = _SECONDS) -> frozenset[str] | None:
    """Return the names of the rules that some reader meets, or `None` where z3 cannot say that of
    all of them.
    """
    until = monotonic() + seconds
    fires = set()
    try:
        solver = Solver(Space([rulebook]))
        verdict = solver.verdict()
        for rule in rulebook.rules:
            solver.limit(until - monotonic())
            if (
                rule.name not in fires
                and solver.find(solver.among(verdict, comes_from(rule.name))) is not None
            ):
                fires.add(rule.name)
    except UndecidedError:
        return None
    return frozenset(fires)


class _Opinion:
    def __init__(self, space: Space) -> None:
        self.space = space
        self.policy = space.rulebooks[0].policy
        self.solver = Solver(space)
        self.verdict = self.solver.verdict()

    def standing(self, code: str, name: str, until: float) -> Answer:
        promises = standing_by_code(self.space).get(code)
        if promises is not None:
            return self.single(code, name, promises, until)
        wrong = [
            condition
            for meter in self.policy.meters
            for condition in getattr(
                self,
                {"never-more-than-the-limit": "_closed", "nothing-free-at-zero": "_at_zero"}.get(
                    code, "_silent"
                ),
            )(meter.name)
        ]
        return self._answer(
            code,
            name,
            wrong,
            frozenset(Show) - FULL,
            until,
            over_time=code == "last-free-is-announced",
        )

    def single(self, code: str, name: str, promises: Sequence[Promise], until: float) -> Answer:
        """Answer promises about single page views."""
        z3 = self.solver.z3
        wrong = [
            z3.And(
                self.solver.diagram(promise.where),
                self.solver.among(self.verdict, promise.is_broken),
            )
            for promise in promises
        ]
        return self._answer(code, name, wrong, promises[0].wanted, until)

    def _closed(self, meter: str) -> Iterator[Any]:
        z3 = self.solver.z3
        yield z3.And(
            self.solver.among(self.verdict, spends(meter)),
            z3.Not(self.solver.standing(meter, 0, 0, [True])),
        )

    def _at_zero(self, meter: str) -> Iterator[Any]:
        told = self.solver.among(self.verdict, spends(meter, but=Show.ARTICLE))
        yield self.solver.z3.And(told, self.solver.diagram(self.space.limited(meter, (0,))))

    def _silent(self, meter: str) -> Iterator[Any]:
        """Yield what would have to be for a last free article to go by unannounced.

        If it cannot be, all are announced.
        """
        rules = [rule for rule in self.space.rulebooks[0].rules if rule.spend == meter]
        if not any(rule.show is Show.COUNTDOWN for rule in rules):
            return
        z3, solver = self.solver.z3, self.solver
        metered = solver.where(_metered(self.space))
        last = z3.And(
            metered,
            solver.standing(meter, 0, 0, [True]),
            solver.standing(meter, 0, 1, [rules[0].nothing_left]),
        )
        yield z3.And(last, solver.among(self.verdict, spends(meter, but=Show.LAST_FREE_ARTICLE)))
        yield z3.And(last, solver.among(self.verdict, walls))

    def _answer(
        self,
        code: str,
        name: str,
        wrong: Sequence[Any],
        wanted: frozenset[Show],
        until: float,
        *,
        over_time: bool = False,
    ) -> Answer:
        means = MEANING.get(code)
        try:
            for condition in wrong:
                self.solver.limit(until - monotonic())
                situation = self.solver.find(condition)
                if situation is not None and over_time:
                    how = (
                        "z3 finds a page view that might break it, and the policy is too large to"
                        " search for the way there"
                    )
                    return Answer(
                        code=code, name=name, outcome=Outcome.NOT_DECIDED, how=how, means=means
                    )
                if situation is not None:
                    how = "z3 found this page view, and the engine agrees"
                    return Answer(
                        code=code,
                        name=name,
                        outcome=Outcome.FAILS,
                        how=how,
                        means=means,
                        story=scene(self.space, situation, wanted),
                    )
        except UndecidedError as error:
            return Answer(
                code=code, name=name, outcome=Outcome.NOT_DECIDED, how=str(error), means=means
            )
        return Answer(
            code=code,
            name=name,
            outcome=Outcome.PROVED,
            how="by z3, for every reader, page view and count there can be",
            means=means,
        )


def _metered(space: Space) -> Among:
    return Among(space.vocabulary.place("access"), frozenset({ArticleAccess.METERED}))

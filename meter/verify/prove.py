"""Whether a policy keeps its promises: those every paywall makes, and its own `[[guarantees]]`.

A promise about single page views is decided for every reader, view and meter state at once, on the
diagram. A promise about what happens over time is proved the same way where one page view is enough
to break it, and searched for with the real `decide`.
"""

from __future__ import annotations

from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING

from attrs import evolve

from meter.facts import Vocabulary
from meter.facts.meters import Opening
from meter.formulas.translation import formula_of
from meter.rulebook import Rulebook
from meter.verify.answers import (
    EVERYONE,
    OWN,
    ProofAnswer,
    ProofOutcome,
    open_question,
    proved,
)
from meter.verify.budget import decided
from meter.verify.clock.passing import Earlier
from meter.verify.clock.played import at_any_time
from meter.verify.counterexample import (
    Counterexample,
    describe_reader,
    expected_rule,
    saying,
    single_view,
)
from meter.verify.diagram import FALSE, MOST_STEPS, UndecidedError
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
    Property,
    asked_by_promises,
    built_in_by_code,
    from_guarantee,
    promises_of,
)
from meter.verify.search import ends_apart, find, scenario_of, scenarios
from meter.verify.smt.fallback import fallback
from meter.verify.switches import MOST_POSITIONS, asked_switches, positions, together
from meter.verify.walk.announced import counted_down, unannounced_step, wanted_at
from meter.verify.walk.countdowns import unannounced
from meter.verify.walk.symbolic import among, spends, verdicts
from meter.vocabulary import Show
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from meter.policy import Guarantee, Policy
    from meter.verify.search import SearchStep
    from meter.verify.situations import Situation
    from meter.verify.space import Space

__all__ = ["guarantees"]

_MOST_SEARCHED = 4_000
_ENOUGH = 1_000
_OPENED = frozenset(Opening) - {Opening.CLOSED}


def guarantees(
    policy: Policy,
    *,
    seconds: float | None = 10.0,
    steps: int = MOST_STEPS,
    leave_out: Sequence[str] = (),
) -> tuple[ProofAnswer, ...]:
    """Answer every built-in promise and every guarantee of a policy.

    `leave_out` names built-in ones that are not meant to hold, beside those the policy excepts.

    Each is answered for every position of the switches that conditions ask for. `steps` and
    `seconds` bound the work; what is not answered within them is `not decided`.
    """
    turned = list(islice(positions(policy), MOST_POSITIONS))
    share = None if seconds is None else seconds / len(turned)
    found = [(position, _answers(position.policy, share, steps, leave_out)) for position in turned]
    return together(found, complete=2 ** len(asked_switches(policy)) == len(turned))


def _answers(
    policy: Policy, seconds: float | None, steps: int, leave_out: Sequence[str]
) -> tuple[ProofAnswer, ...]:
    """Answer every promise of a policy whose switches are as they are."""
    rulebook = Rulebook(policy, Vocabulary([policy], list(asked_by_promises(policy))))
    until = None if seconds is None else monotonic() + seconds
    leave_out = (*leave_out, *policy.promises.except_)
    try:
        return decided(
            [rulebook],
            lambda space: tuple(_Proof(space, until, leave_out).all()),
            steps=steps,
            seconds=None if seconds is None else seconds / 2,
        )
    except UndecidedError as error:
        left = None if until is None else max(0.1, until - monotonic())
        return tuple(fallback(rulebook, leave_out, str(error), left))


class _Proof:
    def __init__(self, space: Space, until: float | None, leave_out: Sequence[str]) -> None:
        self.space = space
        self.diagrams = space.diagrams
        self.policy = space.rulebooks[0].policy
        self.until = until
        self.leave_out = frozenset(leave_out)
        self.whole = verdicts(space)

    def all(self) -> Iterator[ProofAnswer]:
        views = built_in_by_code(self.space)
        over_time = {
            "never-more-than-the-limit": self._within_limit,
            "last-free-is-announced": self._last_free,
            "nothing-free-at-zero": self._at_zero,
        }
        for code, name in promises_of(self.policy).items():
            if code in self.leave_out:
                continue
            if code in views:
                answer = self._single(code, name, views[code])
            else:
                answer = over_time[code](code, name)
            yield evolve(answer, means=MEANING[code])
        for guarantee in self.policy.guarantees:
            if guarantee.prompt is None:
                yield self._single(OWN, guarantee.name, from_guarantee(self.space, guarantee))
            else:
                yield self._often(guarantee)

    # Promises about single page views.

    def _single(self, code: str, name: str, properties: Sequence[Property]) -> ProofAnswer:
        """Answer promises about single page views, for all of them at once."""
        possible = self.space.possible
        if all(self.diagrams.conjoin(possible, prop.where) == FALSE for prop in properties):
            return proved(code, name, "nobody can be in that situation")
        for prop in properties:
            broken = among(self.space, self.whole, prop.is_broken)
            wrong = self.diagrams.conjoin(broken, prop.where)
            if wrong != FALSE:
                return self._fails(code, name, wrong, prop.wanted, prop.says)
        return proved(code, name, EVERYONE)

    def _often(self, guarantee: Guarantee) -> ProofAnswer:
        """Answer how often a prompt is shown: by its caps, or by a journey that breaks it."""
        how = kept_by_caps(self.space.rulebooks[0], guarantee)
        if how is not None:
            return proved_by(guarantee, how)
        shows = among(self.space, self.whole, is_shown_by(self.policy, guarantee.prompt or ""))
        formula = formula_of(guarantee.when, self.space.vocabulary, self.policy)
        where = self.diagrams.conjoin(self.space.possible, shows, self.space.where(formula))
        if where == FALSE:
            return proved_by(guarantee, NOBODY)
        readers = (
            scenario_of(self.space, self.whole, scenario.situation, where)
            for scenario in scenarios(self.space, self.whole, where)
        )
        return searched(self.space, guarantee, readers, self.until)

    def _at_zero(self, code: str, name: str) -> ProofAnswer:
        parts = []
        for meter in self.policy.meters:
            announcing = among(self.space, self.whole, spends(meter.name, but=Show.ARTICLE))
            parts.append(self.diagrams.conjoin(announcing, self.space.limited(meter.name, (0,))))
        wrong = self.diagrams.disjoin(*parts)
        if wrong != FALSE:
            return self._fails(code, name, wrong, frozenset(Show) - FULL)
        return proved(code, name, EVERYONE)

    def _fails(
        self, code: str, name: str, wrong: int, wanted: frozenset[Show], says: str = ""
    ) -> ProofAnswer:
        situation = self.space.witness(wrong)
        counterexample = self._journey(situation, wrong, wanted) or single_view(
            self.space, situation, wanted
        )
        return _broken(code, name, saying(counterexample, says))

    def _journey(
        self, situation: Situation, wrong: int, wanted: frozenset[Show]
    ) -> Counterexample | None:
        """Return the shortest journey of a new reader into a set of situations, if there is one."""
        scenario = scenario_of(self.space, self.whole, situation, wrong)
        found = find(
            self.policy,
            scenario,
            lambda step: self._is_in(wrong, step),
            most=_MOST_SEARCHED,
            until=self.until,
        ).found
        return None if found is None else self._counterexample(scenario.situation, found, wanted)

    def _is_in(self, wrong: int, step: SearchStep) -> bool:
        facts = self.space.observe(step.asked)
        codes = self.space.codes(facts, known=self.space.knows(step.asked))
        return bool(self.diagrams.at(wrong, codes))

    def _counterexample(
        self, situation: Situation, found: SearchStep, wanted: frozenset[Show]
    ) -> Counterexample:
        facts = self.space.observe(found.asked)
        return Counterexample(
            policy=self.policy,
            reader=describe_reader(self.space, situation),
            steps=found.steps(),
            wanted=wanted,
            expected=expected_rule(self.space, facts, found, wanted),
        )

    # Promises about what happens over time.

    def _within_limit(self, code: str, name: str) -> ProofAnswer:
        """Prove that a rule only spends open meters, and try to read more than a limit.

        A meter that is open has something left, so that one more never exceeds the limit.
        """
        spent = []
        for meter in self.policy.meters:
            opens = self.space.meter_state(meter.name, 0, "open", _OPENED)
            spending = among(self.space, self.whole, spends(meter.name))
            spent.append(self.diagrams.difference(spending, opens))
        wrong = self.diagrams.disjoin(*spent)
        if wrong != FALSE:  # pragma: no cover - the engine would have to be broken
            return self._fails(code, name, wrong, frozenset(Show) - FULL)
        return self._searched(code, name, self._too_many, lambda _: None, FALSE)

    def _too_many(self, last: SearchStep) -> bool:
        """Say whether a meter has newly counted more in its window than the reader's limit."""
        return any(self._is_over(last, name) for name in last.counted)

    def _is_over(self, last: SearchStep, name: str) -> bool:
        rulebook = self.policy.rulebook
        limit = rulebook.limit(name, last.decision.facts.values)
        if limit is None:
            return False
        timeline = rulebook.timelines[name]
        views = self.policy.meter(name).count == "views"
        opened: dict[str, int] = {}
        for step in last.steps():
            if name in step.counted:
                key = str(step.asked.view.id) if views else step.asked.view.article.id
                at = instant(step.asked.now)
                if key not in opened or timeline.inside((opened[key],), at):
                    opened[key] = at
        ats = sorted(opened.values())
        return len(ats) - timeline.inside(ats, instant(last.asked.now)) > limit

    def _last_free(self, code: str, name: str) -> ProofAnswer:
        earlier = Earlier(self.space)
        suspects = self._misled(earlier)
        if suspects == FALSE:
            return self._searched(code, name, unannounced_step, counted_down, suspects)
        at_once = self._misled() if self.space.clock else suspects
        if at_once != FALSE:
            # Waiting for the ends of windows as they come, it finds the most natural stories.
            answer = self._searched(code, name, unannounced_step, counted_down, at_once)
            is_whole = not self.space.clock and answer.outcome is ProofOutcome.PROVED
            if is_whole or answer.outcome is ProofOutcome.FAILS:
                return answer
        return self._at_any_time(code, name, suspects, earlier)

    def _at_any_time(self, code: str, name: str, suspects: int, earlier: Earlier) -> ProofAnswer:
        """Answer by journeys whose views may come at any times."""
        tried = at_any_time(self.space, self.whole, suspects, earlier, self.until)
        if tried.found is not None and tried.situation is not None:
            wanted = wanted_at(tried.found)
            story = self._counterexample(tried.situation, tried.found, wanted)
            return _broken(code, name, story)
        tries = f"{tried.views:,} page views by {tried.readers} kinds of reader"
        searched = f"{tries} were tried at all times"
        if tried.complete:
            how = "no journey of a new reader breaks it, whenever its views come"
            return proved(code, name, f"{how}; {searched}, which are all there are")
        return open_question(code, name, f"{searched}, and none broke it for certain")

    def _misled(self, earlier: Earlier | None = None) -> int:
        """Return where a countdown may end otherwise than it said."""
        misled = [
            unannounced(self.space, self.whole, meter.name, earlier) for meter in self.policy.meters
        ]
        parts = [part for each in misled for part in (each.silent, each.walled)]
        return self.diagrams.conjoin(self.space.possible, self.diagrams.disjoin(*parts))

    def _searched(
        self,
        code: str,
        name: str,
        broken: Callable[[SearchStep], bool],
        mark: Callable[[SearchStep], Hashable],
        suspects: int,
    ) -> ProofAnswer:
        """Answer a promise about time.

        Without `suspects`, situations that might break it, it is proved, and some search is enough.
        """
        complete = not (self.space.by_mention or ends_apart(self.policy))
        views = readers = 0
        crossed = suspects != FALSE
        among_these = self.space.possible if suspects == FALSE else suspects
        for scenario in scenarios(self.space, self.whole, among_these):
            most = _ENOUGH - views if suspects == FALSE else _MOST_SEARCHED
            if most <= 0 or (self.until is not None and monotonic() > self.until):
                complete = False
                break
            result = find(
                self.policy, scenario, broken, mark, crossed=crossed, most=most, until=self.until
            )
            complete = complete and result.complete
            views += result.views
            readers += 1
            if result.found is not None:
                counterexample = self._counterexample(
                    scenario.situation, result.found, wanted_at(result.found)
                )
                return _broken(code, name, counterexample)
        searched = f"{views:,} page views by {readers} kinds of reader were tried"
        if suspects == FALSE:
            return proved(code, name, f"for every possible journey; {searched} as well")
        if complete:
            how = f"no journey of a new reader breaks it; {searched}, which are all there are"
            return proved(code, name, how)
        how = f"{searched}, and none broke it"
        return open_question(code, name, how)


def _broken(code: str, name: str, counterexample: Counterexample) -> ProofAnswer:
    how = "the shortest journey that breaks it"
    return ProofAnswer(
        code=code, name=name, outcome=ProofOutcome.FAILS, how=how, counterexample=counterexample
    )

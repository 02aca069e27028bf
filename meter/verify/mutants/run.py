"""Make every small mistake in a policy, and see which of them its tests notice.

What is cheap comes first: journeys, which also show that a mistake changes something; the exact
comparison of the policies, for what they do not notice; guarantees; and pytest at last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.verify.mutants.equivalents import Equivalents, MutantEffect
from meter.verify.mutants.guaranteed import Guaranteed
from meter.verify.mutants.journeys import noticed
from meter.verify.mutants.making import mutants
from meter.verify.mutants.reached import Reached
from meter.verify.mutants.results import Killed, MutationResult, Survivor
from meter.verify.mutants.telling import ToldJourney, told_journey

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meter.policy import Policy
    from meter.verify.mutants.edit import Mutant
    from meter.verify.mutants.journeys import JourneyTest, Noticed
    from meter.verify.mutants.pytest_runs import PytestRuns

__all__ = ["Trial"]

_SECONDS = 10.0


class Trial:
    """The tests of a policy on trial.

    `journeys` and `runs` pass on the policy as it is. `told` are the journeys that were found for
    what survives, each at its place in `survivors_of`.
    """

    def __init__(
        self,
        policy: Policy,
        journeys: Sequence[JourneyTest],
        runs: PytestRuns | None = None,
        *,
        seconds: float = _SECONDS,
    ) -> None:
        self.policy = policy
        self.told: list[ToldJourney] = []
        self._journeys = list(journeys)
        self._runs = runs
        self._seconds = seconds
        self._reached = Reached(policy, [], [])
        self._equivalents = Equivalents(policy, seconds=seconds)
        self.guaranteed = Guaranteed(policy, seconds=seconds)

    def run(self, progress: Callable[[int, int], None] | None = None) -> MutationResult:
        """Return what comes of every mistake; `progress` is told how many of how many are done."""
        made = mutants(self.policy)
        self._reached = Reached(self.policy, [test.journey for test in self._journeys], made)
        equivalent: list[Mutant] = []
        killed: list[Killed] = []
        survivors: list[Survivor] = []
        for done, mutant in enumerate(made, 1):
            outcome = self._outcome(mutant)
            if isinstance(outcome, Killed):
                killed.append(outcome)
            elif isinstance(outcome, Survivor):
                survivors.append(outcome)
            else:
                equivalent.append(mutant)
            if progress is not None:
                progress(done, len(made))
        return MutationResult(
            equivalent=tuple(equivalent), killed=tuple(killed), survivors=tuple(survivors)
        )

    def _outcome(self, mutant: Mutant) -> Killed | Survivor | None:
        """Return what comes of one mistake; `None` if it changes nothing."""
        by, how = self._first_journey(mutant)
        if how is not None and how.seen:
            return Killed(mutant=mutant, by=by)
        told = self._told_before(mutant)
        difference = MutantEffect.SOME
        if told is None:
            difference = self._equivalents.difference(mutant.policy)
        if difference is MutantEffect.NONE:
            return None
        by = by or self._other_test(mutant)
        if by:
            return Killed(mutant=mutant, by=by)
        told = told or self._new_journey(mutant)
        text = None if told is None else told.text(told.keys(mutant.policy))
        return Survivor(
            mutant=mutant, journey=text, decided=difference is not MutantEffect.NOT_DECIDED
        )

    def _first_journey(self, mutant: Mutant) -> tuple[str, Noticed | None]:
        """Return the first journey that notices a mistake, and how; what readers see comes first.

        The one that noticed something last is asked first: most mistakes are near the last one.
        """
        unseen: tuple[str, Noticed | None] = ("", None)
        touches = self._reached.touches(mutant)
        for place, test in enumerate(self._journeys):
            how = noticed(test.journey, mutant.policy) if touches(test.journey) else None
            if how is None:
                continue
            if how.seen:
                self._journeys.insert(0, self._journeys.pop(place))
                return f"{test.name}, step {how.step}", how
            unseen = (f"{test.name}, step {how.step}", how)
        return unseen

    def _told_before(self, mutant: Mutant) -> ToldJourney | None:
        """Return a journey that was found for another mistake and notices this one too."""
        return next((told for told in self.told if told.keys(mutant.policy)), None)

    def _new_journey(self, mutant: Mutant) -> ToldJourney | None:
        told = told_journey(self.policy, mutant, seconds=self._seconds)
        if told is not None:
            self.told.append(told)
        return told

    def _other_test(self, mutant: Mutant) -> str:
        """Return the guarantee or the test that notices a mistake, in words."""
        broken = self.guaranteed.broken_by(mutant.policy)
        if broken is not None:
            return f"the guarantee `{broken}`"
        if self._runs is not None and self._runs.notice(mutant.policy):
            return "pytest"
        return ""

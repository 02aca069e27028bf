"""For which experiments another variant would have been decided otherwise.

A reader is *exposed* to an experiment at a view if some other variant of it, for the same reader,
view and record, would have given another show, access, prompt, offers or reading of the meter, or
other counts. So whoever is exposed is so in every variant, the control too, and whoever meets the
same in all variants is in none of the figures. A view that is speculative in one of the variants
exposes in none: nobody looks. What a view decides in another variant is asked of the same rules:
the facts with that variant, judged again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from meter import decision as decided
from meter.decision import Exposure, Perhaps
from meter.engine.counting import complete
from meter.rulebook import first_match

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from meter.decision import Conclusion, Counts
    from meter.facts import Codes
    from meter.rulebook import JudgedExperiment, Rulebook, Verdict

__all__ = ["conclude", "other_variants"]


def conclude(
    rulebook: Rulebook, verdict: Verdict, facts: Codes, counts: Counts, now: datetime
) -> Conclusion:
    """Return what follows from a verdict (see `decision.conclude`), with the exposures."""
    conclusion = decided.conclude(rulebook, verdict, facts, counts, now)
    if not rulebook.experiments or conclusion.decision.speculative:
        return conclusion
    surely: dict[Exposure, None] = {}
    perhaps: dict[Exposure, list[Conclusion]] = {}
    others = [
        (
            Exposure(experiment.name, facts[experiment.slot]),
            _concluded(rulebook, known, facts, counts, now),
        )
        for experiment, known in other_variants(rulebook, facts)
    ]
    # What is speculative in one variant tells of none, so it tells of none in the others either.
    unseen = {exposure for exposure, other in others if other.decision.speculative}
    for exposure, other in others:
        if exposure in unseen:
            continue
        if _differs(conclusion, other):
            surely[exposure] = None
        elif conclusion.groups != other.groups:
            perhaps.setdefault(exposure, []).append(other)
    if not surely and not perhaps:
        return conclusion
    return evolve(
        conclusion,
        decision=evolve(conclusion.decision, exposures=tuple(surely)),
        perhaps=tuple(
            Perhaps(exposure, other.groups)
            for exposure, others in perhaps.items()
            if exposure not in surely
            for other in others
        ),
    )


def other_variants(rulebook: Rulebook, facts: Codes) -> Iterator[tuple[JudgedExperiment, Codes]]:
    """Yield the facts that need no usage as they would be in each other variant somebody is in.

    There are none of an experiment that the reader is in no variant of, or that is not for this
    reader and view.
    """
    base = facts[: rulebook.vocabulary.base]
    for experiment in rulebook.experiments:
        place = experiment.slot
        if place >= len(base) or base[place] not in experiment.variants:
            continue
        if not experiment.formula.holds(base):
            continue
        for variant in experiment.variants:
            if variant != base[place]:
                yield experiment, (*base[:place], variant, *base[place + 1 :])


def _concluded(
    rulebook: Rulebook, known: Codes, facts: Codes, counts: Counts, now: datetime
) -> Conclusion:
    """Return what follows in another variant from facts that go as far as these ones."""
    if len(facts) > len(known):
        known = complete(rulebook, known, counts)
    verdict = first_match(rulebook, known)
    if verdict is None:  # pragma: no cover - `is_settled` looks at every variant
        raise AssertionError("another variant needs facts that were not observed")
    return decided.conclude(rulebook, verdict, known, counts, now)


def _differs(one: Conclusion, other: Conclusion) -> bool:
    """Say whether two conclusions differ, whatever meter is told; with `False` that may hang on it.

    Nothing is to be chosen where each has one meter to tell, or one of them has none.
    """
    mine, yours = one.decision, other.decision
    if (mine.show, mine.access, mine.prompt, mine.offers, mine.counted) != (
        yours.show,
        yours.access,
        yours.prompt,
        yours.offers,
        yours.counted,
    ):
        return True
    if {*one.counted} != {*other.counted}:  # in whatever order the rules spend
        return True
    if one.groups == other.groups:
        return False
    standings = [sum(map(len, conclusion.groups)) for conclusion in (one, other)]
    return min(standings) == 0 or max(standings) == 1

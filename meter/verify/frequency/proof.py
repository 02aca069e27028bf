"""Whether nobody is shown a prompt more often than a guarantee of the policy says.

It is proved by the prompt's own caps where those leave no room for more, or where no rule shows the
prompt at all; else a journey is searched for that breaks it. Where neither is found it is not
decided. What stands in for another prompt is held to its own caps, and its showings are counted, so
that they alone say what can be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from meter.errors import listed
from meter.explanation.frequency import cap_words, stretch_words
from meter.formulas.translation import formula_of
from meter.policy.faults.frequency import may_show
from meter.verify.answers import OWN, ProofAnswer, ProofOutcome, open_question, proved
from meter.verify.counterexample import Counterexample, Expected, describe_reader
from meter.verify.frequency.bounds import FIRST_YEAR, YEARS, fullest, rooms
from meter.verify.frequency.journeys import ShowingLimit, shown_too_often

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from meter.policy import Cap, Guarantee, Policy
    from meter.rulebook import AskedWindow, PromptGroup, Rulebook, Verdict
    from meter.verify.space import Space
    from meter.verify.walk.steps import Scenario, SearchStep

__all__ = ["NOBODY", "is_shown_by", "kept_by_caps", "proved_by", "searched"]

_MEANS = (
    "counted are the page views that showed it to one identity, a view that is sent twice as one;"
    " what an identity was shown before it was joined is not taken back"
)
"""What exactly is promised of a prompt."""
NOBODY = "no rule shows it to whom it is about"
"""How it is proved where no verdict shows it."""


def is_shown_by(policy: Policy, prompt: str) -> Callable[[Verdict], bool]:
    """Return whether a verdict may show a prompt: as its own, or as what stands in for it."""
    declared = {each.name: each for each in policy.prompts}

    def shows(verdict: Verdict) -> bool:
        if verdict.prompt == prompt:
            return True
        return any(each.name == prompt for each in may_show(declared, verdict.prompt))

    return shows


def kept_by_caps(rulebook: Rulebook, guarantee: Guarantee) -> str | None:
    """Return how the caps of a prompt keep a guarantee, or `None` where they alone do not."""
    frequencies = rulebook.frequencies
    place = frequencies.places.get(guarantee.prompt or "")
    if place is None:
        return None
    judged = frequencies.prompts[place]
    caps = rooms(judged.caps)
    group = frequencies.groups[judged.group]
    zone = rulebook.policy.zone
    said = []
    for cap in guarantee.at_most:
        most = fullest(caps, cap.window, cap.times + 1, zone).shown
        if _begins_alike(cap, group, judged.caps):
            most = min(most, cap.times)
        if most > cap.times:
            return None
        said.append(f"{most} {'showing' if most == 1 else 'showings'} {stretch_words(cap.window)}")
    how = f"the caps of `{guarantee.prompt}` leave room for {listed(said, 'and')}"
    if any(cap.window.calendar is not None for cap in guarantee.at_most):
        how += f", in each of {YEARS} years from {FIRST_YEAR} on in `{zone.key}`"
    return how


def _begins_alike(cap: Cap, group: PromptGroup, caps: Iterable[AskedWindow]) -> bool:
    """Say whether a window that a first showing begins is one of those that the caps look at.

    It is where no other prompt begins it.
    """
    if cap.window.fixed is None or len(group.names) > 1:
        return False
    return any(room.times <= cap.times and room.window == cap.window for room in rooms(caps))


def searched(
    space: Space,
    guarantee: Guarantee,
    scenarios: Iterable[Scenario],
    until: float | None,
) -> ProofAnswer:
    """Answer by a journey of one of some readers that is shown a prompt too often, if any is.

    The search ends at the instant `until` of the monotonic clock.
    """
    policy = space.rulebooks[0].policy
    prompt = guarantee.prompt or ""
    formula = formula_of(guarantee.when, space.vocabulary, policy)

    def is_meant(step: SearchStep) -> bool:
        return bool(formula.holds(space.observe(step.asked)))

    readers = 0
    for scenario in scenarios:
        readers += 1
        for cap in guarantee.at_most:
            promised = ShowingLimit(prompt=prompt, cap=cap, is_meant=is_meant)
            found = shown_too_often(policy, scenario, promised, until=until)
            if found is not None:
                told = _counterexample(space, scenario, found, promised)
                return ProofAnswer(
                    code=OWN,
                    name=guarantee.name,
                    outcome=ProofOutcome.FAILS,
                    how="a journey that breaks it",
                    means=_MEANS,
                    counterexample=told,
                )
    how = (
        f"the caps of `{prompt}` may leave room for more, and no journey of {readers}"
        f" {'kind' if readers == 1 else 'kinds'} of reader that was tried shows it more often"
    )
    return evolve(open_question(OWN, guarantee.name, how), means=_MEANS)


def _counterexample(
    space: Space, scenario: Scenario, found: SearchStep, promised: ShowingLimit
) -> Counterexample:
    policy = space.rulebooks[0].policy
    cap = promised.cap
    declared = {prompt.name: prompt for prompt in policy.prompts}
    prompt = declared.get(promised.prompt)
    words = f"`{promised.prompt}` no more than {cap_words(cap.times, cap.window)}"
    if prompt is None or not prompt.is_capped:
        words += ", but nothing keeps it back: it has no `at_most`"
    stands_in = None if prompt is None else prompt.instead
    return Counterexample(
        policy=policy,
        reader=describe_reader(space, scenario.situation),
        steps=found.steps(),
        wanted=frozenset(),
        prompt=promised.prompt,
        wanted_prompt=False if stands_in is None else stands_in,
        expected=Expected(words, None),
    )


def proved_by(guarantee: Guarantee, how: str) -> ProofAnswer:
    """Return that a guarantee about a prompt is proved."""
    return evolve(proved(OWN, guarantee.name, how), means=_MEANS)

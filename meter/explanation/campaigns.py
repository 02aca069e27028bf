"""Why a prompt was kept back and what came instead, and who is in which variant, in words."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, NamedTuple, cast

from attrs import evolve, frozen

from meter.decision import FIRST_METER, counted_places
from meter.engine.counting import count
from meter.experiments import ExperimentUnit
from meter.explanation.frequency import cap_words, frequency_words, times_words
from meter.facts import OTHER
from meter.facts.attributes import since
from meter.rulebook import MAY, SHOWN, first_match
from meter.usage import Tally
from meter.windows import instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.decision import Counts, Decision
    from meter.engine.counting import Held
    from meter.rulebook import JudgedExperiment, JudgedPrompt, Rulebook
    from meter.usage import Usage
    from meter.view import PageView, Reader

__all__ = ["AskedView", "KeptBack", "Tried", "kept_back", "tried"]

_purchase = since("purchase", None)


class AskedView(NamedTuple):
    """What was asked: a reader, a view, and what was remembered before it."""

    reader: Reader
    view: PageView
    usage: Usage


@frozen
class KeptBack:
    """A prompt that was not shown, and why, as far as that is known.

    `frequency` says how often it may be shown. `shown` says that what it has as `instead` came; if
    not, it was kept back too.
    """

    prompt: str
    frequency: str
    why: tuple[str, ...]
    instead: str | None
    shown: bool

    def __str__(self) -> str:
        why = ", and ".join(self.why) or self.frequency
        came = "nothing is shown instead"
        if self.instead is not None:
            came = f"`{self.instead}` {'is' if self.shown else 'would be'} shown instead"
        return f"the prompt `{self.prompt}` is kept back: {why}; {came}"


@frozen
class Tried:
    """An experiment that is asked for: the variant, by which id, and whether it is exposed.

    `variant` is `None` for whoever is in none; `has_id` says whether there was an id to go by.
    """

    experiment: str
    variant: str | None
    unit: str
    has_id: bool
    is_for: bool
    exposed: bool

    def __str__(self) -> str:
        if not self.has_id:
            of = "" if self.unit == ExperimentUnit.READER else f" of a {self.unit}"
            why = f"not exposed: the reader has no id{of}"
            return f"experiment `{self.experiment}`: in no variant, {why}"
        place = "in no variant" if self.variant is None else f"in variant `{self.variant}`"
        by = f"by the {self.unit}'s id"
        if self.exposed:
            return (
                f"exposed to experiment `{self.experiment}` {place} {by}:"
                " another variant would have got something else here"
            )
        why = "every variant would have got the same here"
        if not self.is_for:
            why = "it is not for this reader and page view"
        elif self.variant is None:
            why = "nobody in no variant is"
        return f"experiment `{self.experiment}`: {place} {by}, not exposed: {why}"


def tried(decision: Decision) -> Iterator[Tried]:
    """Yield each experiment that a decision looked at: those that its policy asks for."""
    rulebook = cast("Rulebook", decision.rulebook)
    values = decision.facts.values
    exposed = {exposure.experiment for exposure in decision.exposures}
    for experiment in rulebook.experiments:
        if experiment.slot < len(values):
            code = values[experiment.slot]
            yield Tried(
                experiment=experiment.name,
                variant=None if code in (None, OTHER) else str(code),
                unit=str(rulebook.policy.experiment(experiment.name).unit),
                has_id=code is not None,
                is_for=_is_for(experiment, rulebook, decision),
                exposed=experiment.name in exposed,
            )


def _is_for(experiment: JudgedExperiment, rulebook: Rulebook, decision: Decision) -> bool:
    base = decision.facts.values[: rulebook.vocabulary.base]
    return experiment.formula.holds(base) is True


def kept_back(decision: Decision, asked: AskedView | None = None) -> Iterator[KeptBack]:
    """Yield the prompts that the rule and what stands in for them would have shown.

    Without what was asked it is not known why; of a decision that was pickled, before it has its
    policy again, nothing is known.
    """
    rulebook = decision.rulebook
    if rulebook is None:
        return
    frequencies = rulebook.frequencies
    verdict = first_match(rulebook, decision.facts.values)
    name = None if verdict is None else verdict.prompt
    if name == decision.prompt or name not in frequencies.places or decision.speculative:
        return
    declared = {each.name: each for each in rulebook.policy.prompts}
    reasons = None if asked is None else _Reasons(rulebook, decision, asked)
    while name in frequencies.places and name != decision.prompt:
        prompt = frequencies.prompts[frequencies.places[name]]
        why = () if reasons is None else tuple(reasons.of(prompt))
        instead = prompt.instead
        often = frequency_words(evolve(declared[name], instead=None))
        came = instead is not None and instead == decision.prompt
        yield KeptBack(name, often, why, instead, came)
        name = instead


class _Reasons:
    """Why prompts are kept back from a view, in words."""

    def __init__(self, rulebook: Rulebook, decision: Decision, asked: AskedView) -> None:
        self._rulebook = rulebook
        self._decision = decision
        self._asked = asked
        self._at = instant(decision.at)
        found = count(rulebook, asked.reader, asked.view, asked.usage, self._at)
        self._counts: Counts = found[0]
        self._held: Held = found[1]

    def _time(self, at: int) -> str:
        return moment(at, self._rulebook.policy.zone).isoformat()

    def of(self, prompt: JudgedPrompt) -> Iterator[str]:
        """Yield each reason."""
        glance = self._held[2]
        if glance is None:
            yield "the reader has no id, so nothing can be remembered"
            return
        if self._asked.view.prefetch:
            yield "nobody reads yet"
            return
        codes, when, _ = glance
        code = codes[self._rulebook.frequencies.places[prompt.name]]
        if code == MAY:
            yield from self._not_due(prompt)
        elif code != SHOWN:
            yield from self._closed(prompt)
            yield from self._bought(prompt)
            yield from self._capped(prompt, when)

    def _names(self, prompt: JudgedPrompt) -> tuple[str, ...]:
        return self._rulebook.frequencies.groups[prompt.group].names

    def _closed(self, prompt: JudgedPrompt) -> Iterator[str]:
        closed = self._asked.usage.closed if prompt.closed else {}
        for name in self._names(prompt):
            until = closed.get(name, self._at - prompt.closed) + prompt.closed
            if until > self._at:
                what = "it" if name == prompt.name else f"`{name}`"
                when = self._time(closed[name])
                yield f"{what} was closed at {when}, again from {self._time(until)}"

    def _bought(self, prompt: JudgedPrompt) -> Iterator[str]:
        ago = _purchase(self._asked.reader, self._asked.view, self._at)
        if ago is not None and ago < prompt.purchase:
            bought = self._at - int(ago)
            until = self._time(bought + prompt.purchase)
            yield f"a right began at {self._time(bought)}, again from {until}"

    def _capped(self, prompt: JudgedPrompt, when: int) -> Iterator[str]:
        names = self._names(prompt)
        showings = [self._asked.usage.showings(name) for name in names]
        ats = reduce(Tally.union, showings).ats
        for times, timeline in prompt.caps:
            inside = len(ats) - timeline.inside(ats, when)
            if inside >= times:
                resets = timeline.resets(ats, times, when)
                again = "never again" if resets is None else f"again from {self._time(resets)}"
                whose = "its group was shown" if len(names) > 1 else "shown"
                allowed = cap_words(times, timeline.window)
                yield f"{whose} {times_words(inside)} (at most {allowed}), {again}"

    def _not_due(self, prompt: JudgedPrompt) -> Iterator[str]:
        rulebook = self._rulebook
        facts = self._decision.facts.values
        verdict = first_match(rulebook, facts)
        if prompt.every is None or verdict is None:
            return
        place, views = prompt.every
        meter = rulebook.meters[place].name
        if place in counted_places(rulebook, verdict, facts, self._counts):
            reached = self._counts[FIRST_METER + 2 * place] + 1
            yield f"this view brings `{meter}` to {reached}, and it comes at multiples of {views}"
        else:
            yield f"this view does not count on `{meter}`, and it comes with one that does"

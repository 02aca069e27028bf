"""What comes out: what to show, how much of the article and why, and how a verdict becomes that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from meter.decision.counts import FIRST_METER, NEVER, Counts, Perhaps, Standing, Told
from meter.decision.decided import Decision
from meter.decision.readings import Deadline, Exposure, MeterReading
from meter.decision.words import machine_words
from meter.facts import Codes, Facts
from meter.facts.meters import ALREADY, OWN
from meter.vocabulary import Access
from meter.windows import moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from meter.rulebook import Rulebook, Verdict

__all__ = [
    "FIRST_METER",
    "NEVER",
    "Conclusion",
    "Counts",
    "Deadline",
    "Decision",
    "Exposure",
    "MeterReading",
    "Perhaps",
    "Standing",
    "Told",
    "choose_told",
    "conclude",
    "counted_places",
    "machine_words",
    "read_meter",
    "told_places",
]


@frozen
class Conclusion:
    """A verdict with all that follows from facts and counts alone, before the instant is looked at.

    `counted` are the places of the meters that count this view. `groups` are the meters of which
    one is told: of each group the last to reset, and of these the first. `shown` is the prompt that
    is shown, where its showings mean something. `perhaps` are exposures that hang on which meter is
    told. `lasting` are the offers of the decision that last a while for each reader; `begins` says
    that this view shows them.
    """

    decision: Decision
    counted: tuple[int, ...] = ()
    groups: tuple[tuple[Standing, ...], ...] = ()
    shown: str | None = None
    perhaps: tuple[Perhaps, ...] = ()
    lasting: tuple[str, ...] = ()
    begins: bool = False
    says_more: bool = field(init=False)
    """Whether a meter is told, or anything is to be remembered."""
    writes: bool = field(init=False)
    """Whether something is to be remembered."""
    alone: Standing | None = field(init=False)
    """The meter that is told, where it is the only one and nothing hangs on that."""

    @says_more.default
    def _says_more(self) -> bool:
        return bool(self.groups or self.counted or self.shown or self.lasting)

    @writes.default
    def _writes(self) -> bool:
        return bool(self.counted or self.shown or self.begins)

    @alone.default
    def _alone(self) -> Standing | None:
        is_one = len(self.groups) == 1 and len(self.groups[0]) == 1
        return self.groups[0][0] if is_one and not self.perhaps else None


def conclude(
    rulebook: Rulebook, verdict: Verdict, facts: Codes, counts: Counts, now: datetime
) -> Conclusion:
    """Return the decision that a verdict makes, and what it does to the meters it is about."""
    frequencies = rulebook.frequencies
    decision = Decision(
        show=verdict.show,
        access=verdict.show.access,
        rule=verdict.rule,
        prompt=frequencies.shown(verdict.prompt),
        offer=verdict.offer,
        offers=verdict.offers,
        machines=verdict.machines,
        facts=Facts(facts, rulebook.vocabulary),
        at=now,
        policy=rulebook.digest,
        rulebook=rulebook,
    )
    groups = told_places(rulebook, verdict, facts)
    if len(counts) <= FIRST_METER:
        # A reader without an id is told of what is closed; nothing else is known of it.
        if verdict.show.access is Access.FULL:
            return Conclusion(decision)
        closed = tuple(tuple(Standing(place, 0, 0) for place in group) for group in groups)
        return Conclusion(decision, (), closed)
    counted = counted_places(rulebook, verdict, facts, counts)
    limited = [place for place in counted if rulebook.limit_at(place, facts) is not None]
    if counts[0] and counted:
        if limited:
            decision = _speculative(decision)
        counted = ()
    elif any(place in counted for place in rulebook.places_of(verdict.spend)):
        decision = evolve(decision, counted=True)
    shown = None
    if verdict.prompt in frequencies.places and not counts[0]:
        reached = {place: counts[FIRST_METER + 2 * place] + 1 for place in counted}
        prompt = frequencies.shown(verdict.prompt, counts[rulebook.first_prompt :], reached)
        decision = evolve(decision, prompt=prompt)
        shown = prompt if prompt in frequencies.places else None
    standings = tuple(
        tuple(_standing(rulebook, place, facts, counts, counted) for place in group)
        for group in groups
    )
    if verdict.show.access is Access.FULL and len(standings) == 1 and len(standings[0]) > 1:
        least = min(standing.left for standing in standings[0])
        standings = (tuple(each for each in standings[0] if each.left == least),)
    lasting = tuple(offer for offer in decision.offers if offer in rulebook.lasting)
    begins = bool(lasting) and decision.prompt is not None and not counts[0]
    return Conclusion(decision, counted, standings, shown, lasting=lasting, begins=begins)


def _standing(
    rulebook: Rulebook, place: int, facts: Codes, counts: Counts, counted: tuple[int, ...]
) -> Standing:
    """Return where a view leaves a meter."""
    used = counts[FIRST_METER + 2 * place] + (place in counted)
    limit = rulebook.limit_at(place, facts)
    return Standing(place, limit, used if limit is None else min(used, limit))


def told_places(rulebook: Rulebook, verdict: Verdict, facts: Codes) -> tuple[tuple[int, ...], ...]:
    """Return the places of the meters of which one is told, in groups (see `Conclusion`).

    Where the article is read they are those that are spent. At a wall there is a group for each
    rule that refused, of its closed meters, and one of the meters by whose being exhausted the
    wall's own condition holds: as if a rule that spends them had refused.
    """
    if verdict.spend:
        return (rulebook.places_of(verdict.spend),)
    groups = [
        tuple(place for place in rulebook.places_of(group) if rulebook.is_closed(place, facts))
        for group in verdict.refused
    ]
    if verdict.exhausted:
        groups.append(tuple(rulebook.exhausted_by(verdict.rule, facts)))
    return tuple(group for group in groups if group)


def counted_places(
    rulebook: Rulebook, verdict: Verdict, facts: Codes, counts: Counts
) -> tuple[int, ...]:
    """Return the places of the meters that a person's view counts on.

    They are those that the rule spends, where it is not counted already, and those that keep a
    history, have not counted it themselves and are not full.
    """
    spent = rulebook.places_of(verdict.spend)
    counted = [place for place in spent if not counts[FIRST_METER + 1 + 2 * place] & ALREADY]
    if rulebook.histories and verdict.show.access is Access.FULL:
        for place in rulebook.histories:
            used, seen = counts[FIRST_METER + 2 * place : FIRST_METER + 2 * place + 2]
            if place not in counted and not seen & OWN and rulebook.keeps(place, facts):
                limit = rulebook.limit_at(place, facts)
                if limit is None or used < limit:
                    counted.append(place)
    return tuple(counted)


def _speculative(decision: Decision) -> Decision:
    """Return what a prefetch gets that would have counted on a meter with a limit."""
    return evolve(decision, access=Access.PREVIEW, prompt=None, speculative=True)


def choose_told(
    groups: tuple[tuple[Standing, ...], ...], resets: Callable[[Standing], int | None]
) -> Told | None:
    """Return the meter that is told, given when each resets (`None`: never, which is the latest).

    Of a group it is the last to reset, then the first; of several groups, the one that resets
    first.
    """
    told: Told | None = None
    for group in groups:
        last: Told = (group[0], resets(group[0]), ())
        for standing in group[1:]:
            at = resets(standing)
            if _is_later(at, last[1]):
                last = (standing, at, ())
        if told is None or _is_later(told[1], last[1]):
            told = last
    return told


def _is_later(one: int | None, other: int | None) -> bool:
    """Say whether a reset comes after another; never is the latest."""
    if one is None or other is None:
        return other is not None
    return one > other


def read_meter(rulebook: Rulebook, conclusion: Conclusion, told: Told) -> Decision:
    """Return a conclusion's decision with the meter that is told."""
    (place, limit, used), resets, exposed = told
    meter = rulebook.meters[place]
    reading = MeterReading(
        name=meter.name,
        limit=limit,
        used=used,
        left=None if limit is None else limit - used,
        resets_at=None if resets is None else moment(resets, meter.timeline.zone),
    )
    decision = conclusion.decision
    if not exposed:
        return evolve(decision, meter=reading)
    order = [experiment.name for experiment in rulebook.experiments]
    both = (*decision.exposures, *exposed)
    in_order = sorted(both, key=lambda exposure: order.index(exposure.experiment))
    return evolve(decision, meter=reading, exposures=tuple(in_order))

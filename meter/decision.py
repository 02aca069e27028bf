"""What comes out: what to show, how much of the article and why, and how a verdict becomes that."""

from __future__ import annotations

from datetime import datetime
from html import escape
from math import inf
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Self

from attrs import evolve, field, frozen

from meter.errors import PromptError
from meter.facts import Codes, Facts
from meter.facts.meters import ALREADY, OWN
from meter.rulebook import Rulebook, Verdict
from meter.vocabulary import Access, Show
from meter.windows import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from meter.policy import Policy

__all__ = [
    "FIRST_METER",
    "Conclusion",
    "Counts",
    "Decision",
    "MeterReading",
    "Standing",
    "Told",
    "choose_told",
    "conclude",
    "counted_places",
    "read_meter",
    "told_places",
]


@frozen(kw_only=True, slots=False)
class MeterReading:
    """Where a reader stands on a meter.

    `used` and `left` count distinct articles (or views) in the running window, this view included,
    and always add up to `limit`; without a limit `limit` and `left` are `None`. `resets_at` is the
    exact instant, in the publication's zone, at which allowance comes back, or `None` if it never
    does or nothing is running yet.
    """

    name: str
    limit: int | None
    used: int
    left: int | None
    resets_at: datetime | None = None


def _words(decision: Decision) -> Iterator[tuple[str, str]]:
    """Yield what a decision says, as names and words."""
    yield "show", f"{decision.show} ({decision.access})"
    yield "rule", decision.rule
    if decision.prompt is not None:
        yield "prompt", decision.prompt
    if decision.offers:
        yield "offers", ", ".join(decision.offers)
    meter = decision.meter
    if meter is not None:
        count = f"{meter.used} used" if meter.limit is None else f"{meter.used} of {meter.limit}"
        until = "" if meter.resets_at is None else f", until {meter.resets_at.isoformat()}"
        yield "meter", f"{meter.name}: {count}{until}"
    yield "counted", "yes" if decision.counted else "no"
    if decision.speculative:
        yield "speculative", "nobody looks yet: it counts when a person does"
    if decision.degraded:
        yield "degraded", "the store did not answer in time"
    yield "at", decision.at.isoformat()
    yield "policy", decision.policy


@frozen(kw_only=True, slots=False)
class Decision:
    """What one page view gets.

    `rule`, `prompt`, `offer` are names from the policy (`prompt` is `None` where nothing is said,
    `offer` where none runs; `offers` are all that are shown, of which it is the first); `meter` is
    the meter that was spent from, or that had nothing left (of several, the one that binds);
    `counted` says that this view spent one; `speculative`, that it is a prefetch which would have
    counted on a meter with a limit, gets a preview and has to be asked again when a person reads;
    `at` is the time asked about; `policy` is the digest of the policy; `degraded` says that the
    store did not answer in time.

    Within a process a decision holds the policy it was made by, so `render` and `explain` say what
    was decided also after another policy came into force. A pickled one does not (see
    `with_policy`).
    """

    show: Show
    access: Access
    rule: str
    prompt: str | None = None
    offer: str | None = None
    offers: tuple[str, ...] = ()
    meter: MeterReading | None = None
    counted: bool = False
    speculative: bool = False
    facts: Facts
    at: datetime
    policy: str
    degraded: bool = False
    rulebook: Rulebook | None = field(default=None, eq=False, repr=False)

    def __bool__(self) -> NoReturn:
        """Raise `TypeError`: every decision would be true, a wall too."""
        raise TypeError(
            "a decision is neither true nor false; ask whether its `.access` is `full` or `preview`"
        )

    def __getstate__(self) -> dict[str, object]:
        """Pickle what was decided, not the policy it was decided by: it is known by its digest."""
        return {**self.__dict__, "rulebook": None}

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def with_policy(self, policy: Policy | None = None) -> Self:
        """Return this decision with the policy it was made by.

        A decision that was never pickled has it still, and takes no other. Raises `PromptError`
        where the policy of its digest is needed and not given.
        """
        if self.rulebook is not None:
            return self
        if policy is not None and policy.digest == self.policy:
            facts = Facts(self.facts.values, policy.rulebook.vocabulary)
            return evolve(self, facts=facts, rulebook=policy.rulebook)
        given = "none is given" if policy is None else f"the one given is `{policy.digest}`"
        raise PromptError(
            f"this decision was pickled, and its words need the policy it was made by, of digest"
            f" `{self.policy}`: {given}"
        )

    def _repr_html_(self) -> str:
        """Return what was decided as a table for a notebook, with all that limits it."""
        cells = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(words)}</td></tr>"
            for name, words in _words(self)
        )
        return f"<table>{cells}</table>"

    def dated(self, at: datetime) -> Self:
        """Return this decision for another moment.

        A copy is four times cheaper than building it again.
        """
        copy = object.__new__(type(self))
        values = copy.__dict__
        values.update(self.__dict__)
        values["at"] = at
        return copy


Counts = tuple[int, ...]
"""Is this view a prefetch? Then, for each meter of the rulebook, how much its running window has
counted, and whether this view is counted already: `OWN` if the meter itself has counted it, and
`ALREADY` if it is open therefore (both added up). Then, for each offer that an account starts once,
has it? Last what the record says of each prompt with a frequency, and how often each prompt was
shown that a condition asks for. Nothing more than the first where the reader has no id. (Flat:
`memo` looks it up every view.)
"""

FIRST_METER = 1
"""Where the meters begin in `Counts`: what comes before needs no usage."""


class Standing(NamedTuple):
    """Where a view leaves the meter at a place of the rulebook; without a limit `limit` is none."""

    place: int
    limit: int | None
    used: int

    @property
    def left(self) -> float:
        """What is left after the view; without a limit, more than of any that has one."""
        return inf if self.limit is None else self.limit - self.used


Told = tuple[Standing, int | None]
"""The meter that is told to the reader, and the instant at which it resets."""


@frozen
class Conclusion:
    """A verdict with all that follows from facts and counts alone, before the instant is looked at.

    `counted` are the places of the meters that count this view. `groups` are the meters of which
    one is told: of each group the last to reset, and of these the first. `shown` is the prompt that
    is shown, where its showings mean something.
    """

    decision: Decision
    counted: tuple[int, ...] = ()
    groups: tuple[tuple[Standing, ...], ...] = ()
    shown: str | None = None

    @property
    def says_more(self) -> bool:
        """Whether a meter is told, or anything is to be remembered."""
        return bool(self.groups or self.counted or self.shown)


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
    return Conclusion(decision, counted, standings, shown)


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


def choose_told(conclusion: Conclusion, resets: Callable[[Standing], int | None]) -> Told | None:
    """Return the meter that is told, given when each resets (`None`: never, which is the latest).

    Of a group it is the last to reset, then the first; of several groups, the one that resets
    first.
    """
    told = None
    for group in conclusion.groups:
        last = (group[0], resets(group[0]))
        for standing in group[1:]:
            at = resets(standing)
            if _is_later(at, last[1]):
                last = (standing, at)
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
    (place, limit, used), resets = told
    meter = rulebook.meters[place]
    reading = MeterReading(
        name=meter.name,
        limit=limit,
        used=used,
        left=None if limit is None else limit - used,
        resets_at=None if resets is None else moment(resets, meter.timeline.zone),
    )
    return evolve(conclusion.decision, meter=reading)

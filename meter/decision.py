"""What comes out: what to show, how much of the article and why, and how a verdict becomes that."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NoReturn, Self

from attrs import evolve, field, frozen

from meter.errors import PromptError
from meter.facts import Codes, Facts
from meter.rulebook import Rulebook, Verdict
from meter.vocabulary import Access, Show
from meter.windows import moment

if TYPE_CHECKING:
    from meter.policy import Policy

__all__ = [
    "FIRST_METER",
    "Conclusion",
    "Counts",
    "Decision",
    "MeterReading",
    "conclude",
    "read_meter",
]


@frozen(kw_only=True, slots=False)
class MeterReading:
    """Where a reader stands on a meter.

    `used` and `left` count distinct articles (or views) in the running window, this view included,
    and always add up to `limit`. `resets_at` is the exact instant, in the publication's zone, at
    which allowance comes back, or `None` if it never does or nothing is running yet.
    """

    name: str
    limit: int
    used: int
    left: int
    resets_at: datetime | None = None


@frozen(kw_only=True, slots=False)
class Decision:
    """What one page view gets.

    `rule`, `prompt`, `offer` are names from the policy (`prompt` is `None` where nothing is said,
    `offer` where none runs; `offers` are all that are shown, of which it is the first); `meter` is
    the meter that was spent from, or that had nothing left; `counted` says that this view spent
    one; `speculative`, that it is a prefetch which would have spent one, gets a preview and has to
    be asked again when a person reads; `at` is the time asked about; `policy` is the digest of the
    policy; `degraded` says that the store did not answer in time.

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
"""Would a person's view of this count where a rule spends, and is it a prefetch? Then, for each
meter of the rulebook, how much its running window has counted, and is this view counted already?
Last, for each offer that an account starts once, has it? Nothing more where the reader has no id.
(Flat: `memo` looks it up every view.)
"""

FIRST_METER = 2
"""Where the meters begin in `Counts`: what comes before needs no usage."""


@frozen
class Conclusion:
    """A verdict with all that follows from facts and counts alone, before the instant is looked at.

    `meter` is the place of the meter that is told (`None` without one), `limit` and `used` are
    where this view leaves it.
    """

    decision: Decision
    meter: int | None = None
    limit: int = 0
    used: int = 0


def conclude(
    rulebook: Rulebook, verdict: Verdict, facts: Codes, counts: Counts, now: datetime
) -> Conclusion:
    """Return the decision that a verdict makes, and what it does to the meter it is about."""
    decision = Decision(
        show=verdict.show,
        access=verdict.show.access,
        rule=verdict.rule,
        prompt=verdict.prompt,
        offer=verdict.offer,
        offers=verdict.offers,
        facts=Facts(facts, rulebook.vocabulary),
        at=now,
        policy=rulebook.digest,
        rulebook=rulebook,
    )
    for index, meter in enumerate(rulebook.meters):
        if meter.name == verdict.meter:
            if len(counts) == FIRST_METER:
                return Conclusion(decision, index)
            spends, prefetch = counts[:FIRST_METER]
            used, seen = counts[FIRST_METER + 2 * index : FIRST_METER + 2 * index + 2]
            limit = rulebook.limit(meter.name, facts)
            if verdict.spend is None or not spends or seen:
                return Conclusion(decision, index, limit, min(used, limit))
            if prefetch:
                decision = _speculative(decision)
                return Conclusion(decision, index, limit, min(used, limit))
            decision = evolve(decision, counted=True)
            return Conclusion(decision, index, limit, min(used + 1, limit))
    return Conclusion(decision)


def _speculative(decision: Decision) -> Decision:
    """Return what a prefetch gets that would have counted."""
    return evolve(decision, access=Access.PREVIEW, prompt=None, speculative=True)


def read_meter(rulebook: Rulebook, conclusion: Conclusion, resets: int | None) -> Decision:
    """Return a conclusion's decision with its meter, which resets at the instant `resets`."""
    meter = rulebook.meters[conclusion.meter or 0]
    reading = MeterReading(
        name=meter.name,
        limit=conclusion.limit,
        used=conclusion.used,
        left=conclusion.limit - conclusion.used,
        resets_at=None if resets is None else moment(resets, meter.timeline.zone),
    )
    return evolve(conclusion.decision, meter=reading)

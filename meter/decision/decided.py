"""What one page view gets: what to show, how much of the article, and why."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, NoReturn, Self

from attrs import evolve, field, frozen

from meter.decision.readings import Deadline, Exposure, MeterReading
from meter.decision.words import machine_words
from meter.errors import PromptError
from meter.facts import Facts
from meter.rulebook import Rulebook
from meter.vocabulary import Access, Show
from meter.vocabulary.machine_terms import MachineTerms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.policy import Policy

__all__ = ["Decision"]


def _words(decision: Decision) -> Iterator[tuple[str, str]]:
    """Yield what a decision says, as names and words."""
    yield "show", f"{decision.show} ({decision.access})"
    yield "rule", decision.rule
    if decision.prompt is not None:
        yield "prompt", decision.prompt
    if decision.offers:
        yield "offers", ", ".join(decision.offers)
    for deadline in decision.deadlines:
        yield "deadline", f"{deadline.offer}: until {deadline.ends.isoformat()}"
    meter = decision.meter
    if meter is not None:
        count = f"{meter.used} used" if meter.limit is None else f"{meter.used} of {meter.limit}"
        until = "" if meter.resets_at is None else f", until {meter.resets_at.isoformat()}"
        yield "meter", f"{meter.name}: {count}{until}"
    if decision.machines is not None:
        yield "machines", machine_words(decision.machines)
    for exposure in decision.exposures:
        yield "exposed", f"{exposure.experiment}: {exposure.variant}"
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
    `machines` is what the rule tells machines (never where the whole article is given);
    `deadlines` say when those of the offers that last a while are over for this reader, once they
    were shown;
    `at` is the time asked about; `policy` is the digest of the policy; `degraded` says that the
    store did not answer in time. `exposures` are the experiments for which another variant would
    have been decided otherwise at this view: another show, access, prompt, offers or reading of the
    meter, or other counts.

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
    machines: MachineTerms | None = None
    deadlines: tuple[Deadline, ...] = ()
    exposures: tuple[Exposure, ...] = ()
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

        A copy of its table is several times cheaper than building it again.
        """
        copy = object.__new__(type(self))
        values = self.__dict__.copy()
        values["at"] = at
        _set_table(copy, values)
        return copy

    def ending(self, deadlines: tuple[Deadline, ...], at: datetime) -> Self:
        """Return this decision for another moment, with when its offers are over for its reader."""
        copy = self.dated(at)
        copy.__dict__["deadlines"] = deadlines
        return copy


_set_table = vars(Decision)["__dict__"].__set__
"""Gives a decision that is being made all its values at once."""

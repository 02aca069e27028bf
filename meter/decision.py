"""What comes out: what to show, how much of the article, and why."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from attrs import evolve, field, frozen

from meter.errors import PromptError
from meter.facts import Facts
from meter.rulebook import Rulebook
from meter.vocabulary import Access, Show

if TYPE_CHECKING:
    from meter.policy import Policy

__all__ = ["Decision", "MeterReading"]


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
    `offer` where none runs); `meter` is the meter that was spent from, or that had nothing left;
    `counted` says that this view spent one; `at` is the time asked about; `policy` is the digest of
    the policy; `degraded` says that the store did not answer in time.

    Within a process a decision holds the policy it was made by, so `render` and `explain` say what
    was decided also after another policy came into force. A pickled one does not (see
    `with_policy`).
    """

    show: Show
    access: Access
    rule: str
    prompt: str | None = None
    offer: str | None = None
    meter: MeterReading | None = None
    counted: bool = False
    facts: Facts
    at: datetime
    policy: str
    degraded: bool = False
    rulebook: Rulebook | None = field(default=None, eq=False, repr=False)

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

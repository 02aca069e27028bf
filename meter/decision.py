"""What comes out: what to show, how much of the article, and why."""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn, Self

from attrs import field, frozen

from meter.facts import Facts
from meter.rulebook import Rulebook
from meter.vocabulary import Access, Show

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
    `counted` says that this view spent one; `speculative`, that it is a prefetch which would have
    spent one, gets a preview and has to be asked again when a person reads; `at` is the time asked
    about; `policy` is the digest of the policy; `degraded` says that the store did not answer in
    time.
    """

    show: Show
    access: Access
    rule: str
    prompt: str | None = None
    offer: str | None = None
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

    def dated(self, at: datetime) -> Self:
        """Return this decision for another moment.

        A copy is four times cheaper than building it again.
        """
        copy = object.__new__(type(self))
        values = copy.__dict__
        values.update(self.__dict__)
        values["at"] = at
        return copy

"""A page view whose decision depends on what its reader has read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

from attrs import define

from meter import engine
from meter.clock import system_clock
from meter.decision import Decision
from meter.paywall.identity import ReaderKeys
from meter.policy import Policy
from meter.usage import Usage
from meter.view import PageView, Reader
from meter.windows import DAY, EPOCH, instant

__all__ = ["MeteredView", "store_expiry"]

_MARGIN = DAY  # for clocks of servers that differ
_ON_TIME = timedelta()


@define
class MeteredView:
    """A page view, and the keys of its reader's usage.

    `counts` is false for a view that is only peeked at. `decide_with` returns the decision on a
    usage, and the usage after it; the view is observed once, however often it is called. `ahead`
    says that a usage held a read more than a day ahead of `now`, and `decided_on` is the usage of
    the last decision: that of the answer, once there is one.
    """

    policy: Policy
    reader: Reader
    view: PageView
    now: datetime
    keys: ReaderKeys
    counts: bool
    decide_with: Callable[[Usage], tuple[Decision, Usage]]
    ahead: bool = False
    decided_on: Usage | None = None

    def decide(self, usage: Usage) -> tuple[Decision, Usage]:
        """Decide on a usage."""
        _, ahead = engine.believe(usage, instant(self.now))
        self.ahead = self.ahead or ahead
        self.decided_on = usage
        return self.decide_with(usage)

    @property
    def key(self) -> str:
        """The key in force."""
        return self.keys.current

    def expires(self, usage: Usage) -> datetime | None:
        """Return when a store may drop a usage, as `store_expiry` says."""
        return store_expiry(self.policy, usage, self.now)


@lru_cache
def _moment(at: int) -> datetime:
    """Return an instant as a time in UTC: one object for all whose calendar windows end then."""
    return EPOCH + timedelta(microseconds=at)


def store_expiry(
    policy: Policy, usage: Usage, now: datetime, at: int | None = None
) -> datetime | None:
    """Return when a store may drop a usage, by this machine's clock, or `None` for never.

    A `now` in the past moves it later: a store must not drop what that caller still counts.
    """
    ends = engine.ends_at(policy.rulebook, usage, instant(now) if at is None else at)
    if ends is None:
        return None
    expires = _moment(ends + _MARGIN)
    late = system_clock() - now
    return expires if late < _ON_TIME else expires + late

"""A page view that is decided by what its reader has read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from attrs import define

from meter import engine
from meter.clock import system_clock
from meter.decision import Decision
from meter.policy import Policy
from meter.usage import Usage
from meter.view import PageView, Reader

__all__ = ["MeteredView"]

_MARGIN = timedelta(days=1)  # for clocks of servers that differ


@define
class MeteredView:
    """What is asked, and under which key the reader's usage is.

    `counts` says whether the view is counted, or only looked at. `decide` returns the decision on a
    usage, and the usage after it; the view was observed once, however often it is asked.
    """

    policy: Policy
    reader: Reader
    view: PageView
    now: datetime
    key: str
    counts: bool
    decide: Callable[[Usage], tuple[Decision, Usage]]

    def expires(self, usage: Usage) -> datetime | None:
        """Return when a store may drop a usage, on this machine's clock.

        A caller who lives in the past loses nothing.
        """
        ends = engine.expires_at(self.policy, usage)
        if ends is None:
            return None
        return ends + _MARGIN + max(system_clock() - self.now, timedelta())

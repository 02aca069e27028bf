"""A page view that is decided by what its reader has read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from attrs import define

from meter import engine
from meter.clock import system_clock
from meter.memo import decide
from meter.policy import Policy
from meter.view import PageView, Reader

if TYPE_CHECKING:
    from meter.decision import Decision
    from meter.usage import Usage

__all__ = ["Question"]

_MARGIN = timedelta(days=1)  # for clocks of servers that differ


@define
class Question:
    """What is asked, and under which key the reader's usage is.

    `counts` says whether the view is counted, or only looked at.
    """

    policy: Policy
    reader: Reader
    view: PageView
    now: datetime
    key: str
    counts: bool

    def decide(self, usage: Usage) -> tuple[Decision, Usage]:
        """Return the decision on a usage, and the usage after it."""
        return decide(self.policy, self.reader, self.view, usage, self.now)

    def expires(self, usage: Usage) -> datetime | None:
        """Return when a store may drop a usage, on this machine's clock.

        A caller who lives in the past loses nothing.
        """
        ends = engine.expires_at(self.policy, usage)
        if ends is None:
            return None
        return ends + _MARGIN + max(system_clock() - self.now, timedelta())

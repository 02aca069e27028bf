"""Months that are read to the end, all page views at once.

Where it does not matter when a view is and of which article, every meter is empty when a month
opens, and it fills by one article after the other. So the first, second, third… article of a month
gets what it got before, for equal facts. What that was is learned from months that were read view
by view, up to the first wall.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.columns.compiled import inlined
from meter.simulate.kernel.arrays import ANONYMOUS
from meter.simulate.kernel.state import MOST_LEARNED

if TYPE_CHECKING:
    from meter.simulate.kernel.arrays import Setting
    from meter.simulate.kernel.state import Life, Month, Output, State

__all__ = ["learn", "read_at_once"]


@inlined
def learn(setting: Setting, state: State, month: Month, view: int, g: int, verdict: int) -> None:
    """Remember what a page view got in a month that is not dated and had no re-read so far."""
    is_next = month.fresh == view + 1 and state.learned[g] == view and view < MOST_LEARNED
    if is_next and setting.tables.full[verdict]:
        state.got[g, view] = verdict
        state.learned[g] += 1


@inlined
def read_at_once(
    setting: Setting, state: State, life: Life, month: Month, output: Output, g: int
) -> bool:
    """Read a whole month of views of a group if it is known that none meets a wall; say whether.

    What it counts is not kept: the month's end ends it.
    """
    if setting.asked.visits or month.views > month.wanted or month.views > state.learned[g]:
        return False
    for view in range(month.views):
        output.shown[state.got[g, view]] += 1
    month.read = month.views
    month.served = month.views
    if life.standing != ANONYMOUS:
        month.known = month.views
    return True

"""Months whose page views are read, or refused, all at once.

Where it does not matter when a view is and of which article, every meter is empty when a month
opens, and it fills by one article after the other. So the first, second, third… article of a month
gets what it got before, for equal facts. What that was is learned from months that were read view
by view, up to the first wall. A view that is refused counts nothing: whoever does not do what that
wall asks for meets the same one until the month ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.columns.compiled import inlined
from meter.simulate.kernel import draws
from meter.simulate.kernel.arrays import ANONYMOUS, GATE
from meter.simulate.kernel.draws import happens
from meter.simulate.kernel.money import expect
from meter.simulate.kernel.sessions import date_views
from meter.simulate.kernel.state import MOST_LEARNED
from meter.simulate.kernel.walls import (
    chance_to_start,
    draw_renewal,
    part_that_buys,
    registers,
    turn_away,
)

if TYPE_CHECKING:
    from meter.simulate.kernel.arrays import Setting
    from meter.simulate.kernel.state import Life, Month, Output, State

__all__ = ["learn", "read_at_once"]


@inlined
def learn(setting: Setting, state: State, month: Month, view: int, g: int, verdict: int) -> None:
    """Remember what a page view got in a month that is not dated and had no re-read so far."""
    is_next = month.fresh == view + 1 and state.learned[g] == view
    if is_next and not setting.tables.full[verdict]:
        state.wall[g] = verdict
    elif is_next and view < MOST_LEARNED:
        state.got[g, view] = verdict
        state.learned[g] += 1


@inlined
def read_at_once(
    setting: Setting, state: State, life: Life, month: Month, output: Output, g: int
) -> bool:
    """Let a month of views of a group pass if it is known what each of them gets; say whether.

    What it counts is not kept: the month's end ends it.
    """
    if setting.asked.visits or month.views > month.wanted:
        return False
    read = min(month.views, state.learned[g])
    if read < month.views and not refuse_rest(setting, state, life, month, output, g, read):
        return False
    for view in range(read):
        output.shown[state.got[g, view]] += 1
    month.read = read
    month.served = read
    if life.standing != ANONYMOUS:
        month.known = read
    return True


@inlined
def refuse_rest(
    setting: Setting, state: State, life: Life, month: Month, output: Output, g: int, first: int
) -> bool:
    """Refuse the views of a month from the first wall on, at the view `first`; say whether.

    The walls are counted, and what is expected of who meets them is added up. Not where the wall is
    not known yet, or somebody gets past it: then views matter one by one.
    """
    wall = state.wall[g]
    if wall < 0 or (life.bypasses and life.standing == ANONYMOUS):
        return False
    asks = setting.policy_tables.sells[wall]
    if asks == GATE or registers(setting, life, month, asks):
        return False
    offer = setting.policy_tables.offer[wall]
    sells = part_that_buys(setting, life, asks)
    chance = 0.0
    if sells > 0.0:
        draw_renewal(setting, life)
        chance = chance_to_start(setting, life, month, offer, sells)
        if happens(month.key, draws.BUY, 0, chance):
            return False

    date_views(setting, state, life, month, first)
    if sells > 0.0:
        expect(setting, life, month, output, offer, chance)
    month.stopped = True
    for view in range(first, month.views):
        if life.away:
            break
        if view > first and state.opens_session[view]:
            month.gone = False
        if not month.gone:
            output.shown[wall] += 1
            month.blocked += 1
            turn_away(setting, life, month, view)
    return True

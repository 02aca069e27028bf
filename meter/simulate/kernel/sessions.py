"""When a reader's page views of a month are: sessions over the month, and pauses within them.

Most months of most readers meet no wall, and where it does not matter when a view is, nobody asks.
So a month is dated only where somebody does: from its start on, or from its first wall on, and
then as it would have been from the start.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from meter.columns.compiled import inlined
from meter.simulate.kernel import draws
from meter.simulate.kernel.arrays import ANONYMOUS, MOST_VIEWS
from meter.simulate.kernel.draws import happens, uniform

if TYPE_CHECKING:
    from meter.simulate.kernel.arrays import Behaviour, Setting
    from meter.simulate.kernel.state import Life, Month, State

__all__ = ["date_views", "is_dated", "next_view", "plan_sessions"]


@inlined
def is_dated(setting: Setting, state: State, life: Life, month: Month) -> bool:
    """Say whether it matters from the start of a month on when and on which device views are."""
    if setting.asked.moments or life.devices > 1 or life.due < month.closes:
        return True
    return life.standing == ANONYMOUS and state.reset_at[0] < month.closes


@inlined
def plan_sessions(behaviour: Behaviour, state: State, month: Month) -> None:
    """Plan which page views open a session, and when sessions are."""
    sessions = 0
    for view in range(month.views):
        opens = view == 0 or happens(month.key, draws.SESSION, view, behaviour.session_stop)
        state.opens_session[view] = opens
        sessions += opens

    # Pauses between sessions have a heavy tail; `next_view` stretches them over the month.
    length = 0.0
    for session in range(sessions + 1):
        length += uniform(month.key, draws.START, session) ** (-1.0 / behaviour.tail)
        state.pauses[session] = length
    month.length = length


@inlined
def date_views(setting: Setting, state: State, life: Life, month: Month, view: int) -> None:
    """Find out when a page view is that meets the first wall of a month, and date what follows."""
    month.dated = True
    plan_sessions(setting.behaviour, state, month)
    for earlier in range(view + 1):
        at = next_view(setting, state, life, month, earlier)
        month.now = min(max(at, month.now), month.closes - 1)


@inlined
def next_view(setting: Setting, state: State, life: Life, month: Month, view: int) -> int:
    """Return when the next page view is: a pause after the last one, or in a new session."""
    behaviour = setting.behaviour
    if not state.opens_session[view]:
        return month.now + int(-behaviour.pause * math.log(uniform(month.key, draws.GAP, view)))

    # Sessions are spread over the month as its reading is: by the hour, and by the news.
    month.session += 1
    spread = setting.time.spread
    place = state.pauses[month.session] / month.length * (spread.shape[1] - 1)
    step = int(place)
    before: int = spread[month.number, step]
    month.device = 0
    month.gone = False
    if life.devices > 1 and not happens(month.key, draws.DEVICE, view, behaviour.main_device):
        other = uniform(month.key, draws.DEVICE, MOST_VIEWS + view)
        month.device = 1 + int(other * (life.devices - 1))
    return before + int((place - step) * (spread[month.number, step + 1] - before))

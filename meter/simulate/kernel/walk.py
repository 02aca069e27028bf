"""The compiled loop that takes readers through the months.

It holds no rule: what the engine says of every situation comes in as tables, with the windows'
edges. Here are people only: when they come, what they want, what they do at a wall, what they pay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from meter.columns.compiled import compiled, inlined
from meter.simulate.kernel.arrays import (
    FIRST_TRIAL,
    LOG_RECORD,
    MONTH_RECORD,
    READER_RECORD,
    Setting,
)
from meter.simulate.kernel.draws import child
from meter.simulate.kernel.money import subscribe_already
from meter.simulate.kernel.months import close_month, open_month
from meter.simulate.kernel.runs import read_at_once
from meter.simulate.kernel.sessions import is_dated, next_view, plan_sessions
from meter.simulate.kernel.state import Output, begin_life, new_state
from meter.simulate.kernel.views import group_of, holder_of, read_article

if TYPE_CHECKING:
    from meter.columns.arrays import Flags, Floats, Integers, Tables
    from meter.simulate.kernel.arrays import (
        ArmTables,
        AskedOfPeople,
        Behaviour,
        Calendar,
        PolicyTables,
    )
    from meter.simulate.kernel.state import Life, Month, State

__all__ = ["walk"]


def walk(
    policy_tables: PolicyTables,
    tables: Tables,
    behaviour: Behaviour,
    time: Calendar,
    arms: ArmTables,
    asked: AskedOfPeople,
    seed: np.uint64,
    chosen: Flags,
    first: int,
    last: int,
    results: Floats,
    monthly: Floats,
    shown: Integers,
    histogram: Integers,
    log: Integers,
) -> int:
    """Take those of the readers `first` to `last` that are `chosen` through the horizon.

    What becomes of them is added to the arrays from `results` on.

    Rows of `results`, `monthly` and `log` have the columns of `COLUMNS`, `MONTHLY` and `LOG`.
    Return how many rows of `log` were written.
    """
    output = Output(
        readers=results.view(READER_RECORD).reshape(-1),
        months=monthly.view(MONTH_RECORD).reshape(-1),
        shown=shown,
        histogram=histogram,
        log=log.view(LOG_RECORD).reshape(-1),
        lines=np.zeros(1, np.int64),
    )
    setting = Setting(policy_tables, tables, behaviour, time, arms, asked)
    _walk(setting, new_state(tables, len(time.months) - 1), output, seed, chosen, first, last)
    return int(output.lines[0])


@compiled
def _walk(
    setting: Setting,
    state: State,
    output: Output,
    seed: np.uint64,
    chosen: Flags,
    first: int,
    last: int,
) -> None:
    for reader in range(first, last):
        if not chosen[reader]:
            continue
        life = state.life[0]
        begin_life(life, reader, child(seed, reader))
        for number in range(len(setting.time.months) - 1):
            month = state.month[0]
            open_month(setting, state, life, month, number)
            if number == 0:
                output.histogram[min(month.wanted, len(output.histogram) - 1)] += 1
                if setting.behaviour.base > 0.0:
                    subscribe_already(setting, life, month, output)
            read_month(setting, state, life, month, output, seed)
            close_month(setting, life, month, output)
        pays = life.standing >= FIRST_TRIAL + len(setting.policy_tables.trial)
        output.readers[reader].pays = pays


@inlined
def read_month(
    setting: Setting, state: State, life: Life, month: Month, output: Output, seed: np.uint64
) -> None:
    """Let a reader have the planned page views of a month, or as many as walls allow."""
    month.dated = month.views > 0 and is_dated(setting, state, life, month)
    if month.dated:
        plan_sessions(setting.behaviour, state, month)
    elif month.views > 0:
        holder = holder_of(state, life, month)
        g = group_of(setting, state, life, month, holder, 0, 0, 0)
        if read_at_once(setting, state, life, month, output, g):
            return
    for view in range(month.views):
        if life.away:
            break
        if month.dated:
            at = next_view(setting, state, life, month, view)
            if not month.gone:
                month.now = min(max(at, month.now), month.closes - 1)
        if not month.gone:
            read_article(setting, state, life, month, output, seed, view)

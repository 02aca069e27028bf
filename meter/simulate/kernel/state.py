"""What is remembered of a simulated reader while the months go by."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from meter.columns.arrays import (
    NO_LIMIT,
    Codes,
    Flags,
    Floats,
    Integers,
    Memory,
    Tables,
    new_memory,
)
from meter.columns.compiled import inlined
from meter.simulate.kernel.arrays import ACCOUNT, ANONYMOUS, MOST_VIEWS, NEVER, record

Records: TypeAlias = NDArray[Any]
"""An array of records; their fields are told beside it."""

__all__ = [
    "MOST_LEARNED",
    "Life",
    "Month",
    "Output",
    "Records",
    "State",
    "begin_life",
    "new_identity",
    "new_state",
]


class Life:
    """One reader, and after a turnover the next one in the same place."""

    reader: int
    """The number of the reader."""
    key: np.uint64
    """The key of the reader's random numbers."""
    birth: np.uint64
    """The key of those that this person is born with."""
    born: int
    """The month in which this person came, or will come."""
    identities: int
    """How many identities there were so far, the ones before included."""
    joined: int
    """The identity that was joined to the account since the last page view, or -1."""
    kind: int
    """Whether this is a bounce, a casual reader or a fan."""
    share: float
    """Which share of such readers wants less."""
    devices: int
    reader_class: int
    score: int
    """In hundredths; 0 where nobody asks for it."""
    bypasses: bool
    """Whether this person knows a way round walls."""
    standing: int
    option: int
    """What the subscription costs, and for how long."""
    renewals: int
    started: int
    """The bits of the offers that were started, of those that are started once."""
    bought: int
    """How many trials and subscriptions were started."""
    renews: bool
    """Whether what was started last renews itself."""
    anchor: int
    """The instant from which the terms of the subscription are counted."""
    term_from: int
    due: int
    """The instant at which the running trial or term ends, or `NEVER`."""
    ended: int
    """The instant at which the last one ended for good."""
    habit: float
    """How much is read, times usual."""
    away: bool
    """Whether this person has left."""
    months_walled: int
    """In how many months a wall was met."""


class Month:
    """One month of a reader, so far."""

    number: int
    key: np.uint64
    """The key of the month's random numbers."""
    opens: int
    closes: int
    wanted: int
    """How many articles are wanted."""
    views: int
    """How many page views that makes, re-reads included, if nothing stops them."""
    dated: bool
    """Whether it is known when page views are."""
    length: float
    """The sum of the pauses between sessions, in no unit."""
    fresh: int
    """How many articles were looked at."""
    session: int
    now: int
    device: int
    gone: bool
    """Whether the session is over before its time."""
    known: int
    """How many articles were read with an account."""
    read: int
    served: int
    """How many of the wanted articles were read."""
    blocked: int
    stopped: bool
    registrations: int
    begun: int
    """How many trials and subscriptions were started."""
    paid: float
    asked_register: bool
    asked_buy: bool
    asked_leave: bool


_CLASSES_KEPT = 1 << 16
MOST_LEARNED = 64
"""For how many page views of a month it is learned what they get."""
_LIFE = record(Life)
_MONTH = record(Month)


class State(NamedTuple):
    """The memory of one reader at a time. An identity is a device, or the account."""

    life: Records
    """The one `Life`."""
    month: Records
    """The one `Month`."""
    memory: Memory
    """What each identity has counted."""
    identity: Integers
    """[identity] its number; a new one after cookies were deleted."""
    device_kind: Integers
    """[device]"""
    reset_at: Integers
    """[device] the instant at which cookies are deleted, or `NEVER`."""
    opens_session: Flags
    """[view] whether a page view opens a session."""
    again: Flags
    """[view] whether a page view is a re-read."""
    pauses: Floats
    """[session] the sum of the pauses before it, in no unit."""
    wanted: Integers
    """[number] the articles looked at this month."""
    classes: Codes
    """[article] its class, or -1 where nobody has looked at it yet."""
    learned: Integers
    """[group] how many page views of a month are known to be read (see `runs`)."""
    got: Codes
    """[group, view] the verdict on each of them."""
    wall: Integers
    """[group] the verdict on the view after them where it is a wall, or -1."""


class Output(NamedTuple):
    """What is kept of all readers."""

    readers: Records
    """[reader] `ReaderSums`."""
    months: Records
    """[month] `MonthSums`."""
    shown: Integers
    """[verdict] page views."""
    histogram: Integers
    """[articles wanted] readers of the first month."""
    log: Records
    """[page view] `LogLine`s, as many as there is room for."""
    lines: Integers
    """[0] how many lines of the log are written."""


def new_state(tables: Tables, months: int) -> State:
    """Return memory for readers under a policy, for as many months."""
    limits = tables.limit[tables.most >= 0]
    most = int(limits[limits < NO_LIMIT].max(initial=1))
    if (limits == NO_LIMIT).any():
        # Each page view counts at most once, and a month has no more of them.
        most = max(most, months * MOST_VIEWS)
    return State(
        life=np.zeros(1, _LIFE),
        month=np.zeros(1, _MONTH),
        memory=new_memory(ACCOUNT + 1, len(tables.kind), most),
        identity=np.zeros(ACCOUNT + 1, np.int64),
        device_kind=np.zeros(ACCOUNT + 1, np.int64),
        reset_at=np.zeros(ACCOUNT + 1, np.int64),
        opens_session=np.zeros(MOST_VIEWS, np.bool_),
        again=np.zeros(MOST_VIEWS, np.bool_),
        pauses=np.zeros(MOST_VIEWS + 1, np.float64),
        wanted=np.zeros(MOST_VIEWS, np.int64),
        classes=np.full(_CLASSES_KEPT, -1, np.int32),
        learned=np.zeros(len(tables.settled), np.int64),
        got=np.zeros((len(tables.settled), MOST_LEARNED), np.int32),
        wall=np.full(len(tables.settled), -1, np.int64),
    )


@inlined
def begin_life(life: Life, reader: int, key: np.uint64) -> None:
    """Set what a person has before being born, in the first month, and what outlasts a turnover."""
    life.reader = reader
    life.key = key
    life.born = 0
    life.identities = 0
    life.bought = 0
    life.started = 0
    life.option = 0
    life.renews = True
    life.anchor = 0
    life.term_from = 0
    life.ended = 0
    life.standing = ANONYMOUS
    life.due = NEVER


@inlined
def new_identity(state: State, life: Life, holder: int) -> None:
    """Make an identity one that nobody has seen and that has counted nothing."""
    for m in range(state.memory.size.shape[1]):
        state.memory.size[holder, m] = 0
    state.identity[holder] = life.identities
    life.identities += 1

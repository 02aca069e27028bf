"""The world of a simulation as arrays, and the records of what happens in it.

People, what the engine says of everything, and the calendar come in; sums by reader and by month,
and the page views where they were asked for, come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from meter.columns.arrays import NEVER, Codes, Flags, Floats, Integers, Tables

if TYPE_CHECKING:
    from meter.simulate.kernel.draws import Shares

__all__ = [
    "COLUMNS",
    "EVERYTHING",
    "LOG",
    "LOG_RECORD",
    "MONTHLY",
    "MONTH_RECORD",
    "MOST_DEVICES",
    "NEVER",
    "OLDEST_ARTICLE",
    "READER_RECORD",
    "SLOT",
    "ArmTables",
    "AskedOfPeople",
    "Behaviour",
    "Calendar",
    "LogLine",
    "MonthSums",
    "PolicyTables",
    "ReaderSums",
    "Setting",
    "record",
]

MOST_DEVICES = 4
ACCOUNT = MOST_DEVICES
"""The identity that counts for a reader who is signed in; the ones before are the devices."""
ANONYMOUS, REGISTERED, TRIAL_OVER, SUBSCRIPTION_OVER, FIRST_TRIAL = range(5)
"""Standings; after the trials, one for each offer, come the subscriptions, one for each option."""
BOUNCE, CASUAL, FAN = range(3)
REGISTER, PAY, GATE = 1, 2, 3
"""What a wall asks for; a gate asks for something that nobody here is known to do."""
MOST_VIEWS = 4096
MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
SLOT_HOURS = 6
OLDEST_DAYS = 90
SLOT = SLOT_HOURS * HOUR
"""How long the articles of one slot take to publish, in microseconds.

An article is published at the start of its slot.
"""
OLDEST_ARTICLE = (OLDEST_DAYS + 10) * DAY
"""How long before the first day the first article is published."""

_KINDS = {"int": np.int64, "float": np.float64, "bool": np.bool_, "np.uint64": np.uint64}


def record(fields: type) -> np.dtype[np.void]:
    """Return the layout of a record with the fields that a class declares."""
    kinds = [(name, _KINDS[kind]) for name, kind in fields.__annotations__.items()]
    return np.dtype(kinds, align=True)


class ReaderSums:
    """What is kept of each reader over the whole horizon.

    `known` are the articles of `read` that were read with an account. `starts`, `subscriber`,
    `trial`, `cash` and `lifetime` are expectations: the sum, over the walls
    a reader met, of the chance to take what was offered times what then follows. They have the same
    mean as the lives that were drawn (`began`, `pays`, `paid`) and a far smaller spread: one start
    in two thousand reader-months is mostly noise.
    """

    months: float
    stopped: float
    registrations: float
    wanted: float
    read: float
    known: float
    blocked: float
    lost: float
    starts: float
    subscriber: float
    trial: float
    cash: float
    lifetime: float
    began: float
    pays: float
    paid: float


class MonthSums:
    """What is kept of each month.

    `starts`, `subscribers`, `trials` and `cash` are expectations.
    """

    active: float
    stopped: float
    registrations: float
    starts: float
    subscribers: float
    trials: float
    wanted: float
    read: float
    known: float
    blocked: float
    cash: float
    away: float


class LogLine:
    """What is kept of each page view where that was asked for."""

    reader: int
    identity: int
    joined: int
    standing: int
    starts: int
    ends: int
    article: int
    reader_class: int
    score: int
    referrer: int
    device: int
    at: int
    verdict: int
    counted: int
    meter: int
    used: int
    started: int
    visitor: int


COLUMNS = tuple(ReaderSums.__annotations__)
"""The places of `ReaderSums` in a row."""
MONTHLY = tuple(MonthSums.__annotations__)
"""The places of `MonthSums` in a row."""
LOG = tuple(LogLine.__annotations__)
"""The places of `LogLine` in a row."""
READER_RECORD = record(ReaderSums)
MONTH_RECORD = record(MonthSums)
LOG_RECORD = record(LogLine)


class Behaviour(NamedTuple):
    """The assumptions as plain numbers and shares."""

    bounce: float
    fans: float
    fans_stop: float
    persistence: float
    turnover: Floats
    casual: Shares
    session_stop: float
    pause: float
    tail: float
    rereads: float
    per_slot: int
    half_life: float
    ranks: Shares
    main_device: float
    devices: Shares
    cookie_reset: float
    bypass: float
    bypass_willing: float
    conversion: float
    frailty: float
    wear: float
    register: float
    registration_sells: float
    registered_conversion: float
    base: float
    leave: float
    leave_factor: Floats
    come_back: float
    end_session: float
    score_signal: float
    auto_renew: float
    continue_auto_renew: float
    continue_auto_cancel: float
    takeup: float
    trial_return: float
    churn_return: float
    growth: float
    wear_habit: float
    most_habit: float
    annual_share: float
    reader_classes: Shares
    article_classes: Shares
    referrers: Shares
    device_kinds: Shares


class AskedOfPeople(NamedTuple):
    """What of people and page views matters to anybody; all of it, where page views are kept."""

    scores: bool
    """Whether the policy tells scores apart."""
    visits: bool
    """Whether it tells referrers or kinds of devices apart."""
    classes: bool
    """Whether it tells articles apart."""
    moments: bool
    """Whether it matters when in a month a view is, and of which article not read in it yet."""


EVERYTHING = AskedOfPeople(scores=True, visits=True, classes=True, moments=True)


class PolicyTables(NamedTuple):
    """What the engine says, found by number.

    Who reads what when gives a group, a group and its counts give a verdict.
    """

    group: Integers
    """[facts, arm of the visitor, arm of the reader, what was started] the group of equal facts.

    The place of the facts is the sum of what the following six tables say.
    """
    who: Integers
    """[standing, interval of the time since expiry]"""
    reader: Integers
    """[reader class, score in hundredths]"""
    article: Integers
    """[article class]"""
    visit: Integers
    """[referrer, device]"""
    age: Integers
    """[interval of the age]"""
    period: Integers
    """[period]"""
    periods: Integers
    """The instants at which a new period starts."""
    expiry: Integers
    """What the time since expiry is compared with, in microseconds."""
    ages: Integers
    """What the age of an article is compared with, in microseconds."""
    verdicts: Codes
    """[place] the verdict, at a group's place in `Tables` and a combination."""
    sells: Integers
    """[verdict] what a wall asks for: nothing (0), to register (1), to pay (2)."""
    offer: Integers
    """[verdict] the offer made, or -1."""
    trial: Flags
    """[offer] whether it is a trial."""
    offer_price: Floats
    """[offer]"""
    offer_lift: Floats
    """[offer] how much more often it is taken than the list price."""
    offer_stays: Floats
    """[offer] how much more often a trial of this length is continued than one of a month."""
    offer_later: Floats
    """[offer] what money at the end of its term is worth at its start."""
    offer_option: Integers
    """[offer] the option it sells, or what a trial costs afterwards; -1 for a trial at list price.
    """
    once: Integers
    """[offer] the bit of one that an account starts once, or 0."""
    price: Floats
    """[option]"""
    churn: Floats
    """[option, renewal] the chance to end at this renewal."""
    worth: Floats
    """[option] what all payments of a lifetime are worth at the first of them."""
    base_price: float
    """What those who subscribe already pay for each of their months, on average."""


class Calendar(NamedTuple):
    """The horizon: where days and months start, how reading is spread, and when terms end."""

    days: Integers
    """[day] its start; the last one is the end of the last day."""
    months: Integers
    """[month] its start; the last one is the end of the last month."""
    spread: Integers
    """[month, step] instants by the share of the month's reading that lies before them."""
    traffic: Floats
    """[month] traffic, times usual."""
    ends: Integers
    """The ends of one, two, three… terms that start with a day, up to the first past the horizon.
    """
    first_end: Integers
    """[offer, then option; day] where in `ends` the end of one term is; one place more closes the
    last.
    """


class ArmTables(NamedTuple):
    """Which variants the ids of some readers are in; without experiments, the tables are empty."""

    by_visitor: Codes
    """[reader, identity] the arm of an id as a visitor's."""
    by_reader: Codes
    """[reader, identity] the arm of an id as a reader's."""
    asked: Integers
    """[reader] how many of the reader's identities were asked for."""
    first: int
    """The number of the reader who comes first in the tables."""


class Setting(NamedTuple):
    """Everything that stays the same while readers are taken through the months."""

    policy_tables: PolicyTables
    tables: Tables
    behaviour: Behaviour
    time: Calendar
    arms: ArmTables
    asked: AskedOfPeople

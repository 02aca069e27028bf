"""The slow way: every combination of codes one after the other, judged by the engine itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from meter.engine import allowance, judge
from meter.facts.slots import Slot, observer_of
from meter.verify.rows import visible
from meter.verify.situations import MeterState
from meter.view import Article, PageView, Reader
from meter.vocabulary import ArticleAccess, Status
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.verify.situations import Situation
    from meter.verify.space import Space

Past = tuple[tuple[bool, ...], tuple[MeterState, ...]]

EXPIRED = {Status.TRIAL_EXPIRED, Status.SUBSCRIPTION_EXPIRED}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
JUNE = instant(datetime(2026, 6, 1, tzinfo=UTC))
HOUR = 3_600_000_000
YEARS = 5 * 365 * 24 * HOUR
SOMEBODY = Reader(id="somebody")
RUNNING = {Status.TRIAL, Status.SUBSCRIBER, Status.STAFF}


def is_possible(space: Space, situation: Situation) -> bool:
    """Say whether there can be such a reader, view and meter state, without a diagram."""
    past = situation.known, tuple(situation.meter_states[meter] for meter in space.meters)
    return _is_somebody(space, situation) and past in _pasts(space, situation)


def _pasts(space: Space, situation: Situation) -> set[Past]:
    """Return all that a reader may have counted: for each meter how many, and is this one of them.

    As what the facts can tell of it: is the article counted already, and the state of each meter.
    """
    limits = tuple(space.limits_of(situation, meter) for meter in space.meters)
    spends = situation.values["access"] == ArticleAccess.METERED
    return _pasts_under(space, limits, spends)


@lru_cache(maxsize=512)
def _pasts_under(space: Space, limits: tuple[tuple[int, ...], ...], spends: bool) -> set[Past]:  # noqa: FBT001
    counted = [
        [(used, own) for used in range(max(most) + 2) for own in (False, True) if used or not own]
        for most in limits
    ]
    spent = [
        {
            rule.spend
            for rule in book.policy.rules
            if rule.spend is not None and book.policy.meter(rule.spend).count == "articles"
        }
        for book in space.rulebooks
    ]
    found = set()
    for past in product(*counted):
        mine = {meter: own for meter, (_, own) in zip(space.meters, past, strict=True)}
        known = tuple(any(mine[meter] for meter in meters) for meters in spent)
        states = []
        for meter, (used, own), most in zip(space.meters, past, limits, strict=True):
            left = space.vocabulary.slots[space.vocabulary.place("left", meter)]
            codes = []
            for limit, meters, knows in zip(most, spent, known, strict=True):
                seen = knows if meter in meters else own
                opens, rest = allowance(limit, used, seen=seen, spends=spends)
                codes.append((opens, left.code(rest)))
            states.append(MeterState(tuple(codes)))
        found.add((known, tuple(states)))
    return found


def _is_somebody(space: Space, situation: Situation) -> bool:
    values = situation.values
    status = values["reader"]
    slots = [slot for slot in space.vocabulary.slots if slot.name in values]
    known = {slot.name: values[slot.name] is not None for slot in slots}
    if "expiry" in known and known["expiry"] is not (status in EXPIRED):
        return False
    for slot in slots:
        what, _, product = slot.name.partition(" ")
        if not known[slot.name]:
            continue
        if what == "registration" and status == Status.ANONYMOUS:
            return False
        if what == "expiry" and status not in EXPIRED:
            return False
        if what == "purchase" and status not in RUNNING:
            return False
        if product and not _is_longer(space, values, what, slot):
            return False
        told = what == "purchase" and product in _mentioned(space, "product")
        if told and product not in values["product"]:
            return False
    holds = values.get("product") or values.get("whole")
    return (not holds or status in RUNNING) and _can_be_now(space, situation)


def _mentioned(space: Space, name: str) -> tuple[object, ...]:
    return next((slot.mentioned for slot in space.vocabulary.slots if slot.name == name), ())


def _is_longer(space: Space, values, what: str, slot) -> bool:
    """Say whether the rights to one product can say so, given what all rights say."""
    if what not in values:
        return True
    if values[what] is None:
        return False
    every = space.vocabulary.slots[space.vocabulary.place(what)]
    marks = [*every.mentioned, *slot.mentioned]
    tried = {0, *(max(0, mark + step) for mark in marks for step in (-2, -1, 0, 1, 2))}
    return any(
        every.code(last) == values[what] and slot.code(own) == values[slot.name]
        for last in tried
        for own in tried
        if own >= last
    )


def _can_be_now(space: Space, situation: Situation) -> bool:
    """Say whether the clocks, the date and the age of an article can say so, by trying."""
    slots = [
        slot
        for slot in space.vocabulary.slots
        if slot.name in ("period", "published", "age") or slot.zone is not None
    ]
    wanted = tuple(situation.values[slot.name] for slot in slots)
    return len(slots) < 2 or wanted in _moments(tuple(slots))


@lru_cache(maxsize=64)
def _moments(slots: tuple[Slot, ...]) -> set[tuple[object, ...]]:
    """Return what can be seen of instants and of articles, of very many of either."""
    marks = {slot.name: slot.mentioned for slot in slots}
    about = (*marks.get("period", ()), *marks.get("published", ()), JUNE)
    ages = [age + step for age in (0, *marks.get("age", ()), YEARS) for step in (-1, 0, 1)]
    published = [
        at + step for at in (*marks.get("published", ()), JUNE) for step in (-YEARS, -1, 0)
    ]
    hours = [at + hour * HOUR for at in about for hour in range(-8 * 24, 8 * 24)]
    near = [at + step for at in about for step in (-1, 0)]
    edges = [at + age + step for at in published for age in ages for step in (-1, 0, 1)]
    nows = [*hours, *near, *edges, JUNE + 2 * YEARS, *(at + YEARS for at in about)]
    found = set()
    whole = any(slot.name in ("published", "age") for slot in slots)
    observers = [observer_of(slot) for slot in slots]
    for now in sorted(set(nows)):
        came = {None, *(now - age for age in ages), *published} if whole else {None}
        for at in came:
            when = None if at is None else EPOCH + timedelta(microseconds=at)
            view = PageView(article=Article(id="a", published=when))
            found.add(tuple(see(SOMEBODY, view, now) for see in observers))
    return found


def size(space: Space) -> int:
    """Return how many combinations of codes there are, possible or not."""
    return prod(len(variable.domain) for variable in space.variables)


def situations(space: Space) -> Iterator[Situation]:
    """Yield every situation there can be."""
    plain = [variable for variable in space.variables if variable.slot is not None]
    rest = [variable for variable in space.variables if variable.slot is None]
    for codes in product(*(range(len(variable.domain)) for variable in plain)):
        start = space.situation([*codes, *([0] * len(rest))])
        if not _is_somebody(space, start):
            continue
        for known, states in _pasts(space, start):
            knows = dict(zip(space.known_levels, known, strict=True))
            levels = list(range(len(plain), len(space.variables)))
            here = dict(zip(space.meters, states, strict=True))
            past = [
                knows[level]
                if variable.meter is None
                else variable.domain.index(here[variable.meter])
                for level, variable in zip(levels, rest, strict=True)
            ]
            yield space.situation([*codes, *map(int, past)])


def differs(space: Space, situation: Situation) -> bool:
    """Say whether a reader in this situation can tell two policies apart."""
    verdicts = [
        judge(book, space.facts(situation, side)) for side, book in enumerate(space.rulebooks)
    ]
    assert None not in verdicts
    if visible(verdicts[0]) != visible(verdicts[1]):
        return True
    meter = verdicts[0].meter
    return meter is not None and len(set(space.limits_of(situation, meter))) > 1

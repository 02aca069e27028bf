"""The slow way: every combination of codes one after the other, judged by the engine itself."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from meter.engine import allowance, judge
from meter.verify.rows import visible
from meter.verify.situations import MeterState
from meter.vocabulary import ArticleAccess, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.verify.situations import Situation
    from meter.verify.space import Space

Past = tuple[tuple[bool, ...], tuple[MeterState, ...]]

EXPIRED = {Status.TRIAL_EXPIRED, Status.SUBSCRIPTION_EXPIRED}
RUNNING = {Status.TRIAL, Status.SUBSCRIBER, Status.STAFF}


def is_possible(space: Space, situation: Situation) -> bool:
    """Say whether there can be such a reader, view and meter state, without a diagram."""
    past = situation.known, tuple(situation.meter_states[meter] for meter in space.meters)
    return _is_somebody(situation) and past in _pasts(space, situation)


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


def _is_somebody(situation: Situation) -> bool:
    values = situation.values
    if "days_since_expiry" in values and (values["days_since_expiry"] is not None) is not (
        values["reader"] in EXPIRED
    ):
        return False
    holds = values.get("product") or values.get("whole")
    return not holds or values["reader"] in RUNNING


def size(space: Space) -> int:
    """Return how many combinations of codes there are, possible or not."""
    return prod(len(variable.domain) for variable in space.variables)


def situations(space: Space) -> Iterator[Situation]:
    """Yield every situation there can be."""
    plain = [variable for variable in space.variables if variable.slot is not None]
    rest = [variable for variable in space.variables if variable.slot is None]
    for codes in product(*(range(len(variable.domain)) for variable in plain)):
        start = space.situation([*codes, *([0] * len(rest))])
        if not _is_somebody(start):
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

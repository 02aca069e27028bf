"""The slow way: every combination of codes one after the other, judged by the engine itself."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

from meter.engine import judge
from meter.verify.rows import visible
from meter.vocabulary import ArticleAccess, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.verify.situations import Situation
    from meter.verify.space import Space

EXPIRED = {Status.TRIAL_EXPIRED, Status.SUBSCRIPTION_EXPIRED}
RUNNING = {Status.TRIAL, Status.SUBSCRIBER, Status.STAFF}


def is_possible(space: Space, situation: Situation) -> bool:
    """Say whether there can be such a reader, view and meter state, without a diagram."""
    metered = situation.values["access"] == ArticleAccess.METERED
    return _is_somebody(situation) and all(
        state
        in space.meter_states(
            meter, space.limits_of(situation, meter), counts=metered and situation.counts
        )
        for meter, state in situation.meter_states.items()
    )


def _is_somebody(situation: Situation) -> bool:
    values = situation.values
    if "days_since_expiry" in values and (values["days_since_expiry"] is not None) is not (
        values["reader"] in EXPIRED
    ):
        return False
    if values.get("product") and values["reader"] not in RUNNING:
        return False
    return values["access"] == ArticleAccess.METERED or situation.counts


def size(space: Space) -> int:
    """Return how many combinations of codes there are, possible or not."""
    return prod(len(variable.domain) for variable in space.variables)


def situations(space: Space) -> Iterator[Situation]:
    """Yield every situation there can be."""
    plain = [range(len(variable.domain)) for variable in space.variables if variable.meter is None]
    meter_states = [variable for variable in space.variables if variable.meter is not None]
    anywhere = [0] * len(meter_states)
    for codes in product(*plain):
        start = space.situation([*codes, *anywhere])
        if not _is_somebody(start):
            continue
        counts = start.counts and start.values["access"] == ArticleAccess.METERED
        reached = (
            space.meter_states(
                variable.meter, space.limits_of(start, variable.meter), counts=counts
            )
            for variable in meter_states
        )
        for stands in product(*reached):
            places = [
                variable.domain.index(state)
                for variable, state in zip(meter_states, stands, strict=True)
            ]
            yield space.situation([*codes, *places])


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

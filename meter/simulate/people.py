"""What simulated people are like: the assumptions as the plain numbers that the loop runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from meter.errors import MeterError
from meter.simulate.kernel.arrays import MOST_DEVICES, Behaviour
from meter.simulate.kernel.draws import Shares, shares_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from meter.simulate.assumptions import Assumptions
    from meter.simulate.world import World

__all__ = ["casual_shares", "people"]

_MOST_CASUAL = 400
_MINUTE = 60_000_000
_SLOTS_A_DAY = 4
_KINDS = ("bounce", "casual", "fans")
_PLAIN = {
    "bounce": "population.bounce",
    "fans": "population.fans",
    "persistence": "population.persistence",
    "tail": "sessions.tail",
    "rereads": "sessions.rereads",
    "half_life": "articles.half_life_hours",
    "main_device": "identity.main_device",
    "cookie_reset": "identity.cookie_reset",
    "bypass": "identity.bypass",
    "bypass_willing": "identity.bypass_willing",
    "conversion": "walls.conversion",
    "frailty": "walls.frailty",
    "wear": "walls.wear",
    "register": "walls.register",
    "registration_sells": "walls.registration_sells",
    "registered_conversion": "registered.conversion",
    "base": "subscribers.share",
    "leave": "walls.leave",
    "come_back": "walls.come_back",
    "end_session": "walls.end_session",
    "score_signal": "readers.score_signal",
    "auto_renew": "trials.auto_renew",
    "continue_auto_renew": "trials.continue_auto_renew",
    "continue_auto_cancel": "trials.continue_auto_cancel",
    "takeup": "trials.takeup_auto_cancel",
    "trial_return": "trials.return",
    "churn_return": "churn.return",
    "growth": "habit.growth",
    "wear_habit": "habit.wear",
    "most_habit": "habit.most",
    "annual_share": "money.annual_share",
}
"""What the loop calls an assumption that it takes as it is."""


def casual_shares(q: float) -> NDArray[np.float64]:
    """Return the shares, added up, of casual readers who want 1, 2, 3 … articles a month.

    They follow a log-series.
    """
    counts = np.arange(1, _MOST_CASUAL + 1)
    shares: NDArray[np.float64] = np.cumsum(q**counts / counts)
    shares /= shares[-1]
    return shares


def people(known: Assumptions, world: World) -> Behaviour:
    """Return what the loop has to know of people.

    Raises `MeterError` where assumptions contradict each other.
    """
    if known.number("population.bounce") + known.number("population.fans") > 1:
        raise MeterError(
            "`population.bounce` and `population.fans` add up to more than 1; the rest are casual"
            " readers"
        )
    devices = known.shares("identity.devices") or {"1": 1.0}
    counts = [str(number) for number in range(1, MOST_DEVICES + 1)]
    for key in devices:
        if key not in counts:
            raise MeterError(
                f"`identity.devices` is by number of devices, 1 to {MOST_DEVICES}, not `{key}`"
            )
    per_slot = max(1, round(known.number("articles.per_day") / _SLOTS_A_DAY))
    ranks = np.arange(1, per_slot + 1) ** -float(known.number("articles.zipf"))
    turnover = [known.number(f"population.turnover_{kind}") for kind in _KINDS]
    # A fan wants 1 + geometric: this is the logarithm of the chance to want one more.
    more = max(known.number("population.fans_mean") - 1, 0.01)
    return Behaviour(
        **{field: float(known.number(name)) for field, name in _PLAIN.items()},
        fans_stop=float(np.log(more / (1 + more))),
        turnover=np.array(turnover, np.float64),
        casual=shares_of(casual_shares(known.number("population.casual_q"))),
        session_stop=1 / known.number("sessions.articles"),
        pause=float(known.number("sessions.pause_minutes") * _MINUTE),
        per_slot=per_slot,
        ranks=shares_of(np.cumsum(ranks) / ranks.sum()),
        devices=shares_of(np.cumsum([devices.get(count, 0.0) for count in counts])),
        leave_factor=_leave_factors(known, world),
        reader_classes=shares_of(world.readers.shares),
        article_classes=shares_of(world.articles.shares),
        referrers=_added(known.shares("views.referrers")),
        device_kinds=_added(known.shares("views.devices")),
    )


def _leave_factors(known: Assumptions, world: World) -> NDArray[np.float64]:
    """Return, for each class of readers, how much more often they leave than others."""
    factors = known.shares("walls.leave_factor")
    found = [
        np.prod([factors.get(name, 1.0) for name in sorted(reader.segments)])
        for reader in world.readers.members
    ]
    return np.array(found, np.float64)


def _added(shares: Mapping[str, float]) -> Shares:
    return shares_of(np.cumsum(list(shares.values()) or [1.0]))

"""What are simulated people like? The assumptions as the plain numbers that the loop runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from meter.errors import MeterError
from meter.simulate.kernel.arrays import MOST_DEVICES, Human

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meter.simulate.assumptions import Assumptions
    from meter.simulate.world import World

__all__ = ["casual_shares", "people"]

_MOST_CASUAL = 400
_MINUTE = 60_000_000
_SLOTS_A_DAY = 4
_WALLS = (
    "conversion",
    "frailty",
    "wear",
    "register",
    "registration_sells",
    "leave",
    "come_back",
    "end_session",
)


def casual_shares(q: float) -> Any:
    """Return the shares, added up, of casual readers who want 1, 2, 3 … articles a month (a
    log-series).
    """
    counts = np.arange(1, _MOST_CASUAL + 1)
    shares = np.cumsum(q**counts / counts)
    return shares / shares[-1]


def people(known: Assumptions, world: World) -> Human:
    """Return what the loop has to know of people.

    Raises `MeterError` where assumptions contradict each other.
    """
    if known["population.bounce"] + known["population.fans"] > 1:
        raise MeterError(
            "`population.bounce` and `population.fans` add up to more than 1; the rest are casual"
            " readers"
        )
    devices = known["identity.devices"] or {"1": 1.0}
    for key in devices:
        if key not in map(str, range(1, MOST_DEVICES + 1)):
            raise MeterError(
                f"`identity.devices` is by number of devices, 1 to {MOST_DEVICES}, not `{key}`"
            )
    per_slot = max(1, round(known["articles.per_day"] / _SLOTS_A_DAY))
    ranks = np.arange(1, per_slot + 1) ** -float(known["articles.zipf"])
    more, factors = max(known["population.fans_mean"] - 1, 0.01), known["walls.leave_factor"]
    kinds = [known[f"population.turnover_{kind}"] for kind in ("bounce", "casual", "fans")]
    leave = [
        np.prod([factors.get(name, 1.0) for name in sorted(reader["segments"])])
        for reader in world.readers
    ]
    plain = {
        "population": {"bounce": "bounce", "fans": "fans", "persistence": "persistence"},
        "sessions": {"tail": "tail", "rereads": "rereads"},
        "articles": {"half_life_hours": "half_life"},
        "identity": {
            "main_device": "main_device",
            "cookie_reset": "cookie_reset",
            "bypass": "bypass",
        },
        "walls": {name: name for name in _WALLS},
        "readers": {"score_signal": "score_signal"},
        "trials": {
            "auto_renew": "auto_renew",
            "continue_auto_renew": "continue_auto_renew",
            "continue_auto_cancel": "continue_auto_cancel",
            "takeup_auto_cancel": "takeup",
            "return": "trial_return",
        },
        "churn": {"return": "churn_return"},
        "habit": {"growth": "growth", "wear": "wear_habit", "most": "most_habit"},
        "money": {"annual_share": "annual_share"},
    }
    numbers = {
        field: float(known[f"{group}.{name}"])
        for group, names in plain.items()
        for name, field in names.items()
    }
    return Human(
        **numbers,
        fans_stop=float(np.log(more / (1 + more))),
        turnover=np.array(kinds, np.float64),
        casual=casual_shares(known["population.casual_q"]),
        session_stop=1 / known["sessions.articles"],
        pause=float(known["sessions.pause_minutes"] * _MINUTE),
        per_slot=per_slot,
        ranks=np.cumsum(ranks) / ranks.sum(),
        devices=np.cumsum([devices.get(str(number), 0.0) for number in range(1, MOST_DEVICES + 1)]),
        leave_factor=np.array(leave, np.float64),
        reader_classes=world.reader_shares,
        article_classes=world.article_shares,
        referrers=_added(known["views.referrers"]),
        device_kinds=_added(known["views.devices"]),
    )


def _added(shares: Mapping[str, float]) -> Any:
    return np.cumsum(list(shares.values()) or [1.0])

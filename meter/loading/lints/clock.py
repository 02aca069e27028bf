"""Plain lints of the clock: what is written of a night, and means two days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.loading.lints.warned import warning
from meter.policy.faults.conditions import placed_conditions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from meter.errors import Problem
    from meter.policy import Policy

__all__ = ["CLOCK"]


def _split_nights(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield hours over midnight beside a day: both of its nights are meant, each in part."""
    for path, when in placed_conditions(policy):
        if when.hour is None:
            continue
        first, end = when.hour.edges
        days = [key for key in ("weekday", "dates") if getattr(when, key) is not None]
        if days and first > end > 0:
            message = (
                f"`{days[0]}` means the calendar day: these hours are on it until {end}:00 and"
                f" again from {first}:00, and not in the night that follows it"
            )
            advice = (
                "if one night is meant, write `any` of two: up to 24 on the one day, and from 0 up"
                f" to {end} on the next"
            )
            yield warning("split-night", (*path, "hour"), message, advice)


CLOCK: dict[str, Callable[[Policy, date | None], Iterator[Problem]]] = {
    "split-night": _split_nights,
}
"""Each warning by its code."""

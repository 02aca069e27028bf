"""Say in a few words what a step of a journey changed: counts, renewals, payments and times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.explanation import kept_back

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from meter.decision import MeterReading
    from meter.journeys.journey import Journey
    from meter.journeys.rights import Continuation
    from meter.journeys.steps import JourneyStep, Renewal
    from meter.policy import Policy

__all__ = [
    "campaign_parts",
    "count_text",
    "dots",
    "expectations_text",
    "format_time",
    "moved_text",
    "paid_again_text",
    "renewed_text",
]

_MOST_DOTS = 10


def format_time(when: datetime, now: datetime) -> str:
    """Write a time, such as `1 June 00:00`, with the year where it is not this one."""
    year = "" if when.year == now.year else f" {when.year}"
    return f"{when.day} {when:%B}{year} {when:%H:%M}"


def dots(reading: MeterReading) -> str:
    """Draw an allowance as dots, what is used first; nothing where they would be too many."""
    if reading.limit is None or reading.left is None or reading.limit > _MOST_DOTS:
        return ""
    return "●" * reading.used + "○" * reading.left


def count_text(step: JourneyStep) -> str:
    """Say how a view changed the meter it is told of, such as `0 → 1 of 3`; else nothing."""
    meter = step.decision.meter
    if meter is None:
        return ""
    before = step.before[meter.name]
    moved = f"{before.used} → {meter.used}" if before.used != meter.used else f"{meter.used}"
    return f"{moved} counted" if meter.limit is None else f"{moved} of {meter.limit}"


def campaign_parts(step: JourneyStep) -> Iterator[str]:
    """Yield which prompts a view kept back, and in which variants it exposed its reader."""
    if step.is_read:
        for kept in kept_back(step.decision):
            yield f"prompt {kept.prompt} kept back"
        for exposure in step.decision.exposures:
            yield f"variant {exposure.variant} of {exposure.experiment}"


def moved_text(step: JourneyStep) -> str:
    """Say how a step that opens nothing changed what the reader has, such as `3 of 3 → 3 of 5`."""
    moves = []
    for name, after in step.after.items():
        before = step.before[name]
        if (before.used, before.limit) != (after.used, after.limit) and after.limit != 0:
            moves.append(f"{_share(before)} → {_share(after)}")
    return ", ".join(moves)


def _share(reading: MeterReading) -> str:
    return f"{reading.used}" if reading.limit is None else f"{reading.used} of {reading.limit}"


def renewed_text(renewal: Renewal, policy: Policy) -> str:
    """Say what was counted and counts no more."""
    if policy.meter(renewal.meter).window.rolling is not None:
        return f"{renewal.back} counted on {renewal.meter} left its window"
    verb = "was" if renewal.back == 1 else "were"
    return f"{renewal.meter} starts again ({renewal.back} {verb} counted)"


def paid_again_text(paid: Continuation) -> str:
    """Say what was paid for again, and until when."""
    times = "" if paid.payments == 1 else f" {paid.payments} times"
    return f"{paid.kind} paid for again{times}, until {format_time(paid.until, paid.at)}"


def expectations_text(journey: Journey, steps: Sequence[JourneyStep]) -> str:
    """Say how many expectations of a journey fail, such as `2 of 5 expectations fail`.

    Nothing where it expects nothing and every step can happen.
    """
    expects = [step.expect is not None for step in journey.steps]
    count = sum(expects)
    failing = sum(step.problem is not None and expects[step.number - 1] for step in steps)
    cannot = sum(step.problem is not None and not expects[step.number - 1] for step in steps)
    rest = len(expects) - count - cannot
    parts = [_failing(failing, count)] if count else []
    if cannot:
        parts.append(f"{cannot} {'step' if cannot == 1 else 'steps'} cannot happen")
    if rest and parts:
        parts.append(f"{rest} {'step expects' if rest == 1 else 'steps expect'} nothing")
    return "; ".join(parts)


def _failing(failing: int, count: int) -> str:
    if count == 1:
        return f"the only expectation {'fails' if failing else 'holds'}"
    if not failing:
        return f"all {count} expectations hold"
    return f"{failing} of {count} expectations {'fails' if failing == 1 else 'fail'}"

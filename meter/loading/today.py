"""The day that everything about a policy is looked at from: one answer for every command."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from meter.clock import system_clock
from meter.policy.faults.conditions import placed_conditions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from meter.policy import Policy

__all__ = ["first_day"]


def first_day(policies: Sequence[Policy], today: date | None = None) -> date:
    """Return the day to look at policies from, in their zones.

    It is `today` where that is given; else the first day that the policies name, so that their
    offers and dates are met; else, where they name none, the first of next month. Of what has only
    an end, the first day is the first of the month in which it ends.
    """
    if today is not None:
        return today
    named = [day for policy in policies for day in _days(policy)]
    if named:
        return min(named)
    zone = policies[0].zone if policies else None
    return _first_of_next_month(system_clock().astimezone(zone).date())


def _days(policy: Policy) -> Iterator[date]:
    """Yield the day on which each offer and each range of dates of a policy begins."""
    for offer in policy.offers:
        yield from _begins(offer.starts, offer.ends, policy.zone)
    for _, when in placed_conditions(policy):
        if when.dates is not None:
            yield from _begins(when.dates.from_, when.dates.until, policy.zone)


def _begins(first: date | None, last: date | None, zone: ZoneInfo) -> Iterator[date]:
    """Yield the first day of a range in a zone, if it has an end at all."""
    if first is not None:
        yield _day(first, zone)
    elif last is not None:
        yield _day(last, zone).replace(day=1)


def _day(bound: date, zone: ZoneInfo) -> date:
    """Return the day of a bound, which may be a time."""
    if not isinstance(bound, datetime):
        return bound
    local = bound if bound.tzinfo is None else bound.astimezone(zone)
    return local.date()


def _first_of_next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)

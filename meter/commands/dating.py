"""Move the dates of files to start from, so that nothing in them is over."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from attrs import frozen

from meter.loading import loads_policy
from meter.policy.faults.conditions import placed_conditions
from meter.vocabulary import Unit
from meter.windows import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.policy import Policy

__all__ = ["Later", "until_current"]

_DATE = re.compile(r"\b20\d\d-\d\d-\d\d")
_YEAR_OF_WEEKS = timedelta(weeks=52)


@frozen
class Later:
    """By how much dates are moved: whole years or, where days of the week matter, 52 weeks each."""

    times: int
    keeps_weekdays: bool

    def moved(self, text: str) -> str:
        """Return a text with every date of this century in it moved."""
        return _DATE.sub(lambda found: self._day(date.fromisoformat(found[0])).isoformat(), text)

    def _day(self, day: date) -> date:
        if self.keeps_weekdays:
            return day + self.times * _YEAR_OF_WEEKS
        return day.replace(year=day.year + self.times)


def until_current(policy_text: str, today: date) -> Later:
    """Return by how much to move the dates of a policy and its journeys so that no end is over."""
    by_week = _knows_weekdays(loads_policy(policy_text))
    later = Later(0, by_week)
    while any(end <= today for end in _ends(loads_policy(later.moved(policy_text)))):
        later = Later(later.times + 1, by_week)
    return later


def _knows_weekdays(policy: Policy) -> bool:
    weeks = any(meter.window.calendar is Unit.WEEK for meter in policy.meters)
    return weeks or any(when.weekday is not None for _, when in placed_conditions(policy))


def _ends(policy: Policy) -> Iterator[date]:
    """Yield the first day after each offer, and after each range of dates of a condition."""
    ranges = [offer.instants(policy.zone) for offer in policy.offers]
    ranges += [
        when.dates.instants(policy.zone) for _, when in placed_conditions(policy) if when.dates
    ]
    for _, end in ranges:
        if end is not None:
            yield moment(end, policy.zone).date()

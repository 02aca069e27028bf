"""Move the dates of files to start from, so that nothing in them is over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from meter.loading import loads_policy
from meter.windows import moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from meter.policy import Policy

__all__ = ["years_later", "years_until_current"]

_DATE = re.compile(r"\b(20\d\d)(?=-\d\d-\d\d)")


def years_until_current(policy_text: str, today: date) -> int:
    """Return by how many years to move a policy's dates so that none of its ends is over."""
    years = 0
    while any(end <= today for end in _ends(loads_policy(years_later(policy_text, years)))):
        years += 1
    return years


def years_later(text: str, years: int) -> str:
    """Return a text with every date in it moved by whole years."""
    return _DATE.sub(lambda year: f"{int(year[1]) + years}", text)


def _ends(policy: Policy) -> Iterator[date]:
    """Yield the first day after each offer, and after each range of dates of a rule."""
    windows = [offer.instants(policy.zone) for offer in policy.offers]
    windows += [rule.when.dates.instants(policy.zone) for rule in policy.rules if rule.when.dates]
    for _, end in windows:
        if end is not None:
            yield moment(end, policy.zone).date()

"""What a view leaves in a record, and when what it left is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.windows import instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from meter.policy import Policy
    from meter.usage import Usage

__all__ = ["caps_end", "grown", "has_shown", "most_told_apart"]


def grown(before: Usage, after: Usage) -> Iterator[str]:
    """Yield the meters that have counted something since."""
    for name, tally in after.tallies.items():
        if not set(tally.ids) <= set(before.tally(name).ids):
            yield name


def has_shown(before: Usage, after: Usage) -> bool:
    """Say whether a prompt was shown since whose showings are remembered."""
    return any(
        not set(tally.ids) <= set(before.showings(name).ids) for name, tally in after.shown.items()
    )


def caps_end(policy: Policy, usage: Usage, now: datetime) -> Iterator[datetime]:
    """Yield when each cap of a prompt that was shown leaves room again, or would."""
    frequencies = policy.rulebook.frequencies
    for name, tally in usage.shown.items():
        for cap in frequencies.prompts[frequencies.places[name]].caps:
            resets = cap.timeline.resets(tally.ats, cap.times, instant(now))
            if resets is not None:
                yield moment(resets, policy.zone)


def most_told_apart(policy: Policy, meter: str) -> int:
    """Return a count of a meter above which no rule tells one from another."""
    rulebook = policy.rulebook
    limits = [limit for _, limit in rulebook.limits[meter] if limit is not None]
    slot = rulebook.vocabulary.meters[meter].used
    asked = rulebook.vocabulary.slots[slot].mentioned if slot >= 0 else ()
    return int(max([0, *limits, *asked])) + 1

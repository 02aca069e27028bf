"""What does a reader get while the store is out?

The rules are the same, the count is another: what this process has seen last and granted since
(`remembered`), nothing at all (`unspent`), or everything (`spent`). Only `remembered` counts, and
owes the store what it counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.memo import decide
from meter.usage import Tally, Usage
from meter.windows import instant

if TYPE_CHECKING:
    from datetime import datetime

    from meter.decision import Decision
    from meter.paywall.transactions import Recent
    from meter.policy import Policy
    from meter.view import PageView, Reader

__all__ = ["remembered", "spent", "unspent"]

_MOST_ALIASES = 64


def remembered(
    recent: Recent,
    key: str,
    policy: Policy,
    reader: Reader,
    view: PageView,
    now: datetime,
    *,
    counts: bool,
) -> Decision:
    """Decide on what this process has seen last and has granted since, and owe the store what is
    counted now.
    """
    with recent.lock:
        record, steps = recent.get(key), 0
        while record.into is not None and steps < _MOST_ALIASES:
            record, steps = recent.get(record.into), steps + 1
        owed = recent.owed(key) or Usage()
        usage = record.usage.merge(owed)
        decision, after = decide(policy, reader, view, usage, now)
        if counts and after is not usage and decision.meter is not None:
            name = decision.meter.name
            before, tally = set(usage.tally(name).ids), after.tally(name)
            new = [
                (read, at)
                for read, at in zip(tally.ids, tally.ats, strict=True)
                if read not in before
            ]
            recent.owe(
                key,
                owed.merge(
                    Usage({name: Tally(tuple(read for read, _ in new), tuple(at for _, at in new))})
                ),
            )
        return decision


def unspent(policy: Policy, reader: Reader, view: PageView, now: datetime) -> Decision:
    """Decide as if nothing had been counted."""
    return decide(policy, reader, view, Usage(), now)[0]


def spent(policy: Policy, reader: Reader, view: PageView, now: datetime) -> Decision:
    """Decide as if nothing were left of any meter, and this article had not been counted."""
    at, rulebook = instant(now), policy.rulebook
    values = rulebook.vocabulary.observe(reader, view, at)
    limits = {meter.name: rulebook.limit(meter.name, values) for meter in policy.meters}
    usage = Usage(
        {
            name: Tally(tuple(f"\0{n}" for n in range(limit)), (at,) * limit)
            for name, limit in limits.items()
            if limit
        }
    )
    return decide(policy, reader, view, usage, now)[0]

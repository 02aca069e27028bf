"""Decide while the store is out.

The rules are the same and the count differs: what this process saw last and has granted since
(`remembered`), nothing (`unspent`), or everything (`spent`). Only `remembered` counts; what it
counts is pending until the store answers again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from meter.engine import long_offered, unremembered
from meter.usage import Tally, Usage, unnamed_reads
from meter.windows import instant

if TYPE_CHECKING:
    from meter.decision import Decision
    from meter.paywall.metered_view import MeteredView
    from meter.paywall.recent import Recent

__all__ = ["remembered", "spent", "unspent"]


def remembered(recent: Recent, metered: MeteredView) -> Decision:
    """Decide on what this process saw last and has granted since.

    What is counted now becomes pending. All of it is one step under the lock: two views of one
    reader at once must not both be the last free one.
    """
    key = metered.key
    at = instant(metered.now)
    with recent.lock:
        usage = recent.get(key).usage.union(recent.pending(key).all(at), at)
        decision, after = metered.decide(usage)
        if metered.counts and after is not usage:
            recent.add_pending(key, _newly_counted(usage, after))
        return decision


def _newly_counted(before: Usage, after: Usage) -> Usage:
    """Return what meters have counted and prompts have been shown since an earlier usage."""
    counted = {
        name: _newly_read(before.tally(name), tally) for name, tally in after.tallies.items()
    }
    shown = {name: _newly_read(before.showings(name), tally) for name, tally in after.shown.items()}
    offered = {
        offer: first
        for offer, first in after.offered.items()
        if before.offered.get(offer, first + 1) > first
    }
    return Usage(_some(counted), shown=_some(shown), offered=offered)


def _some(tallies: dict[str, Tally]) -> dict[str, Tally]:
    return {name: tally for name, tally in tallies.items() if tally.ids}


def _newly_read(before: Tally, after: Tally) -> Tally:
    """Return what is in one tally and not in an earlier one."""
    known = set(before.ids)
    reads = zip(after.ids, after.ats, strict=True)
    new = {read: at for read, at in reads if read not in known}
    return Tally(tuple(new), tuple(new.values()))


def unspent(metered: MeteredView) -> Decision:
    """Decide as if nothing had been counted.

    A prompt or a deadline that must be remembered is not given.
    """
    usage = Usage(offered=long_offered(metered.policy.lasting, instant(metered.now)))
    return unremembered(metered.decide(usage)[0])


def spent(metered: MeteredView) -> Decision:
    """Decide as if nothing were left of any meter, and this article had not been counted."""
    at = instant(metered.now)
    rulebook = metered.policy.rulebook
    values = rulebook.vocabulary.observe(metered.reader, metered.view, at)
    limits = {meter.name: rulebook.limit(meter.name, values) for meter in metered.policy.meters}
    usage = Usage.counting({name: unnamed_reads(limit or 0) for name, limit in limits.items()}, at)
    offered = long_offered(metered.policy.lasting, at)
    usage = evolve(usage, started=frozenset(metered.policy.once), offered=offered)
    return unremembered(metered.decide(usage)[0])

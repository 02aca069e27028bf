"""Decide while the store is out.

The rules are the same and the count differs: what this process saw last and has granted since
(`remembered`), nothing (`unspent`), or everything (`spent`). Only `remembered` counts; what it
counts is pending until the store answers again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.engine import unremembered
from meter.usage import Tally, Usage
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
    return Usage(_some(counted), shown=_some(shown))


def _some(tallies: dict[str, Tally]) -> dict[str, Tally]:
    return {name: tally for name, tally in tallies.items() if tally.ids}


def _newly_read(before: Tally, after: Tally) -> Tally:
    """Return what is in one tally and not in an earlier one."""
    known = set(before.ids)
    reads = zip(after.ids, after.ats, strict=True)
    new = {read: at for read, at in reads if read not in known}
    return Tally(tuple(new), tuple(new.values()))


def unspent(metered: MeteredView) -> Decision:
    """Decide as if nothing had been counted; a prompt that must be remembered is not given."""
    return unremembered(metered.decide(Usage())[0])


def spent(metered: MeteredView) -> Decision:
    """Decide as if nothing were left of any meter, and this article had not been counted."""
    at = instant(metered.now)
    rulebook = metered.policy.rulebook
    values = rulebook.vocabulary.observe(metered.reader, metered.view, at)
    tallies = {}
    for meter in metered.policy.meters:
        limit = rulebook.limit(meter.name, values)
        if limit:
            # An id that is remembered and starts with `~` is a digest, or holds a view.
            no_article = tuple(f"~ {number}" for number in range(limit))
            tallies[meter.name] = Tally(no_article, (at,) * limit)
    usage = Usage(tallies, frozenset(metered.policy.once))
    return unremembered(metered.decide(usage)[0])

"""What is known of a reader beside the record under the key in force, and belongs into it.

That is what this process counted while the store was out, and the records under the keys of earlier
secrets. It is brought in by the swap that writes the record, and then removed from where it was.
Interrupted in between, nothing is lost, and the next visit completes it: twice is the same as once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from meter.paywall.forgetting import is_forgotten
from meter.paywall.operations import Forget, Load, StoreOps, Swap
from meter.paywall.recent import NO_READS, Pending
from meter.paywall.records import Record, read_record
from meter.usage import Usage

if TYPE_CHECKING:
    from meter.paywall.identity import ReaderKeys
    from meter.paywall.recent import Recent

__all__ = ["Brought", "bring", "settle"]


@frozen
class Brought:
    """What is to be brought in: its `usage`, and where that comes from."""

    usage: Usage = field(factory=Usage)
    pending: Pending = NO_READS
    records: tuple[tuple[str, Record], ...] = ()

    @property
    def found(self) -> bool:
        """Whether there is anything, be it only what came too late."""
        return self.pending is not NO_READS or bool(self.records)


_NOTHING = Brought()


def bring(
    keys: ReaderKeys, recent: Recent, at: int, *, old: bool, writes: bool
) -> StoreOps[Brought]:
    """Return what is to be brought in at an instant, of a reader who was not forgotten lately.

    `old` says whether the keys of earlier secrets are looked at. What a forgotten reader left is
    removed from where it is, unless nothing is written.
    """
    pending = recent.pending(keys.current)
    records = []
    if old:
        for key in keys.old:
            record = read_record((yield Load(key)))
            if record.raw is not None:
                records.append((key, record))
    if pending is NO_READS and not records:
        return _NOTHING
    usage = pending.due(recent.clock(), at)
    for _, record in records:
        usage = usage.union(record.usage, at)
    brought = Brought(usage, pending, tuple(records))
    if (yield from is_forgotten(keys, recent)):
        if writes:
            yield from _remove(brought, keys, recent)
        return _NOTHING
    return brought


def settle(brought: Brought, record: Record, keys: ReaderKeys, recent: Recent) -> StoreOps[bool]:
    """Remove from where it was what a record holds by now, and say whether the record may stay.

    It may not where the reader was forgotten while it was written: then it is removed as well.
    """
    if not brought.found:
        recent.keep(keys.current, record)
        return True
    unchanged = yield from _remove(brought, keys, recent)
    if brought.usage != Usage() and (yield from is_forgotten(keys, recent)):
        yield Forget(keys.current)
        recent.drop(keys.current)
        return False
    if unchanged:
        recent.keep(keys.current, record)
    return True


def _remove(brought: Brought, keys: ReaderKeys, recent: Recent) -> StoreOps[bool]:
    """Remove what was brought from where it was, and say whether it was unchanged there.

    It is not where somebody who has the earlier secret counted meanwhile: the next visit brings it.
    """
    unchanged = True
    for key, record in brought.records:
        if (yield Swap(key, record.raw, None)) is not None:
            unchanged = False
    if brought.pending is not NO_READS:
        recent.remove_pending(keys.current, brought.pending)
    return unchanged

"""Forget a reader, so that no other process brings anything back.

Another process may hold reads that it counted while the store was out, or carry a record over from
an earlier secret. So a `forget` leaves a mark under a digest of the key, for longer than either
may take: the time, and no id. Who finds it brings nothing in.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from meter.errors import CorruptUsageError, StoreContentionError, StoreError
from meter.paywall.operations import Forget, Load, StoreOps, Swap
from meter.paywall.recent import PAID_WITHIN
from meter.stores.keys import mark_key
from meter.windows import instant, microseconds

if TYPE_CHECKING:
    from datetime import datetime

    from meter.paywall.identity import ReaderKeys
    from meter.paywall.recent import Recent

__all__ = ["erase", "is_forgotten"]

_MARK = b"F"
_LASTS = PAID_WITHIN + timedelta(minutes=1)  # for clocks of servers that differ


def erase(keys: ReaderKeys, recent: Recent, *, marks: bool, attempts: int) -> StoreOps[None]:
    """Remove a reader's records, whatever they hold, and leave a mark if it `marks`.

    Where the mark cannot be left, the records are removed all the same, and then its error is
    raised: until it is done again, another process may bring something back.
    """
    every = (*keys.old, keys.current)
    for key in every:
        recent.drop(key)
    failure: StoreError | None = None
    if marks:
        try:
            for key in every:
                yield from _leave_mark(key, recent.clock(), attempts)
        except CorruptUsageError:
            pass  # nobody could bring anything into such a store
        except StoreError as error:
            failure = error
    for key in every:
        yield Forget(key)
        recent.drop(key)
    if failure is not None:
        raise failure


def _leave_mark(key: str, now: datetime, attempts: int) -> StoreOps[None]:
    name = mark_key(key)
    mark = _MARK + b"%d" % instant(now)
    found: bytes | None = None
    for _ in range(attempts):
        reply = yield Swap(name, found, mark, now + _LASTS)
        if reply == mark:
            return
        found = reply
    raise StoreContentionError(
        f"a reader was being forgotten by many at once ({attempts} attempts); try again"
    )


def is_forgotten(keys: ReaderKeys, recent: Recent) -> StoreOps[bool]:
    """Say whether a reader was forgotten so lately that nothing may be brought in."""
    raw = yield Load(mark_key(keys.current))
    if raw is None:
        return False
    try:
        at = int(raw.removeprefix(_MARK))
    except ValueError as error:
        raise CorruptUsageError(
            f"the mark of a forgotten reader, of {len(raw)} bytes, cannot be read; forget the"
            " reader again"
        ) from error
    return abs(instant(recent.clock()) - at) < microseconds(_LASTS)

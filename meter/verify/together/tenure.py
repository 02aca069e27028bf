"""The rights that make a reader one of a status, and that began or ended so long ago."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from meter.verify.together.timing import Stretch, length_in, stretch_of
from meter.view import Entitlement, Reader
from meter.vocabulary import EntitlementKind, Status
from meter.windows import DAY, instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from meter.facts import Slot

__all__ = ["Lengths", "before", "lengths", "plain_lengths", "reader_of", "rights_of"]

Lengths = dict[tuple[str, str | None], int]
"""How long ago something was, in microseconds, by what it was and the product (or any)."""

_MOST = 200_001 * DAY
_KINDS = {
    Status.TRIAL: EntitlementKind.TRIAL,
    Status.TRIAL_EXPIRED: EntitlementKind.TRIAL,
    Status.SUBSCRIBER: EntitlementKind.SUBSCRIPTION,
    Status.SUBSCRIPTION_EXPIRED: EntitlementKind.SUBSCRIPTION,
    Status.STAFF: EntitlementKind.STAFF,
}
_TERMS = {
    EntitlementKind.TRIAL: timedelta(days=14),
    EntitlementKind.SUBSCRIPTION: timedelta(days=365),
}
_EXPIRED = (Status.TRIAL_EXPIRED, Status.SUBSCRIPTION_EXPIRED)
_UTC = ZoneInfo("UTC")


def lengths(slots: Iterable[Slot], values: Mapping[str, Any]) -> Lengths:
    """Return lengths with the codes of the slots of times since something, where they are known.

    What the rights to one product say is at least as long ago as what all rights say.
    """
    return plain_lengths(
        {
            (slot.asks, slot.product): stretch_of(slot, values[slot.name], 0, _MOST)
            for slot in slots
            if slot.is_length and slot.name != "age" and values[slot.name] is not None
        }
    )


def plain_lengths(known: Mapping[tuple[str, str | None], Stretch]) -> Lengths:
    """Return plain lengths, each of a stretch, by what is so long ago and the product (or any)."""
    found: Lengths = {}
    for (name, product), stretch in known.items():
        if product is None:
            several = any(other == name and of is not None for other, of in known)
            found[name, None] = stretch.low if several else length_in(stretch)
    for (name, product), stretch in known.items():
        if product is not None:
            low = max(stretch.low, found.get((name, None), 0))
            found[name, product] = length_in(Stretch(low, stretch.high))
    return found


def before(now: datetime, length: int) -> datetime:
    """Return the time some microseconds ago."""
    return moment(instant(now) - length, _UTC)


def reader_of(status: Status, now: datetime) -> Reader:
    """Return a reader who has a status at `now`, a time with a zone, and nothing else."""
    return Reader(
        id="reader",
        registered=status is not Status.ANONYMOUS,
        entitlements=rights_of(status, (), {}, now),
    )


def rights_of(
    status: Status,
    products: Sequence[str | None],
    since: Lengths,
    now: datetime,
    *,
    other: str | None = None,
) -> tuple[Entitlement, ...]:
    """Return what makes a reader one of this status: a right to each product, or to `other`.

    The product `None` is everything.
    """
    kind = _KINDS.get(status)
    if kind is None:
        return ()
    if status in _EXPIRED:
        return tuple(_ended(kind, since, now))
    return tuple(_running(kind, products, since, now, other))


def _ended(kind: EntitlementKind, since: Lengths, now: datetime) -> Iterator[Entitlement]:
    ended = {product: length for (name, product), length in since.items() if name == "expiry"}
    for product, length in (ended or {None: DAY}).items():
        ends = before(now, length)
        yield Entitlement(kind=kind, product=product, starts=ends - _TERMS[kind], ends=ends)


def _running(
    kind: EntitlementKind,
    products: Sequence[str | None],
    since: Lengths,
    now: datetime,
    other: str | None,
) -> Iterator[Entitlement]:
    begun = {
        other if product is None else product: length
        for (name, product), length in since.items()
        if name == "purchase"
    }
    named: dict[str | None, int | None] = {**dict.fromkeys(products), **begun}
    for product, length in (named or {other: None}).items():
        starts = None if length is None else before(now, length)
        yield Entitlement(kind=kind, product=product, starts=starts)

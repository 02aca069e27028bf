"""Who a reader is, from the rights in an event: status, what runs, what is covered, since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tests.verify.oracle.times import after, length_of

__all__ = ["Person", "Right", "person"]

Table = dict[str, Any]


class Right(NamedTuple):
    """A right: of what kind, to what, from when to when (grace included)."""

    kind: str
    product: str | None
    article: str | None
    section: str | None
    tags: frozenset[str]
    starts: datetime | None
    until: datetime | None

    @property
    def names(self) -> bool:
        """Say whether it is for some article, section or tags only."""
        return bool(self.article or self.section or self.tags)


class Person(NamedTuple):
    """What the rights of a reader come to at an instant."""

    status: str
    running: list[Right]
    expired_at: datetime | None
    rights: list[Right]

    @property
    def holding(self) -> list[Right]:
        """The running rights that are for more than an article, a section or tags."""
        return [right for right in self.running if not right.names]

    def expiry(self, products: list[str] | None) -> datetime | None:
        """Return when the right ended that ended last, while none runs."""
        if self.holding or self.expired_at is None:
            return None
        ended = [r.until for r in self.ended() if products is None or r.product in products]
        return max((at for at in ended if at is not None), default=None)

    def purchase(self, products: list[str] | None) -> datetime | None:
        """Return when the running right began that began last."""
        begun = [r.starts for r in self.holding if products is None or r.product in products]
        return max((at for at in begun if at is not None), default=None)

    def ended(self) -> list[Right]:
        """Return the trials and subscriptions that are over."""
        kinds = ("trial", "subscription")
        at = self.expired_at or datetime.min.replace(tzinfo=UTC)
        return [r for r in self.rights if r.kind in kinds and r.until and r.until <= at]


def right(table: Table, zone: str) -> Right:
    """Read one entitlement of an event."""
    ends = after(table.get("ends"), zone, end=True)
    grace = table.get("grace", 0)
    length = timedelta(days=grace) if isinstance(grace, int) else length_of(grace)
    return Right(
        table["kind"],
        table.get("product"),
        table.get("article"),
        table.get("section"),
        frozenset(table.get("tags", ())),
        after(table.get("starts"), zone),
        None if ends is None else ends + length,
    )


def person(reader: Table, zone: str, now: datetime) -> Person:
    """Return what a reader is at an instant."""
    rights = [right(table, zone) for table in reader.get("entitlements", ())]
    running = [
        each
        for each in rights
        if (each.starts is None or each.starts <= now) and (each.until is None or now < each.until)
    ]
    kinds = {each.kind for each in running if not each.names}
    over = [
        each
        for each in rights
        if each.kind in ("trial", "subscription") and each.until is not None and each.until <= now
    ]
    last = max((each.until for each in over if each.until), default=None)
    if "staff" in kinds:
        status = "staff"
    elif kinds:
        status = "trial" if kinds == {"trial"} else "subscriber"
    elif over:
        # Of two that end at one instant, the subscription is the one that is missed.
        latest = {each.kind for each in over if each.until == last}
        status = "subscription-expired" if "subscription" in latest else "trial-expired"
    else:
        status = "registered" if reader.get("registered") else "anonymous"
    return Person(status, running, last, rights)

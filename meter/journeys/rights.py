"""What an account holds, and how it goes on: term after term, until somebody cancels.

Every end is counted from the first day (`Term.after`), so that a 31st stays one: a month from 31
January ends on 28 February, the next one on 31 March.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.view import Entitlement
from meter.vocabulary import EntitlementKind, Unit
from meter.windows import MOST_UNITS, Term

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

__all__ = [
    "Continuation",
    "HeldRight",
    "PaidTerms",
    "Purchase",
    "bought",
    "held",
    "renewed",
    "running_end",
]

_BASE = {
    Unit.DAY: Term(1, Unit.DAY),
    Unit.WEEK: Term(7, Unit.DAY),
    Unit.MONTH: Term(1, Unit.MONTH),
    Unit.YEAR: Term(12, Unit.MONTH),
}
"""Terms are added up in days or in months: a week is 7 days, a year 12 months, wherever it is."""


def _in_base(term: Term) -> Term:
    base = _BASE[term.unit]
    count = term.count * base.count
    return Term(count, base.unit) if count <= MOST_UNITS else term


@frozen(kw_only=True)
class PaidTerms:
    """Terms that follow each other from `anchor` on.

    `paid` is what was paid for since then, `term` what one more payment adds, `renews` whether
    there will be one without anybody asking.
    """

    anchor: datetime
    paid: Term
    term: Term
    renews: bool

    @classmethod
    def begin(cls, anchor: datetime, term: Term, *, renews: bool) -> PaidTerms:
        """Return one paid term."""
        return cls(anchor=anchor, paid=_in_base(term), term=term, renews=renews)

    def ends(self, zone: ZoneInfo) -> datetime:
        """Return the end of what was paid for, counted from the anchor."""
        return self.paid.after(self.anchor, zone)

    def add(self, term: Term, ends: datetime, *, renews: bool) -> PaidTerms:
        """Return these terms and one more, from where they end.

        The anchor stays; a term in days after months (or the other way) starts one of its own, and
        so does one after very many.
        """
        more = _in_base(term)
        count = self.paid.count + more.count
        if more.unit is not self.paid.unit or count > MOST_UNITS:
            return PaidTerms.begin(ends, term, renews=renews)
        paid = Term(count, more.unit)
        return PaidTerms(anchor=self.anchor, paid=paid, term=term, renews=renews)


@frozen(kw_only=True)
class Purchase:
    """What somebody takes: a term, or an end, or neither (it runs on).

    `then` is what it becomes at its end, unless that is cancelled.
    """

    kind: EntitlementKind
    product: str | None = None
    term: Term | None = None
    ends: datetime | None = None
    grace: timedelta = timedelta()
    renews: bool = False
    then: Purchase | None = None


@frozen(kw_only=True)
class HeldRight:
    """A right with what was paid for, as far as the journey knows it, and what it becomes."""

    right: Entitlement
    terms: PaidTerms | None = None
    then: Purchase | None = None

    def is_alike(self, purchase: Purchase) -> bool:
        """Say whether this right is one of the same kind, for the same product."""
        return self.right.kind is purchase.kind and self.right.product == purchase.product

    def stopped(self) -> HeldRight:
        """Return this right without a next payment."""
        terms = None if self.terms is None else evolve(self.terms, renews=False)
        return evolve(self, terms=terms, then=None)

    @property
    def goes_on(self) -> bool:
        """Whether a payment follows at the end."""
        return self.then is not None or (self.terms is not None and self.terms.renews)


@frozen(kw_only=True)
class Continuation:
    """A right that went on by itself since the step before.

    `at` is the last of the `payments` payments, `until` the end of what that paid for.
    """

    at: datetime
    kind: EntitlementKind
    product: str | None
    payments: int
    until: datetime


def held(rights: Iterable[Entitlement]) -> tuple[HeldRight, ...]:
    """Return rights of which nothing else is known: they end when they say."""
    return tuple(HeldRight(right=right) for right in rights)


def running_end(rights: Iterable[HeldRight], purchase: Purchase, now: datetime) -> HeldRight | None:
    """Return the right that a purchase goes on from: what was paid for and still runs at `now`."""
    running = [
        one
        for one in rights
        if one.is_alike(purchase)
        and one.right.ends is not None
        and (one.right.starts is None or one.right.starts <= now)
        and now < one.right.ends
    ]
    return max(running, key=lambda one: one.right.ends or now, default=None)


def bought(
    purchase: Purchase, running: HeldRight | None, now: datetime, zone: ZoneInfo
) -> HeldRight:
    """Return the right that a purchase gives; no day that was paid for is lost.

    It goes on from the end of the one of its kind that is `running`, else it begins at `now`.
    """
    begins = now
    starts: datetime | None = now
    if running is not None and running.right.ends is not None:
        begins = running.right.ends
        starts = running.right.starts
    ends = purchase.ends
    terms = None
    if purchase.term is not None and ends is None:
        terms = PaidTerms.begin(begins, purchase.term, renews=purchase.renews)
        if running is not None and running.terms is not None:
            terms = running.terms.add(purchase.term, begins, renews=purchase.renews)
        ends = terms.ends(zone)
    right = Entitlement(
        kind=purchase.kind,
        product=purchase.product,
        starts=starts,
        ends=ends,
        grace=purchase.grace,
    )
    return HeldRight(right=right, terms=terms, then=purchase.then)


def renewed(
    one: HeldRight, now: datetime, zone: ZoneInfo
) -> tuple[tuple[HeldRight, ...], Continuation | None]:
    """Return what a right is at `now`, with all that was paid since, and what happened.

    A right that becomes another at its end is two.
    """
    before: tuple[HeldRight, ...] = ()
    last = None
    payments = 0
    while one.goes_on and one.right.ends is not None and one.right.ends <= now:
        last = one.right.ends
        payments += 1
        if one.then is not None:
            before = (*before, one.stopped())
            one = bought(one.then, None, last, zone)
        elif one.terms is not None:
            terms = one.terms.add(one.terms.term, last, renews=True)
            one = evolve(one, terms=terms, right=evolve(one.right, ends=terms.ends(zone)))
    if last is None or one.right.ends is None:
        return (*before, one), None
    told = Continuation(
        at=last,
        kind=one.right.kind,
        product=one.right.product,
        payments=payments,
        until=one.right.ends,
    )
    return (*before, one), told

"""What a person buys, goes on paying for, and ends.

No paid day is ever lost: what is bought while one of its kind runs goes on from its end.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.journeys.person import LAST_YEAR, ImpossibleStepError, too_far
from meter.journeys.rights import HeldRight, bought, renewed, running_end
from meter.vocabulary import EntitlementKind
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from meter.journeys.person import Person
    from meter.journeys.rights import Continuation, Purchase
    from meter.policy import Policy

__all__ = ["Receipt", "buy", "end", "fail_payment", "is_paid_again", "renew"]

_PAID = (EntitlementKind.SUBSCRIPTION, EntitlementKind.TRIAL)


@frozen(kw_only=True)
class Receipt:
    """What a purchase gave.

    `note` says what else it took, `goes_on_from` the end of what it was added to.
    """

    right: HeldRight
    note: str
    goes_on_from: datetime | None


def buy(person: Person, purchase: Purchase, now: datetime, policy: Policy) -> Receipt:
    """Give the account what it takes. Someone who takes something has an account from then on.

    Raises `ImpossibleStepError` for an end that is over, is too far off, or takes paid days away.
    """
    account = person.account or person.own_account
    rights = person.rights.get(account, ())
    running = running_end(rights, purchase, now)
    _check_end(purchase, running, now)
    right = _dated(purchase, running, now, policy.zone)
    note = f"{person.sign_in(policy, now)} and " if person.account is None else ""
    kept = (_not_twice(one, purchase) for one in rights if one is not running)
    person.rights[account] = (*kept, right)
    goes_on_from = None if running is None else running.right.ends
    return Receipt(right=right, note=note, goes_on_from=goes_on_from)


def _dated(
    purchase: Purchase, running: HeldRight | None, now: datetime, zone: ZoneInfo
) -> HeldRight:
    """Return the right that is bought, if its term ends within the years of a journey."""
    right = None
    try:
        right = bought(purchase, running, now, zone)
    except (ValueError, OverflowError):
        if purchase.term is None:
            raise
    ends = None if right is None else right.right.ends
    if purchase.term is not None and (ends is None or ends.year > LAST_YEAR):
        raise too_far(purchase.term, now)
    if right is None:  # pragma: no cover - without a term, nothing is counted
        raise AssertionError("a purchase without a term has a date")
    return right


def _not_twice(one: HeldRight, purchase: Purchase) -> HeldRight:
    """Return a right that does not become later what is bought already."""
    then = one.then
    if then is None or then.kind is not purchase.kind or then.product != purchase.product:
        return one
    return one.stopped()


def renew(person: Person, now: datetime, zone: ZoneInfo) -> tuple[Continuation, ...]:
    """Pay what falls due up to `now`, on every account, and return what went on by itself."""
    told: list[Continuation] = []
    for account, rights in person.rights.items():
        kept: list[HeldRight] = []
        for one in rights:
            parts, continuation = renewed(one, now, zone)
            kept += parts
            if continuation is not None:
                told.append(continuation)
        person.rights[account] = tuple(kept)
    return tuple(told)


def end(person: Person, kind: EntitlementKind, now: datetime, ends: datetime | None) -> datetime:
    """Make the running rights of a kind end at `ends`, and return the last end.

    Without `ends` each ends at its own, without grace. None is paid for again.
    """
    running = _running(person, (kind,), now)
    if not running:
        raise ImpossibleStepError(f"no {kind} is running")
    if ends is not None and ends < now:
        raise ImpossibleStepError(f"the {kind} would end at {ends.isoformat()}, which has passed")
    ended = [_ended(one, ends) for one in running]
    last = _last_end(ended)
    if last is None:
        raise ImpossibleStepError(
            f"the {kind} has no end to run on to; write `cancel = {{ now = true }}` or `cancel"
            " = { ends = 2026-12-31 }`"
        )
    _replace(person, running, ended)
    return last


def fail_payment(person: Person, now: datetime) -> datetime | None:
    """Let the next payment fail, and return when what was paid for ends; grace follows."""
    running = [one for one in _running(person, _PAID, now) if one.goes_on]
    if not running:
        raise ImpossibleStepError("nothing is running that would be paid for again")
    _replace(person, running, [one.stopped() for one in running])
    return _last_end(running)


def is_paid_again(person: Person, kind: EntitlementKind, now: datetime) -> bool:
    """Say whether a running right of a kind goes on by itself at its end."""
    return any(one.goes_on for one in _running(person, (kind,), now))


def _running(person: Person, kinds: Iterable[EntitlementKind], now: datetime) -> list[HeldRight]:
    rights = person.rights.get(person.account or "", ())
    in_force = person.as_reader().running(instant(now))
    return [one for one in rights if one.right.kind in kinds and one.right in in_force]


def _ended(one: HeldRight, ends: datetime | None) -> HeldRight:
    """Return a right that is not paid for again, without grace; with `ends`, it ends then."""
    right = evolve(one.right, grace=timedelta(), ends=ends or one.right.ends)
    return HeldRight(right=right, terms=one.stopped().terms if ends is None else None)


def _last_end(rights: Iterable[HeldRight]) -> datetime | None:
    """Return when the last of some rights ends; `None` where one never does."""
    last: datetime | None = None
    for one in rights:
        if one.right.ends is None:
            return None
        last = one.right.ends if last is None else max(last, one.right.ends)
    return last


def _replace(person: Person, old: list[HeldRight], new: list[HeldRight]) -> None:
    account = person.account or ""
    kept = [one for one in person.rights[account] if one not in old]
    person.rights[account] = (*kept, *new)


def _check_end(purchase: Purchase, running: HeldRight | None, now: datetime) -> None:
    """Raise `ImpossibleStepError` for an end that is over, or that would take paid days away."""
    ends = purchase.ends
    if ends is None:
        return
    if ends <= now:
        raise ImpossibleStepError(
            f"the {purchase.kind} would end at {ends.isoformat()}, before it begins"
        )
    paid = None if running is None else running.right.ends
    if paid is not None and ends < paid:
        raise ImpossibleStepError(
            f"the {purchase.kind} would end at {ends.isoformat()}, before the one that is paid for"
            f" until {paid.isoformat()}"
        )

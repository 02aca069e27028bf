"""One person with their devices, their accounts, and what is remembered of each.

Nothing here decides or counts; a `Person` only says whose usage is meant and which rights are in
sight.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import Factory, define, evolve, frozen

from meter.engine import join
from meter.journeys.rights import HeldRight, held
from meter.usage import Usage
from meter.view import Entitlement, PageView, Reader
from meter.vocabulary import EntitlementKind
from meter.windows import Term, instant, local_instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from meter.policy import Policy

__all__ = [
    "LAST_YEAR",
    "ImpossibleStepError",
    "Person",
    "Right",
    "dated",
    "later",
    "parse_span",
    "span_text",
    "too_far",
]

LAST_YEAR = 2200
_OWN_ACCOUNT = "reader"
_MINUTES = 60
_SHORT = re.compile(r"([0-9]{1,5}) (minute|hour)s?", re.ASCII)


class ImpossibleStepError(Exception):
    """A step cannot happen as it is written, such as ending a trial that is not running."""


def parse_span(text: str) -> Term | timedelta:
    """Read a stretch of time.

    Minutes and hours are absolute, days, weeks, months and years are the calendar's.

    >>> parse_span("3 hours"), str(parse_span("1 month"))
    (datetime.timedelta(seconds=10800), '1 month')
    """
    match = _SHORT.fullmatch(text)
    if match and int(match[1]):
        return timedelta(**{f"{match[2]}s": int(match[1])})
    try:
        return Term.parse(text)
    except ValueError:
        raise ValueError(
            f"`{text}` is not a stretch of time such as `20 minutes`, `3 hours`, `2 days` or `1"
            " month`"
        ) from None


def span_text(span: Term | timedelta) -> str:
    """Write a stretch of time as a journey file does."""
    if isinstance(span, Term):
        return str(span)
    count = span // timedelta(minutes=1)
    unit = "minute"
    if count % _MINUTES == 0:
        count //= _MINUTES
        unit = "hour"
    return f"{count} {unit}{'' if count == 1 else 's'}"


def later(at: datetime, span: Term | timedelta, zone: ZoneInfo) -> datetime:
    """Return the time one span after `at`, in `zone`.

    Raises `ImpossibleStepError` where that is too far off to be meant.
    """
    when: datetime | None
    try:
        if isinstance(span, Term):
            when = span.after(at, zone)
        else:
            when = moment(instant(at) + span // timedelta(microseconds=1), zone)
    except (ValueError, OverflowError):
        when = None
    if when is None or when.year > LAST_YEAR:
        raise too_far(span, at)
    return when


def too_far(span: Term | timedelta, at: datetime) -> ImpossibleStepError:
    """Return the error of a stretch of time that is too long to be meant."""
    return ImpossibleStepError(
        f"{span_text(span)} after {at:%Y-%m-%d} is past the year {LAST_YEAR}"
    )


@frozen(kw_only=True)
class Right:
    """An entitlement as an editor dates it.

    Times and dates without a zone are in the publication's.

    `starts` on a date is the start of that day, `ends` on a date the end of it.
    """

    kind: EntitlementKind
    product: str | None = None
    article: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    starts: date | datetime | None = None
    ends: date | datetime | None = None
    grace: timedelta = timedelta()

    def entitlement(self, zone: ZoneInfo) -> Entitlement:
        """Return the right with its instants."""
        return Entitlement(
            kind=self.kind,
            product=self.product,
            article=self.article,
            section=self.section,
            tags=self.tags,
            starts=dated(self.starts, zone),
            ends=dated(self.ends, zone, end=True),
            grace=self.grace,
        )


def dated(when: date | datetime | None, zone: ZoneInfo, *, end: bool = False) -> datetime | None:
    """Return the time an editor means, in `zone`.

    A date is the start of that day there or, with `end`, the end of it.
    """
    return None if when is None else moment(local_instant(when, zone, end=end), zone)


@define
class Person:
    """One person: the devices they read on, the accounts they have, and what is remembered of each.

    A device has its own anonymous usage (a cookie) and knows who is signed in on it. An account has
    rights.
    """

    reader: Reader
    device: str
    language: str | None = None
    channel: str | None = None
    signed_in: dict[str, str] = Factory(dict)
    rights: dict[str, tuple[HeldRight, ...]] = Factory(dict)
    registered_at: dict[str, datetime] = Factory(dict)
    """When an account was first signed in to that was not there before."""
    cookies: dict[str, int] = Factory(dict)
    usages: dict[tuple[str, str], Usage] = Factory(dict)

    @classmethod
    def begin(
        cls, reader: Reader, device: str, language: str | None = None, channel: str | None = None
    ) -> Person:
        """Return the person this reader is, starting on this device.

        A reader with rights, or a registered one, is signed in.
        """
        person = cls(reader, device, language, channel)
        account = person.own_account
        person.rights[account] = held(reader.entitlements)
        if reader.registered or reader.entitlements:
            person.signed_in[device] = account
        return person

    @property
    def own_account(self) -> str:
        """The account of this person where a step names none."""
        return self.reader.id or _OWN_ACCOUNT

    @property
    def account(self) -> str | None:
        """The account that is signed in on this device."""
        return self.signed_in.get(self.device)

    @property
    def identity(self) -> tuple[str, str]:
        """Whose usage counts now: an account's, or a device's with the cookie it has."""
        return self._anonymous if self.account is None else ("account", self.account)

    @property
    def _anonymous(self) -> tuple[str, str]:
        """Whose usage counts on this device while nobody is signed in."""
        cookie = self.cookies.get(self.device, 0)
        return "device", self.device if cookie == 0 else f"{self.device} #{cookie + 1}"

    @property
    def usage(self) -> Usage:
        """What is remembered of the identity that reads now."""
        return self.usages.get(self.identity, Usage())

    @usage.setter
    def usage(self, usage: Usage) -> None:
        self.usages[self.identity] = usage

    def as_reader(self) -> Reader:
        """Return the reader as the site knows them now.

        Signed out, the account's rights are out of sight, and one who keeps no cookie has no id.
        """
        kind, name = self.identity
        if kind == "account":
            return self._as_account(name)
        device = None if self.reader.id is None else name
        return evolve(self.reader, id=device, registered=False, registered_at=None, entitlements=())

    def _as_account(self, name: str) -> Reader:
        rights = tuple(one.right for one in self.rights.get(name, ()))
        when = self.registered_at.get(name)
        if when is None and name == self.own_account:
            when = self.reader.registered_at
        return evolve(
            self.reader, id=name, registered=True, registered_at=when, entitlements=rights
        )

    def takers(self) -> Iterator[tuple[Reader, Usage]]:
        """Yield for whom an offer has to be that is taken now, with what is remembered of them.

        That is the reader as the page sees them and, where nobody is signed in, the account that
        takes it, if the site has met that one before.
        """
        yield self.as_reader(), self.usage
        name = self.own_account
        usage = self.usages.get(("account", name))
        is_known = usage is not None or self.rights.get(name) or self.reader.registered
        if self.account is None and is_known:
            yield self._as_account(name), usage or Usage()

    def seen(self, view: PageView, number: int) -> PageView:
        """Return a page view as it comes from this device; every step is a view of its own."""
        return evolve(
            view,
            id=view.id or f"step {number}",
            device=view.device or self.device,
            language=view.language or self.language,
            channel=view.channel or self.channel,
        )

    def sign_in(self, policy: Policy, now: datetime, account: str | None = None) -> str:
        """Sign in on this device; what it counted anonymously is brought to the account.

        The device stays what it was, as `Paywall.join` leaves it.
        """
        name = account or self.account or self.own_account
        is_known = name == self.own_account and self.reader.registered
        if not is_known and not self.rights.get(name):
            self.registered_at.setdefault(name, now)
        self.signed_in[self.device] = name
        brought = self.usages.get(self._anonymous, Usage())
        self.usage = join(policy, brought, self.usage, now)
        return f"signs in as `{name}`"

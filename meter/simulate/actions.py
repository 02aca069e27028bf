"""What can happen to a reader between two page views: signing in, subscribing, changing the device, time.

A `Life` is one person with their devices and account; each action changes it and says in words what it did.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from attrs import Factory, define, evolve, frozen

from meter.usage import Usage
from meter.view import Entitlement, EntitlementKind, PageView, Reader
from meter.windows import Term, instant, local_instant, moment

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from meter.policy import Offer, Policy

__all__ = [
    "Action", "Cancel", "ClearCookies", "EndTrial", "Life", "Misstep", "Read", "Right", "SignIn", "SignOut", "StartTrial",
    "Subscribe", "SwitchDevice", "Wait", "later", "parse_span", "span_text",
]  # fmt: skip

_LAST_YEAR = 2200
_SHORT = re.compile(r"([0-9]{1,5}) (minute|hour)s?", re.ASCII)


class Misstep(Exception):  # noqa: N818 - not an error of the program: the journey asks for what cannot happen
    """A step cannot happen as it is written, such as ending a trial that is not running."""


def parse_span(text: str) -> Term | timedelta:
    """Read a stretch of time: minutes and hours are absolute, days, weeks, months and years are the calendar's.

    >>> parse_span("3 hours"), str(parse_span("1 month"))
    (datetime.timedelta(seconds=10800), '1 month')
    """
    match = _SHORT.fullmatch(text)
    if match and int(match[1]):
        return timedelta(**{f"{match[2]}s": int(match[1])})
    try:
        return Term.parse(text)
    except ValueError:
        raise ValueError(f"`{text}` is not a stretch of time such as `20 minutes`, `3 hours`, `2 days` or `1 month`") from None


def span_text(span: Term | timedelta) -> str:
    """Write a stretch of time as a journey file does."""
    if isinstance(span, Term):
        return str(span)
    minutes = span // timedelta(minutes=1)
    count, unit = (minutes // 60, "hour") if minutes % 60 == 0 else (minutes, "minute")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def later(at: datetime, span: Term | timedelta, zone: ZoneInfo) -> datetime:
    """Return the time one span after `at`, in `zone`. Raises `Misstep` where that is too far off to be meant."""
    try:
        when = span.after(at, zone) if isinstance(span, Term) else moment(instant(at) + span // timedelta(microseconds=1), zone)
    except (ValueError, OverflowError):
        when = None
    if when is None or when.year > _LAST_YEAR:
        raise Misstep(f"{span_text(span)} after {at:%Y-%m-%d} is past the year {_LAST_YEAR}")
    return when


@frozen(kw_only=True)
class Right:
    """An entitlement as an editor dates it: times and dates without a zone are in the publication's.

    `starts` on a date is the start of that day, `ends` on a date the end of it.
    """

    kind: EntitlementKind
    product: str | None = None
    starts: date | datetime | None = None
    ends: date | datetime | None = None
    grace: timedelta = timedelta()

    def entitlement(self, zone: ZoneInfo) -> Entitlement:
        """Return the right with its instants."""
        starts, ends = _dated(self.starts, zone), _dated(self.ends, zone, end=True)
        return Entitlement(kind=self.kind, product=self.product, starts=starts, ends=ends, grace=self.grace)


def _dated(when: date | datetime | None, zone: ZoneInfo, *, end: bool = False) -> datetime | None:
    return None if when is None else moment(local_instant(when, zone, end=end), zone)


@define
class Life:
    """One person: the devices they read on, the accounts they have, and what is remembered of each.

    A device has its own anonymous usage (a cookie) and knows who is signed in on it. An account has rights.
    """

    reader: Reader
    device: str
    language: str | None = None
    channel: str | None = None
    signed_in: dict[str, str] = Factory(dict)
    rights: dict[str, tuple[Entitlement, ...]] = Factory(dict)
    cookies: dict[str, int] = Factory(dict)
    usages: dict[tuple[str, str], Usage] = Factory(dict)

    @classmethod
    def begin(cls, reader: Reader, device: str, language: str | None = None, channel: str | None = None) -> Life:
        """Return a life that starts with this reader on this device; one with rights, or registered, is signed in."""
        life = cls(reader, device, language, channel)
        life.rights[reader.id] = reader.entitlements
        if reader.registered or reader.entitlements:
            life.signed_in[device] = reader.id
        return life

    @property
    def account(self) -> str | None:
        """The account that is signed in on this device."""
        return self.signed_in.get(self.device)

    @property
    def identity(self) -> tuple[str, str]:
        """Whose usage counts now: an account's, or a device's with the cookie it has."""
        if self.account is not None:
            return "account", self.account
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
        """Return the reader as the site knows them now: signed out, the account's rights are out of sight."""
        kind, name = self.identity
        return evolve(self.reader, id=name, registered=kind == "account", entitlements=self.rights.get(self.account or "", ()))

    def seen(self, view: PageView, number: int) -> PageView:
        """Return a page view as it comes from this device; every step is a view of its own."""
        return evolve(
            view,
            id=view.id or f"step {number}",
            device=view.device or self.device,
            language=view.language or self.language,
            channel=view.channel or self.channel,
        )

    def sign_in(self, account: str | None = None) -> str:
        """Sign in on this device; what it counted anonymously joins what the account has counted."""
        brought = self.usage if self.account is None else Usage()
        self.signed_in[self.device] = name = account or self.account or self.reader.id
        self.usage = self.usage.merge(brought)
        return f"signs in as `{name}`"

    def grant(self, right: Entitlement) -> str:
        """Give the account a right, and say what else that took: someone who takes one has an account from then on."""
        note = f"{self.sign_in()} and " if self.account is None else ""
        account = str(self.account)
        self.rights[account] = (*self.rights.get(account, ()), right)
        return note

    def end(self, kind: EntitlementKind, now: datetime, ends: datetime | None) -> datetime:
        """Make the running rights of a kind end at `ends`, or at their own end without grace, and return the last end."""
        account = self.account or ""
        rights = self.rights.get(account, ())
        running = [right for right in rights if right.kind is kind and right in self.as_reader().running(instant(now))]
        if not running:
            raise Misstep(f"no {kind} is running")
        if ends is not None and ends < now:
            raise Misstep(f"the {kind} would end at {ends.isoformat()}, which has passed")
        ended = [evolve(right, grace=timedelta(), ends=ends or right.ends) for right in running]
        last = max((right.ends for right in ended if right.ends is not None), default=None)
        if last is None or any(right.ends is None for right in ended):
            raise Misstep(f"the {kind} has no end to run on to; write `cancel = {{ now = true }}` or `cancel = {{ ends = 2026-12-31 }}`")
        self.rights[account] = (*(right for right in rights if right not in running), *ended)
        return last


@frozen(kw_only=True)
class Read:
    """Opening an article. `published` dates it as an editor does: without a zone, in the publication's."""

    verb: ClassVar[str] = "open it"

    view: PageView
    published: date | datetime | None = None

    def seen(self, zone: ZoneInfo) -> PageView:
        """Return the view, with the article's date as an instant."""
        if self.published is None:
            return self.view
        return evolve(self.view, article=evolve(self.view.article, published=_dated(self.published, zone)))

    def do(self, life: Life, now: datetime, policy: Policy) -> str:  # noqa: ARG002 - one shape for every action
        """Say what is opened; whether it may be read is for the engine."""
        return f"opens `{self.view.article.id}`"


@frozen(kw_only=True)
class SignIn:
    """Signing in, or registering: the device's anonymous usage joins the account's."""

    verb: ClassVar[str] = "sign in"

    account: str | None = None

    def do(self, life: Life, now: datetime, policy: Policy) -> str:  # noqa: ARG002
        """Sign in on the current device."""
        return life.sign_in(self.account)


@frozen(kw_only=True)
class SignOut:
    """Signing out: the device is anonymous again, with what it counted before."""

    verb: ClassVar[str] = "sign out"

    def do(self, life: Life, now: datetime, policy: Policy) -> str:  # noqa: ARG002
        """Sign out on the current device."""
        if life.signed_in.pop(life.device, None) is None:
            raise Misstep("nobody is signed in on this device")
        return "signs out"


@frozen(kw_only=True)
class Subscribe:
    """Buying a subscription, by one of the policy's offers or with a term of its own; without an end it runs on."""

    verb: ClassVar[str] = "subscribe"

    offer: str | None = None
    product: str | None = None
    term: Term | None = None
    ends: date | datetime | None = None
    grace: timedelta = timedelta()

    kind: ClassVar[EntitlementKind] = EntitlementKind.SUBSCRIPTION

    def do(self, life: Life, now: datetime, policy: Policy) -> str:
        """Give the account the right to read from now on."""
        term, product = self.term, self.product
        if self.offer is not None:
            offer = _running_offer(policy, self.offer, now, self.kind)
            term, product = term or offer.term, product or offer.product
        ends = _dated(self.ends, policy.zone, end=True)
        if ends is None and term is not None:
            ends = later(now, term, policy.zone)
        if ends is not None and ends <= now:
            raise Misstep(f"the {self.kind} would end at {ends.isoformat()}, before it begins")
        note = life.grant(Entitlement(kind=self.kind, product=product, starts=now, ends=ends, grace=self.grace))
        verb = "starts a trial" if self.kind is EntitlementKind.TRIAL else "subscribes"
        return f"{note}{verb}{f' by offer `{self.offer}`' if self.offer else ''}, {_until(ends)}"


@frozen(kw_only=True)
class StartTrial(Subscribe):
    """Starting a trial, by one of the policy's offers or with a term of its own."""

    verb: ClassVar[str] = "start a trial"
    kind: ClassVar[EntitlementKind] = EntitlementKind.TRIAL


@frozen(kw_only=True)
class EndTrial:
    """Ending the running trial now."""

    verb: ClassVar[str] = "end the trial"

    def do(self, life: Life, now: datetime, policy: Policy) -> str:  # noqa: ARG002
        """End the trial."""
        life.end(EntitlementKind.TRIAL, now, now)
        return "ends the trial"


@frozen(kw_only=True)
class Cancel:
    """Cancelling a subscription: it runs on to the end that was paid for, unless said otherwise."""

    verb: ClassVar[str] = "cancel"

    now: bool = False
    ends: date | datetime | None = None

    def do(self, life: Life, now: datetime, policy: Policy) -> str:
        """Cancel the running subscription."""
        ends = now if self.now else _dated(self.ends, policy.zone, end=True)
        last = life.end(EntitlementKind.SUBSCRIPTION, now, ends)
        return "cancels at once" if self.now else f"cancels, {_until(last)}"


@frozen(kw_only=True)
class SwitchDevice:
    """Going on to read on another device, which knows nothing of this one."""

    verb: ClassVar[str] = "change the device"

    device: str

    def do(self, life: Life, now: datetime, policy: Policy) -> str:  # noqa: ARG002
        """Change the device."""
        life.device = self.device
        return f"changes to `{self.device}`" + (f", signed in as `{life.account}`" if life.account else ", not signed in")


@frozen(kw_only=True)
class ClearCookies:
    """Clearing the cookies of this device: it is signed out, and a new anonymous reader."""

    verb: ClassVar[str] = "clear the cookies"

    def do(self, life: Life, now: datetime, policy: Policy) -> str:  # noqa: ARG002
        """Forget what this device knows."""
        life.signed_in.pop(life.device, None)
        life.cookies[life.device] = life.cookies.get(life.device, 0) + 1
        return f"clears the cookies of `{life.device}`"


@frozen(kw_only=True)
class Wait:
    """Letting time pass."""

    verb: ClassVar[str] = "wait"

    span: Term | timedelta

    def do(self, life: Life, now: datetime, policy: Policy) -> str:  # noqa: ARG002
        """Say how long; the journey has moved its clock already."""
        return f"waits {span_text(self.span)}"


Action = Read | SignIn | SignOut | Subscribe | StartTrial | EndTrial | Cancel | SwitchDevice | ClearCookies | Wait


def _running_offer(policy: Policy, name: str, now: datetime, kind: EntitlementKind) -> Offer:
    offer = next((offer for offer in policy.offers if offer.name == name), None)
    if offer is None:
        listed = ", ".join(f"`{known.name}`" for known in policy.offers) or "none"
        raise Misstep(f"the policy has no offer `{name}`; there are: {listed}")
    if str(offer.kind) != str(kind):
        raise Misstep(f"offer `{name}` is for a {offer.kind}, not a {kind}")
    starts, ends = offer.instants(policy.zone)
    if starts is not None and instant(now) < starts:
        raise Misstep(f"offer `{name}` has not started: it runs from {moment(starts, policy.zone).isoformat()}")
    if ends is not None and instant(now) >= ends:
        raise Misstep(f"offer `{name}` is over: it ran until {moment(ends, policy.zone).isoformat()}")
    return offer


def _until(ends: datetime | None) -> str:
    return "without an end" if ends is None else f"until {ends.day} {ends:%B %Y %H:%M}"

"""What can happen to a reader.

Opening an article, signing in, subscribing, changing the device, time.

Each action changes a `Life` and says in words what it did, or is a `Misstep`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from attrs import evolve, frozen

from meter.journeys.life import Misstep, dated, later, span_text
from meter.view import Entitlement, PageView
from meter.vocabulary import EntitlementKind
from meter.windows import Term, instant, length_text, moment

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from meter.journeys.life import Life
    from meter.policy import Offer, Policy

__all__ = [
    "Action",
    "Cancel",
    "ClearCookies",
    "EndTrial",
    "Read",
    "SignIn",
    "SignOut",
    "StartTrial",
    "Subscribe",
    "SwitchDevice",
    "Wait",
]


@frozen(kw_only=True)
class Read:
    """Opening an article.

    `published` dates it as an editor does: without a zone, in the publication's.
    """

    verb: ClassVar[str] = "open it"

    view: PageView
    published: date | datetime | None = None

    def seen(self, zone: ZoneInfo) -> PageView:
        """Return the view, with the article's date as an instant."""
        if self.published is None:
            return self.view
        return evolve(
            self.view, article=evolve(self.view.article, published=dated(self.published, zone))
        )

    def do(self, life: Life, now: datetime, policy: Policy) -> str:
        """Say what is opened; whether it may be read is for the engine."""
        return f"opens `{self.view.article.id}`"


@frozen(kw_only=True)
class SignIn:
    """Signing in, or registering: the device's anonymous usage joins the account's."""

    verb: ClassVar[str] = "sign in"

    account: str | None = None

    def do(self, life: Life, now: datetime, policy: Policy) -> str:
        """Sign in on the current device."""
        return life.sign_in(self.account)


@frozen(kw_only=True)
class SignOut:
    """Signing out: the device is anonymous again, with what it counted before."""

    verb: ClassVar[str] = "sign out"

    def do(self, life: Life, now: datetime, policy: Policy) -> str:
        """Sign out on the current device."""
        if life.signed_in.pop(life.device, None) is None:
            raise Misstep("nobody is signed in on this device")
        return "signs out"


@frozen(kw_only=True)
class Subscribe:
    """Buying a subscription, by one of the policy's offers or with a term of its own.

    Without an end it runs on.
    """

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
        ends = dated(self.ends, policy.zone, end=True)
        if ends is None and term is not None:
            ends = later(now, term, policy.zone)
        if ends is not None and ends <= now:
            raise Misstep(f"the {self.kind} would end at {ends.isoformat()}, before it begins")
        note = life.grant(
            Entitlement(kind=self.kind, product=product, starts=now, ends=ends, grace=self.grace)
        )
        verb = "starts a trial" if self.kind is EntitlementKind.TRIAL else "subscribes"
        grace = (
            f" and {length_text(self.grace)} of grace" if self.grace and ends is not None else ""
        )
        return (
            f"{note}{verb}{f' by offer `{self.offer}`' if self.offer else ''},"
            f" {_until(ends)}{grace}"
        )


@frozen(kw_only=True)
class StartTrial(Subscribe):
    """Starting a trial, by one of the policy's offers or with a term of its own."""

    verb: ClassVar[str] = "start a trial"
    kind: ClassVar[EntitlementKind] = EntitlementKind.TRIAL


@frozen(kw_only=True)
class EndTrial:
    """Ending the running trial now."""

    verb: ClassVar[str] = "end the trial"

    def do(self, life: Life, now: datetime, policy: Policy) -> str:
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
        ends = now if self.now else dated(self.ends, policy.zone, end=True)
        last = life.end(EntitlementKind.SUBSCRIPTION, now, ends)
        return "cancels at once" if self.now else f"cancels, and reads on {_until(last)}"


@frozen(kw_only=True)
class SwitchDevice:
    """Going on to read on another device, which knows nothing of this one."""

    verb: ClassVar[str] = "change the device"

    device: str

    def do(self, life: Life, now: datetime, policy: Policy) -> str:
        """Change the device."""
        life.device = self.device
        return f"changes to `{self.device}`" + (
            f", signed in as `{life.account}`" if life.account else ", not signed in"
        )


@frozen(kw_only=True)
class ClearCookies:
    """Clearing the cookies of this device: it is signed out, and a new anonymous reader."""

    verb: ClassVar[str] = "clear the cookies"

    def do(self, life: Life, now: datetime, policy: Policy) -> str:
        """Forget what this device knows."""
        life.signed_in.pop(life.device, None)
        life.cookies[life.device] = life.cookies.get(life.device, 0) + 1
        return f"clears the cookies of `{life.device}`"


@frozen(kw_only=True)
class Wait:
    """Letting time pass."""

    verb: ClassVar[str] = "wait"

    span: Term | timedelta

    def do(self, life: Life, now: datetime, policy: Policy) -> str:
        """Say how long; the journey has moved its clock already."""
        return f"waits {span_text(self.span)}"


Action = (
    Read
    | SignIn
    | SignOut
    | Subscribe
    | StartTrial
    | EndTrial
    | Cancel
    | SwitchDevice
    | ClearCookies
    | Wait
)


def _running_offer(policy: Policy, name: str, now: datetime, kind: EntitlementKind) -> Offer:
    offer = next((offer for offer in policy.offers if offer.name == name), None)
    if offer is None:
        listed = ", ".join(f"`{known.name}`" for known in policy.offers) or "none"
        raise Misstep(f"the policy has no offer `{name}`; there are: {listed}")
    if str(offer.kind) != str(kind):
        raise Misstep(f"offer `{name}` is for a {offer.kind}, not a {kind}")
    starts, ends = offer.instants(policy.zone)
    if starts is not None and instant(now) < starts:
        raise Misstep(
            f"offer `{name}` has not started: it runs from"
            f" {moment(starts, policy.zone).isoformat()}"
        )
    if ends is not None and instant(now) >= ends:
        raise Misstep(
            f"offer `{name}` is over: it ran until {moment(ends, policy.zone).isoformat()}"
        )
    return offer


def _until(ends: datetime | None) -> str:
    return "without an end" if ends is None else f"until {ends.day} {ends:%B %Y %H:%M}"

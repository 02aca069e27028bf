"""What can happen to a reader: opening an article, signing in, subscribing, changing the device.

Each action changes a `Person` and says in words what it did, or raises `ImpossibleStepError`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from attrs import evolve, frozen

from meter.journeys.person import ImpossibleStepError, Person, dated, later, span_text
from meter.policy import Offer, Policy
from meter.view import Entitlement, PageView
from meter.vocabulary import EntitlementKind
from meter.windows import Term, instant, length_text, moment

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = [
    "Action",
    "Cancel",
    "ClearCookies",
    "EndTrial",
    "ReadArticle",
    "SignIn",
    "SignOut",
    "StartTrial",
    "StepContext",
    "Subscribe",
    "SwitchDevice",
    "Wait",
]


@frozen(kw_only=True)
class StepContext:
    """What an action is done with: the person, the time and the policy."""

    person: Person
    now: datetime
    policy: Policy


@frozen(kw_only=True)
class ReadArticle:
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
        article = evolve(self.view.article, published=dated(self.published, zone))
        return evolve(self.view, article=article)

    def do(self, _context: StepContext) -> str:
        """Say what is opened; whether it may be read is for the engine."""
        return f"opens `{self.view.article.id}`"


@frozen(kw_only=True)
class SignIn:
    """Signing in, or registering: what the device has counted is brought to the account."""

    verb: ClassVar[str] = "sign in"

    account: str | None = None

    def do(self, context: StepContext) -> str:
        """Sign in on the current device."""
        return context.person.sign_in(context.policy, context.now, self.account)


@frozen(kw_only=True)
class SignOut:
    """Signing out: the device is anonymous again, with what it counted before."""

    verb: ClassVar[str] = "sign out"

    def do(self, context: StepContext) -> str:
        """Sign out on the current device."""
        person = context.person
        if person.signed_in.pop(person.device, None) is None:
            raise ImpossibleStepError("nobody is signed in on this device")
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
    doing: ClassVar[str] = "subscribes"

    def do(self, context: StepContext) -> str:
        """Give the account the right to read from now on."""
        now = context.now
        zone = context.policy.zone
        term = self.term
        product = self.product
        if self.offer is not None:
            offer = _running_offer(context.policy, self.offer, now, self.kind)
            term = term or offer.term
            product = product or offer.product
        ends = dated(self.ends, zone, end=True)
        if ends is None and term is not None:
            ends = later(now, term, zone)
        if ends is not None and ends <= now:
            when = ends.isoformat()
            raise ImpossibleStepError(f"the {self.kind} would end at {when}, before it begins")
        right = Entitlement(
            kind=self.kind, product=product, starts=now, ends=ends, grace=self.grace
        )
        note = context.person.grant(context.policy, now, right)
        return f"{note}{self.doing}{self._by_offer()}, {_until(ends)}{self._with_grace(ends)}"

    def _by_offer(self) -> str:
        return f" by offer `{self.offer}`" if self.offer else ""

    def _with_grace(self, ends: datetime | None) -> str:
        if not self.grace or ends is None:
            return ""
        return f" and {length_text(self.grace)} of grace"


@frozen(kw_only=True)
class StartTrial(Subscribe):
    """Starting a trial, by one of the policy's offers or with a term of its own."""

    verb: ClassVar[str] = "start a trial"
    kind: ClassVar[EntitlementKind] = EntitlementKind.TRIAL
    doing: ClassVar[str] = "starts a trial"


@frozen(kw_only=True)
class EndTrial:
    """Ending the running trial now."""

    verb: ClassVar[str] = "end the trial"

    def do(self, context: StepContext) -> str:
        """End the trial."""
        context.person.end(EntitlementKind.TRIAL, context.now, context.now)
        return "ends the trial"


@frozen(kw_only=True)
class Cancel:
    """Cancelling a subscription: it runs on to the end that was paid for, unless said otherwise."""

    verb: ClassVar[str] = "cancel"

    now: bool = False
    ends: date | datetime | None = None

    def do(self, context: StepContext) -> str:
        """Cancel the running subscription."""
        ends = context.now if self.now else dated(self.ends, context.policy.zone, end=True)
        last = context.person.end(EntitlementKind.SUBSCRIPTION, context.now, ends)
        return "cancels at once" if self.now else f"cancels, and reads on {_until(last)}"


@frozen(kw_only=True)
class SwitchDevice:
    """Going on to read on another device, which knows nothing of this one."""

    verb: ClassVar[str] = "change the device"

    device: str

    def do(self, context: StepContext) -> str:
        """Change the device."""
        person = context.person
        person.device = self.device
        signed_in = f"signed in as `{person.account}`" if person.account else "not signed in"
        return f"changes to `{self.device}`, {signed_in}"


@frozen(kw_only=True)
class ClearCookies:
    """Clearing the cookies of this device: it is signed out, and a new anonymous reader."""

    verb: ClassVar[str] = "clear the cookies"

    def do(self, context: StepContext) -> str:
        """Forget what this device knows."""
        person = context.person
        person.signed_in.pop(person.device, None)
        person.cookies[person.device] = person.cookies.get(person.device, 0) + 1
        return f"clears the cookies of `{person.device}`"


@frozen(kw_only=True)
class Wait:
    """Letting time pass."""

    verb: ClassVar[str] = "wait"

    span: Term | timedelta

    def do(self, _context: StepContext) -> str:
        """Say how long; the journey has moved its clock already."""
        return f"waits {span_text(self.span)}"


Action = (
    ReadArticle
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
        raise ImpossibleStepError(f"the policy has no offer `{name}`; there are: {listed}")
    if str(offer.kind) != str(kind):
        raise ImpossibleStepError(f"offer `{name}` is for a {offer.kind}, not a {kind}")
    starts, ends = offer.instants(policy.zone)
    if starts is not None and instant(now) < starts:
        raise ImpossibleStepError(
            f"offer `{name}` has not started: it runs from"
            f" {moment(starts, policy.zone).isoformat()}"
        )
    if ends is not None and instant(now) >= ends:
        raise ImpossibleStepError(
            f"offer `{name}` is over: it ran until {moment(ends, policy.zone).isoformat()}"
        )
    return offer


def _until(ends: datetime | None) -> str:
    return "without an end" if ends is None else f"until {ends.day} {ends:%B %Y %H:%M}"

"""What can happen to a reader: opening an article, signing in, subscribing, changing the device.

Each action changes a `Person` and says in words what it did, or raises `ImpossibleStepError`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from attrs import evolve, frozen

from meter.engine import close, start
from meter.errors import MeterError
from meter.forms import length_text
from meter.journeys import holdings
from meter.journeys.offers import offer_for, offer_named
from meter.journeys.person import ImpossibleStepError, Person, dated, span_text
from meter.journeys.rights import Purchase
from meter.policy import Policy
from meter.view import Entitlement, PageView
from meter.vocabulary import EntitlementKind
from meter.windows import Term, instant

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = [
    "Action",
    "Cancel",
    "ClearCookies",
    "DismissPrompt",
    "EndTrial",
    "FailPayment",
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
    """What an action is done with: the person, the time, the policy, and the article on screen."""

    person: Person
    now: datetime
    policy: Policy
    view: PageView


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

    A term is paid for again at its end, until that is cancelled, unless it `renews` not. Without a
    term and an end it runs on.
    """

    verb: ClassVar[str] = "subscribe"

    offer: str | None = None
    product: str | None = None
    term: Term | None = None
    ends: date | datetime | None = None
    grace: timedelta = timedelta()
    renews: bool = True

    kind: ClassVar[EntitlementKind] = EntitlementKind.SUBSCRIPTION
    doing: ClassVar[str] = "subscribes"

    def do(self, context: StepContext) -> str:
        """Give the account the right to read from now on."""
        term = self.term
        product = self.product
        if self.offer is not None:
            offer = offer_for(
                context.policy, self.offer, self.kind, context.person, context.view, context.now
            )
            term = term or offer.term
            product = product or offer.product
        purchase = Purchase(
            kind=self.kind,
            product=product,
            term=term,
            ends=dated(self.ends, context.policy.zone, end=True),
            grace=self.grace,
            renews=self.renews,
            then=self.becomes(context, product),
        )
        person = context.person
        receipt = holdings.buy(person, purchase, context.now, context.policy)
        if self.offer is not None:
            person.usage = start(context.policy, person.usage, self.offer)
        return f"{receipt.note}{self.doing}{self._by_offer()}, {self._how_long(receipt)}"

    def becomes(self, _context: StepContext, _product: str | None) -> Purchase | None:
        """Return what this becomes at its end: a subscription nothing but itself."""
        return None

    def _by_offer(self) -> str:
        return f" by offer `{self.offer}`" if self.offer else ""

    def _how_long(self, receipt: holdings.Receipt) -> str:
        ends = receipt.right.right.ends
        terms = receipt.right.terms
        told = _until(ends)
        if receipt.goes_on_from is not None:
            told = f"on from {_when(receipt.goes_on_from)} {told}"
        if self.grace and ends is not None:
            told += f" and {length_text(self.grace)} of grace"
        if terms is not None and terms.renews:
            every = str(terms.term) if terms.term.count > 1 else str(terms.term.unit)
            told += f", then every {every}"
        return told


@frozen(kw_only=True)
class StartTrial(Subscribe):
    """Starting a trial, by one of the policy's offers or with a term of its own.

    It ends at its end, or goes on as a subscription by the offer `then`, or as its own offer says
    it goes on, unless that is cancelled.
    """

    verb: ClassVar[str] = "start a trial"

    renews: bool = False
    then: str | None = None

    kind: ClassVar[EntitlementKind] = EntitlementKind.TRIAL
    doing: ClassVar[str] = "starts a trial"

    def becomes(self, context: StepContext, product: str | None) -> Purchase | None:
        """Return the subscription a trial goes on as, as it was agreed to when it started."""
        if self.then is None:
            return self._as_offered(context, product)
        offer = offer_named(context.policy, self.then, EntitlementKind.SUBSCRIPTION)
        return Purchase(
            kind=EntitlementKind.SUBSCRIPTION,
            product=offer.product or product,
            term=offer.term,
            renews=True,
        )

    def _as_offered(self, context: StepContext, product: str | None) -> Purchase | None:
        """Return what the trial's own offer says that it costs afterwards."""
        then = None if self.offer is None else context.policy.offer(self.offer).then
        if then is None:
            return None
        kind = EntitlementKind.SUBSCRIPTION
        return Purchase(kind=kind, product=product, term=then.per, renews=True)

    def _how_long(self, receipt: holdings.Receipt) -> str:
        told = super()._how_long(receipt)
        return told if self.then is None else f"{told}, then subscribes by offer `{self.then}`"


@frozen(kw_only=True)
class EndTrial:
    """Ending the running trial now."""

    verb: ClassVar[str] = "end the trial"

    def do(self, context: StepContext) -> str:
        """End the trial."""
        holdings.end(context.person, EntitlementKind.TRIAL, context.now, context.now)
        return "ends the trial"


@frozen(kw_only=True)
class Cancel:
    """Cancelling a subscription: it runs on to the end that was paid for, unless said otherwise.

    Where only a trial runs that would go on as a subscription, that is cancelled.
    """

    verb: ClassVar[str] = "cancel"

    now: bool = False
    ends: date | datetime | None = None

    def do(self, context: StepContext) -> str:
        """Cancel the running subscription."""
        person = context.person
        ends = context.now if self.now else dated(self.ends, context.policy.zone, end=True)
        kind = EntitlementKind.SUBSCRIPTION
        trial = EntitlementKind.TRIAL
        if holdings.is_paid_again(person, trial, context.now):
            runs = kind in {right.kind for right in _running(context)}
            kind = kind if runs else trial
        last = holdings.end(person, kind, context.now, ends)
        return "cancels at once" if self.now else f"cancels, and reads on {_until(last)}"


@frozen(kw_only=True)
class FailPayment:
    """The next payment fails: what runs ends where it is paid for, and its grace begins there."""

    verb: ClassVar[str] = "let the payment fail"

    def do(self, context: StepContext) -> str:
        """Take the next payment away."""
        last = holdings.fail_payment(context.person, context.now)
        return f"the next payment fails: paid for {_until(last)}"


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


@frozen(kw_only=True)
class DismissPrompt:
    """Closing a prompt: the one called so, on the device or account that reads."""

    verb: ClassVar[str] = "close a prompt"

    prompt: str

    def do(self, context: StepContext) -> str:
        """Keep that it was closed."""
        person = context.person
        try:
            person.usage = close(context.policy, person.usage, self.prompt, context.now)
        except MeterError as error:
            raise ImpossibleStepError(str(error)) from None
        return f"closes the prompt `{self.prompt}`"


Action = (
    ReadArticle
    | SignIn
    | SignOut
    | Subscribe
    | StartTrial
    | EndTrial
    | Cancel
    | FailPayment
    | SwitchDevice
    | ClearCookies
    | DismissPrompt
    | Wait
)


def _running(context: StepContext) -> tuple[Entitlement, ...]:
    return context.person.as_reader().running(instant(context.now))


def _until(ends: datetime | None) -> str:
    return "without an end" if ends is None else f"until {_when(ends)}"


def _when(at: datetime) -> str:
    return f"{at.day} {at:%B %Y %H:%M}"

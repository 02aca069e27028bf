"""Who a visit is: an account, a device with a cookie, or nobody.

A device is joined to the account it signs in to, one way; it stays itself, so that the next account
on the same browser meets nothing of the last. What the store does not know yet (a first visit, a
sign-in during an outage) waits in the cookie, and is asked again at the next view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from meter.engine import joined_at
from meter.errors import IdentityError, quoted
from meter.usage import Usage
from meter.view import Reader
from meter.web.gate.cookie import ReaderCookie, account_reader_id, new_device
from meter.web.gate.steps import AskEdge, AskPaywall, AskSite, Steps, at_once, tried
from meter.windows import instant, moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from meter.web.gate.configured import AccountOf, ConfiguredGate
    from meter.web.gate.edges import CrawlerWord
    from meter.web.gate.request import WebRequest

__all__ = ["NOBODY", "Identity"]

NOBODY = Reader(id=None)
_WAITS = object()
_UNUSED = Usage()


class Identity:
    """The account and the cookie of one request, and what becomes of the cookie."""

    def __init__(
        self, gate: ConfiguredGate, request: WebRequest, account_of: AccountOf | None
    ) -> None:
        self._gate = gate
        self._request = request
        self._account_of = account_of
        self._account: Reader | None = None
        self._secure = gate.proxies.is_secure(request)
        self._came: ReaderCookie | None = None
        self._cookie: ReaderCookie | None = None
        self._is_new = False
        self._was_read = False
        self._writes = False
        self._clears = False
        self._consents: bool | None = None
        self._patient = True
        self._crawler: CrawlerWord | None = None

    @property
    def cookie(self) -> ReaderCookie | None:
        """The cookie that came, or what has become of it.

        It is `None` where there is none of ours, and where this browser may have none.
        """
        if not self._was_read:
            self._was_read = True
            header = self._request.header("cookie")
            self._came, is_due = self._gate.jar.read(header, self._seconds())
            if self._came is not None and not self.consents():
                self._clears = True
            else:
                self._cookie = self._came
                self._writes = is_due
        return self._cookie

    def _seconds(self) -> int:
        return int(self._gate.now().timestamp())

    def write(self, cookie: ReaderCookie) -> None:
        """Give the browser another cookie with the answer."""
        self._was_read = True
        self._cookie = cookie
        self._writes = True

    def header(self) -> str | None:
        """Return the `Set-Cookie` header's value, where the browser has to be told something."""
        if self._clears:
            return self._gate.jar.clear(secure=self._secure)
        if self._cookie is None or not self._writes:
            return None
        renewed = evolve(self._cookie, issued=self._seconds())
        return self._gate.jar.set(renewed, secure=self._secure)

    def consents(self) -> bool:
        """Say whether this browser may be given a cookie; where not, it loses the one it has."""
        if self._consents is None:
            consent = self._gate.consent
            self._consents = consent is None or bool(at_once(consent(self._request), "consent"))
        return self._consents

    def new_cookie(self, reader: Reader) -> tuple[ReaderCookie, Reader]:
        """Return a new device's cookie, and its reader; nothing is set yet.

        A page that opens two articles on a first visit gets the same device for both.
        """
        cookie = self._cookie if self._is_new else None
        if cookie is None:
            cookie = ReaderCookie(device=new_device(), issued=self._seconds())
        device = evolve(reader, id=cookie.reader_id)
        return cookie, self._visiting(device, cookie)

    def _visiting(self, reader: Reader, cookie: ReaderCookie | None) -> Reader:
        """Return a reader with the id by which experiments go, where the policy has any.

        It is the account's own where the site gives one, else what the site says of the browser,
        else the device's: whoever signs in stays in a variant.
        """
        if reader.visitor is not None or not self._gate.policy.experiments:
            return reader
        visitor = self._gate.visitor_of(self._request) if self.consents() else None
        if visitor is None and cookie is not None:
            visitor = cookie.reader_id
        return reader if visitor is None else evolve(reader, visitor=visitor)

    def carry(self, cookie: ReaderCookie, usage: Usage) -> bool:
        """Let a new cookie hold what a first visit counts; say whether it can."""
        full = evolve(cookie, usage=b"" if usage == _UNUSED else usage.to_bytes())
        self._is_new = self._gate.jar.fits(full)
        self.write(full if self._is_new else cookie)
        return self._is_new

    def crawler(self) -> Steps[CrawlerWord]:
        """Ask, once, which verified crawler sends this: a signature may be good for one request."""
        if self._crawler is None:
            self._crawler = yield from self._gate.crawler_of(self._request)
        return self._crawler

    def account(self) -> Steps[Reader | None]:
        """Ask the site, once, who is signed in; a reader without an id only describes a device."""
        if self._account_of is not None:
            found = yield AskSite(self._account_of)
            if found is not None and not isinstance(found, Reader):
                raise TypeError(f"`account` returns a `Reader` or `None`, not {quoted(found)}")
            self._account_of = None
            self._account = found
        account = self._account
        if account is None or account.id is None:
            return account
        name = account_reader_id(account.id)
        return account if name == account.id else evolve(account, id=name)

    def known(self) -> Steps[Reader]:
        """Return the account, else the device, else nobody, and change nothing: for reports."""
        account = yield from self.account()
        if account is not None and account.id is not None:
            return account
        came, _ = self._gate.jar.read(self._request.header("cookie"), self._seconds())
        described = account or NOBODY
        return described if came is None else evolve(described, id=came.reader_id)

    def reader(self, now: datetime, *, patient: bool = True) -> Steps[Reader]:
        """Return the account, else the device, else nobody, with nothing left to bring or join.

        A page that is read is not `patient`: where the store hangs, it is not to hang too.

        A device that is new in this very request is nobody yet: the store learns of it when its
        cookie comes back.
        """
        self._patient = patient
        account = yield from self.account()
        if account is not None and account.id is not None:
            yield from self._settle(account.id, now)
            return self._visiting(account, self.cookie)
        described = account or NOBODY
        if self.cookie is None or self._is_new:
            return self._visiting(described, self.cookie)
        # Whose session has ended without `sign_out` is the device again as well, and joins what it
        # reads from here on when it signs in the next time.
        self.sign_out()
        yield from self._bring(now)
        return self._visiting(evolve(described, id=self.cookie.reader_id), self.cookie)

    def _settle(self, account: str, now: datetime) -> Steps[None]:
        """Join this device to the account that is signed in, if that is still to be done."""
        cookie = self.cookie
        if cookie is None:
            return
        mark = cookie.mark(account)
        waiting = dict(cookie.joins)
        if cookie.account != mark:
            yield from self._join(account, instant(now), now)
        elif mark in waiting:
            yield from self._join(account, waiting[mark], now)

    def _join(self, account: str, at: int, now: datetime) -> Steps[None]:
        """Join this device to an account as of an instant; where that fails, it waits."""
        cookie = yield from self._bring(now)
        if cookie is None:
            return
        mark = cookie.mark(account)
        source = cookie.reader_id
        patient = self._patient
        when = moment(at, self._gate.policy.zone)
        done = not cookie.usage
        if done:
            done = yield from self._succeeds(
                lambda paywall: paywall.join(source, account, now=when, patient=patient)
            )
        self.write(cookie.joined(mark) if done else cookie.joining(mark, at))

    def _bring(self, now: datetime) -> Steps[ReaderCookie | None]:
        """Write to the store what a first visit has counted; return the cookie as it is then."""
        cookie = self.cookie
        if cookie is None or not cookie.usage:
            return cookie
        usage = cookie.carried()
        target = cookie.reader_id
        patient = self._patient
        # The server that counted it may have another clock: nothing of it is lost by that.
        when = joined_at(self._gate.policy, usage, now)
        if (
            yield from self._succeeds(
                lambda paywall: paywall.bring(usage, target, now=when, patient=patient)
            )
        ):
            self.write(evolve(cookie, usage=b""))
        return self.cookie

    def sign_in(self, account: str) -> Steps[None]:
        """Join this device to an account that has just signed in."""
        if not account or account.isspace():
            raise IdentityError("the id of an account is empty: pass the one that its reader has")
        now = self._gate.now()
        yield from self._join(account_reader_id(account), instant(now), now)

    def sign_out(self) -> None:
        """Let this browser be the device again that it was."""
        cookie = self.cookie
        if cookie is not None and cookie.account:
            self.write(evolve(cookie, account=""))

    def forget(self) -> Steps[None]:
        """Remove the account's record, what it has given, the device's record, and the cookie."""
        account = yield from self.account()
        names = [] if account is None or account.id is None else [account.id]
        device = self.cookie or self._came  # also where a cookie may not be any more
        if device is not None:
            names.append(device.reader_id)
        for name in names:
            yield AskPaywall(_forgetting(name))
        yield from self._forget_gifts()
        self._clears = device is not None

    def _forget_gifts(self) -> Steps[None]:
        """End the links of the account, which gives by the id that the site has for it."""
        gifts = self._gate.gifts
        giver = None if self._account is None else self._account.id
        if gifts is not None and giver is not None:
            now = self._gate.now()
            yield AskEdge(lambda: gifts.forget(giver, now))

    def _succeeds(self, call: Callable[[Any], Any]) -> Steps[bool]:
        """Ask the paywall for a change; say whether the store took it."""

        def wait(error: Exception) -> object:
            self._gate.tell("what a cookie holds cannot be stored yet; it is tried again", error)
            return _WAITS

        found = yield from tried(call, wait)
        return found is not _WAITS


def _forgetting(name: str) -> Callable[[Any], Any]:
    return lambda paywall: paywall.forget(name)

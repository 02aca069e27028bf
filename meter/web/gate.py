"""A site's paywall for requests: its settings, and a visit for each request."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import define, field
from attrs.validators import in_

from meter.clock import system_clock
from meter.errors import StoreError, quoted
from meter.paywall import AsyncPaywall, Paywall
from meter.prompts.rendering import LayoutWord
from meter.reloading import ReloadingPolicy
from meter.view import Reader
from meter.web.cookie import CookieJar
from meter.web.errors import told
from meter.web.everyone import Everyone
from meter.web.request import Proxies, WebRequest
from meter.web.steps import at_once
from meter.web.visit import Visit

if TYPE_CHECKING:
    from meter.policy import Policy
    from meter.web.everyone import Openness

__all__ = ["Ask", "Consent", "Gate"]

Ask: TypeAlias = Callable[[WebRequest], object]
"""What is asked about a request; an answer that has to be awaited is, where the view awaits."""
Consent: TypeAlias = Callable[[WebRequest], bool]
LOG = logging.getLogger("meter.web")

_MOST_TOLD = 100
AccountOf: TypeAlias = Callable[[], Reader | Awaitable[Reader | None] | None]


def _proxies(trusted: Iterable[str]) -> Proxies:
    return Proxies.parse(trusted)


def _whole_seconds(_gate: object, _attribute: object, seconds: int) -> None:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 0:
        raise ValueError(
            f"`max_age` is a whole number of seconds, 0 or more, not {quoted(seconds)}"
        )


@define(kw_only=True, eq=False)
class Gate:
    """What stands between requests and the articles of one site.

    - `paywall`: a `Paywall` or an `AsyncPaywall`. Its policy decides.
    - `secret`: the key that signs the readers' cookies, or several, newest first: one that is no
      longer first still opens what it signed, and no meter starts anew.
    - `cookie`: the name of the cookie.
    - `consent`: called with a `WebRequest`; says whether this reader may be given a cookie. Without
      it consent is taken as given.
    - `without_consent`: what a reader without consent gets of what would be counted: the `teaser`,
      or the `whole` article.
    - `country`: called with a `WebRequest` for the country the request came from (ISO 3166), or the
      name of a header that your proxy sets, such as `CF-IPCountry`.
    - `crawler`: called with a `WebRequest`; says whether it is a crawler's and you have *proved*
      it, by published addresses or by DNS. Its name alone proves nothing.
    - `trusted_proxies`: addresses and networks whose `X-Forwarded-…` headers are believed; `unix`
      is a peer without an address.
    - `allowed_origins`: other origins, such as `https://accounts.example`, whose pages may sign
      readers in and out here.
    - `max_age`: for how many seconds at most a cache may keep what is open to everyone. It keeps it
      no longer than until the policy could answer otherwise, by a date, an age or an hour; and
      where the policy is read again, no longer than that takes.
    - `folder`: a folder of your own prompt templates. `layout`: how prompts are laid out.
    - `clock`: returns the time, with a zone.

    A wrong setting raises a `TypeError` or a `ValueError`.
    """

    paywall: Paywall | AsyncPaywall = field()
    secret: str | bytes | Iterable[str | bytes] = field(repr=False)
    cookie: str = "reader"
    consent: Consent | None = None
    without_consent: Literal["teaser", "whole"] = field(
        default="teaser", validator=in_(("teaser", "whole"))
    )
    country: Callable[[WebRequest], str | None] | str | None = None
    crawler: Callable[[WebRequest], bool] | None = None
    trusted_proxies: Iterable[str] = ()
    allowed_origins: Iterable[str] = ()
    max_age: int = field(default=300, validator=_whole_seconds)
    folder: str | None = None
    layout: LayoutWord = "wide"
    clock: Callable[[], datetime] = system_clock
    proxies: Proxies = field(init=False, repr=False)
    jar: CookieJar = field(init=False, repr=False)
    origins: frozenset[str] = field(init=False, repr=False)
    _everyone: Everyone | None = field(default=None, init=False, repr=False)
    _told: set[str] = field(factory=set, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.paywall, Paywall | AsyncPaywall):
            raise TypeError(
                f"`paywall` is a `Paywall` or an `AsyncPaywall`, not {quoted(self.paywall)}"
            )
        if isinstance(self.allowed_origins, str):
            raise TypeError("`allowed_origins` are a list of origins, not one text")
        self.proxies = _proxies(self.trusted_proxies)
        self.origins = frozenset(origin.rstrip("/").lower() for origin in self.allowed_origins)
        self.jar = CookieJar(self.cookie, self.secret)

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.paywall.policy

    def everyone(self) -> Everyone:
        """Return what the policy in force opens to everyone."""
        policy = self.policy
        known = self._everyone
        if known is None or known.policy is not policy:
            known = self._everyone = Everyone(policy)
        return known

    def _longest(self) -> int:
        """Return the seconds that a cache may keep an open page, as far as the policy's file goes.

        A file that is read again may hold another policy at any time. A cache adds no more to that
        than it takes to be in force anyway.
        """
        source = self.paywall.source
        if isinstance(source, ReloadingPolicy):
            return min(self.max_age, int(source.delay))
        return self.max_age if source is self.policy else 0

    def age(self, openness: Openness) -> int:
        """Return for how many seconds a cache may keep an answer that everybody gets."""
        longest = self._longest()
        return longest if openness.seconds is None else min(longest, openness.seconds)

    def tell(self, what: str, error: Exception) -> None:
        """Log an error, once: a mistake would fill a log, view by view."""
        words = told(error)
        if words in self._told or len(self._told) >= _MOST_TOLD:
            return
        self._told.add(words)
        level = logging.WARNING if isinstance(error, StoreError) else logging.ERROR
        LOG.log(level, "%s: %s", what, words)

    def visit(self, request: WebRequest, account: AccountOf | None = None) -> Visit:
        """Return the visit that a request is; nothing is decided, asked or set by that alone.

        `account` is called once, where the view asks: it returns the `Reader` who is signed in, or
        `None`. Where the view awaits it may be awaited too.
        """
        return Visit(self, request, account)

    def now(self) -> datetime:
        """Return the time, in UTC where the clock is this machine's."""
        return self.clock().astimezone(UTC)

    def country_of(self, request: WebRequest) -> str | None:
        """Return the country a request came from, if the site knows it."""
        if self.country is None:
            return None
        if isinstance(self.country, str):
            return request.header(self.country.lower()) or None
        return at_once(self.country(request), "country")

    def is_crawler(self, request: WebRequest) -> bool:
        """Say whether the site has proved that a request is a crawler's."""
        return self.crawler is not None and bool(at_once(self.crawler(request), "crawler"))

"""The settings of a site's gate, and what follows from them for every request."""

from __future__ import annotations

import logging
import os
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from attrs import Attribute, define, evolve, field
from attrs.validators import in_

from meter.clock import system_clock
from meter.errors import quoted
from meter.paywall import AsyncPaywall, Paywall
from meter.prompts.rendering import LayoutWord
from meter.reloading import ReloadingPolicy
from meter.view import MOST_VISITOR
from meter.vocabulary import CrawlerClass
from meter.web.errors import level_of, told
from meter.web.gate.cookie import CookieJar
from meter.web.gate.edge_settings import check_edge, check_function
from meter.web.gate.edges import (
    CrawlerWord,
    GiftDesk,
    InstitutionRights,
    PreviewDesk,
    SlowCrawlers,
)
from meter.web.gate.everyone import Everyone
from meter.web.gate.request import Proxies, WebRequest
from meter.web.gate.steps import AskEdge, AskSite, Steps, at_once
from meter.web.institutions import InstitutionsFile
from meter.web.secrets import keys_of, secret_fault

if TYPE_CHECKING:
    from meter.policy import Policy
    from meter.view import Entitlement
    from meter.web.gate.everyone import Openness

__all__ = ["AccountOf", "ConfiguredGate", "Consent", "CrawlerOf"]

T = TypeVar("T")

Consent: TypeAlias = Callable[[WebRequest], bool]
LOG = logging.getLogger("meter.web")

_MOST_TOLD = 100
_NEWEST_FIRST = "keep the old one behind it, `secret=[new, old]`, and no meter starts anew"
AccountOf: TypeAlias = Callable[[], object]
"""What returns the `Reader` who is signed in, or `None`; or what is awaited for that."""
CrawlerOf: TypeAlias = Callable[[WebRequest], CrawlerWord | Awaitable[CrawlerWord]]
"""What says whether a request is a verified crawler's, and of which class; or is awaited for it."""


def _proxies(trusted: Iterable[str]) -> Proxies:
    return Proxies.parse(trusted)


def _or_none(given: T | None) -> T | None:
    return None if given is False else given


def _origin(word: str) -> str:
    """Return an origin as browsers write it."""
    origin = word.strip().rstrip("/").lower()
    scheme, _, host = origin.partition("://")
    if scheme not in ("http", "https") or not host or "/" in host:
        raise ValueError(
            f"{quoted(word)} is no origin; write one such as `https://accounts.example`"
        )
    return origin


def _whole_seconds(_gate: object, _attribute: object, seconds: int) -> None:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 0:
        raise ValueError(
            f"`max_age` is a whole number of seconds, 0 or more, not {quoted(seconds)}"
        )


def _by_name(_kind: type, settings: list[Attribute[object]]) -> list[Attribute[object]]:
    """Return the settings such that all but the paywall are given by name."""
    return [each if each.name == "paywall" else each.evolve(kw_only=True) for each in settings]


@define(eq=False, field_transformer=_by_name)
class ConfiguredGate:
    """The settings of a `Gate`, which says what they are."""

    paywall: Paywall | AsyncPaywall = field()
    secret: str | bytes | Iterable[str | bytes] = field(default=(), repr=False)
    cookie: str = "reader"
    consent: Consent | None = field(default=None, validator=check_function)
    without_consent: Literal["teaser", "whole"] = field(
        default="teaser", validator=in_(("teaser", "whole"))
    )
    country: Callable[[WebRequest], str | None] | str | None = field(
        default=None, validator=check_function
    )
    visitor: Callable[[WebRequest], str | None] | None = field(
        default=None, validator=check_function
    )
    crawler: CrawlerOf | None = field(default=None, validator=check_edge)
    institutions: InstitutionRights | str | os.PathLike[str] | None = field(
        default=None, validator=check_edge
    )
    gifts: GiftDesk | None = field(default=None, validator=check_edge)
    previews: PreviewDesk | None = field(default=None, validator=check_edge)
    trusted_proxies: Iterable[str] = ()
    allowed_origins: Iterable[str] = ()
    max_age: int = field(default=300, validator=_whole_seconds)
    folder: str | None = None
    layout: LayoutWord = "wide"
    clock: Callable[[], datetime] = field(default=system_clock, validator=check_function)
    loop: AbstractEventLoop | None = field(default=None, init=False, repr=False)
    """The event loop of an `AsyncPaywall`, where an adapter knows it."""
    proxies: Proxies = field(init=False, repr=False)
    jar: CookieJar = field(init=False, repr=False)
    origins: frozenset[str] = field(init=False, repr=False)
    _everyone: Everyone | None = field(default=None, init=False, repr=False)
    _told: set[str] = field(factory=set, init=False, repr=False)
    _rights: InstitutionRights | None = field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.paywall, Paywall | AsyncPaywall):
            raise TypeError(
                f"`paywall` is a `Paywall` or an `AsyncPaywall`, not {quoted(self.paywall)}"
            )
        if isinstance(self.allowed_origins, str):
            raise TypeError("`allowed_origins` are a list of origins, not one text")
        # Switched off is as good as not there.
        self.crawler = _or_none(self.crawler)
        self.gifts = _or_none(self.gifts)
        self.previews = _or_none(self.previews)
        self.proxies = _proxies(self.trusted_proxies)
        self.origins = frozenset(_origin(word) for word in self.allowed_origins if word.strip())
        keys = self.secret = keys_of(self.secret)
        self.jar = CookieJar(self.cookie, keys)
        self._doubt_secret(keys[0])
        self._rights = self._institution_rights()

    @staticmethod
    def _doubt_secret(newest: str | bytes) -> None:
        """Log where the key that signs cookies is one that others may find out."""
        fault = secret_fault(newest)
        if fault is not None:
            LOG.warning("the `secret` of the cookies %s; %s", fault, _NEWEST_FIRST)

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
        LOG.log(level_of(error), "%s: %s", what, words)

    def now(self) -> datetime:
        """Return the time, in UTC where the clock is this machine's."""
        return self.clock().astimezone(UTC)

    def country_of(self, request: WebRequest) -> str | None:
        """Return the country a request came from, if the site knows it."""
        if self.country is None:
            return None
        if isinstance(self.country, str):
            return request.header(self.country.lower()) or None
        return at_once(self.country(self._of_the_reader(request)), "country")

    def visitor_of(self, request: WebRequest) -> str | None:
        """Return the id that the site's analytics has for a browser, if the site says one.

        A browser may send any id: one that is too long to be meant is none.
        """
        if self.visitor is None:
            return None
        found: object = at_once(self.visitor(self._of_the_reader(request)), "visitor")
        if found is None or found == "":
            return None
        if not isinstance(found, str):
            raise TypeError(f"`visitor` returns an id or `None`, not {quoted(found)}")
        return found if found.strip() and len(found) <= MOST_VISITOR else None

    def claims_to_be_a_crawler(self, request: WebRequest) -> bool:
        """Say whether a request has the name of a crawler that the site knows."""
        return isinstance(self.crawler, SlowCrawlers) and self.crawler.claims(request)

    def crawler_of(self, request: WebRequest) -> Steps[CrawlerWord]:
        """Return the class of a verified crawler, as the site has proved it, or that it is none."""
        ask = self.crawler
        if ask is None:
            return False
        asked = self._of_the_reader(request)
        if isinstance(ask, SlowCrawlers):
            known = ask.without_asking(asked)
            if known is not None:
                return known
            found = yield AskEdge(lambda: ask(asked))
        else:
            found = yield AskSite(lambda: ask(asked))
        return found if isinstance(found, CrawlerClass) else bool(found)

    def _institution_rights(self) -> InstitutionRights | None:
        """Return what knows the institutions, also where only the path of their file is given."""
        given = self.institutions
        if isinstance(given, str | os.PathLike):
            return InstitutionsFile(given, self.paywall.source)
        return _or_none(given)

    def rights_of(self, request: WebRequest) -> tuple[Entitlement, ...]:
        """Return the rights that a request has by the address that it comes from.

        A trusted proxy is no reader: where it does not say who asks, the request has none.
        """
        if self._rights is None:
            return ()
        client = self.proxies.client(request)
        return () if self.proxies.trust(client) else self._rights.rights(client)

    def _of_the_reader(self, request: WebRequest) -> WebRequest:
        """Return a request as the reader's browser sent it, also behind trusted proxies."""
        return evolve(
            request,
            client=self.proxies.client(request),
            scheme="https" if self.proxies.is_secure(request) else request.scheme,
            headers={**request.headers, "host": self.proxies.host(request)},
        )

"""What an editor writes: meters, offers, rules and the conditions they share.

A policy built in Python is held to the same checks as one read from a file: `faults.find_faults`
lists them once for both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from zoneinfo import ZoneInfo

from attrs import field, frozen

from meter.decision import Show
from meter.errors import PolicyError
from meter.facts import host, language_tag
from meter.rulebook import Rulebook
from meter.validation import find_faults
from meter.view import ArticleAccess, Status, as_words
from meter.windows import Term, Window, local_instant

__all__ = [
    "Copy",
    "Count",
    "Dates",
    "Guarantee",
    "Limit",
    "Links",
    "Members",
    "Meter",
    "Offer",
    "OfferKind",
    "Policy",
    "Publication",
    "Range",
    "Rule",
    "When",
]


class Count(StrEnum):
    """What a meter counts: distinct articles, or every view."""

    ARTICLES = "articles"
    VIEWS = "views"


class OfferKind(StrEnum):
    """What taking an offer makes of a reader."""

    TRIAL = "trial"
    SUBSCRIPTION = "subscription"


def _maybe_words(value: Iterable[str] | None) -> frozenset[str] | None:
    return None if value is None else as_words(value)


@frozen(kw_only=True)
class Members:
    """A condition on a set: at least one of `any`, every one of `all`, not one of `none`."""

    any: frozenset[str] | None = field(default=None, converter=_maybe_words)
    all: frozenset[str] | None = field(default=None, converter=_maybe_words)
    none: frozenset[str] | None = field(default=None, converter=_maybe_words)


def _members(value: Members | Iterable[str] | None) -> Members | None:
    return (
        value
        if value is None or isinstance(value, Members)
        else Members(any=frozenset(as_words(value)))
    )


@frozen(kw_only=True)
class Range:
    """A condition on a number; every bound given must hold."""

    equals: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None

    def constants(self) -> Iterator[float]:
        """Yield the numbers this condition compares with."""
        return (
            bound
            for bound in (self.equals, self.at_least, self.at_most, self.above, self.below)
            if bound is not None
        )


@frozen(kw_only=True)
class Dates:
    """Whole days in the publication's zone, both included. An open side is `None`."""

    from_: date | None = field(default=None, alias="from_")
    until: date | None = None

    def instants(self, zone: ZoneInfo) -> tuple[int | None, int | None]:
        """Return the half-open stretch of time these days cover in `zone`."""
        return (
            None if self.from_ is None else local_instant(self.from_, zone),
            None if self.until is None else local_instant(self.until, zone, end=True),
        )


def _statuses(value: Iterable[str] | None) -> frozenset[Status] | None:
    return None if value is None else frozenset(Status(word) for word in as_words(value))


def _accesses(value: Iterable[str] | None) -> frozenset[ArticleAccess] | None:
    return None if value is None else frozenset(ArticleAccess(word) for word in as_words(value))


def _countries(value: Iterable[str] | None) -> frozenset[str] | None:
    return None if value is None else frozenset(word.upper() for word in as_words(value))


def _languages(value: Iterable[str] | None) -> frozenset[str] | None:
    return None if value is None else frozenset(language_tag(word) for word in as_words(value))


def _hosts(value: Iterable[str] | None) -> frozenset[str] | None:
    return None if value is None else frozenset(host(word) for word in as_words(value))


def _maybe_whens(value: Iterable[When] | None) -> tuple[When, ...] | None:
    return None if value is None else tuple(value)


@frozen(kw_only=True)
class When:
    """A conjunction of closed tables; every one given must hold, and none given matches everything.

    Missing data never matches, not even under `not_`. The keys are those of a policy file (`not_`
    is its `not`).
    """

    reader: frozenset[Status] | None = field(default=None, converter=_statuses)
    access: frozenset[ArticleAccess] | None = field(default=None, converter=_accesses)
    section: frozenset[str] | None = field(default=None, converter=_maybe_words)
    kind: frozenset[str] | None = field(default=None, converter=_maybe_words)
    product: frozenset[str] | None = field(default=None, converter=_maybe_words)
    country: frozenset[str] | None = field(default=None, converter=_countries)
    device: frozenset[str] | None = field(default=None, converter=_maybe_words)
    channel: frozenset[str] | None = field(default=None, converter=_maybe_words)
    language: frozenset[str] | None = field(default=None, converter=_languages)
    referrer: frozenset[str] | None = field(default=None, converter=_hosts)
    tags: Members | None = field(default=None, converter=_members)
    segments: Members | None = field(default=None, converter=_members)
    score: Range | None = None
    age_days: Range | None = None
    days_since_expiry: Range | None = None
    left: Mapping[str, Range] | None = None
    gift: bool | None = None
    crawler: bool | None = None
    dates: Dates | None = None
    any: tuple[When, ...] | None = field(default=None, converter=_maybe_whens)
    not_: When | None = field(default=None, alias="not_")

    def walk(self) -> Iterator[When]:
        """Yield this condition and every one nested in it."""
        yield self
        for part in (*(self.any or ()), *((self.not_,) if self.not_ else ())):
            yield from part.walk()

    @property
    def matches_everything(self) -> bool:
        """Whether nothing at all is asked."""
        return self == When()


@frozen(kw_only=True)
class Limit:
    """An allowance for those whom `when` describes.

    The first of a meter's limits that matches holds.
    """

    when: When = When()
    limit: int


def _limits(value: Iterable[Limit]) -> tuple[Limit, ...]:
    return tuple(value)


def _limit(value: int | Mapping[str, int]) -> int | dict[Status, int]:
    return (
        {Status(status): limit for status, limit in value.items()}
        if isinstance(value, Mapping)
        else value
    )


@frozen(kw_only=True)
class Meter:
    """An allowance of distinct articles (or views) in a window.

    `limit` is one number or a number by reader status: a status that is not named gets 0, but an
    expired one falls back to `registered`. `limits` instead gives a first-match list. `count` is
    `articles` (distinct, the default) or `views`.
    """

    name: str
    window: Window
    limit: int | Mapping[Status, int] = field(default=0, converter=_limit)
    limits: tuple[Limit, ...] = field(default=(), converter=_limits)
    count: Count = field(default=Count.ARTICLES, converter=Count)

    def allowances(self) -> tuple[Limit, ...]:
        """Return the limits as a first-match list, whichever way they were written."""
        if self.limits:
            return self.limits
        if not isinstance(self.limit, Mapping):
            return (Limit(limit=self.limit),)
        named = dict(self.limit)
        for expired in (Status.TRIAL_EXPIRED, Status.SUBSCRIPTION_EXPIRED):
            if Status.REGISTERED in named:
                named.setdefault(expired, named[Status.REGISTERED])
        return tuple(
            Limit(when=When(reader=[status]), limit=limit) for status, limit in named.items()
        )


def _price(value: Decimal | float | str) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _term(value: Term | str) -> Term:
    return Term.parse(value) if isinstance(value, str) else value


@frozen(kw_only=True)
class Offer:
    """Something a reader can take, for those whom `when` describes.

    It runs from `starts` (a date is the start of that day) to `ends` (a date holds to the end of
    that day), in the publication's zone where they carry none of their own.
    """

    name: str
    kind: OfferKind = field(default=OfferKind.TRIAL, converter=OfferKind)
    price: Decimal = field(converter=_price)
    currency: str
    term: Term = field(converter=_term)
    product: str | None = None
    starts: date | datetime | None = None
    ends: date | datetime | None = None
    when: When = When()

    def instants(self, zone: ZoneInfo) -> tuple[int | None, int | None]:
        """Return the half-open stretch of time this offer runs."""
        return (
            None if self.starts is None else local_instant(self.starts, zone),
            None if self.ends is None else local_instant(self.ends, zone, end=True),
        )


@frozen(kw_only=True)
class Rule:
    """One line of the policy: the first rule that matches decides."""

    name: str
    when: When = When()
    spend: str | None = None
    show: Show = field(converter=Show)
    offer: str | None = None
    prompt: str | None = None


def _shows(value: Iterable[str]) -> frozenset[Show]:
    return frozenset(Show(word) for word in as_words(value))


@frozen(kw_only=True)
class Guarantee:
    """What must hold for everyone whom `when` describes.

    `always` one of these words of `show`, or `never` one of them.
    """

    name: str
    when: When = When()
    never: frozenset[Show] = field(default=frozenset(), converter=_shows)
    always: frozenset[Show] = field(default=frozenset(), converter=_shows)


@frozen(kw_only=True)
class Publication:
    """Who publishes, and in which zone and language."""

    name: str
    timezone: str = "UTC"
    locale: str = "en"


def _texts(value: Iterable[str]) -> tuple[str, ...]:
    return tuple(value)


@frozen(kw_only=True)
class Copy:
    """The publisher's own words around a prompt, in one language."""

    headline: str | None = None
    pitch: str | None = None
    benefits: tuple[str, ...] = field(default=(), converter=_texts)


@frozen(kw_only=True)
class Links:
    """Where the prompts' buttons lead: paths of the site, or `https://` addresses."""

    subscribe: str = "/subscribe"
    register: str = "/register"
    sign_in: str = "/sign-in"
    offers: str = "/offers"
    about_sponsored: str = "/about-sponsored-content"


# One function a type: mypy cannot see through `converter=tuple`.
def _rules(value: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple(value)


def _meters(value: Iterable[Meter]) -> tuple[Meter, ...]:
    return tuple(value)


def _offers(value: Iterable[Offer]) -> tuple[Offer, ...]:
    return tuple(value)


def _guarantees(value: Iterable[Guarantee]) -> tuple[Guarantee, ...]:
    return tuple(value)


@frozen(kw_only=True)
class Policy:
    """A whole policy. `copy` maps a locale to the publisher's words in it (the publication's own
    locale is the fall-back).

    Raises `PolicyError` with every fault there is.
    """

    publication: Publication
    rules: tuple[Rule, ...] = field(converter=_rules)
    meters: tuple[Meter, ...] = field(default=(), converter=_meters)
    offers: tuple[Offer, ...] = field(default=(), converter=_offers)
    guarantees: tuple[Guarantee, ...] = field(default=(), converter=_guarantees)
    copy: Mapping[str, Copy] = field(factory=dict)
    links: Links = Links()

    def __attrs_post_init__(self) -> None:
        faults = tuple(find_faults(self))
        if faults:
            raise PolicyError(faults)

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The publication's time zone."""
        return ZoneInfo(self.publication.timezone)

    @cached_property
    def rulebook(self) -> Rulebook:
        """The rules in the form the engine judges by, and the engine's memory of what it has
        judged.
        """
        return Rulebook(self)

    @cached_property
    def digest(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of this policy's canonical form."""
        from meter.canonical import to_table

        return sha256(json.dumps(to_table(self), sort_keys=True, default=str).encode()).hexdigest()[
            :16
        ]

    def meter(self, name: str) -> Meter:
        """Return the meter called `name`."""
        return next(meter for meter in self.meters if meter.name == name)

    def offer(self, name: str) -> Offer:
        """Return the offer called `name`."""
        return next(offer for offer in self.offers if offer.name == name)

    def rule(self, name: str) -> Rule:
        """Return the rule called `name`."""
        return next(rule for rule in self.rules if rule.name == name)

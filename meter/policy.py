"""What an editor writes: meters, offers, rules and the conditions they share.

A policy built in Python is held to the same checks as one read from a file (see `validation`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from attrs import field, frozen
from attrs.converters import optional

from meter import vocabulary
from meter.errors import MeterError, PolicyError, meant
from meter.rulebook import Rulebook
from meter.validation import find_faults
from meter.view import countries, hosts, languages
from meter.vocabulary import (
    ArticleAccess,
    Count,
    Members,
    OfferKind,
    Range,
    Show,
    Status,
    StatusWord,
    words,
)
from meter.windows import Term, Window, local_instant

# fmt: off
__all__ = [
    "Copy", "Dates", "Guarantee", "Limit", "Links", "Meter", "Offer", "Policy", "Publication",
    "Rule", "When",
]
# fmt: on


@frozen(kw_only=True)
class Dates:
    """Whole days in the publication's zone, both included. An open side is `None`."""

    from_: date | None = field(default=None, alias="from_")
    until: date | None = None

    def instants(self, zone: ZoneInfo) -> tuple[int | None, int | None]:
        """Return the half-open stretch of time these days cover in `zone`."""
        return _stretch(self.from_, self.until, zone)


def _stretch(
    starts: date | datetime | None, ends: date | datetime | None, zone: ZoneInfo
) -> tuple[int | None, int | None]:
    """Return the half-open stretch of time from one date or time to another, in `zone`."""
    return (
        None if starts is None else local_instant(starts, zone),
        None if ends is None else local_instant(ends, zone, end=True),
    )


def _bounds(value: Mapping[str, Range]) -> Mapping[str, Range]:
    return dict(value)  # never the caller's own, which may change


def _pairs(value: object) -> object:
    """Return a table as what it is compared and hashed by."""
    return frozenset(value.items()) if isinstance(value, Mapping) else value


def _whens(value: Iterable[When]) -> tuple[When, ...]:
    return tuple(value)


@frozen(kw_only=True)
class When:
    """A conjunction of closed tables; every one given must hold, and none given matches everything.

    Missing data never matches, not even under `not_`. The keys are those of a policy file (`not_`
    is its `not`).
    """

    reader: frozenset[Status] | None = field(default=None, converter=optional(vocabulary.statuses))
    access: frozenset[ArticleAccess] | None = field(
        default=None, converter=optional(vocabulary.accesses)
    )
    section: frozenset[str] | None = field(default=None, converter=optional(words))
    kind: frozenset[str] | None = field(default=None, converter=optional(words))
    product: frozenset[str] | None = field(default=None, converter=optional(words))
    country: frozenset[str] | None = field(default=None, converter=optional(countries))
    device: frozenset[str] | None = field(default=None, converter=optional(words))
    channel: frozenset[str] | None = field(default=None, converter=optional(words))
    language: frozenset[str] | None = field(default=None, converter=optional(languages))
    referrer: frozenset[str] | None = field(default=None, converter=optional(hosts))
    tags: Members | None = field(default=None, converter=optional(vocabulary.members))
    segments: Members | None = field(default=None, converter=optional(vocabulary.members))
    score: Range | None = None
    age_days: Range | None = None
    days_since_expiry: Range | None = None
    left: Mapping[str, Range] | None = field(default=None, converter=optional(_bounds), eq=_pairs)
    gift: bool | None = None
    crawler: bool | None = None
    dates: Dates | None = None
    any: tuple[When, ...] | None = field(default=None, converter=optional(_whens))
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
    """An allowance for those whom `when` describes; the first of a meter's that matches holds."""

    when: When = When()
    limit: int


def _limits(value: Iterable[Limit]) -> tuple[Limit, ...]:
    return tuple(value)


def _limit(
    value: int | Mapping[Status, int] | Mapping[StatusWord, int],
) -> int | dict[Status, int]:
    if isinstance(value, Mapping):
        return {Status(status): limit for status, limit in value.items()}
    return value


@frozen(kw_only=True)
class Meter:
    """An allowance of distinct articles (or views) in a window.

    `limit` is one number or a number by reader status: a status that is not named gets 0, but an
    expired one falls back to `registered`. `limits` instead gives a first-match list. `count` is
    `articles` (distinct, the default) or `views`.
    """

    name: str
    window: Window
    limit: int | Mapping[Status, int] = field(default=0, converter=_limit, eq=_pairs)
    limits: tuple[Limit, ...] = field(default=(), converter=_limits)
    count: Count = field(default=Count.ARTICLES, converter=vocabulary.count)

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
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"`{value}` is not a price; write a number such as `9.50`") from error


def _term(value: Term | str) -> Term:
    return Term.parse(value) if isinstance(value, str) else value


@frozen(kw_only=True)
class Offer:
    """Something a reader can take, for those whom `when` describes.

    It runs from `starts` (a date is the start of that day) to `ends` (a date holds to the end of
    that day), in the publication's zone where they carry none of their own.
    """

    name: str
    kind: OfferKind = field(default=OfferKind.TRIAL, converter=vocabulary.offer_kind)
    price: Decimal = field(converter=_price)
    currency: str
    term: Term = field(converter=_term)
    product: str | None = None
    starts: date | datetime | None = None
    ends: date | datetime | None = None
    when: When = When()

    def instants(self, zone: ZoneInfo) -> tuple[int | None, int | None]:
        """Return the half-open stretch of time this offer runs."""
        return _stretch(self.starts, self.ends, zone)


@frozen(kw_only=True)
class Rule:
    """One line of the policy: the first rule that matches decides."""

    name: str
    when: When = When()
    spend: str | None = None
    show: Show = field(converter=vocabulary.show)
    offer: str | None = None
    prompt: str | None = None


@frozen(kw_only=True)
class Guarantee:
    """What whom `when` describes is promised: `always` one of these `show`s, or `never` one."""

    name: str
    when: When = When()
    never: frozenset[Show] = field(default=frozenset(), converter=vocabulary.shows)
    always: frozenset[Show] = field(default=frozenset(), converter=vocabulary.shows)


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


def _copies(value: Mapping[str, Copy]) -> Mapping[str, Copy]:
    return dict(value)


@frozen(kw_only=True)
class Policy:
    """A whole policy.

    `copy` maps a locale to the publisher's words in it (the publication's own locale is the
    fall-back). Raises `PolicyError` with every fault there is.
    """

    publication: Publication
    rules: tuple[Rule, ...] = field(converter=_rules)
    meters: tuple[Meter, ...] = field(default=(), converter=_meters)
    offers: tuple[Offer, ...] = field(default=(), converter=_offers)
    guarantees: tuple[Guarantee, ...] = field(default=(), converter=_guarantees)
    copy: Mapping[str, Copy] = field(factory=dict, converter=_copies)
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
        """The rules in the form the engine judges by."""
        return Rulebook(self)

    @cached_property
    def digest(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of this policy's canonical form."""
        from meter.canonical import digest  # noqa: PLC0415 - it reads the classes of this module

        return digest(self)

    def meter(self, name: str) -> Meter:
        """Return the meter called `name`. Raises `MeterError` if there is none."""
        return _named("meter", name, self.meters)

    def offer(self, name: str) -> Offer:
        """Return the offer called `name`. Raises `MeterError` if there is none."""
        return _named("offer", name, self.offers)

    def rule(self, name: str) -> Rule:
        """Return the rule called `name`. Raises `MeterError` if there is none."""
        return _named("rule", name, self.rules)


_Named = TypeVar("_Named", Meter, Offer, Rule)


def _named(kind: str, name: str, items: tuple[_Named, ...]) -> _Named:
    for item in items:
        if item.name == name:
            return item
    advice = meant(name, [item.name for item in items])
    raise MeterError(f"the policy has no {kind} `{name}`; {advice}")

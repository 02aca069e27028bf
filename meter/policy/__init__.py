"""What an editor writes: meters, offers, rules and the conditions they share.

A policy built in Python is held to the same checks as one read from a file (see `validation`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Literal, TypeAlias, TypeVar, cast
from zoneinfo import ZoneInfo

from attrs import field, frozen

from meter import vocabulary
from meter.errors import MeterError, PolicyError, Problem, meant
from meter.errors.kinds import (
    PRICE,
    TEXT,
    as_tuple,
    choice,
    each,
    either,
    instance,
    maybe,
    table,
    whole_number,
)
from meter.errors.values import InvalidValueError, check_fields
from meter.policy.conditions import EVERYONE, Dates, Limit, When, allowed, pairs, stretch
from meter.policy.publication import Copy, Links, Publication, link_faults
from meter.rulebook import Rulebook
from meter.validation import find_faults
from meter.vocabulary import (
    ArticleAccess,
    Count,
    OfferKind,
    RuleShow,
    Show,
    Status,
    StatusWord,
    Wall,
)
from meter.windows import Term, Window

# fmt: off
__all__ = [
    "Copy", "Dates", "Guarantee", "Limit", "Links", "Meter", "Offer", "Policy", "Publication",
    "Rule", "When",
]
# fmt: on

_WHEN = instance(When)
_LINKS = Links()
_SHOWS = each(choice(Show), '["subscription-wall"]', frozenset)
_WHOLE = whole_number("5")
_METERED = frozenset({ArticleAccess.METERED})


def _limits(value: Iterable[Limit]) -> tuple[Limit, ...]:
    return as_tuple(value)


Allowed: TypeAlias = int | Literal["none"] | None
"""How many are allowed; `"none"`, kept as `None`, is no limit."""


def _limit(
    value: Allowed | Mapping[Status, Allowed] | Mapping[StatusWord, Allowed],
) -> int | Mapping[Status, int | None] | None:
    if not isinstance(value, Mapping):
        return allowed(value)
    return {vocabulary.status(status): allowed(limit) for status, limit in value.items()}


@frozen(kw_only=True)
class Meter:
    """An allowance of distinct articles (or views) in a window.

    `limit` is one number or a number by reader status: a status that is not named gets 0, but an
    expired one falls back to `registered`; `"none"` (kept as `None`) counts and never refuses.
    `limits` instead gives a first-match list. `count` is `articles` (distinct, the default) or
    `views`. `access` is what may be read on it. Where `counts` holds, every whole view is counted,
    whichever rule opened it, as far as the limit goes.
    """

    name: str
    window: Window
    limit: int | Mapping[Status, int | None] | None = field(
        default=0, converter=_limit, eq=pairs
    )
    limits: tuple[Limit, ...] = field(default=(), converter=_limits)
    count: Count = field(default=Count.ARTICLES, converter=vocabulary.count)
    access: frozenset[ArticleAccess] = field(
        default=_METERED, converter=vocabulary.accesses
    )
    counts: When | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_A_METER)

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


_ALLOWED = maybe(_WHOLE)
_OF_A_METER = {
    "name": TEXT,
    "window": instance(Window, form='a `Window` such as `Window(calendar="month")`'),
    "limit": either(
        table(choice(Status), _ALLOWED, "{ registered = 5 }"), (Mapping,), _ALLOWED
    ),
    "limits": each(instance(Limit), "[Limit(limit=3)]"),
    "count": choice(Count),
    "access": each(choice(ArticleAccess), '["metered"]', frozenset),
    "counts": maybe(instance(When, form='a condition such as `When(access=["free"])`')),
}


def _price(value: Decimal | float | str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return cast("Decimal", value)
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return cast("Decimal", value)


def _term(value: Term | str) -> Term:
    try:
        return Term.parse(value) if isinstance(value, str) else value
    except ValueError:
        return cast("Term", value)


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
    when: When = EVERYONE

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_AN_OFFER)

    def instants(self, zone: ZoneInfo) -> tuple[int | None, int | None]:
        """Return the half-open stretch of time this offer runs."""
        return stretch(self.starts, self.ends, zone)


_OF_AN_OFFER = {
    "name": TEXT,
    "kind": choice(OfferKind),
    "price": PRICE,
    "currency": TEXT,
    "term": instance(Term, form="a term such as `3 months`, `1 year` or `14 days`"),
    "product": maybe(TEXT),
    **dict.fromkeys(("starts", "ends"), maybe(instance(date, form="a date such as `2026-06-30`"))),
    "when": _WHEN,
}


def _names(value: str | Iterable[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else as_tuple(value)


@frozen(kw_only=True)
class Rule:
    """One line of the policy: the first rule that matches decides.

    `spend` is a meter, or several that must all be open and are all spent.
    """

    name: str
    when: When = EVERYONE
    spend: tuple[str, ...] = field(default=(), converter=_names)
    show: RuleShow = field(converter=vocabulary.rule_show)
    offer: str | None = None
    prompt: str | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_A_RULE)


_OF_A_RULE = {
    "name": TEXT,
    "when": _WHEN,
    "show": choice(Show, Wall),
    "spend": each(TEXT, '"monthly", or `["daily", "monthly"]`'),
    **dict.fromkeys(("offer", "prompt"), maybe(TEXT)),
}


@frozen(kw_only=True)
class Guarantee:
    """What whom `when` describes is promised: `always` one of these `show`s, or `never` one."""

    name: str
    when: When = EVERYONE
    never: frozenset[Show] = field(default=frozenset(), converter=vocabulary.shows)
    always: frozenset[Show] = field(default=frozenset(), converter=vocabulary.shows)

    def __attrs_post_init__(self) -> None:
        check_fields(self, {"name": TEXT, "when": _WHEN, "never": _SHOWS, "always": _SHOWS})


# One function a type: mypy cannot see through `converter=tuple`.
def _rules(value: Iterable[Rule]) -> tuple[Rule, ...]:
    return as_tuple(value)


def _meters(value: Iterable[Meter]) -> tuple[Meter, ...]:
    return as_tuple(value)


def _offers(value: Iterable[Offer]) -> tuple[Offer, ...]:
    return as_tuple(value)


def _guarantees(value: Iterable[Guarantee]) -> tuple[Guarantee, ...]:
    return as_tuple(value)


def _copies(value: Mapping[str, Copy]) -> Mapping[str, Copy]:
    return dict(value) if isinstance(value, Mapping) else value


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
    links: Links = _LINKS

    def __attrs_post_init__(self) -> None:
        try:
            check_fields(self, _OF_A_POLICY)
        except InvalidValueError as error:
            code, message, advice = error.fault
            raise PolicyError(
                [Problem(code=code, message=message, help=advice, path=(error.field,))]
            ) from None
        faults = (*find_faults(self), *link_faults(self.links))
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


_OF_A_POLICY = {
    "publication": instance(Publication),
    "rules": each(instance(Rule), "[Rule(…)]"),
    "meters": each(instance(Meter), "[Meter(…)]"),
    "offers": each(instance(Offer), "[Offer(…)]"),
    "guarantees": each(instance(Guarantee), "[Guarantee(…)]"),
    "copy": table(TEXT, instance(Copy), '{"en": Copy(…)}'),
    "links": instance(Links),
}
_Named = TypeVar("_Named", Meter, Offer, Rule)


def _named(kind: str, name: str, items: tuple[_Named, ...]) -> _Named:
    for item in items:
        if item.name == name:
            return item
    advice = meant(name, [item.name for item in items])
    raise MeterError(f"the policy has no {kind} `{name}`; {advice}")

"""What readers can take, and what it opens: offers and products."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from attrs import field, frozen
from attrs.converters import optional

from meter import vocabulary
from meter.errors.kinds import FLAG, PRICE, TEXT, choice, either, instance, maybe
from meter.errors.values import Fault, check_fields, unknown_word
from meter.forms import SPAN, as_length
from meter.policy.conditions import EVERYONE, When
from meter.policy.times import stretch
from meter.vocabulary import OfferKind, Unit
from meter.windows import Term, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

__all__ = ["NOTHING", "Lasting", "Offer", "Product", "Then", "lasting"]

_WHEN = instance(When)
NOTHING: Literal["nothing"] = "nothing"
"""What a product opens that changes limits, offers and words only."""


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


def _every(value: Term | str) -> Term:
    # `per = "month"` is `per = "1 month"`.
    return _term(f"1 {value}" if value in set(Unit) else value)


_TERM = instance(Term, form="a term such as `3 months`, `1 year` or `14 days`")


@frozen(kw_only=True)
class Then:
    """What an offer costs once its first term is over: a price for each term after it."""

    price: Decimal = field(converter=_price)
    per: Term = field(converter=_every)

    def __attrs_post_init__(self) -> None:
        check_fields(self, {"price": PRICE, "per": _TERM})


@frozen(kw_only=True)
class Offer:
    """Something a reader can take, for those whom `when` describes.

    It runs from `starts` (a date is the start of that day) to `ends` (a date holds to the end of
    that day), in the publication's zone where they carry none of their own. `then` is what it costs
    afterwards, and `was` what it cost before. With `once` an account can start it one time: from
    then on it is not for that reader (see `Paywall.started`). With `lasts` it runs for each reader
    for so long (absolute time: a day is 24 hours) from the first view at which a prompt showed it
    to them, and is over for that reader then.
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
    then: Then | None = None
    once: bool = False
    lasts: timedelta | None = field(default=None, converter=optional(as_length))
    was: Decimal | None = field(default=None, converter=optional(_price))

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_AN_OFFER)

    def instants(self, zone: ZoneInfo) -> tuple[int | None, int | None]:
        """Return the half-open stretch of time this offer runs."""
        return stretch(self.starts, self.ends, zone)


class Lasting(NamedTuple):
    """How long an offer runs for each reader, in microseconds, and when it ends for everybody."""

    length: int
    end: int | None


def lasting(offers: Iterable[Offer], zone: ZoneInfo) -> dict[str, Lasting]:
    """Return the offers that run for each reader for a while, by name."""
    return {
        offer.name: Lasting(microseconds(offer.lasts), offer.instants(zone)[1])
        for offer in offers
        if offer.lasts is not None
    }


_OF_AN_OFFER = {
    "name": TEXT,
    "kind": choice(OfferKind),
    "price": PRICE,
    "currency": TEXT,
    "term": _TERM,
    "product": maybe(TEXT),
    **dict.fromkeys(("starts", "ends"), maybe(instance(date, form="a date such as `2026-06-30`"))),
    "when": _WHEN,
    "then": maybe(instance(Then, form='a table such as `{ price = 19, per = "month" }`')),
    "once": FLAG,
    "lasts": maybe(SPAN),
    "was": maybe(PRICE),
}


def _is_nothing(value: object, what: str) -> Fault | None:
    if value == NOTHING:
        return None
    return unknown_word(str(value), what, 'write `"nothing"`, or a condition on the article')


@frozen(kw_only=True)
class Product:
    """What a right with this product opens: the articles that `opens` describes.

    Without `opens` it opens all; `"nothing"` is a product that changes limits, offers and words
    only.
    """

    name: str
    opens: When | Literal["nothing"] = EVERYONE

    def __attrs_post_init__(self) -> None:
        check_fields(self, {"name": TEXT, "opens": either(_is_nothing, (str,), _WHEN)})

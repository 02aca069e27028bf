"""The keys of an offer and of a product: what readers can take, and what it opens."""

from __future__ import annotations

from functools import partial

from meter.errors.kinds import MOST_PRICE
from meter.loading.codes import currency_step
from meter.loading.conditions import WHEN
from meter.loading.fields import Boolean, Choice, Date, Key, Number, OneOf, Table, Text
from meter.loading.meters import LENGTH
from meter.policy import Offer, Product, Then
from meter.policy.offers import NOTHING
from meter.vocabulary import OfferKind, Unit
from meter.windows import Term

__all__ = ["OFFER", "PRODUCT"]

_PRICE = Number(least=0, most=MOST_PRICE, example="9")
_ONE = Term(1, Unit.MONTH)


def _every(text: str) -> Term:
    """Read a term; a bare `month` is one of it."""
    return Then(price=0, per=text).per if text in set(Unit) else Term.parse(text)


THEN = Table(
    noun="`then`",
    make=Then,
    example='{ price = 19, per = "month" }',
    keys={
        "price": Key(shape=_PRICE, says="the price of each term", required=True, filler=0),
        "per": Key(
            shape=Text(form="a term such as `month` or `4 weeks`", code="bad-term", make=_every),
            says="how long that is for; a bare `month` is one month",
            required=True,
            filler=_ONE,
        ),
    },
)

OFFER = Table(
    noun="an offer",
    make=partial(Offer, name="?"),
    example='{ price = 9, currency = "USD", term = "3 months" }',
    keys={
        "kind": Key(
            shape=Choice(words=OfferKind),
            says="what taking it makes of a reader: `trial` (the default) or `subscription`",
        ),
        "price": Key(
            shape=_PRICE,
            says="the price for the whole term",
            required=True,
            filler=0,
        ),
        "currency": Key(
            shape=Text(
                form="a currency that there is, such as `USD`",
                code="unknown-currency",
                check=currency_step,
            ),
            says="an ISO 4217 code",
            required=True,
            filler="USD",
        ),
        "term": Key(
            shape=Text(form="a term such as `3 months`", code="bad-term", make=Term.parse),
            says="how long it runs once taken",
            required=True,
            filler=_ONE,
        ),
        "product": Key(
            shape=Text(form='a text in quotes such as `"digital"`'), says="the product it gives"
        ),
        "starts": Key(
            shape=Date(times=True),
            says=(
                "from when it can be had; a date is the start of that day in the publication's zone"
            ),
        ),
        "ends": Key(
            shape=Date(times=True),
            says=(
                "until when it can be had; a date holds to the end of that day in the publication's"
                " zone"
            ),
        ),
        "when": Key(shape=WHEN, says="who may have it; without it, everyone"),
        "then": Key(
            shape=THEN,
            says='what it costs once the term is over, such as `{ price = 19, per = "month" }`',
        ),
        "once": Key(
            shape=Boolean(),
            says="whether an account can start it one time only (`Paywall.started` tells)",
        ),
        "lasts": Key(
            shape=LENGTH,
            says=(
                "how long it runs for each reader, from the first view at which a prompt showed it"
                " to them; days are 24 hours"
            ),
        ),
        "was": Key(shape=_PRICE, says="what the same term cost before, told beside the price"),
    },
)

_NOTHING = Text(
    form='a condition on the article such as `{ section = ["cooking"] }`, or `"nothing"`',
    code="unknown-word",
    check=lambda text: None if text == NOTHING else 'write `"nothing"` for what opens no article',
)

PRODUCT = Table(
    noun="a product",
    make=partial(Product, name="?"),
    example='{ opens = { section = ["cooking"] } }',
    keys={
        "opens": Key(
            shape=OneOf(by={dict: WHEN}, otherwise=_NOTHING),
            says=(
                'the articles that a right with this product covers; without it all, `"nothing"`'
                " for none"
            ),
        ),
    },
)

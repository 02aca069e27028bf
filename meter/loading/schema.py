"""The keys of a policy file, in one table.

The loader reads by it; the JSON Schema and the reference pages are made from it.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from meter.errors.kinds import MOST_PRICE
from meter.loading.codes import currency_step, locale_step
from meter.loading.conditions import WHEN, WHEN_KEY
from meter.loading.fields import (
    Choice,
    Date,
    Key,
    List,
    Localized,
    Mapping,
    Number,
    OneOf,
    Table,
    Text,
    either,
)
from meter.loading.meters import METER
from meter.policy import Copy, Guarantee, Links, Offer, Publication, Rule
from meter.policy.publication import link_step
from meter.vocabulary import OfferKind, Show, Unit, Wall
from meter.windows import Term

__all__ = ["POLICY", "policy_schema", "schema_text"]


def _name_step(name: str) -> str | None:
    if name.strip() and name != name.strip():
        return "a name has no space at its ends"
    if not name.isprintable():
        return "a name is one line, without characters that cannot be seen"
    return None


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
            shape=Number(least=0, most=MOST_PRICE, example="9"),
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
            filler=Term(1, Unit.MONTH),
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
    },
)

_NAME = Text(
    form='a name in quotes such as `"everyone else"`',
    longest=120,
    code="bad-name",
    check=_name_step,
)
_PUBLICATION_NAME = Text(form='a text in quotes such as `"The Harbour Review"`')
_OFFER_NAME = Text(form='the name of an offer such as `"summer"`')
_PROMPT_NAME = Text(form='the name of a prompt such as `"few-left"`')
_METER_NAME = Text(form='the name of a meter such as `"monthly"`')
_METER_NAMES = List(item=_METER_NAME, example='["daily", "monthly"]')
RULE = Table(
    noun="a rule",
    make=Rule,
    example='{ name = "…", show = "article" }',
    keys={
        "name": Key(
            shape=_NAME,
            says="a name of its own, which reports and explanations use",
            required=True,
            filler="",
        ),
        "when": WHEN_KEY,
        "spend": Key(
            shape=OneOf(by={list: _METER_NAMES}, otherwise=_METER_NAME),
            says=(
                "the meter to count the article on, or a list of meters that must all have"
                " allowance left and all count it; the rule then matches while allowance is left"
            ),
        ),
        "show": Key(
            shape=Choice(words=Show, also=Wall),
            says="what the page shows; `wall` is the wall that fits the reader and the offer",
            required=True,
            filler=Show.ARTICLE,
        ),
        "offer": Key(
            shape=_OFFER_NAME, says="the offer to show, while it runs and if the reader may have it"
        ),
        "prompt": Key(
            shape=_PROMPT_NAME, says="the prompt to use instead of the one called like `show`"
        ),
    },
)

_SHOWN = List(item=Choice(words=Show))
GUARANTEE = Table(
    noun="a guarantee",
    make=Guarantee,
    example='{ name = "…", never = ["subscription-wall"] }',
    also=either("never", "always"),
    keys={
        "name": Key(shape=_NAME, says="a name of its own", required=True, filler=""),
        "when": WHEN_KEY,
        "never": Key(shape=_SHOWN, says="what is never shown to them"),
        "always": Key(shape=_SHOWN, says="what they are always shown: one of these"),
    },
)

PUBLICATION = Table(
    noun="a publication",
    make=Publication,
    example='{ name = "The Harbour Review" }',
    keys={
        "name": Key(
            shape=_PUBLICATION_NAME, says="the name readers know", required=True, filler="?"
        ),
        "timezone": Key(
            shape=Text(form="the name of a time zone such as `Asia/Tokyo`"),
            says="the zone of every date and calendar window (`UTC` unless said otherwise)",
        ),
        "locale": Key(
            shape=Text(
                form="a locale that CLDR knows, such as `en`",
                code="unknown-locale",
                check=locale_step,
            ),
            says="the language of the prompts (`en` unless said otherwise)",
        ),
        "templates": Key(
            shape=Text(form='a folder such as `"prompts"`'),
            says=(
                "the folder of the publisher's own prompts, from that of this file: `meter check`"
                " and `meter render` look there"
            ),
        ),
    },
)

COPY = Table(
    noun="`copy`",
    make=Copy,
    example='{ headline = "…" }',
    keys={
        "headline": Key(
            shape=Text(form='a text in quotes such as `"Stay with us"`'),
            says="the headline of walls and offers",
        ),
        "pitch": Key(
            shape=Text(form="a text in quotes", longest=2000), says="the sentence below it"
        ),
        "benefits": Key(
            shape=List(item=Text(), most=20), says="what a subscription brings, a line each"
        ),
    },
)

_ADDRESS = Text(
    form="a path or an `https://` address", longest=2000, code="bad-link", check=link_step
)
LINKS = Table(
    noun="`links`",
    make=Links,
    example='{ subscribe = "/subscribe" }',
    keys={
        "subscribe": Key(shape=_ADDRESS, says="where one subscribes (`/subscribe`)"),
        "register": Key(shape=_ADDRESS, says="where one registers (`/register`)"),
        "sign_in": Key(shape=_ADDRESS, says="where one signs in (`/sign-in`)"),
        "offers": Key(shape=_ADDRESS, says="where an offer is taken (`/offers`)"),
        "about_sponsored": Key(
            shape=_ADDRESS, says="what sponsored content is (`/about-sponsored-content`)"
        ),
    },
)

COPIES = Localized(table=COPY, check=locale_step)

METERS = Mapping(noun="a meter", item=METER, check=_name_step, most=50, example="[meters.monthly]")
OFFERS = Mapping(noun="an offer", item=OFFER, check=_name_step, most=200, example="[offers.summer]")
RULES = List(item=RULE, most=500, least=0)
GUARANTEES = List(item=GUARANTEE, most=200)

POLICY = Table(
    noun="a policy",
    make=dict,
    example="[publication]",
    keys={
        "publication": Key(
            shape=PUBLICATION,
            says="who publishes, and in which zone and language",
            required=True,
            filler=Publication(name="?"),
        ),
        "meters": Key(shape=METERS, says="the allowances, by name: `[meters.monthly]`"),
        "offers": Key(shape=OFFERS, says="what readers can take, by name: `[offers.summer]`"),
        "rules": Key(
            shape=RULES,
            says="in order, each under `[[rules]]`: the first that matches decides",
            required=True,
            filler=(),
        ),
        "guarantees": Key(
            shape=GUARANTEES,
            says="what must hold whatever the rules say, each under `[[guarantees]]`",
        ),
        "copy": Key(
            shape=COPIES,
            says="the publisher's own words, in the publication's locale; `[copy.ja]` for another",
        ),
        "links": Key(shape=LINKS, says="where the prompts' buttons lead"),
    },
)


def policy_schema() -> dict[str, Any]:
    """Return the policy format as JSON Schema (draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A policy of meter",
        **POLICY.definition(),
        "$defs": {"when": WHEN.definition()},
    }


def schema_text() -> str:
    """Return the schema as the text of the file that is shipped, `templates/policy.schema.json`."""
    return json.dumps(policy_schema(), indent=2, ensure_ascii=False) + "\n"

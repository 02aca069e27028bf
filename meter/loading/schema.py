"""The keys of a policy file, in one table.

The loader reads by it; the JSON Schema and the reference pages are made from it.
"""

from __future__ import annotations

import json
from typing import Any

from attrs import evolve

from meter.loading.codes import locale_step
from meter.loading.conditions import WHEN, WHEN_KEY
from meter.loading.experiments import EXPERIMENT, HOLDOUT
from meter.loading.fields import (
    NOT_EMPTY,
    Boolean,
    Choice,
    Key,
    List,
    Localized,
    Mapping,
    Table,
    Text,
    either,
)
from meter.loading.machines import GIFTS, MACHINES
from meter.loading.meters import METER
from meter.loading.offers import OFFER, PRODUCT
from meter.loading.prompts import AT_MOST, NOUNS_BY_NAME, PROMPTS, TEXTS_BY_TABLE, WORDS_BY_PROMPT
from meter.loading.together.files import INCLUDE, INCLUDED, MOST_FILES
from meter.loading.together.rules import GROUPS, NAME, RULES, name_step
from meter.policy import Copy, Guarantee, Links, Publication
from meter.policy.promised import Promised
from meter.policy.promises import Promise, Promises
from meter.policy.publication import link_step

__all__ = ["PART", "POLICY", "policy_schema", "schema_text"]


_PUBLICATION_NAME = Text(form='a text in quotes such as `"The Harbour Review"`')
_SHOWN = List(item=Choice(words=Promised))
GUARANTEE = Table(
    noun="a guarantee",
    make=Guarantee,
    example='{ name = "…", never = ["subscription-wall"] }',
    also=either("never", "always", "disjoint", "prompt"),
    keys={
        "name": Key(shape=NAME, says="a name of its own", required=True, filler=""),
        "when": WHEN_KEY,
        "never": Key(
            shape=_SHOWN,
            says="what is never shown to them: words of `show`, or `wall` for every wall",
        ),
        "always": Key(
            shape=_SHOWN,
            says="what they are always shown, one of these: words of `show`, or `open` for all",
        ),
        "disjoint": Key(
            shape=List(item=NAME, example='["summer", "students"]'),
            says=(
                "instead of both: offers, or rules, of which no two are for the same reader and"
                " page view"
            ),
        ),
        "prompt": Key(
            shape=NAME,
            says="instead of all these: the prompt of which `at_most` says how often it is shown",
        ),
        "at_most": Key(
            shape=AT_MOST,
            says=(
                "with `prompt`: how often a reader is shown it in a window, as in `[prompts.NAME]`,"
                " at page views that `when` describes"
            ),
        ),
    },
)

_LOCALE = Text(
    form="a locale that CLDR knows, such as `en`", code="unknown-locale", check=locale_step
)
PUBLICATION = Table(
    noun="a publication",
    make=Publication,
    example='{ name = "The Harbour Review" }',
    elsewhere={"include": "write it at the top of the file, above `[publication]`"},
    keys={
        "name": Key(
            shape=_PUBLICATION_NAME, says="the name readers know", required=True, filler="?"
        ),
        "timezone": Key(
            shape=Text(form="the name of a time zone such as `Asia/Tokyo`"),
            says="the zone of every date and calendar window (`UTC` unless said otherwise)",
        ),
        "locale": Key(
            shape=_LOCALE,
            says="the language of the prompts (`en` unless said otherwise)",
        ),
        "templates": Key(
            shape=Text(form='a folder such as `"prompts"`'),
            says=(
                "the folder of the publisher's own prompts, from that of this file: `meter check`"
                " and `meter render` look there; or a set that ships, `meter:source`"
            ),
        ),
        "fallback": Key(
            shape=Mapping(
                noun="a locale",
                item=List(item=_LOCALE, most=20, example='["da", "sv"]'),
                check=locale_step,
                most=50,
                example='{ nb = ["da", "sv"] }',
            ),
            says=(
                "which languages, in order, stand in for one without words; after them comes"
                " `locale`"
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
        "prompts": Key(
            shape=WORDS_BY_PROMPT,
            says="the words of declared prompts in another language: `[copy.ja.prompts.consent]`",
        ),
        "nouns": Key(
            shape=NOUNS_BY_NAME,
            says='your own nouns of meters: `recipe = { one = "recipe", other = "recipes" }`',
        ),
        "texts": Key(
            shape=TEXTS_BY_TABLE,
            says=(
                "the texts of our prompts in a language that does not ship, or in other words:"
                " `[copy.is.texts.left]`"
            ),
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
        "subscribe": Key(
            shape=_ADDRESS, says="where one subscribes, and takes an offer (`/subscribe`)"
        ),
        "register": Key(shape=_ADDRESS, says="where one registers (`/register`)"),
        "sign_in": Key(shape=_ADDRESS, says="where one signs in (`/sign-in`)"),
        "offers": Key(shape=_ADDRESS, says="where all offers are (`/offers`)"),
        "about_sponsored": Key(
            shape=_ADDRESS, says="what sponsored content is (`/about-sponsored-content`)"
        ),
    },
)

PROMISES = Table(
    noun="`promises`",
    make=Promises,
    example='{ except = ["premium-stays-closed"] }',
    keys={
        "except": Key(
            shape=List(item=Choice(words=Promise)),
            says="the built-in promises that this policy does not make, on purpose",
        ),
    },
)

COPIES = Localized(table=COPY, check=locale_step)

METERS = Mapping(noun="a meter", item=METER, check=name_step, most=50, example="[meters.monthly]")
OFFERS = Mapping(noun="an offer", item=OFFER, check=name_step, most=200, example="[offers.summer]")
PRODUCTS = Mapping(
    noun="a product", item=PRODUCT, check=name_step, most=200, example="[products.cooking]"
)
EXPERIMENTS = Mapping(
    noun="an experiment", item=EXPERIMENT, check=name_step, most=50, example="[experiments.price]"
)
GUARANTEES = List(item=GUARANTEE, most=200, least=0)

_LISTED = List(
    item=Text(form='a word in quotes such as `"podcast"`'), example='["podcast", "video"]'
)
WORDS = Table(
    noun="`words`",
    make=dict,
    example='{ kind = ["podcast"] }',
    also=NOT_EMPTY,
    keys={
        "section": Key(shape=_LISTED, says="the sections; those below them are declared with them"),
        "kind": Key(shape=_LISTED, says="the kinds of article"),
        "tags": Key(shape=_LISTED, says="the tags of articles"),
        "segments": Key(shape=_LISTED, says="the segments of readers"),
        "product": Key(shape=_LISTED, says="the products of entitlements"),
        "device": Key(shape=_LISTED, says="the devices"),
        "channel": Key(shape=_LISTED, says="the channels"),
    },
)
SWITCHES = Mapping(
    noun="a switch", item=Boolean(), check=name_step, most=20, example="{ storm = false }"
)

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
        "prompts": Key(
            shape=PROMPTS,
            says="prompts in words, without a template, by name: `[prompts.consent]`",
        ),
        "products": Key(
            shape=PRODUCTS,
            says=(
                "what rights open, by product: `[products.cooking]`; where none is declared, each"
                " opens all, else one that is not declared opens nothing"
            ),
        ),
        INCLUDE: Key(
            shape=List(
                item=INCLUDED,
                most=MOST_FILES,
                least=0,
                example='["walls.toml"]',
            ),
            says="files beside this one whose tables are a part of this policy",
        ),
        "groups": Key(
            shape=GROUPS,
            says=(
                "rules that share a `when`, each group under `[[groups]]`, above `[[rules]]`: tried"
                " before those"
            ),
        ),
        "rules": Key(
            shape=RULES,
            says="in order, each under `[[rules]]`: the first that matches decides",
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
        "promises": Key(shape=PROMISES, says="which of the promises of every paywall are not made"),
        "words": Key(
            shape=WORDS,
            says="the words there are, by attribute: once they are named, any other is an error",
        ),
        "switches": Key(
            shape=SWITCHES,
            says="what the desk turns `true` and `false` in this file, by name",
        ),
        "experiments": Key(
            shape=EXPERIMENTS,
            says="who is in which variant, by name: `[experiments.price]`",
        ),
        "holdout": Key(
            shape=HOLDOUT, says="a share of all ids that is kept out of every experiment"
        ),
        "machines": Key(
            shape=MACHINES,
            says="what crawlers and agents are told: the site, its licence, its uses",
        ),
        "gifts": Key(
            shape=GIFTS,
            says="the gift links that readers may make, if any: how many, for how long, by whom",
        ),
    },
)

_OF_THE_OWN = (INCLUDE, "publication")
_IN_A_PART = [name for name in POLICY.keys if name not in _OF_THE_OWN]
PART = Table(
    noun="an included file",
    make=dict,
    example="[[rules]]",
    keys={name: evolve(POLICY.keys[name], required=False) for name in _IN_A_PART},
)
"""What a file may have that a policy includes: all but what is the policy's own."""


_HAVE_RULES = ("rules", "groups", INCLUDE)
"""The keys of a policy's own file of which one is needed: its rules stand there, or elsewhere."""


def policy_schema(table: Table = POLICY) -> dict[str, Any]:
    """Return the policy format as JSON Schema (draft 2020-12); of `PART`, that of a part of it."""
    somewhere = {"anyOf": [{"required": [key]} for key in _HAVE_RULES]} if table is POLICY else {}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{table.noun.capitalize()} of meter",
        **table.definition(),
        **somewhere,
        "$defs": {"when": WHEN.definition()},
    }


def schema_text() -> str:
    """Return the schema as the text of the file that is shipped, `templates/policy.schema.json`."""
    return json.dumps(policy_schema(), indent=2, ensure_ascii=False) + "\n"

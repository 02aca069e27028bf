"""What may stand in a policy file?

One table of every key, from which the loader reads, and the schema and reference are made.
"""

from __future__ import annotations

import json
import re
from typing import Any

from meter.loading.fields import (
    Day,
    Flag,
    Items,
    Key,
    Localized,
    Named,
    Number,
    Split,
    Table,
    Text,
    Whole,
    Word,
)
from meter.loading.problems import closest
from meter.policy import (
    Copy,
    Dates,
    Guarantee,
    Limit,
    Links,
    Members,
    Meter,
    Offer,
    Publication,
    Range,
    Rule,
    When,
)
from meter.validation import MOST_LIMIT
from meter.vocabulary import ArticleAccess, Count, OfferKind, Show, Status, Unit, Weekday
from meter.windows import Term, Window, parse_length

__all__ = ["POLICY", "code_step", "locale_step", "policy_schema", "schema_text"]


def locale_step(name: str) -> str | None:
    """Return the next step if `name` is not a locale that CLDR knows, else nothing."""
    from babel import localedata

    if re.fullmatch(r"[A-Za-z0-9]+([-_][A-Za-z0-9]+)*", name) and localedata.exists(
        name.replace("-", "_")
    ):
        return None
    close = _named("languages", name) or closest(
        name.replace("-", "_"),
        [known for known in localedata.locale_identifiers() if known[:1] == name[:1].lower()],
    )
    return (
        f"did you mean `{close.replace('_', '-')}`?"
        if close
        else "locales look like `en`, `ja` or `pt-BR`"
    )


def code_step(name: str, kind: str, examples: str) -> str:
    """Return the next step for somebody who wrote a name where the code of one of CLDR's
    `territories` or `languages` belongs.
    """
    code = _named(kind, name)
    return f"did you mean `{code.replace('_', '-')}`?" if code else f"codes look like {examples}"


def _named(kind: str, name: str) -> str | None:
    from babel import Locale

    return {known.casefold(): code for code, known in getattr(Locale("en"), kind).items()}.get(
        name.casefold()
    )


def _currency_step(code: str) -> str | None:
    from babel.core import get_global

    known = get_global("all_currencies")
    if code in known:
        return None
    close = code.upper() if code.upper() in known else None
    return (
        f"did you mean `{close}`?"
        if close
        else "a currency is three capitals, such as `USD`, `EUR` or `JPY`"
    )


def _link_step(link: str) -> str | None:
    if re.fullmatch(r"/(?![/\\])[^\s\\]*|https://[^\s/\\@]+(/[^\s\\]*)?", link):
        return None
    return "links are paths of your site that begin with one `/`, or begin with `https://`"


def _name_step(name: str) -> str | None:
    if name.strip() and name != name.strip():
        return "a name has no space at its ends"
    return (
        None if name.isprintable() else "a name is one line, without characters that cannot be seen"
    )


_NOT_EMPTY = {"minProperties": 1}


def _either(*keys: str, only: bool = False) -> dict[str, Any]:
    """Return the schema's way to say that one of some keys is there, or only one of them."""
    return {"oneOf" if only else "anyOf": [{"required": [key]} for key in keys]}


def _words(*examples: str) -> Items:
    return Items(
        item=Text(form=f'a word in quotes such as `"{examples[0]}"`'),
        example=json.dumps(list(examples)),
    )


_WORDS = _words("a", "b")
_MEMBERS = Split(
    by={
        list: _WORDS,
        dict: Table(
            noun="a set condition",
            make=Members,
            example='{ any = ["a"], none = ["b"] }',
            also=_NOT_EMPTY,
            keys={
                "any": Key(shape=_WORDS, says="at least one of these"),
                "all": Key(shape=_WORDS, says="every one of these"),
                "none": Key(shape=_WORDS, says="not one of these"),
            },
        ),
    },
    otherwise=_WORDS,
)


def _range(least: float, most: float, example: str) -> Table:
    number = Number(least=least, most=most, example=example)
    return Table(
        noun="a number condition",
        make=Range,
        example=f"{{ at_least = {example} }}",
        also=_NOT_EMPTY,
        keys={
            "equals": Key(shape=number, says="exactly this"),
            "at_least": Key(shape=number, says="this or more"),
            "at_most": Key(shape=number, says="this or less"),
            "above": Key(shape=number, says="more than this"),
            "below": Key(shape=number, says="less than this"),
        },
    )


_DATES = Table(
    noun="a date condition",
    make=Dates,
    example="{ from = 2026-06-01, until = 2026-06-30 }",
    also=_NOT_EMPTY,
    keys={
        "from": Key(shape=Day(), says="the first day, from its start in the publication's zone"),
        "until": Key(shape=Day(), says="the last day, to its end in the publication's zone"),
    },
)

WHEN: Table = Table(
    noun="a condition",
    make=When,
    ref="when",
    example='{ reader = ["anonymous"] }',
    keys={
        "reader": Key(
            shape=Items(item=Word(words=Status)), says="the reader's status is one of these"
        ),
        "access": Key(
            shape=Items(item=Word(words=ArticleAccess)),
            says="the article is sold in one of these ways",
        ),
        "section": Key(
            shape=_words("markets"),
            says="the section is one of these, or below one (`markets` covers `markets/asia`)",
        ),
        "kind": Key(shape=_words("opinion", "video"), says="the article is of one of these kinds"),
        "product": Key(
            shape=_words("digital"),
            says="a running entitlement of the reader is for one of these products",
        ),
        "country": Key(
            shape=_words("JP", "US"),
            says="the reader is in one of these countries (ISO 3166 codes such as `JP`)",
        ),
        "device": Key(shape=_words("mobile"), says="the page is read on one of these devices"),
        "channel": Key(
            shape=_words("newsletter"), says="the reader came through one of these channels"
        ),
        "language": Key(
            shape=_words("en", "ja"),
            says="the page is asked for in one of these languages (`en` covers `en-GB`)",
        ),
        "referrer": Key(
            shape=Items(item=Text(empty=True), example='["google.com"]'),
            says=(
                "the reader came from one of these hosts (`google.com` covers `news.google.com`,"
                ' `""` is no referrer at all)'
            ),
        ),
        "tags": Key(
            shape=_MEMBERS,
            says="the article's tags: any of a list, or `any`, `all`, `none` of lists",
        ),
        "segments": Key(
            shape=_MEMBERS,
            says="the reader's segments: any of a list, or `any`, `all`, `none` of lists",
        ),
        "score": Key(shape=_range(0, 1, "0.2"), says="the reader's propensity, between 0 and 1"),
        "age_days": Key(
            shape=_range(0, 100_000, "7"), says="whole days since the article was published"
        ),
        "days_since_expiry": Key(
            shape=_range(0, 100_000, "30"), says="whole days since the reader's access ended"
        ),
        "left": Key(
            shape=Named(
                noun="a meter",
                item=_range(0, MOST_LIMIT, "2"),
                example="{ monthly = { at_most = 2 } }",
            ),
            says="what would remain of a meter after this view",
        ),
        "gift": Key(shape=Flag(), says="whether the article was opened through a gift link"),
        "crawler": Key(shape=Flag(), says="whether a verified crawler asks"),
        "dates": Key(shape=_DATES, says="whole days in the publication's zone, both included"),
        "any": Key(shape=lambda: Items(item=WHEN), says="at least one of these conditions holds"),
        "not": Key(
            shape=lambda: WHEN,
            says="this condition does not hold (what is not known never matches)",
        ),
    },
)
_WHEN_KEY = Key(shape=WHEN, says="for whom and what; without it, for everyone and everything")

LIMIT = Whole(least=0, most=MOST_LIMIT, code="bad-limit", advice="0 is a wall at once")
_LENGTH = Text(form="a length such as `30 days`", code="bad-length", make=parse_length)

WINDOW = Table(
    noun="a window",
    make=Window,
    code="bad-window",
    example='{ calendar = "month" }',
    also=_either("calendar", "rolling", "fixed", "lifetime", only=True),
    keys={
        "calendar": Key(shape=Word(words=Unit), says="a calendar unit in the publication's zone"),
        "starts": Key(
            shape=Word(words=Weekday),
            says="the day a calendar week starts on (Monday unless said otherwise)",
        ),
        "rolling": Key(shape=_LENGTH, says="the last so many hours or days of 24 hours"),
        "fixed": Key(shape=_LENGTH, says="so many hours or days from the first read"),
        "lifetime": Key(shape=Flag(), says="`true`: it never ends"),
    },
)


def _meter(**keys: Any) -> Meter:
    if ("limit" in keys) is ("limits" in keys):
        raise ValueError(
            "a meter has either `limit` or `limits`"
            if keys.get("limits")
            else "a meter needs `limit`, such as `limit = 5`"
        )
    return Meter(name="?", **keys)


_LIMITS_BY_STATUS = Named(
    noun="a reader status",
    item=LIMIT,
    words=Status,
    least=0,
    example="{ anonymous = 3, registered = 5 }",
)

METER = Table(
    noun="a meter",
    make=_meter,
    code="bad-meter",
    example='{ window = { calendar = "month" }, limit = 5 }',
    also=_either("limit", "limits", only=True),
    keys={
        "window": Key(
            shape=WINDOW,
            says="the stretch of time the allowance is for",
            required=True,
            filler=Window(lifetime=True),
        ),
        "limit": Key(
            shape=Split(by={dict: _LIMITS_BY_STATUS}, otherwise=LIMIT),
            filler=1,
            says=(
                "how many are free: one number, or one for each reader status (a status that is not"
                " named gets 0)"
            ),
        ),
        "limits": Key(
            shape=Items(
                item=Table(
                    noun="a limit",
                    make=Limit,
                    example="{ limit = 3 }",
                    keys={
                        "when": _WHEN_KEY,
                        "limit": Key(
                            shape=LIMIT, says="how many are free", required=True, filler=0
                        ),
                    },
                ),
            ),
            says="instead of `limit`: a list, of which the first that matches holds",
        ),
        "count": Key(
            shape=Word(words=Count), says="`articles` (distinct ones, the default) or `views`"
        ),
    },
)

OFFER = Table(
    noun="an offer",
    make=lambda **keys: Offer(name="?", **keys),
    example='{ price = 9, currency = "USD", term = "3 months" }',
    keys={
        "kind": Key(
            shape=Word(words=OfferKind),
            says="what taking it makes of a reader: `trial` (the default) or `subscription`",
        ),
        "price": Key(
            shape=Number(least=0, most=1_000_000_000, example="9"),
            says="the price for the whole term",
            required=True,
            filler=0,
        ),
        "currency": Key(
            shape=Text(
                form="a currency that there is, such as `USD`",
                code="unknown-currency",
                check=_currency_step,
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
            shape=Day(times=True),
            says=(
                "from when it can be had; a date is the start of that day in the publication's zone"
            ),
        ),
        "ends": Key(
            shape=Day(times=True),
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
        "when": _WHEN_KEY,
        "spend": Key(
            shape=_METER_NAME,
            says="the meter to count the article on; the rule then matches while allowance is left",
        ),
        "show": Key(
            shape=Word(words=Show), says="what the page shows", required=True, filler=Show.ARTICLE
        ),
        "offer": Key(
            shape=_OFFER_NAME, says="the offer to show, while it runs and if the reader may have it"
        ),
        "prompt": Key(
            shape=_PROMPT_NAME, says="the prompt to use instead of the one called like `show`"
        ),
    },
)

_SHOWN = Items(item=Word(words=Show))
GUARANTEE = Table(
    noun="a guarantee",
    make=Guarantee,
    example='{ name = "…", never = ["subscription-wall"] }',
    also=_either("never", "always"),
    keys={
        "name": Key(shape=_NAME, says="a name of its own", required=True, filler=""),
        "when": _WHEN_KEY,
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
            shape=Items(item=Text(), most=20), says="what a subscription brings, a line each"
        ),
    },
)

_LINK = Text(
    form="a path or an `https://` address", longest=2000, code="bad-link", check=_link_step
)
LINKS = Table(
    noun="`links`",
    make=Links,
    example='{ subscribe = "/subscribe" }',
    keys={
        "subscribe": Key(shape=_LINK, says="where one subscribes (`/subscribe`)"),
        "register": Key(shape=_LINK, says="where one registers (`/register`)"),
        "sign_in": Key(shape=_LINK, says="where one signs in (`/sign-in`)"),
        "offers": Key(shape=_LINK, says="where an offer is taken (`/offers`)"),
        "about_sponsored": Key(
            shape=_LINK, says="what sponsored content is (`/about-sponsored-content`)"
        ),
    },
)

COPIES = Localized(table=COPY, check=locale_step)

METERS = Named(noun="a meter", item=METER, check=_name_step, most=50, example="[meters.monthly]")
OFFERS = Named(noun="an offer", item=OFFER, check=_name_step, most=200, example="[offers.summer]")
RULES = Items(item=RULE, most=500, least=0)
GUARANTEES = Items(item=GUARANTEE, most=200)

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

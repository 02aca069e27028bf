"""The keys of a condition: what may stand below `when`, wherever there is one."""

from __future__ import annotations

import json

from meter.loading.fields import (
    Boolean,
    Choice,
    Date,
    Key,
    List,
    Mapping,
    Number,
    OneOf,
    Table,
    Text,
)
from meter.policy import Dates, When
from meter.validation import MOST_LIMIT
from meter.vocabulary import ArticleAccess, Members, Range, Status

__all__ = ["WHEN", "WHEN_KEY"]

_NOT_EMPTY = {"minProperties": 1}


def _words(*examples: str) -> List:
    return List(
        item=Text(form=f'a word in quotes such as `"{examples[0]}"`'),
        example=json.dumps(list(examples)),
    )


_WORDS = _words("a", "b")
_MEMBERS = OneOf(
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
        "from": Key(shape=Date(), says="the first day, from its start in the publication's zone"),
        "until": Key(shape=Date(), says="the last day, to its end in the publication's zone"),
    },
)

WHEN: Table = Table(
    noun="a condition",
    make=When,
    ref="when",
    example='{ reader = ["anonymous"] }',
    keys={
        "reader": Key(
            shape=List(item=Choice(words=Status)), says="the reader's status is one of these"
        ),
        "access": Key(
            shape=List(item=Choice(words=ArticleAccess)),
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
            shape=List(item=Text(empty=True), example='["google.com"]'),
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
            shape=Mapping(
                noun="a meter",
                item=_range(0, MOST_LIMIT, "2"),
                example="{ monthly = { at_most = 2 } }",
            ),
            says=(
                "what remains of a meter: after this view, where this rule spends it, else as it is"
            ),
        ),
        "used": Key(
            shape=Mapping(
                noun="a meter",
                item=_range(0, MOST_LIMIT, "5"),
                example="{ monthly = { at_least = 5 } }",
            ),
            says="how much a meter has counted before this view, also above a lowered limit",
        ),
        "exhausted": Key(
            shape=_words("monthly"),
            says=(
                "nothing is left of one of these meters before this view, and the article is not"
                " counted already"
            ),
        ),
        "gift": Key(shape=Boolean(), says="whether the article was opened through a gift link"),
        "crawler": Key(shape=Boolean(), says="whether a verified crawler asks"),
        "dates": Key(shape=_DATES, says="whole days in the publication's zone, both included"),
        "any": Key(shape=lambda: List(item=WHEN), says="at least one of these conditions holds"),
        "not": Key(
            shape=lambda: WHEN,
            says="this condition does not hold (what is not known never matches)",
        ),
    },
)

WHEN_KEY = Key(shape=WHEN, says="for whom and what; without it, for everyone and everything")

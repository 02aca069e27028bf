"""The keys of a condition: what may stand below `when`, wherever there is one."""

from __future__ import annotations

import json

from meter.loading.conditions.times import AGE, HOURS, SINCE, dates_of, old_days
from meter.loading.fields import (
    NOT_EMPTY,
    Boolean,
    Choice,
    FlagOr,
    Key,
    List,
    Mapping,
    Number,
    OneOf,
    Table,
    Text,
)
from meter.policy import When
from meter.policy.prompts import MOST_TIMES
from meter.validation import ARCHIVE_YEARS, MOST_LIMIT, YEARS
from meter.vocabulary import ArticleAccess, CrawlerClass, Members, Range, Status, Weekday

__all__ = ["WHEN", "WHEN_KEY"]


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
            also=NOT_EMPTY,
            keys={
                "any": Key(shape=_WORDS, says="at least one of these"),
                "all": Key(shape=_WORDS, says="every one of these"),
                "none": Key(shape=_WORDS, says="not one of these"),
            },
        ),
    },
    otherwise=_WORDS,
)


def _words_or_none(example: str) -> OneOf:
    """Return the shape of what an article has one of: a list of words, or those it has not."""
    listed = _words(example)
    return OneOf(
        by={
            list: listed,
            dict: Table(
                noun="a table of what an article is not",
                make=Members,
                example=f'{{ none = ["{example}"] }}',
                also=NOT_EMPTY,
                keys={
                    "none": Key(
                        shape=listed, says="not one of these; it holds where there is none at all"
                    )
                },
            ),
        },
        otherwise=listed,
    )


def _range(least: float, most: float, example: str) -> Table:
    number = Number(least=least, most=most, example=example)
    return Table(
        noun="a number condition",
        make=Range,
        example=f"{{ at_least = {example} }}",
        also=NOT_EMPTY,
        keys={
            "equals": Key(shape=number, says="exactly this"),
            "at_least": Key(shape=number, says="this or more"),
            "at_most": Key(shape=number, says="this or less"),
            "above": Key(shape=number, says="more than this"),
            "below": Key(shape=number, says="less than this"),
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
            shape=_words_or_none("markets"),
            says=(
                "the section is one of these, or below one (`markets` covers `markets/asia`); or it"
                " is in `none` of them"
            ),
        ),
        "kind": Key(
            shape=_words_or_none("opinion"),
            says="the article is of one of these kinds, or of `none` of them",
        ),
        "product": Key(
            shape=_words("digital"),
            says="a running entitlement of the reader is for one of these products",
        ),
        "country": Key(
            shape=_words("JP", "US"),
            says=(
                "the reader is in one of these countries (ISO 3166 codes such as `JP`), or regions"
                " (`SE-M`; `SE` covers it)"
            ),
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
        "value": Key(shape=_range(0, 1, "0.8"), says="the article's value, between 0 and 1"),
        "age": Key(
            shape=AGE,
            says="how long ago the article was published; what is not published yet has no age",
        ),
        "since": Key(shape=SINCE, says="how long ago something happened to this reader"),
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
        "seen": Key(
            shape=Mapping(
                noun="a prompt",
                item=_range(0, MOST_TIMES, "2"),
                example="{ give = { at_least = 2 } }",
            ),
            says=(
                "how often a declared prompt was shown to this reader before this view, in the"
                " longest window of its `at_most`"
            ),
        ),
        "account": Key(
            shape=Boolean(), says="whether the reader has an account: is anything but `anonymous`"
        ),
        "entitled": Key(
            shape=Boolean(), says="whether the reader is a `subscriber`, in a `trial`, or `staff`"
        ),
        "covered": Key(
            shape=Boolean(), says="whether a running right of the reader covers the article"
        ),
        "gift": Key(shape=Boolean(), says="whether the article was opened through a gift link"),
        "crawler": Key(
            shape=FlagOr(other=List(item=Choice(words=CrawlerClass), example='["search"]')),
            says="whether a verified crawler asks, or one of these classes of them",
        ),
        "dates": Key(
            shape=dates_of("a date condition", YEARS),
            says="whole days in the publication's zone, both included, or times",
        ),
        "published": Key(
            shape=dates_of("a date of publication", ARCHIVE_YEARS),
            says="the article was published on these dates, or between these times",
        ),
        "weekday": Key(
            shape=List(item=Choice(words=Weekday), example='["saturday", "sunday"]'),
            says="it is one of these days of the week in the publication's zone",
        ),
        "hour": Key(
            shape=HOURS,
            says="the hour by the clock of the publication's zone; over midnight, if so written",
        ),
        "experiment": Key(
            shape=Mapping(
                noun="an experiment", item=_words("nine"), example='{ price = ["nine"] }'
            ),
            says="the reader is in one of these variants of an experiment that is for this view",
        ),
        "switch": Key(shape=_words("storm"), says="one of these switches is on"),
        "any": Key(shape=lambda: List(item=WHEN), says="at least one of these conditions holds"),
        "not": Key(
            shape=lambda: WHEN,
            says="this condition does not hold (what is not known never matches)",
        ),
    },
    retired={
        "age_days": lambda value: f"age = {{ {old_days(value)} }}",
        "days_since_expiry": lambda value: f"since = {{ expiry = {{ {old_days(value)} }} }}",
    },
)

WHEN_KEY = Key(shape=WHEN, says="for whom and what; without it, for everyone and everything")

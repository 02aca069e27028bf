"""Every key of what can happen to a reader in a journey file, and the shapes of its values.

The shapes are those of policy files, so every problem is located and told in the same words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, Unpack

from attrs import evolve, frozen

from meter.forms import parse_length
from meter.journeys.actions import Cancel, StartTrial, Subscribe
from meter.journeys.person import parse_span
from meter.loading.event_parts import CRAWLER
from meter.loading.fields import (
    Boolean,
    Choice,
    Date,
    Key,
    List,
    Number,
    OneOf,
    Table,
    Text,
)
from meter.validation import ARCHIVE_YEARS
from meter.vocabulary import ArticleAccess
from meter.windows import Term

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime, timedelta

    from meter.loading.problems import ProblemCollector

__all__ = [
    "ACTIONS",
    "ARTICLE",
    "ARTICLE_KEYS",
    "AT",
    "CANCEL",
    "GRACE",
    "ID",
    "READ",
    "SPAN",
    "START_TRIAL",
    "SUBSCRIBE",
    "WHEN",
    "WORD",
    "WORDS",
]


@frozen
class Yes:
    """`true`, and nothing else: a thing that happens cannot be turned off."""

    form: str = "`true`"

    def read(self, value: object, path: tuple[str | int, ...], report: ProblemCollector) -> object:
        """Return `True`, or report."""
        read: object = Boolean().read(value, path, report)
        if read is False:
            report.add(
                "wrong-type", path, f"`{path[-1]}` is `true` where it happens", "remove the line"
            )
        return read

    def schema(self) -> dict[str, object]:
        """Return the shape as JSON Schema."""
        return {"const": True}


SPAN = Text(form="a stretch of time such as `2 days`", code="bad-length", make=parse_span)
_TERM = Text(form="a term such as `3 months`", code="bad-term", make=Term.parse)
GRACE = Text(form='a length such as `"7 days"`', code="bad-length", make=parse_length)
WHEN = Date(times=True)
AT = evolve(WHEN, advice="check the year")
_PUBLISHED = evolve(AT, years=ARCHIVE_YEARS)
ID = Text(form='an id in quotes such as `"a1"`', longest=500)
WORD = Text()
WORDS = List(item=WORD)

ARTICLE_KEYS = {
    "access": Key(
        shape=Choice(words=ArticleAccess),
        says="how it is sold: `free`, `metered` (the default) or `premium`",
    ),
    "section": Key(shape=WORD, says="its section, such as `markets/asia`"),
    "tags": Key(shape=WORDS, says="its tags; sponsored content is a tag"),
    "kind": Key(shape=WORD, says="what kind of article it is"),
    "published": Key(shape=_PUBLISHED, says="when it was published"),
    "value": Key(shape=Number(least=0, most=1), says="its value, between 0 and 1"),
}
ARTICLE = Table(
    noun="an article",
    make=dict,
    example='{ access = "premium" }',
    keys={
        "id": Key(shape=ID, says="its id, if that is not the name of the table"),
        **ARTICLE_KEYS,
    },
)

READ = Table(
    noun="`read`",
    make=dict,
    example='{ id = "a1", referrer = "example.com" }',
    keys={
        "id": Key(
            shape=ID,
            says="the article's id, or the name of one under `[articles]`",
            required=True,
            filler="?",
        ),
        **ARTICLE_KEYS,
        "referrer": Key(shape=WORD, says="the host the reader comes from"),
        "channel": Key(shape=WORD, says="the channel the reader comes through"),
        "device": Key(
            shape=WORD,
            says="the device as the policy calls it, if that is not the journey's name of it",
        ),
        "country": Key(shape=WORD, says="the country the page is asked for from"),
        "language": Key(shape=WORD, says="the language of the page"),
        "gift": Key(shape=Boolean(), says="whether it is opened through a gift link"),
        "crawler": Key(shape=CRAWLER, says="whether a verified crawler asks, or its class"),
        "prefetch": Key(
            shape=Boolean(), says="whether the browser only fetches it ahead: this never counts"
        ),
    },
)


class _RightKeys(TypedDict, total=False):
    offer: str
    product: str
    term: Term
    ends: date | datetime
    grace: timedelta


class _SubscribeKeys(_RightKeys, total=False):
    renews: bool


class _TrialKeys(_RightKeys, total=False):
    then: str


class _CancelKeys(TypedDict, total=False):
    now: bool
    ends: date | datetime


def _subscribe(**keys: Unpack[_SubscribeKeys]) -> Subscribe:
    _check_end(keys)
    return Subscribe(**keys)


def _start_trial(**keys: Unpack[_TrialKeys]) -> StartTrial:
    if not keys.keys() & {"offer", "term", "ends"}:
        raise ValueError(
            'a trial needs `offer`, `term` or `ends`, such as `start_trial = { term = "3 months" }`'
        )
    _check_end(keys)
    return StartTrial(**keys)


def _check_end(keys: Mapping[str, object]) -> None:
    if "term" in keys and "ends" in keys:
        raise ValueError("`term` and `ends` both say when it ends; keep one of them")


def _cancel(**keys: Unpack[_CancelKeys]) -> Cancel:
    if len(keys) != 1:
        raise ValueError(
            "write `cancel = true`, `cancel = { now = true }` or `cancel = { ends = 2026-12-31 }`"
        )
    return Cancel(**keys)


_RIGHT_KEYS = {
    "offer": Key(
        shape=Text(form="the name of an offer"),
        says="the offer of the policy that is taken: its term and product hold",
    ),
    "product": Key(shape=WORD, says="the product it gives"),
    "term": Key(shape=_TERM, says="how long it runs"),
    "ends": Key(shape=WHEN, says="when it ends; a date holds to the end of that day"),
}
SUBSCRIBE = Table(
    noun="`subscribe`",
    make=_subscribe,
    example='{ term = "1 year" }',
    keys={
        **_RIGHT_KEYS,
        "grace": Key(
            shape=GRACE, says="how long it still reads after the end while a payment is sorted out"
        ),
        "renews": Key(
            shape=Boolean(),
            says=(
                "whether a term is paid for again at its end, until that is cancelled (`true`"
                " unless said otherwise)"
            ),
        ),
    },
)
START_TRIAL = Table(
    noun="`start_trial`",
    make=_start_trial,
    example='{ term = "3 months" }',
    keys={
        **_RIGHT_KEYS,
        "then": Key(
            shape=Text(form="the name of an offer"),
            says=(
                "the subscription offer it goes on as at its end, unless that is cancelled;"
                " without it, it ends"
            ),
        ),
    },
)
CANCEL = Table(
    noun="`cancel`",
    make=_cancel,
    example="{ now = true }",
    keys={
        "now": Key(shape=Yes(), says="it ends at once"),
        "ends": Key(shape=WHEN, says="it ends then; a date holds to the end of that day"),
    },
)

ACTIONS = {
    "read": Key(
        shape=OneOf(by={dict: READ}, otherwise=ID),
        says="opens an article, by its id or with attributes",
    ),
    "sign_in": Key(
        shape=OneOf(by={bool: Yes()}, otherwise=ID),
        says=(
            "signs in or registers (`true`, or the account's id): what this device counted joins"
            " what the account has counted"
        ),
    ),
    "sign_out": Key(shape=Yes(), says="signs out on this device"),
    "subscribe": Key(
        shape=OneOf(by={bool: Yes(), dict: SUBSCRIBE}, otherwise=Text(form="the name of an offer")),
        says=(
            "buys a subscription, paid for again at the end of each term: `true` for one without an"
            " end, the name of an offer, or a table"
        ),
    ),
    "start_trial": Key(
        shape=OneOf(by={dict: START_TRIAL}, otherwise=Text(form="the name of an offer")),
        says="starts a trial: the name of an offer, or a table",
    ),
    "end_trial": Key(shape=Yes(), says="ends the running trial now"),
    "cancel": Key(
        shape=OneOf(by={dict: CANCEL}, otherwise=Yes()),
        says="cancels the subscription, which runs on to its end; `{ now = true }` ends it at once",
    ),
    "payment_fails": Key(
        shape=Yes(),
        says="the next payment fails: what runs ends where it is paid for, and its grace begins",
    ),
    "switch_device": Key(
        shape=ID,
        says=(
            "goes on on another device, which knows nothing of this one until somebody signs in"
            " there"
        ),
    ),
    "clear_cookies": Key(shape=Yes(), says="clears this device's cookies: a new anonymous reader"),
    "dismiss": Key(
        shape=Text(form='the name of a prompt such as `"give"`'),
        says="closes a prompt: one with `quiet_after` for `closed` is silent after that",
    ),
    "wait": Key(shape=SPAN, says="lets time pass"),
}

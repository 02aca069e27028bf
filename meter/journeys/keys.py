"""Every key of a journey file, in one table: files are read and the reference is made from it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors.values import no_offset
from meter.journeys.action_keys import ACTIONS, ARTICLE, AT, GRACE, ID, SPAN, WHEN, WORD, WORDS
from meter.journeys.person import Right
from meter.journeys.steps import Expect
from meter.loading.codes import locale_step
from meter.loading.fields import (
    REFUSED,
    Boolean,
    Choice,
    Date,
    Integer,
    Key,
    List,
    Mapping,
    Number,
    OneOf,
    Table,
    Text,
    label,
)
from meter.loading.fields.shape import refused
from meter.vocabulary import Access, EntitlementKind, Show

if TYPE_CHECKING:
    from meter.loading.positions import Path
    from meter.loading.problems import ProblemCollector

__all__ = ["ENTITLEMENT", "EXPECT", "JOURNEY", "READER", "STEP"]

_SAID = Text(longest=1000)
_SAYS = OneOf(by={list: List(item=_SAID), bool: Boolean()}, otherwise=_SAID)
_COUNT_OR_NONE = OneOf(by={bool: Boolean()}, otherwise=Integer(least=0, most=10_000))
_NAME_OR_NONE = OneOf(by={bool: Boolean()}, otherwise=WORD)
EXPECT = Table(
    noun="`expect`",
    make=Expect,
    example='{ show = "countdown" }',
    keys={
        "show": Key(shape=Choice(words=Show), says="what the page shows"),
        "access": Key(shape=Choice(words=Access), says="`full` or `preview`"),
        "left": Key(
            shape=_COUNT_OR_NONE,
            says="what remains of the meter after this view; `false` where none is told",
        ),
        "used": Key(
            shape=_COUNT_OR_NONE,
            says=("what the meter has counted, this view included; `false` where no meter is told"),
        ),
        "counted": Key(shape=Boolean(), says="whether this view spent one"),
        "rule": Key(shape=WORD, says="the name of the rule that decides"),
        "offer": Key(
            shape=_NAME_OR_NONE, says="the name of the offer that is shown; `false` for none"
        ),
        "offers": Key(
            shape=List(item=WORD), says="the names of all offers that are shown, in order"
        ),
        "prompt": Key(shape=_NAME_OR_NONE, says="the name of the prompt; `false` for none"),
        "resets_at": Key(
            shape=OneOf(by={bool: Boolean()}, otherwise=AT),
            says=(
                "when allowance comes back; a date is the start of that day in the publication's"
                " zone; `false` for never"
            ),
        ),
        "exposed": Key(
            shape=List(item=WORD, least=0),
            says="the names of the experiments that this view exposes to; `[]` for none",
        ),
        "says": Key(
            shape=_SAYS,
            says=(
                "a text, or a list of texts, that the prompt contains word for word; `false` where"
                " nothing is said"
            ),
        ),
    },
)


def _step(**keys: object) -> dict[str, object]:
    done = [f"`{key}`" for key in ACTIONS if key in keys]
    if not done:
        known = ", ".join(f"`{key}`" for key in ACTIONS)
        raise ValueError(f"a step does exactly one thing: one of {known}")
    if len(done) > 1:
        raise ValueError(f"a step does exactly one thing, but this one has {' and '.join(done)}")
    if "at" in keys and "after" in keys:
        raise ValueError("a step is `at` a time or `after` a stretch of time, not both")
    return keys


STEP = Table(
    noun="a step",
    make=_step,
    code="bad-step",
    example='{ after = "2 days", read = "a1" }',
    keys={
        "at": Key(
            shape=AT,
            says=(
                "when it happens: a time, or a date for the start of that day; without a zone, in"
                " the publication's"
            ),
        ),
        "after": Key(
            shape=SPAN,
            says=(
                "how long after the step before it happens; without `at` and `after`, at the same"
                " time"
            ),
        ),
        **ACTIONS,
        "expect": Key(
            shape=EXPECT, says="what the step must bring: with it, the journey is a test"
        ),
    },
)

ENTITLEMENT = Table(
    noun="an entitlement",
    make=Right,
    example='{ kind = "subscription" }',
    keys={
        "kind": Key(
            shape=Choice(words=EntitlementKind),
            says="where the right comes from",
            required=True,
            filler=EntitlementKind.GIFT,
        ),
        "product": Key(shape=WORD, says="the product it gives"),
        "article": Key(shape=ID, says="the article that a `purchase` or a `gift` is for"),
        "section": Key(shape=WORD, says="the section, with all below it, that it is for"),
        "tags": Key(shape=List(item=WORD), says="the tags, any of them, that it is for"),
        "starts": Key(shape=WHEN, says="when it starts; a date is the start of that day"),
        "ends": Key(
            shape=WHEN, says="when it ends; a date holds to the end of that day; without it, never"
        ),
        "grace": Key(
            shape=GRACE, says="how long it still reads after the end while a payment is sorted out"
        ),
    },
)


@frozen(kw_only=True)
class _ZonedTime(Date):
    """A time with its offset: a reader's past is the same in every publication's zone."""

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return the time, or report."""
        when = super().read(value, path, report)
        if when is REFUSED or (isinstance(when, datetime) and when.tzinfo is not None):
            return when
        advice = "add one, such as `Z` or `+09:00`"
        return refused(no_offset(str(when), label(path), advice), path, report)


READER = Table(
    noun="a reader",
    make=dict,
    example='{ id = "ana", registered = true }',
    keys={
        "id": Key(shape=ID, says="the reader's account id (`reader` unless said otherwise)"),
        "registered": Key(
            shape=Boolean(), says="whether the reader has an account and starts signed in"
        ),
        "registered_at": Key(
            shape=_ZonedTime(times=True), says="when they registered: a time with its offset"
        ),
        "entitlements": Key(
            shape=List(item=ENTITLEMENT),
            says="what the reader may read already; such a reader starts signed in",
        ),
        "segments": Key(shape=WORDS, says="the segments the reader is in"),
        "country": Key(shape=WORD, says="the reader's country"),
        "score": Key(
            shape=Number(least=0, most=1), says="the reader's propensity, between 0 and 1"
        ),
        "visitor": Key(
            shape=ID, says="the id that the site keeps through sign-in, by which experiments go"
        ),
        "device": Key(
            shape=ID, says="the device the journey starts on (`laptop` unless said otherwise)"
        ),
        "language": Key(shape=WORD, says="the language the reader asks pages in"),
        "channel": Key(shape=WORD, says="the channel the reader comes through"),
    },
)

JOURNEY = Table(
    noun="a journey",
    make=dict,
    example="[[steps]]",
    keys={
        "title": Key(shape=Text(), says="what the journey shows, for whoever reads the timeline"),
        "policy": Key(
            shape=Text(form="the path of a policy file"),
            says="the policy it is for, from the folder of this file",
        ),
        "locale": Key(
            shape=Text(form="a locale such as `ja`", code="unknown-locale", check=locale_step),
            says=(
                "the language of the prompts, and of what `says` expects; without it, the"
                " publication's"
            ),
        ),
        "start": Key(shape=AT, says="the time before the first step, if that is not dated itself"),
        "reader": Key(shape=READER, says="who reads; without it, an anonymous reader"),
        "articles": Key(
            shape=Mapping(noun="an article", item=ARTICLE, most=1000),
            says="articles that steps name, by name",
        ),
        "steps": Key(
            shape=List(item=STEP, most=5000),
            says="what happens, in order",
            required=True,
            filler=(),
        ),
    },
)

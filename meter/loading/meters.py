"""The keys of a meter: its window, and how much is free in it."""

from __future__ import annotations

from meter.forms import parse_length
from meter.loading.conditions import WHEN_KEY
from meter.loading.fields import (
    Boolean,
    Choice,
    Integer,
    Key,
    List,
    Mapping,
    OneOf,
    Table,
    Text,
    either,
)
from meter.policy import Limit, Meter
from meter.policy.prompts import NOUNS
from meter.validation import MOST_LIMIT
from meter.vocabulary import Count, Status, Unit, Weekday
from meter.windows import Window

__all__ = ["METER"]

_LIMIT = Integer(least=0, most=MOST_LIMIT, code="bad-limit", advice="0 is a wall at once")
_LENGTH = Text(form="a length such as `30 days`", code="bad-length", make=parse_length)

_WINDOW = Table(
    noun="a window",
    make=Window,
    code="bad-window",
    example='{ calendar = "month" }',
    also=either("calendar", "rolling", "fixed", "lifetime", only=True),
    keys={
        "calendar": Key(shape=Choice(words=Unit), says="a calendar unit in the publication's zone"),
        "starts": Key(
            shape=Choice(words=Weekday),
            says="the day a calendar week starts on (Monday unless said otherwise)",
        ),
        "rolling": Key(shape=_LENGTH, says="the last so many hours or days of 24 hours"),
        "fixed": Key(shape=_LENGTH, says="so many hours or days from the first read"),
        "lifetime": Key(shape=Boolean(), says="`true`: it never ends"),
    },
)


def _meter(
    *,
    window: Window,
    limit: int | dict[Status, int] | None = None,
    limits: tuple[Limit, ...] | None = None,
    count: Count = Count.ARTICLES,
    noun: str = NOUNS[0],
) -> Meter:
    """Return a meter that has no name yet; how much is free is said in one of two ways."""
    if limits is None:
        if limit is None:
            raise ValueError("a meter needs `limit`, such as `limit = 5`")
        return Meter(name="?", window=window, limit=limit, count=count, noun=noun)
    if limit is not None:
        raise ValueError("a meter has either `limit` or `limits`")
    return Meter(name="?", window=window, limits=limits, count=count, noun=noun)


_LIMITS_BY_STATUS = Mapping(
    noun="a reader status",
    item=_LIMIT,
    words=Status,
    least=0,
    example="{ anonymous = 3, registered = 5 }",
)

METER = Table(
    noun="a meter",
    make=_meter,
    code="bad-meter",
    example='{ window = { calendar = "month" }, limit = 5 }',
    also=either("limit", "limits", only=True),
    keys={
        "window": Key(
            shape=_WINDOW,
            says="the stretch of time the allowance is for",
            required=True,
            filler=Window(lifetime=True),
        ),
        "limit": Key(
            shape=OneOf(by={dict: _LIMITS_BY_STATUS}, otherwise=_LIMIT),
            filler=1,
            says=(
                "how many are free: one number, or one for each reader status (a status that is not"
                " named gets 0)"
            ),
        ),
        "limits": Key(
            shape=List(
                item=Table(
                    noun="a limit",
                    make=Limit,
                    example="{ limit = 3 }",
                    keys={
                        "when": WHEN_KEY,
                        "limit": Key(
                            shape=_LIMIT, says="how many are free", required=True, filler=0
                        ),
                    },
                ),
            ),
            says="instead of `limit`: a list, of which the first that matches holds",
        ),
        "count": Key(
            shape=Choice(words=Count), says="`articles` (distinct ones, the default) or `views`"
        ),
        "noun": Key(
            shape=Text(form='a noun such as `"recipe"`', longest=64),
            says=(
                "what prompts call what is counted: `article` (the default), `story`, `video`,"
                " `podcast`, `episode`, `recipe`, `puzzle`, `report`, or a word of your own under"
                " `[copy.en.nouns]`"
            ),
        ),
    },
)

"""The keys of a meter: its window, and how much is free in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from meter.forms import parse_length
from meter.loading.conditions import WHEN, WHEN_KEY
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
from meter.vocabulary import ArticleAccess, Count, Status, Unit, Weekday
from meter.windows import Window

if TYPE_CHECKING:
    from meter.loading.positions import Path
    from meter.loading.problems import ProblemCollector
    from meter.policy import When

__all__ = ["LENGTH", "METER", "WINDOW"]

_LIMIT = Integer(least=0, most=MOST_LIMIT, code="bad-limit", advice="0 is a wall at once")


class _Allowance:
    """A whole number, or the word `none`."""

    form = f'{_LIMIT.form}, or `"none"` for no limit'

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return the number or the word, or report."""
        return value if value == "none" else _LIMIT.read(value, path, report)

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        return {"anyOf": [_LIMIT.schema(), {"const": "none"}]}


_ALLOWANCE = _Allowance()
LENGTH = Text(form='a length such as `"30 days"`', code="bad-length", make=parse_length)

WINDOW = Table(
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
        "rolling": Key(shape=LENGTH, says="the last so many hours or days of 24 hours"),
        "fixed": Key(shape=LENGTH, says="so many hours or days from the first read"),
        "lifetime": Key(shape=Boolean(), says="`true`: it never ends"),
    },
)


def _meter(
    *,
    window: Window,
    limit: int | Literal["none"] | dict[Status, int | Literal["none"]] | None = None,
    limits: tuple[Limit, ...] | None = None,
    count: Count = Count.ARTICLES,
    noun: str = NOUNS[0],
    access: tuple[ArticleAccess, ...] = (ArticleAccess.METERED,),
    counts: When | None = None,
) -> Meter:
    """Return a meter that has no name yet; how much is free is said in one of two ways."""
    if limits is None and limit is None:
        raise ValueError("a meter needs `limit`, such as `limit = 5`")
    if limits is not None and limit is not None:
        raise ValueError("a meter has either `limit` or `limits`")
    return Meter(
        name="?",
        window=window,
        limit=0 if limit is None else limit,
        limits=limits or (),
        count=count,
        noun=noun,
        access=access,
        counts=counts,
    )


_LIMITS_BY_STATUS = Mapping(
    noun="a reader status",
    item=_ALLOWANCE,
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
            shape=WINDOW,
            says="the stretch of time the allowance is for",
            required=True,
            filler=Window(lifetime=True),
        ),
        "limit": Key(
            shape=OneOf(by={dict: _LIMITS_BY_STATUS}, otherwise=_ALLOWANCE),
            filler=1,
            says=(
                "how many are free: one number, or one for each reader status (a status that is not"
                ' named gets 0); `"none"` counts and never refuses'
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
                            shape=_ALLOWANCE, says="how many are free", required=True, filler=0
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
        "access": Key(
            shape=List(item=Choice(words=ArticleAccess), example='["metered", "premium"]'),
            says="which articles may be read on it: `metered` ones unless said, never `free` ones",
        ),
        "counts": Key(
            shape=WHEN,
            says=(
                "a history: every whole view that matches is counted too, whichever rule opened it,"
                " as far as the limit goes"
            ),
        ),
    },
)

"""A meter: how many articles or views a reader has in a window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from meter import vocabulary
from meter.errors.kinds import (
    TEXT,
    as_tuple,
    choice,
    each,
    either,
    instance,
    maybe,
    table,
)
from meter.errors.values import check_fields
from meter.policy.conditions import Allowed, Limit, When, allowance, pairs
from meter.vocabulary import ArticleAccess, Count, Status, StatusWord
from meter.windows import Window

__all__ = ["Meter"]

_METERED = frozenset({ArticleAccess.METERED})


def _limits(value: Iterable[Limit]) -> tuple[Limit, ...]:
    return as_tuple(value)


def _limit(
    value: Allowed | Mapping[Status, Allowed] | Mapping[StatusWord, Allowed],
) -> Allowed | Mapping[Status, Allowed]:
    if not isinstance(value, Mapping):
        return value
    return {vocabulary.status(status): limit for status, limit in value.items()}


@frozen(kw_only=True)
class Meter:
    """An allowance of distinct articles (or views) in a window.

    `limit` is one number or a number by reader status: a status that is not named gets 0, but an
    expired one falls back to `registered`; `"none"` counts and never refuses.
    `limits` instead gives a first-match list. `count` is `articles` (distinct, the default) or
    `views`. `access` is what may be read on it. Where `counts` holds, every whole view is counted,
    whichever rule opened it, as far as the limit goes. `noun` is what prompts call what is counted.
    """

    name: str
    window: Window
    limit: Allowed | Mapping[Status, Allowed] = field(default=0, converter=_limit, eq=pairs)
    limits: tuple[Limit, ...] = field(default=(), converter=_limits)
    count: Count = field(default=Count.ARTICLES, converter=vocabulary.count)
    noun: str = "article"
    access: frozenset[ArticleAccess] = field(default=_METERED, converter=vocabulary.accesses)
    counts: When | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_A_METER)

    def allowances(self) -> tuple[Limit, ...]:
        """Return the limits as a first-match list, whichever way they were written."""
        if self.limits:
            return self.limits
        if not isinstance(self.limit, Mapping):
            return (Limit(limit=self.limit),)
        named = dict(self.limit)
        for expired in (Status.TRIAL_EXPIRED, Status.SUBSCRIPTION_EXPIRED):
            if Status.REGISTERED in named:
                named.setdefault(expired, named[Status.REGISTERED])
        return tuple(
            Limit(when=When(reader=[status]), limit=limit) for status, limit in named.items()
        )


_OF_A_METER = {
    "name": TEXT,
    "window": instance(Window, form='a `Window` such as `Window(calendar="month")`'),
    "limit": either(table(choice(Status), allowance, "{ registered = 5 }"), (Mapping,), allowance),
    "limits": each(instance(Limit), "[Limit(limit=3)]"),
    "count": choice(Count),
    "noun": TEXT,
    "access": each(choice(ArticleAccess), '["metered"]', frozenset),
    "counts": maybe(instance(When, form='a condition such as `When(access=["free"])`')),
}

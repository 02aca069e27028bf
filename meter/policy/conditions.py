"""Whom a rule, a limit, an offer or a guarantee is for: conditions, and the limits they choose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, cast

from attrs import field, frozen
from attrs.converters import optional

from meter import vocabulary
from meter.errors.kinds import (
    DAY,
    FLAG,
    TEXT,
    as_set,
    as_tuple,
    choice,
    each,
    instance,
    maybe,
    table,
    whole_number,
)
from meter.errors.values import check_fields
from meter.forms import countries, hosts, languages, sections, words
from meter.vocabulary import WORDS, ArticleAccess, Members, Range, Status
from meter.windows import local_instant

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = ["EVERYONE", "Dates", "Limit", "When", "allowed", "pairs", "stretch"]


@frozen(kw_only=True)
class Dates:
    """Whole days in the publication's zone, both included. An open side is `None`."""

    from_: date | None = field(default=None, alias="from_")
    until: date | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(self, dict.fromkeys(("from_", "until"), maybe(DAY)))

    def instants(self, zone: ZoneInfo) -> tuple[int | None, int | None]:
        """Return the half-open stretch of time these days cover in `zone`."""
        return stretch(self.from_, self.until, zone)


def stretch(
    starts: date | datetime | None, ends: date | datetime | None, zone: ZoneInfo
) -> tuple[int | None, int | None]:
    """Return the half-open stretch of time from one date or time to another, in `zone`."""
    return (
        None if starts is None else local_instant(starts, zone),
        None if ends is None else local_instant(ends, zone, end=True),
    )


def _bounds(value: Mapping[str, Range]) -> Mapping[str, Range]:
    # Never the caller's own, which may change.
    return dict(value) if isinstance(value, Mapping) else value


def _meters(value: Iterable[str]) -> frozenset[str]:
    return as_set(value)


def allowed(value: int | str | None) -> int | None:
    """Return how many are allowed, and `None` for the word `none`: no limit."""
    return None if value == "none" else cast("int | None", value)


def pairs(value: object) -> object:
    """Return a table as what it is compared and hashed by."""
    return frozenset(value.items()) if isinstance(value, Mapping) else value


def _whens(value: Iterable[When]) -> tuple[When, ...]:
    return as_tuple(value)


@frozen(kw_only=True)
class When:
    """A conjunction of closed tables; every one given must hold, and none given matches everything.

    Missing data never matches, not even under `not_`. The keys are those of a policy file (`not_`
    is its `not`).
    """

    reader: frozenset[Status] | None = field(default=None, converter=optional(vocabulary.statuses))
    access: frozenset[ArticleAccess] | None = field(
        default=None, converter=optional(vocabulary.accesses)
    )
    section: frozenset[str] | None = field(default=None, converter=optional(sections))
    kind: frozenset[str] | None = field(default=None, converter=optional(words))
    product: frozenset[str] | None = field(default=None, converter=optional(words))
    country: frozenset[str] | None = field(default=None, converter=optional(countries))
    device: frozenset[str] | None = field(default=None, converter=optional(words))
    channel: frozenset[str] | None = field(default=None, converter=optional(words))
    language: frozenset[str] | None = field(default=None, converter=optional(languages))
    referrer: frozenset[str] | None = field(default=None, converter=optional(hosts))
    tags: Members | None = field(default=None, converter=optional(vocabulary.members))
    segments: Members | None = field(default=None, converter=optional(vocabulary.members))
    score: Range | None = None
    age_days: Range | None = None
    days_since_expiry: Range | None = None
    left: Mapping[str, Range] | None = field(default=None, converter=optional(_bounds), eq=pairs)
    used: Mapping[str, Range] | None = field(default=None, converter=optional(_bounds), eq=pairs)
    exhausted: frozenset[str] | None = field(default=None, converter=optional(_meters))
    gift: bool | None = None
    crawler: bool | None = None
    dates: Dates | None = None
    any: tuple[When, ...] | None = field(default=None, converter=optional(_whens))
    not_: When | None = field(default=None, alias="not_")

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_A_WHEN)

    def walk(self) -> Iterator[When]:
        """Yield this condition and every one nested in it."""
        yield self
        for part in (*(self.any or ()), *((self.not_,) if self.not_ else ())):
            yield from part.walk()

    @property
    def matches_everything(self) -> bool:
        """Whether nothing at all is asked."""
        return self == When()


_RANGE = maybe(instance(Range))
_OF_A_WHEN = {
    "reader": maybe(each(choice(Status), '["anonymous"]', frozenset)),
    "access": maybe(each(choice(ArticleAccess), '["metered"]', frozenset)),
    **dict.fromkeys(("section", "kind", "product", "country", "device", "channel"), maybe(WORDS)),
    **dict.fromkeys(("language", "referrer"), maybe(WORDS)),
    **dict.fromkeys(
        ("tags", "segments"), maybe(instance(Members, form='a list such as `["a", "b"]`'))
    ),
    **dict.fromkeys(("score", "age_days", "days_since_expiry"), _RANGE),
    **dict.fromkeys(
        ("left", "used"), maybe(table(TEXT, instance(Range), '{"monthly": Range(at_most=2)}'))
    ),
    "exhausted": maybe(each(TEXT, '["monthly"]', frozenset)),
    **dict.fromkeys(("gift", "crawler"), maybe(FLAG)),
    "dates": maybe(instance(Dates)),
    "any": maybe(each(instance(When), '[When(access=["free"])]')),
    "not_": maybe(instance(When)),
}


EVERYONE = When()
"""The condition that asks nothing."""


@frozen(kw_only=True)
class Limit:
    """An allowance for those whom `when` describes; the first of a meter's that matches holds.

    `"none"` (kept as `None`) is no limit.
    """

    when: When = EVERYONE
    limit: int | None = field(converter=allowed)

    def __attrs_post_init__(self) -> None:
        check_fields(self, {"when": instance(When), "limit": maybe(whole_number("5"))})

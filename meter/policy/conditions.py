"""Whom a rule, a limit, an offer or a guarantee is for: conditions, and the limits they choose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from attrs import evolve, field, frozen
from attrs.converters import optional

from meter import vocabulary
from meter.errors.kinds import (
    FLAG,
    TEXT,
    as_set,
    as_tuple,
    choice,
    each,
    either,
    instance,
    maybe,
    table,
    whole_number,
)
from meter.errors.values import Fault, check_fields
from meter.forms import Words, countries, hosts, languages, sections, words
from meter.policy.times import Dates, Hours, Lengths, Since, weekdays
from meter.vocabulary import WORDS, ArticleAccess, Members, Range, Status, Weekday

__all__ = ["EVERYONE", "Allowed", "Limit", "When", "allowance", "pairs"]


def _bounds(value: Mapping[str, Range]) -> Mapping[str, Range]:
    # Never the caller's own, which may change.
    return dict(value) if isinstance(value, Mapping) else value


def _meters(value: Iterable[str]) -> frozenset[str]:
    return as_set(value)


Allowed: TypeAlias = int | Literal["none"]
"""How many are allowed; `"none"` is no limit."""
_WHOLE = whole_number("5")


def allowance(value: object, what: str) -> Fault | None:
    """Return what is wrong with how many are allowed: a whole number, or the word `none`."""
    return None if value == "none" else _WHOLE(value, what)


def pairs(value: object) -> object:
    """Return a table as what it is compared and hashed by."""
    return frozenset(value.items()) if isinstance(value, Mapping) else value


def _in_sections(value: Members | Words) -> frozenset[str] | Members:
    """Return sections, or those an article is in none of, as they are compared."""
    if not isinstance(value, Members):
        return sections(value)
    return value if value.none is None else evolve(value, none=sections(value.none))


def _of_kinds(value: Members | Words) -> frozenset[str] | Members:
    return value if isinstance(value, Members) else words(value)


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
    section: frozenset[str] | Members | None = field(default=None, converter=optional(_in_sections))
    kind: frozenset[str] | Members | None = field(default=None, converter=optional(_of_kinds))
    product: frozenset[str] | None = field(default=None, converter=optional(words))
    country: frozenset[str] | None = field(default=None, converter=optional(countries))
    device: frozenset[str] | None = field(default=None, converter=optional(words))
    channel: frozenset[str] | None = field(default=None, converter=optional(words))
    language: frozenset[str] | None = field(default=None, converter=optional(languages))
    referrer: frozenset[str] | None = field(default=None, converter=optional(hosts))
    tags: Members | None = field(default=None, converter=optional(vocabulary.members))
    segments: Members | None = field(default=None, converter=optional(vocabulary.members))
    score: Range | None = None
    value: Range | None = None
    age: Lengths | None = None
    since: Since | None = None
    left: Mapping[str, Range] | None = field(default=None, converter=optional(_bounds), eq=pairs)
    account: bool | None = None
    entitled: bool | None = None
    covered: bool | None = None
    used: Mapping[str, Range] | None = field(default=None, converter=optional(_bounds), eq=pairs)
    exhausted: frozenset[str] | None = field(default=None, converter=optional(_meters))
    seen: Mapping[str, Range] | None = field(default=None, converter=optional(_bounds), eq=pairs)
    gift: bool | None = None
    crawler: bool | None = None
    dates: Dates | None = None
    published: Dates | None = None
    weekday: frozenset[Weekday] | None = field(default=None, converter=optional(weekdays))
    hour: Hours | None = None
    switch: frozenset[str] | None = field(default=None, converter=optional(words))
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


_OF_A_WHEN = {
    "reader": maybe(each(choice(Status), '["anonymous"]', frozenset)),
    "access": maybe(each(choice(ArticleAccess), '["metered"]', frozenset)),
    **dict.fromkeys(("section", "kind"), maybe(either(instance(Members), (Members,), WORDS))),
    **dict.fromkeys(("product", "country", "device", "channel", "switch"), maybe(WORDS)),
    **dict.fromkeys(("language", "referrer"), maybe(WORDS)),
    **dict.fromkeys(
        ("tags", "segments"), maybe(instance(Members, form='a list such as `["a", "b"]`'))
    ),
    **dict.fromkeys(("score", "value"), maybe(instance(Range))),
    "age": maybe(instance(Lengths)),
    "since": maybe(instance(Since)),
    **dict.fromkeys(
        ("left", "used"), maybe(table(TEXT, instance(Range), '{"monthly": Range(at_most=2)}'))
    ),
    "exhausted": maybe(each(TEXT, '["monthly"]', frozenset)),
    "seen": maybe(table(TEXT, instance(Range), '{"give": Range(at_least=2)}')),
    **dict.fromkeys(("account", "covered", "entitled", "gift", "crawler"), maybe(FLAG)),
    **dict.fromkeys(("dates", "published"), maybe(instance(Dates))),
    "weekday": maybe(each(choice(Weekday), '["saturday", "sunday"]', frozenset)),
    "hour": maybe(instance(Hours)),
    "any": maybe(each(instance(When), '[When(access=["free"])]')),
    "not_": maybe(instance(When)),
}


EVERYONE = When()
"""The condition that asks nothing."""


@frozen(kw_only=True)
class Limit:
    """An allowance for those whom `when` describes; the first of a meter's that matches holds.

    `"none"` is no limit.
    """

    when: When = EVERYONE
    limit: Allowed

    def __attrs_post_init__(self) -> None:
        check_fields(self, {"when": instance(When), "limit": allowance})

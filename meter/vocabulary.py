"""The words a policy file may use, each with what it means, and conditions on words and numbers.

Enumerations whose values are the policy file's own words; no other module of the project is
needed to read them. Beside each stands its words as a `Literal`, for type checkers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Literal, NoReturn, TypeVar

from attrs import field, frozen
from attrs.converters import optional

__all__ = [
    "Access",
    "ArticleAccess",
    "ArticleAccessWord",
    "Count",
    "CountWord",
    "EntitlementKind",
    "EntitlementWord",
    "Members",
    "OfferKind",
    "OfferWord",
    "Range",
    "Show",
    "ShowWord",
    "Status",
    "StatusWord",
    "Unit",
    "UnitWord",
    "Weekday",
    "WeekdayWord",
    "Word",
    "Words",
    "accesses",
    "article_access",
    "as_words",
    "count",
    "entitlement_kind",
    "members",
    "offer_kind",
    "show",
    "shows",
    "statuses",
    "unit",
    "weekday",
    "words",
]


class Word(StrEnum):
    """A word of a closed list. Any other is a `ValueError` that names the list."""

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        words = ", ".join(f"`{word}`" for word in cls)
        raise ValueError(f"`{value}` is none of the words {words}")


class Status(Word):
    """What a reader is at an instant, derived from the entitlements."""

    ANONYMOUS = "anonymous"
    REGISTERED = "registered"
    TRIAL = "trial"
    SUBSCRIBER = "subscriber"
    TRIAL_EXPIRED = "trial-expired"
    SUBSCRIPTION_EXPIRED = "subscription-expired"
    STAFF = "staff"


StatusWord = Literal[
    "anonymous",
    "registered",
    "trial",
    "subscriber",
    "trial-expired",
    "subscription-expired",
    "staff",
]


class ArticleAccess(Word):
    """How the publisher sells an article."""

    FREE = "free"
    METERED = "metered"
    PREMIUM = "premium"


ArticleAccessWord = Literal["free", "metered", "premium"]


class EntitlementKind(Word):
    """Where a right to read comes from. Group licences and gifts read like subscriptions."""

    TRIAL = "trial"
    SUBSCRIPTION = "subscription"
    GROUP = "group"
    STAFF = "staff"
    GIFT = "gift"


EntitlementWord = Literal["trial", "subscription", "group", "staff", "gift"]


class Access(Word):
    """How much of the article the reader gets."""

    FULL = "full"
    PREVIEW = "preview"


class Show(Word):
    """What the page shows. The first three give the whole article, the others a preview of it."""

    ARTICLE = "article"
    COUNTDOWN = "countdown"
    LAST_FREE_ARTICLE = "last-free-article"
    REGISTRATION_WALL = "registration-wall"
    TRIAL_OFFER = "trial-offer"
    SUBSCRIPTION_WALL = "subscription-wall"
    TRIAL_EXPIRED = "trial-expired"
    SUBSCRIPTION_EXPIRED = "subscription-expired"

    @property
    def access(self) -> Access:
        """How much of the article this shows."""
        return Access.FULL if self in _FULL else Access.PREVIEW


ShowWord = Literal[
    "article",
    "countdown",
    "last-free-article",
    "registration-wall",
    "trial-offer",
    "subscription-wall",
    "trial-expired",
    "subscription-expired",
]


_FULL = frozenset({Show.ARTICLE, Show.COUNTDOWN, Show.LAST_FREE_ARTICLE})


class Count(Word):
    """What a meter counts: distinct articles, or every view."""

    ARTICLES = "articles"
    VIEWS = "views"


CountWord = Literal["articles", "views"]


class OfferKind(Word):
    """What taking an offer makes of a reader."""

    TRIAL = "trial"
    SUBSCRIPTION = "subscription"


OfferWord = Literal["trial", "subscription"]


class Unit(Word):
    """The calendar units a window or a term can be counted in."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


UnitWord = Literal["day", "week", "month", "year"]


class Weekday(Word):
    """The days a calendar week can start on."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


WeekdayWord = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

Words = list[str] | tuple[str, ...] | AbstractSet[str]
"""Several words; one word alone is a mistake that the type tells."""

_T = TypeVar("_T", bound=str)


def as_words(value: Iterable[_T]) -> frozenset[_T]:
    """Return several words as a set. Raises `ValueError` for one word alone."""
    if isinstance(value, str):
        raise ValueError(  # noqa: TRY004 - what a value refuses is a `ValueError` everywhere
            f'`{value}` is one word where a collection of words is needed; write `["{value}"]`'
        )
    return frozenset(value)


# Converters of the values that hold these words: one a type, so that type checkers see which words
# are allowed.
def article_access(value: ArticleAccess | ArticleAccessWord) -> ArticleAccess:
    """Return a word as what it means. Raises `ValueError` for any other word, as all of these."""
    return ArticleAccess(value)


def entitlement_kind(value: EntitlementKind | EntitlementWord) -> EntitlementKind:
    """Return a word as what it means."""
    return EntitlementKind(value)


def offer_kind(value: OfferKind | OfferWord) -> OfferKind:
    """Return a word as what it means."""
    return OfferKind(value)


def count(value: Count | CountWord) -> Count:
    """Return a word as what it means."""
    return Count(value)


def show(value: Show | ShowWord) -> Show:
    """Return a word as what it means."""
    return Show(value)


def unit(value: Unit | UnitWord) -> Unit:
    """Return a word as what it means."""
    return Unit(value)


def weekday(value: Weekday | WeekdayWord) -> Weekday:
    """Return a word as what it means."""
    return Weekday(value)


def statuses(value: Iterable[Status | StatusWord]) -> frozenset[Status]:
    """Return several words as what they mean."""
    return frozenset(Status(word) for word in as_words(value))


def accesses(value: Iterable[ArticleAccess | ArticleAccessWord]) -> frozenset[ArticleAccess]:
    """Return several words as what they mean."""
    return frozenset(ArticleAccess(word) for word in as_words(value))


def shows(value: Iterable[Show | ShowWord]) -> frozenset[Show]:
    """Return several words as what they mean."""
    return frozenset(Show(word) for word in as_words(value))


def words(value: Words) -> frozenset[str]:
    """Return several words as a set. Raises `ValueError` for one word alone."""
    return as_words(value)


@frozen(kw_only=True)
class Members:
    """A condition on a set: at least one of `any`, every one of `all`, not one of `none`."""

    any: frozenset[str] | None = field(default=None, converter=optional(words))
    all: frozenset[str] | None = field(default=None, converter=optional(words))
    none: frozenset[str] | None = field(default=None, converter=optional(words))


@frozen(kw_only=True)
class Range:
    """A condition on a number; every bound given must hold."""

    equals: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None

    def constants(self) -> Iterator[float]:
        """Yield the numbers this condition compares with."""
        bounds = (self.equals, self.at_least, self.at_most, self.above, self.below)
        return (bound for bound in bounds if bound is not None)

    def holds(self, number: float) -> bool:
        """Say whether a number is within every bound."""
        return (
            (self.equals is None or number == self.equals)
            and (self.at_least is None or number >= self.at_least)
            and (self.at_most is None or number <= self.at_most)
            and (self.above is None or number > self.above)
            and (self.below is None or number < self.below)
        )


def members(value: Members | Words) -> Members:
    """Return a condition on a set; a bare list means at least one of it."""
    return value if isinstance(value, Members) else Members(any=words(value))

"""The words a policy file may use, each with what it means, and conditions on words and numbers.

Enumerations whose values are the policy file's own words; no other module of the project is
needed to read them. Beside each stands its words as a `Literal`, for type checkers.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NoReturn, TypeAlias, TypeVar, cast

from meter.errors.kinds import as_set
from meter.vocabulary.bounds import WORDS, Members, Range, members

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "WORDS",
    "Access",
    "ArticleAccess",
    "ArticleAccessWord",
    "Count",
    "CountWord",
    "CrawlerClass",
    "CrawlerWord",
    "EntitlementKind",
    "EntitlementWord",
    "Members",
    "OfferKind",
    "OfferWord",
    "Range",
    "RuleShow",
    "RuleShowWord",
    "Show",
    "ShowWord",
    "Status",
    "StatusWord",
    "Unit",
    "UnitWord",
    "Wall",
    "Weekday",
    "WeekdayWord",
    "Word",
    "accesses",
    "article_access",
    "count",
    "crawler",
    "crawler_class",
    "crawlers",
    "entitlement_kind",
    "members",
    "offer_kind",
    "rule_show",
    "shows",
    "status",
    "statuses",
    "unit",
    "weekday",
    "word_of",
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
    """Where a right to read comes from.

    Group licences and gifts read like subscriptions; a gift or a purchase may be for one article,
    a section or a tag.
    """

    TRIAL = "trial"
    SUBSCRIPTION = "subscription"
    GROUP = "group"
    STAFF = "staff"
    GIFT = "gift"
    PURCHASE = "purchase"


EntitlementWord = Literal["trial", "subscription", "group", "staff", "gift", "purchase"]


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
    GATE = "gate"
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
    "gate",
    "trial-offer",
    "subscription-wall",
    "trial-expired",
    "subscription-expired",
]


class Wall(Word):
    """What a rule may say that shows the wall which fits the reader and the offer."""

    WALL = "wall"

    @property
    def access(self) -> Access:
        """How much of the article every wall shows."""
        return Access.PREVIEW


RuleShow: TypeAlias = Show | Wall
"""What a rule may show."""
RuleShowWord: TypeAlias = ShowWord | Literal["wall"]


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


class CrawlerClass(Word):
    """What a verified crawler fetches pages for: an index, a model's training, or a person."""

    SEARCH = "search"
    TRAINING = "training"
    AGENT = "agent"


CrawlerWord = Literal["search", "training", "agent"]
_Flag: TypeAlias = bool

_W = TypeVar("_W", bound=Word)


def word_of(known: type[_W], value: str) -> _W:
    """Return a word as what it means; what is no word stays, and the class it is for refuses it."""
    if type(value) is known:
        return value
    try:
        return known(value)
    except ValueError:
        return cast("_W", value)


def _several(known: type[_W], value: Iterable[_W | str]) -> frozenset[_W]:
    words = as_set(value)
    if type(words) is not frozenset:
        return cast("frozenset[_W]", words)
    return frozenset(word_of(known, word) for word in words)


# Converters of the values that hold these words: one a type, so that type checkers see which words
# are allowed. None of them refuses anything: the class does, in `check_fields`.
def article_access(value: ArticleAccess | ArticleAccessWord) -> ArticleAccess:
    """Return a word as what it means."""
    return word_of(ArticleAccess, value)


def entitlement_kind(value: EntitlementKind | EntitlementWord) -> EntitlementKind:
    """Return a word as what it means."""
    return word_of(EntitlementKind, value)


def offer_kind(value: OfferKind | OfferWord) -> OfferKind:
    """Return a word as what it means."""
    return word_of(OfferKind, value)


def count(value: Count | CountWord) -> Count:
    """Return a word as what it means."""
    return word_of(Count, value)


def rule_show(value: RuleShow | RuleShowWord) -> RuleShow:
    """Return a word as what it means."""
    return Wall.WALL if value == Wall.WALL else word_of(Show, value)


def unit(value: Unit | UnitWord) -> Unit:
    """Return a word as what it means."""
    return word_of(Unit, value)


def weekday(value: Weekday | WeekdayWord) -> Weekday:
    """Return a word as what it means."""
    return word_of(Weekday, value)


def crawler_class(value: CrawlerClass | CrawlerWord) -> CrawlerClass:
    """Return a word as what it means."""
    return word_of(CrawlerClass, value)


def crawler(value: _Flag | CrawlerClass | CrawlerWord) -> _Flag | CrawlerClass:
    """Return what is said of a crawler: a flag as it is, a word as what it means."""
    return value if isinstance(value, bool) else crawler_class(value)


def crawlers(
    value: _Flag | Iterable[CrawlerClass | CrawlerWord],
) -> _Flag | frozenset[CrawlerClass]:
    """Return which crawlers are asked for: a flag as it is, several words as what they mean."""
    return value if isinstance(value, bool) else _several(CrawlerClass, value)


def status(value: str) -> Status:
    """Return a word as what it means."""
    return word_of(Status, value)


def statuses(value: Iterable[Status | StatusWord]) -> frozenset[Status]:
    """Return several words as what they mean."""
    return _several(Status, value)


def accesses(value: Iterable[ArticleAccess | ArticleAccessWord]) -> frozenset[ArticleAccess]:
    """Return several words as what they mean."""
    return _several(ArticleAccess, value)


def shows(value: Iterable[Show | ShowWord]) -> frozenset[Show]:
    """Return several words as what they mean."""
    return _several(Show, value)

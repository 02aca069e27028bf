"""What arrives: a reader, an article, one view of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast

from attrs import field, frozen

from meter.errors.kinds import (
    FLAG,
    ID,
    TEXT,
    ZONED,
    as_tuple,
    choice,
    each,
    instance,
    maybe,
    number,
)
from meter.errors.values import Fault, check_fields, refuse
from meter.forms import plain, words
from meter.view.rights import LONGEST_KEY, Entitlement, bounded
from meter.vocabulary import (
    WORDS,
    ArticleAccess,
    CrawlerClass,
    EntitlementKind,
    Status,
    article_access,
    crawler,
)
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["MOST_VISITOR", "Article", "Entitlement", "PageView", "Reader", "counted_article"]

MOST_VISITOR = 200
"""How many characters of a visitor's id an edge takes: it is hashed again and again."""

_NOTHING: frozenset[str] = frozenset()
_COLLECTIONS = (tuple, frozenset)
# A group, a gift, a purchase or a post that ended leaves no status behind: its reader never
# subscribed.
_LAPSE = (EntitlementKind.TRIAL, EntitlementKind.SUBSCRIPTION)

# Every view asks for a status. Before Python 3.12 a member that is taken off its class costs as
# much as the rest of the question.
_REGISTERED, _ANONYMOUS = Status.REGISTERED, Status.ANONYMOUS
_SUBSCRIBER, _TRIAL, _STAFF = Status.SUBSCRIBER, Status.TRIAL, Status.STAFF
_STAFF_RIGHT, _TRIAL_RIGHT = EntitlementKind.STAFF, EntitlementKind.TRIAL


def _rights(value: Iterable[Entitlement]) -> tuple[Entitlement, ...]:
    return as_tuple(value)


def _are(kind: type, items: Collection[object]) -> bool:
    """Say whether all items are of one class itself: nothing else needs to be asked then."""
    return type(items) in _COLLECTIONS and {*map(type, items)} == {kind}


_OF_A_READER = {
    "id": maybe(ID),
    "registered": FLAG,
    "entitlements": each(instance(Entitlement), '[Entitlement(kind="subscription")]'),
    "segments": WORDS,
    "country": maybe(TEXT),
    "score": maybe(number(0, 1, "0.5")),
    "registered_at": maybe(ZONED),
    "visitor": maybe(ID),
}
_NEVER_REGISTERED = Fault(
    "bad-value", "it has a `registered_at` and is not registered", "add `registered`"
)
_OF_AN_ARTICLE = {
    "id": ID,
    "access": choice(ArticleAccess),
    "section": maybe(TEXT),
    "tags": WORDS,
    "kind": maybe(TEXT),
    "published": maybe(ZONED),
    "value": maybe(number(0, 1, "0.5")),
}


@frozen(kw_only=True, slots=False)
class Reader:
    """Someone who reads: a stable `id`, and what the publisher knows about them.

    An `id` of `None` is a reader without identity, such as one who gave no consent or keeps no
    cookie: nothing is ever counted for them, so every meter with a limit is closed to them.

    `score` is a propensity between 0 and 1, `registered_at` a time with a zone, `visitor` an id
    that the site keeps through sign-in, by which experiments tell variants apart. What the
    publisher does not know stays `None`, and a condition on it never matches.
    """

    id: str | None
    registered: bool = False
    entitlements: tuple[Entitlement, ...] = field(default=(), converter=_rights)
    segments: frozenset[str] = field(default=frozenset(), converter=words)
    country: str | None = None
    score: float | None = None
    registered_at: datetime | None = None
    visitor: str | None = None

    def __attrs_post_init__(self) -> None:
        if not (
            type(self.id) is str
            and self.id
            and not self.id.isspace()
            and type(self.registered) is bool
            and (self.entitlements == () or _are(Entitlement, self.entitlements))
            and (self.segments == _NOTHING or _are(str, self.segments))
            and (self.country is None or type(self.country) is str)
            and (self.score is None or (type(self.score) is float and 0 <= self.score <= 1))
            and self.registered_at is None
            and (self.visitor is None or (type(self.visitor) is str and self.visitor.strip()))
        ):
            check_fields(self, _OF_A_READER)
            if self.registered_at is not None and not self.registered:
                refuse(self, "registered_at", _NEVER_REGISTERED)

    def status(self, now: datetime) -> Status:
        """Return what this reader is at `now` (a time with a zone)."""
        return self.status_at(instant(now))

    def status_at(self, at: int) -> Status:
        """Return what this reader is at an instant in microseconds since 1970.

        A running right beats an expired one: staff, then anything that was paid for or given, then
        a trial. Of several expired rights the one that ended last names the status, and of two that
        ended together the subscription does. One that names what it covers changes no status.
        """
        status = _REGISTERED if self.registered else _ANONYMOUS
        if not self.entitlements:
            return status
        for right in self.entitlements:
            if right.from_instant <= at < right.until_instant and not right.is_named:
                if right.kind is _STAFF_RIGHT:
                    return _STAFF
                if right.kind is not _TRIAL_RIGHT:
                    status = _SUBSCRIBER
                elif status is not _SUBSCRIBER:
                    status = _TRIAL
        if status is _SUBSCRIBER or status is _TRIAL:
            return status
        last = self.last_expired(at)
        if last is None:
            return status
        return Status.TRIAL_EXPIRED if last.kind is _TRIAL_RIGHT else Status.SUBSCRIPTION_EXPIRED

    def running(self, at: int) -> tuple[Entitlement, ...]:
        """Return the entitlements in force at an instant, grace included."""
        return tuple(
            right for right in self.entitlements if right.from_instant <= at < right.until_instant
        )

    def products_at(self, at: int) -> frozenset[str]:
        """Return the products of the entitlements in force at an instant."""
        products = (right.product for right in self.running(at))
        return frozenset(plain(product) for product in products if product is not None)

    def covers_all_at(self, at: int) -> bool:
        """Say whether a right in force at an instant covers everything: one without a product."""
        return any(right.product is None and not right.is_named for right in self.running(at))

    def names_at(self, article: Article, at: int) -> bool:
        """Say whether a right in force at an instant names an article, its section or its tags."""
        return any(
            right.is_named and right.names(article.key, article.section, article.tags)
            for right in self.running(at)
        )

    def last_expired(self, at: int, products: frozenset[str] | None = None) -> Entitlement | None:
        """Return the right that ended last before an instant, of some products or of any."""
        ended = [
            right
            for right in self.entitlements
            if right.until_instant <= at
            and right.kind in _LAPSE
            and (products is None or (right.product and plain(right.product) in products))
        ]
        return max(
            ended,
            key=lambda right: (right.until_instant, right.kind is not EntitlementKind.TRIAL),
            default=None,
        )


@frozen(kw_only=True, slots=False)
class Article:
    """One piece of content. `published` is a time with a zone, `value` is between 0 and 1."""

    id: str
    access: ArticleAccess = field(default=ArticleAccess.METERED, converter=article_access)
    section: str | None = None
    tags: frozenset[str] = field(default=frozenset(), converter=words)
    kind: str | None = None
    published: datetime | None = None
    value: float | None = None
    key: str = field(init=False, repr=False, eq=False)
    """The id as a meter remembers it: bounded in length, in Unicode's form NFC."""
    _published: int | None = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        if not (
            type(self.id) is str
            and self.id
            and not self.id.isspace()
            and type(self.access) is ArticleAccess
            and (self.section is None or type(self.section) is str)
            and (self.tags == _NOTHING or _are(str, self.tags))
            and (self.kind is None or type(self.kind) is str)
            and (self.published is None or type(self.published) is datetime)
            and self.value is None
        ):
            check_fields(self, _OF_AN_ARTICLE)
        self.__dict__["key"] = bounded(self.id)
        self.__dict__["_published"] = None if self.published is None else self._instant()

    def _instant(self) -> int:
        try:
            return instant(cast("datetime", self.published))
        except ValueError:
            check_fields(self, _OF_AN_ARTICLE)
            raise

    def age(self, at: int) -> int | None:
        """Return the microseconds since publication; `None` where it is not known, or to come."""
        if self._published is None or at < self._published:
            return None
        return at - self._published


_LENGTHS = tuple(f"~{length}~" for length in range(LONGEST_KEY + 1))
"""How what a meter of views remembers begins, by the length of the article's key."""
_SAID_OF_CRAWLERS = (bool, CrawlerClass)
_A_CLASS = choice(CrawlerClass)


def _said_of_crawlers(value: object, what: str) -> Fault | None:
    is_word = isinstance(value, str) and value not in ("true", "false")
    return (_A_CLASS if is_word else FLAG)(value, what)


_OF_A_VIEW = {
    "article": instance(Article, form='an `Article` such as `Article(id="a1")`'),
    "id": maybe(ID),
    **dict.fromkeys(("referrer", "channel", "device", "country", "language"), maybe(TEXT)),
    **dict.fromkeys(("gift", "prefetch"), FLAG),
    "crawler": _said_of_crawlers,
}


@frozen(kw_only=True, slots=False)
class PageView:
    """One request for an article, with what the site knows of it.

    `prefetch` stands for everything that is not a person reading: HEAD requests, prefetches,
    prerenders, link previews. They never count, and get a preview of what would have counted. `id`
    names the view of this article for a meter that counts views, so that a retry is not a second
    view; without one, views of the same article at the same microsecond are one. An empty
    `referrer` says that there was none; `None` says it is unknown. `crawler` is a crawler that the
    site has verified: its class (`search`, `training`, `agent`), or `True` where that is not known.
    """

    article: Article
    id: str | None = None
    referrer: str | None = None
    channel: str | None = None
    device: str | None = None
    country: str | None = None
    language: str | None = None
    gift: bool = False
    crawler: bool | CrawlerClass = field(default=False, converter=crawler)
    prefetch: bool = False

    def __attrs_post_init__(self) -> None:
        if not (
            type(self.article) is Article
            and (self.id is None or (type(self.id) is str and self.id.strip()))
            and (self.referrer is None or type(self.referrer) is str)
            and (self.channel is None or type(self.channel) is str)
            and (self.device is None or type(self.device) is str)
            and (self.country is None or type(self.country) is str)
            and (self.language is None or type(self.language) is str)
            and type(self.gift) is bool
            and type(self.crawler) in _SAID_OF_CRAWLERS
            and type(self.prefetch) is bool
        ):
            check_fields(self, _OF_A_VIEW)

    def view_key(self, at: int) -> str:
        """Return the id under which a meter of views remembers this one.

        It holds the article and, after `~`, the view's id or, after `@`, the instant: the article's
        length says where it ends, so neither can be spelled by another article or id.
        """
        article = self.article.key
        before = _LENGTHS[len(article)]
        if self.id is None:
            return f"{before}{article}@{at}"
        return f"{before}{article}~{bounded(self.id)}"


def counted_article(key: str) -> str:
    """Return the article of what a meter remembers: an article's own id, or that of a view.

    >>> view = PageView(article=Article(id="a1"), id="v1")
    >>> counted_article(view.view_key(0)), counted_article("a1")
    ('a1', 'a1')
    """
    length, mark, rest = key.removeprefix("~").partition("~")
    is_view = key.startswith("~") and mark and length.isdecimal()
    return rest[: int(length)] if is_view else key

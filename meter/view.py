"""What arrives: a reader, an article, one view of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from hashlib import blake2b

from attrs import field, frozen

from meter.vocabulary import (
    ArticleAccess,
    EntitlementKind,
    Status,
    article_access,
    as_words,
    entitlement_kind,
)
from meter.windows import instant, parse_length

__all__ = [
    "Article",
    "Entitlement",
    "PageView",
    "Reader",
    "Words",
    "countries",
    "covering",
    "covers",
    "host",
    "hosts",
    "language_tag",
    "languages",
    "words",
]

Words = list[str] | tuple[str, ...] | AbstractSet[str]
"""Several words; one word alone is a mistake that the type tells."""

_FOREVER = 1 << 62
_LONG_ID = 64
_ENTITLED = (Status.SUBSCRIBER, Status.TRIAL)


def language_tag(language: str) -> str:
    """Return a language as it is compared: in lower case, with hyphens (BCP 47)."""
    return language.replace("_", "-").lower()


def host(referrer: str) -> str:
    """Return the host of a referrer: an address, or a bare domain.

    No referrer at all is the empty host.
    """
    rest = referrer.partition("://")[2] or referrer.removeprefix("//")
    for mark in "/?#":
        rest = rest.partition(mark)[0]
    return rest.rpartition("@")[2].partition(":")[0].lower().rstrip(".")


def covering(value: str, mark: str) -> Iterator[str]:
    """Yield every word that covers a value, the most specific first.

    `mark` joins its parts. A host is covered from its end (`google.com` covers `news.google.com`),
    anything else from its start (`markets` covers `markets/asia`).
    """
    yield value
    while mark and mark in value:
        value = value.partition(mark)[2] if mark == "." else value.rpartition(mark)[0]
        yield value


def covers(word: str, value: str, mark: str) -> bool:
    """Say whether a word covers a value; see `covering`."""
    return word in covering(value, mark)


def words(value: Words) -> frozenset[str]:
    """Return several words as a set. Raises `ValueError` for one word alone."""
    return as_words(value)


def hosts(value: Words) -> frozenset[str]:
    """Return several referrers as their hosts."""
    return frozenset(host(word) for word in as_words(value))


def languages(value: Words) -> frozenset[str]:
    """Return several languages as they are compared."""
    return frozenset(language_tag(word) for word in as_words(value))


def countries(value: Words) -> frozenset[str]:
    """Return several countries as they are compared."""
    return frozenset(word.upper() for word in as_words(value))


def _grace(value: str | timedelta | int) -> timedelta:
    if isinstance(value, str):
        return parse_length(value)
    return timedelta(days=value) if isinstance(value, int) else value


@frozen(kw_only=True)
class Entitlement:
    """A right to read, from `starts` up to but not including `ends`.

    Both are times with a zone; an open side is `None`. `grace` (a length such as `"7 days"`, or
    whole days) keeps the right alive after `ends` while a failed payment is sorted out. Raises
    `ValueError` for a time without a zone.
    """

    kind: EntitlementKind = field(converter=entitlement_kind)
    product: str | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    grace: timedelta = field(default=timedelta(), converter=_grace)
    from_instant: int = field(init=False, repr=False, eq=False)
    until_instant: int = field(init=False, repr=False, eq=False)
    """The half-open stretch in which the right is in force, grace included, in microseconds since
    1970.
    """

    @from_instant.default
    def _from_instant(self) -> int:
        return -_FOREVER if self.starts is None else instant(self.starts)

    @until_instant.default
    def _until_instant(self) -> int:
        if self.ends is None:
            return _FOREVER
        return instant(self.ends) + self.grace // timedelta(microseconds=1)


def _rights(value: Iterable[Entitlement]) -> tuple[Entitlement, ...]:
    return tuple(value)


@frozen(kw_only=True)
class Reader:
    """Someone who reads: a stable `id`, and what the publisher knows about them.

    `score` is a propensity between 0 and 1. What the publisher does not know stays `None`, and a
    condition on it never matches.
    """

    id: str
    registered: bool = False
    entitlements: tuple[Entitlement, ...] = field(default=(), converter=_rights)
    segments: frozenset[str] = field(default=frozenset(), converter=words)
    country: str | None = None
    score: float | None = field(default=None)

    @score.validator
    def _check_score(self, _: object, value: float | None) -> None:
        if value is not None and not 0 <= value <= 1:
            raise ValueError(f"a score is between 0 and 1, not `{value}`")

    def status(self, now: datetime) -> Status:
        """Return what this reader is at `now` (a time with a zone)."""
        return self.status_at(instant(now))

    def status_at(self, at: int) -> Status:
        """Return what this reader is at an instant in microseconds since 1970.

        A running right beats an expired one: staff, then anything that was paid for or given, then
        a trial. Of several expired rights the one that ended last names the status, and of two that
        ended together the subscription does.
        """
        status = Status.REGISTERED if self.registered else Status.ANONYMOUS
        for right in self.entitlements:
            if right.from_instant <= at < right.until_instant:
                if right.kind is EntitlementKind.STAFF:
                    return Status.STAFF
                if right.kind is not EntitlementKind.TRIAL:
                    status = Status.SUBSCRIBER
                elif status is not Status.SUBSCRIBER:
                    status = Status.TRIAL
        if status in _ENTITLED or not self.entitlements:
            return status
        last = self._last_expired(at)
        if last is None:
            return status
        return (
            Status.TRIAL_EXPIRED
            if last.kind is EntitlementKind.TRIAL
            else Status.SUBSCRIPTION_EXPIRED
        )

    def running(self, at: int) -> tuple[Entitlement, ...]:
        """Return the entitlements in force at an instant, grace included."""
        return tuple(
            right for right in self.entitlements if right.from_instant <= at < right.until_instant
        )

    def products_at(self, at: int) -> frozenset[str]:
        """Return the products of the entitlements in force at an instant."""
        return frozenset(right.product for right in self.running(at) if right.product is not None)

    def expired_for(self, at: int) -> int | None:
        """Return the microseconds since the reader's access ended, grace included.

        `None` for one who is not expired.
        """
        if not self.entitlements or self.running(at):
            return None
        last = self._last_expired(at)
        return None if last is None else at - last.until_instant

    def _last_expired(self, at: int) -> Entitlement | None:
        ended = [
            right
            for right in self.entitlements
            if right.until_instant <= at and right.kind is not EntitlementKind.STAFF
        ]
        return max(
            ended,
            key=lambda right: (right.until_instant, right.kind is not EntitlementKind.TRIAL),
            default=None,
        )


def _bounded(name: str) -> str:
    """Return an id as it is remembered.

    Itself, or a digest of it where it is long (hashlib's blake2b, 128 bits).
    """
    if len(name) <= _LONG_ID and not name.startswith("~"):
        return name
    return "~" + blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@frozen(kw_only=True)
class Article:
    """One piece of content. `published` is a time with a zone; sponsored content is a tag."""

    id: str
    access: ArticleAccess = field(default=ArticleAccess.METERED, converter=article_access)
    section: str | None = None
    tags: frozenset[str] = field(default=frozenset(), converter=words)
    kind: str | None = None
    published: datetime | None = None
    key: str = field(init=False, repr=False, eq=False)
    """The id as a meter remembers it: bounded in length."""
    _published: int | None = field(init=False, repr=False, eq=False)

    @key.default
    def _key(self) -> str:
        return _bounded(self.id)

    @_published.default
    def _published_at(self) -> int | None:
        return None if self.published is None else instant(self.published)

    def age(self, at: int) -> int | None:
        """Return the microseconds since publication, or `None` where it is not known."""
        return None if self._published is None else at - self._published


@frozen(kw_only=True)
class PageView:
    """One request for an article, with what is known of it.

    `prefetch` stands for everything that is not a person reading: HEAD requests, prefetches,
    prerenders, link previews. They never count. `id` names the view for a meter that counts views,
    so that a retry is not a second view; without one, views of the same article at the same
    microsecond are one. An empty `referrer` says that there was none; `None` says it is unknown.
    """

    article: Article
    id: str | None = None
    referrer: str | None = None
    channel: str | None = None
    device: str | None = None
    country: str | None = None
    language: str | None = None
    gift: bool = False
    crawler: bool = False
    prefetch: bool = False

    def view_key(self, at: int) -> str:
        """Return the id under which a meter of views remembers this one."""
        return _bounded(self.id) if self.id is not None else _bounded(f"{self.article.id}@{at}")

"""What arrives: a reader, an article, one view of it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from attrs import field, frozen

from meter.vocabulary import (
    ArticleAccess,
    EntitlementKind,
    Status,
    Words,
    article_access,
    as_words,
    entitlement_kind,
    words,
)
from meter.windows import instant, parse_length

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "Article",
    "Entitlement",
    "PageView",
    "Reader",
    "countries",
    "covering",
    "covers",
    "host",
    "hosts",
    "language_tag",
    "languages",
    "split_address",
]

# What browsers do to an address before they look for its host (the URL standard, whatwg.org).
_BLANK = "".join(map(chr, range(0x21)))
_IGNORED = re.compile(r"[\t\n\r]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PORT = re.compile(r"[0-9]+(?:[/?#]|$)")
_FORBIDDEN = re.compile(r"[\x00-\x20#%/<>?@\\^|\[\]]")
_WEB = frozenset({"http", "https", "ws", "wss", "ftp"})

_FOREVER = 1 << 62
_LONG_ID = 64
# A group, a gift or a post that ended leaves no status behind: its reader never subscribed.
_LAPSE = (EntitlementKind.TRIAL, EntitlementKind.SUBSCRIPTION)
_ENTITLED = (Status.SUBSCRIBER, Status.TRIAL)


def language_tag(language: str) -> str:
    """Return a language as it is compared: in lower case, with hyphens (BCP 47)."""
    return language.replace("_", "-").lower()


def host(referrer: str) -> str:
    r"""Return the host of a referrer, as a browser reads it: an address, or a bare domain.

    No referrer at all, and what no browser would go to, is the empty host. An international name is
    in its ASCII form (`xn--…`), so that both forms of one host are one.

    >>> host(r"https://evil.example\@google.com/"), host("google.com/url?q=https://evil.example/x")
    ('evil.example', 'google.com')
    """
    address = _IGNORED.sub("", referrer.strip(_BLANK)).replace("\\", "/")
    try:
        name = unquote(urlsplit(_with_authority(address)).hostname or "")
        if not name.isascii():
            name = name.encode("idna").decode()
        return "" if _FORBIDDEN.search(name) else name.lower().rstrip(".")
    except ValueError:  # brackets that do not close, a name that cannot be one
        return ""


def split_address(address: str) -> SplitResult | None:
    r"""Split an address of a page as a browser reads it; without a scheme or `//` it is a path.

    `None` for one that no browser would go to, such as `urn:isbn:0`. Raises `ValueError` for a host
    that cannot be one.

    >>> split_address("https:\\example.com\markets?page=2").path
    '/markets'
    """
    address = _IGNORED.sub("", address.strip(_BLANK)).replace("\\", "/")
    scheme = _SCHEME.match(address)
    if scheme is None and not address.startswith("//"):
        return urlsplit(address)
    if scheme is not None and scheme[1].lower() not in _WEB:
        return None
    return urlsplit(_with_authority(address))


def _with_authority(address: str) -> str:
    """Return an address with `//` before its host, as the URL standard's parser would find it."""
    scheme = _SCHEME.match(address)
    if scheme is None:
        bare = not address.startswith(("/", "?", "#"))
        return f"//{address.removeprefix('//')}" if bare or address.startswith("//") else ""
    rest = address[scheme.end() :]
    if scheme[1].lower() in _WEB:
        return f"{scheme[1]}://{rest.lstrip('/')}"
    if rest.startswith("//"):
        return address
    # `example.com:8080/path` has a port, not a scheme; `mailto:` and its like have no host.
    return f"//{address}" if _PORT.match(rest) else ""


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

    An `id` of `None` is a reader without identity, such as one who gave no consent or keeps no
    cookie: nothing is ever counted for them, so every meter is closed to them.

    `score` is a propensity between 0 and 1. What the publisher does not know stays `None`, and a
    condition on it never matches.
    """

    id: str | None
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
            if right.until_instant <= at and right.kind in _LAPSE
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
    """One request for an article, with what the site knows of it.

    `prefetch` stands for everything that is not a person reading: HEAD requests, prefetches,
    prerenders, link previews. They never count, and get a preview of what would have counted. `id`
    names the view of this article for a meter that counts views, so that a retry is not a second
    view; without one, views of the same article at the same microsecond are one. An empty
    `referrer` says that there was none; `None` says it is unknown.
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
        """Return the id under which a meter of views remembers this one.

        It holds the article and, after `~`, the view's id or, after `@`, the instant: the article's
        length says where it ends, so neither can be spelled by another article or id.
        """
        article = self.article.key
        one = f"@{at}" if self.id is None else f"~{_bounded(self.id)}"
        return f"~{len(article)}~{article}{one}"

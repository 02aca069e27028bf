"""Readers with their rights, articles, and page views of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from meter.testing.strategies.experiments import VISITORS
from meter.testing.strategies.times import edge_times
from meter.testing.strategies.words import few, maybe, numbers, words
from meter.view import Article, Entitlement, PageView, Reader
from meter.view.rights import NAMING
from meter.vocabulary import ArticleAccess, CrawlerClass, EntitlementKind
from meter.windows import instant

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from meter.policy import Policy

__all__ = ["articles", "entitlements", "page_views", "readers"]

_RARELY = st.sampled_from([False] * 7 + [True])


@st.composite
def entitlements(draw: DrawFn, policy: Policy | None = None) -> Entitlement:
    """Draw rights of every kind, running, expired, in grace and yet to begin."""
    kind = draw(st.sampled_from(list(EntitlementKind)))
    starts = draw(st.none() | edge_times(policy))
    ends = draw(st.none() | edge_times(policy))
    if starts is not None and ends is not None and instant(starts) > instant(ends):
        starts = ends
    grace = draw(st.sampled_from([timedelta(), timedelta(days=7), timedelta(hours=36)]))
    product = draw(maybe(words(policy, "product")))
    names = {}
    if kind in NAMING and (draw(st.booleans()) or (kind == "purchase" and product is None)):
        product = None
        names = draw(_names(policy))
    return Entitlement(kind=kind, product=product, starts=starts, ends=ends, grace=grace, **names)


def _names(policy: Policy | None) -> SearchStrategy[dict[str, Any]]:
    """Draw what a purchase or a gift is for: an article, a section, tags, or two of them."""
    keys = (
        st.tuples(st.just("article"), st.sampled_from(["a1", "a2", "a3"])),
        st.tuples(st.just("section"), st.sampled_from(words(policy, "section"))),
        st.tuples(st.just("tags"), st.sampled_from(words(policy, "tags")).map(lambda tag: [tag])),
    )
    return st.lists(st.one_of(keys), min_size=1, max_size=2).map(dict)


@st.composite
def readers(
    draw: DrawFn,
    policy: Policy | None = None,
    *,
    id: str | None = None,  # noqa: A002 - the field's name
) -> Reader:
    """Draw readers of every status; what is not known is often missing."""
    registered = draw(st.booleans())
    registered_at = draw(st.none() | edge_times(policy)) if registered else None
    return Reader(
        id=id or draw(st.sampled_from(["reader-1", "reader-2"])),
        registered=registered,
        registered_at=registered_at,
        entitlements=draw(st.just([]) | st.lists(entitlements(policy), max_size=2)),
        segments=draw(few(words(policy, "segments"))),
        country=draw(maybe(words(policy, "country"))),
        score=draw(maybe(numbers(policy, "score")) | st.floats(0, 1)),
        visitor=draw(maybe(VISITORS)) if policy is not None and policy.experiments else None,
    )


_PEOPLE_READ = (
    ArticleAccess.METERED,
    ArticleAccess.METERED,
    ArticleAccess.METERED,
    ArticleAccess.FREE,
    ArticleAccess.PREMIUM,
)


@st.composite
def articles(
    draw: DrawFn,
    policy: Policy | None = None,
    *,
    id: str | None = None,  # noqa: A002 - the field's name
) -> Article:
    """Draw articles, mostly metered, few enough to be read again."""
    return Article(
        id=id or draw(st.sampled_from(["a1", "a2", "a3", "a4"])),
        access=draw(st.sampled_from(_PEOPLE_READ)),
        section=draw(maybe(words(policy, "section"))),
        tags=draw(few(words(policy, "tags"))),
        kind=draw(maybe(words(policy, "kind"))),
        published=draw(st.none() | edge_times(policy)),
        value=draw(maybe(numbers(policy, "value"))),
    )


@st.composite
def page_views(
    draw: DrawFn, policy: Policy | None = None, *, of: SearchStrategy[Article] | None = None
) -> PageView:
    """Draw page views, one in eight of them a prefetch; `of` says which articles."""
    known = {
        name: draw(maybe(words(policy, name)))
        for name in ("referrer", "channel", "device", "country", "language")
    }
    return PageView(
        article=draw(articles(policy) if of is None else of),
        id=draw(maybe(("v1", "v2", "v3", "v4"))),
        prefetch=draw(_RARELY),
        gift=draw(_RARELY),
        crawler=draw(st.one_of(_RARELY, _RARELY, st.sampled_from(CrawlerClass))),
        **known,
    )

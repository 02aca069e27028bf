"""What machines are told with an article: its uses, and the terms on which one is refused.

`Content-Usage` is of AIPREF, a draft of the IETF; `crawler-price` of pay-per-crawl; `License` and
the link to it of RSL 1.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.memo import decide
from meter.policy.machines import Preference
from meter.usage import Usage
from meter.view import PageView, Reader
from meter.vocabulary import Access, CrawlerClass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from meter.policy import Policy
    from meter.policy.machines import MachinesTable
    from meter.view import Article
    from meter.vocabulary.machine_terms import MachineTerms

__all__ = [
    "CONTENT_USAGE",
    "Uses",
    "licence_of",
    "link_of",
    "terms_headers",
    "uses_of",
    "uses_where",
]

CONTENT_USAGE = "Content-Usage"
_NOBODY = Reader(id=None)


class Uses(NamedTuple):
    """What machines may use an article for; `None` where nothing is said.

    `link` is the value of the header that names the licence, empty where there is none.
    """

    train_ai: bool | None = None
    search: bool | None = None
    link: str = ""

    def narrowed(self, other: Uses) -> Uses:
        """Return what may be done with both of two articles; a no beats a yes, and silence.

        >>> Uses(train_ai=True).narrowed(Uses(train_ai=False, search=True)).header
        'train-ai=n, search=y'
        """
        train_ai = _both(self.train_ai, other.train_ai)
        return Uses(train_ai, _both(self.search, other.search), self.link or other.link)

    @property
    def header(self) -> str:
        """The value of `Content-Usage`, empty where nothing is said."""
        said = {"train-ai": self.train_ai, "search": self.search}
        return ", ".join(
            f"{use}={Preference.YES if may else Preference.NO}"
            for use, may in said.items()
            if may is not None
        )


def _both(*given: bool | None) -> bool | None:
    said = [each for each in given if each is not None]
    return all(said) if said else None


def uses_of(policy: Policy, article: Article, now: datetime) -> Uses:
    """Return what the policy says that machines may use an article for, at a time with a zone.

    A crawler gets an article where a verified one of its class gets the whole text.
    """
    if policy.machines is None:
        return Uses()
    return uses_where(policy.machines, lambda crawler: _gets(policy, article, crawler, now))


def uses_where(machines: MachinesTable, gets: Callable[[CrawlerClass], bool]) -> Uses:
    """Return what machines may use a text for that some classes of crawlers get.

    A use that `[machines]` allows is allowed where that class gets the text, too: nothing that is
    published or answered allows what a rule refuses.
    """
    found = {crawler: may and gets(crawler) for crawler, may in machines.said.items()}
    return Uses(found[CrawlerClass.TRAINING], found[CrawlerClass.SEARCH], link_of(machines))


def licence_of(machines: MachinesTable) -> str:
    """Return the address of the licence: the one of the policy, or that of the file itself."""
    return machines.licence or f"{machines.site.rstrip('/')}/rsl.xml"


def link_of(machines: MachinesTable) -> str:
    """Return the value of the header `Link` that names the licence (RFC 8288, RSL 1.0)."""
    return f'<{licence_of(machines)}>; rel="license"; type="application/rsl+xml"'


def _gets(policy: Policy, article: Article, crawler: CrawlerClass, now: datetime) -> bool:
    view = PageView(article=article, crawler=crawler)
    decision, _ = decide(policy, _NOBODY, view, Usage(), now)
    return decision.access is Access.FULL


def terms_headers(terms: MachineTerms) -> Iterable[tuple[str, str]]:
    """Yield the headers of a refusal: the price, and the licence where its terms are."""
    if terms.price is not None:
        yield "crawler-price", terms.price
    if terms.licence is not None:
        yield "WWW-Authenticate", 'License error="invalid_request"'
        yield "Link", f'<{terms.licence}>; rel="license"'

"""What else may be at the door than a reader with a cookie, as a gate asks about it.

Each makes a `Reader` or a `PageView`; the policy decides as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from meter.vocabulary import CrawlerClass

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from datetime import datetime

    from markupsafe import Markup

    from meter.decision import Decision
    from meter.policy import Policy
    from meter.view import Article, Entitlement, PageView
    from meter.web.gate.request import WebRequest
    from meter.web.given import GivenArticle

__all__ = [
    "CrawlerWord",
    "GiftDesk",
    "InstitutionRights",
    "PreviewDesk",
    "PreviewedPage",
    "SlowCrawlers",
]

CrawlerWord: TypeAlias = CrawlerClass | bool
"""A verified crawler's class; `True` for one whose class is not known, `False` for none."""


@runtime_checkable
class SlowCrawlers(Protocol):
    """Knows verified crawlers, and may have to ask a network about one."""

    def claims(self, request: WebRequest) -> bool:
        """Say whether a request has the name of one of them, which proves nothing."""
        ...

    def without_asking(self, request: WebRequest) -> CrawlerWord | None:
        """Return what is known without asking anybody, or `None` where somebody is to be asked."""
        ...

    def __call__(self, request: WebRequest) -> CrawlerWord:
        """Return what a request is; it takes no longer than a deadline."""
        ...


class InstitutionRights(Protocol):
    """Knows the libraries and companies whose addresses open something."""

    def rights(self, address: str | None) -> tuple[Entitlement, ...]:
        """Return the rights of whoever asks from an address; none for what is no address."""
        ...


class GiftDesk(Protocol):
    """Opens gift links; one whose methods are awaited belongs to a paywall that is."""

    def claimed(self, token: str, article: Article, now: datetime) -> GivenArticle | None:
        """Return what a token gives of an article; `None` where it is not ours, or over."""
        ...

    def open(
        self, gift: GivenArticle, recipient: str, now: datetime, *, ahead: bool = False
    ) -> bool | Awaitable[bool]:
        """Say whether a recipient may read what was given; each new one is counted.

        `ahead`: nobody reads yet, so nobody is counted, and only who was counted may.
        """
        ...

    def forget(self, giver_id: str, now: datetime) -> Awaitable[None] | None:
        """End the links of who gave, and remove what is kept of what they gave."""
        ...


class PreviewedPage(Protocol):
    """A page as an editor looks at it: as another reader, at another time, by another policy."""

    def decide(self, policy: Policy, view: PageView, now: datetime) -> Decision:
        """Return what that reader gets; nothing is counted or kept."""
        ...

    def bar(self, decision: Decision) -> Markup:
        """Return what tells the editor what is previewed, and why it shows what it shows."""
        ...


class PreviewDesk(Protocol):
    """Reads the links of editors."""

    def read(self, token: str, now: datetime) -> PreviewedPage | None:
        """Return the preview that a token is for; `None` where it is not ours, or over."""
        ...

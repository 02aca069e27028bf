"""The two policies that gifts are counted by: what somebody gives, and who opens one link.

Both are ordinary policies with ordinary meters. In the first a reader is somebody who gives, and
an article is a gift; in the second a reader is a gift, and an article somebody who opens it: who
opens it again is counted already.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors import listed
from meter.paywall.settings import PolicySource
from meter.policy import Meter, Policy, Publication, Rule, When
from meter.policy.gifts import LONGEST_GIFT
from meter.view import Article, PageView
from meter.vocabulary import Access, Range, Show, Status
from meter.web.gifts.errors import GiftAllowanceError, GiverError
from meter.windows import Window

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from meter.decision import Decision
    from meter.policy.gifts import GiftTerms
    from meter.view import Reader

__all__ = [
    "ALLOWANCE",
    "ENDED",
    "GIVEN",
    "LONGEST_DAYS",
    "OPENED",
    "GiverTerms",
    "LinkTerms",
    "check_given",
    "ending_view",
    "in_force",
    "whole_days",
]

ALLOWANCE = "allowance"
"""The meter of what somebody gives in a month."""
GIVEN = "given"
"""The meter of the gifts whose links may still run, whatever `lasts` said when each was made.

It refuses nothing.
"""
OPENED = "opened"
"""The meter of who has opened a link."""
ENDED = "ended"
"""The meter of a link that was ended: it holds one, and then nobody new or old gets in."""

_ENDING = "ending"
_NOBODY = Show.SUBSCRIPTION_WALL


def in_force(source: Policy | PolicySource) -> Policy:
    """Return the policy that a publication has in force now."""
    return source if isinstance(source, Policy) else source.policy


def whole_days(length: timedelta) -> int:
    """Return the days of a window in which a link of this length ends, however it begins."""
    return length.days + 2


LONGEST_DAYS = whole_days(LONGEST_GIFT)
"""The days of a window in which any link ends."""


def ending_view() -> PageView:
    """Return the view that ends the link of the gift that makes it."""
    return PageView(article=Article(id=_ENDING, kind=_ENDING))


@frozen
class GiverTerms:
    """What may be given: its `policy` is made from that of a publication, as it is now."""

    source: Policy | PolicySource

    @property
    def policy(self) -> Policy:
        """The policy that gifts are made by."""
        policy = in_force(self.source)
        terms = policy.gifts
        zone = policy.publication.timezone
        if terms is None:
            return _giving(zone, 0, frozenset(Status))
        return _giving(zone, terms.per_month, terms.givers)


@frozen
class LinkTerms:
    """Who may open a link that ends within some `days`: made like `GiverTerms`."""

    source: Policy | PolicySource
    days: int

    @property
    def policy(self) -> Policy:
        """The policy that a link is opened by."""
        terms = in_force(self.source).gifts
        return _opening(0 if terms is None else terms.readers, self.days)


@lru_cache(maxsize=64)
def _giving(zone: str, per_month: int, givers: frozenset[Status]) -> Policy:
    running = Window(rolling=f"{LONGEST_DAYS} days")
    return Policy(
        publication=Publication(name="gifts", timezone=zone),
        meters=[
            Meter(name=ALLOWANCE, window=Window(calendar="month"), limit=per_month),
            Meter(name=GIVEN, window=running, limit="none", counts=When()),
        ],
        rules=[
            Rule(
                name="within the month's gifts",
                when=When(reader=givers),
                spend=ALLOWANCE,
                show=Show.ARTICLE,
            ),
            Rule(name="nobody else gives", show=_NOBODY),
        ],
    )


@lru_cache(maxsize=1024)
def _opening(readers: int, days: int) -> Policy:
    window = Window(fixed=f"{days} days")
    return Policy(
        publication=Publication(name="a gift"),
        meters=[
            Meter(name=OPENED, window=window, limit=readers),
            Meter(name=ENDED, window=window, limit=1),
        ],
        rules=[
            Rule(
                name="the link is ended", when=When(kind=[_ENDING]), spend=ENDED, show=Show.ARTICLE
            ),
            Rule(name="it was ended", when=When(used={ENDED: Range(at_least=1)}), show=_NOBODY),
            Rule(name="within the link's readers", spend=OPENED, show=Show.ARTICLE),
            Rule(name="nobody else opens it", show=_NOBODY),
        ],
    )


def check_given(decision: Decision, giver: Reader, terms: GiftTerms, now: datetime) -> None:
    """Raise why a gift cannot be given, if it cannot."""
    if decision.access is Access.FULL:
        return
    status = giver.status(now)
    if status not in terms.givers:
        may = listed([f"`{word}`" for word in sorted(terms.givers)])
        raise GiverError(
            f"a reader who is `{status}` gives no articles",
            f"`givers` under `[gifts]` says who may: {may}",
        )
    resets_at = None if decision.meter is None else decision.meter.resets_at
    raise GiftAllowanceError(
        f"this reader has given all {terms.per_month} gifts of this month",
        "the next can be made when a new month begins"
        if resets_at is None
        else f"the next can be made from {resets_at.isoformat()} on",
        resets_at,
    )

"""What is done with gifts, step by step: written once, called or awaited by `shell`.

No count is kept here. Two paywalls decide by the policies of `terms`: one whether somebody may
give, one whether somebody may open a link. What is asked of them is yielded, and the answer sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from types import NoneType
from typing import TYPE_CHECKING, Generic, TypeAlias, TypedDict, TypeVar

from meter.clock import system_clock
from meter.decision import Decision
from meter.errors import CorruptUsageError, StoreUnavailableError
from meter.loading.article_ids import FORMS, ArticleIds, article_ids
from meter.paywall import AsyncPaywall, Paywall
from meter.paywall.settings import check_policy, named
from meter.view import Article, PageView, Reader
from meter.view.rights import bounded
from meter.vocabulary import Access
from meter.web.gifts.arguments import check_giver, check_id
from meter.web.gifts.errors import GiverError, NoGiftsError, unknown_gift
from meter.web.gifts.links import Claims, GiftLink, Seals, address_with, check_article
from meter.web.gifts.records import KeptGift, KeptGifts
from meter.web.gifts.terms import (
    GiverTerms,
    LinkTerms,
    check_given,
    ending_view,
    in_force,
    whole_days,
)

if TYPE_CHECKING:
    from meter.loading.article_ids import ArticleIdsWord
    from meter.paywall import PaywallSettings
    from meter.paywall.settings import PolicySource
    from meter.policy import Policy
    from meter.policy.gifts import GiftTerms
    from meter.web.given import GivenArticle
    from meter.web.secrets import Secrets

__all__ = ["GiftSettings", "GiftSteps", "Steps", "asked"]

T = TypeVar("T")
P = TypeVar("P", bound=Paywall | AsyncPaywall)

Steps: TypeAlias = Generator[Callable[[], object], object, T]
"""Yields calls of a paywall, and is sent what each has answered."""

_GIFT_ID = re.compile(r"[0-9a-f]{20}")
_REMEMBERED = 1000


class GiftSettings(TypedDict, total=False):
    """The arguments of `Gifts` that are given by name; see there."""

    clock: Callable[[], datetime]
    namespace: str
    article_ids: ArticleIds | ArticleIdsWord
    deadline: float | None


def asked(call: Callable[[], object], kind: type[T]) -> Steps[T]:
    """Ask a paywall something that it answers with a value of one kind."""
    found = yield call
    if not isinstance(found, kind):
        raise TypeError("a paywall has answered something else than it was asked")
    return found


class GiftSteps(Generic[P]):
    """Gifts made, opened and ended, but for how a paywall is called."""

    def __init__(
        self,
        policy: Policy | PolicySource,
        secret: Secrets,
        opens: Callable[[PolicySource, PaywallSettings], P],
        settings: GiftSettings,
    ) -> None:
        check_policy(policy)
        self._source = policy
        self._seals = Seals(secret)
        self._opens = opens
        self._clock = settings.get("clock", system_clock)
        self._form = FORMS[article_ids(settings.get("article_ids", ArticleIds.EXACT))]
        self._namespace = named(settings.get("namespace", ""))
        self._deadline = settings.get("deadline")
        self._kept = KeptGifts(self._space("gift"))
        self._links: dict[int, P] = {}
        newest, *older = self._seals.secrets
        named_by: PaywallSettings = {"secret": newest, "old_secrets": tuple(older)}
        self._givers = opens(
            GiverTerms(policy), {**self._kept_in("gifts-given"), **named_by, "on_outage": "raise"}
        )

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return in_force(self._source)

    def claimed(self, token: str, article: Article, now: datetime) -> GiftLink | None:
        """Return what a token gives of an article at `now`, a time with a zone; asks no store.

        `None` for what this site has not signed as a gift, for another article's token, for one
        that is over, and where the policy has no `[gifts]`.
        """
        found = None if self.policy.gifts is None else self._seals.read(token, now)
        if found is None or found[0].article != self._claim(article.id):
            return None
        claims = found[0]
        return GiftLink(
            id=claims.id, article=article.id, made=claims.made, ends=claims.ends, token=token
        )

    def _space(self, name: str) -> str:
        return f"{self._namespace}/{name}" if self._namespace else name

    def _kept_in(self, name: str) -> PaywallSettings:
        """Return what both paywalls are told; what they decide are no page views."""
        return {
            "clock": self._clock,
            "deadline": self._deadline,
            "namespace": self._space(name),
            "metrics": False,
        }

    def _claim(self, article: str) -> str:
        """Return an article's id as a token says it."""
        return bounded(self._form(article))

    def _link(self, claims: Claims) -> P:
        """Return the paywall that decides who opens links that last as long as this one."""
        return self._lasting(whole_days(claims.ends - claims.made))

    def _lasting(self, days: int) -> P:
        """Return the paywall that decides who opens links that end within some days."""
        if days not in self._links:
            settings = self._kept_in("gift-opened")
            self._links[days] = self._opens(
                LinkTerms(self._source, days),
                {**settings, "on_outage": "closed", "remember": _REMEMBERED},
            )
        return self._links[days]

    def _make(
        self, giver: Reader, article: str, address: str | None, now: datetime | None, gift: str
    ) -> Steps[GiftLink]:
        """Count a gift, and return its signed link."""
        check_giver(giver)
        check_id("an article", article)
        at = self._clock() if now is None else now
        terms = self.policy.gifts
        if terms is None:
            raise NoGiftsError("the policy has no gifts", "add a table `[gifts]` to it")
        if giver.id is None:
            raise GiverError("a reader without an id gives no articles", "let them sign in first")
        check_article(article)
        claims = self._claims(giver.id, Article(id=article).id, at, gift, terms)
        token = self._seals.newest.sign(claims)
        link = GiftLink(
            id=gift,
            article=article,
            made=claims.made,
            ends=claims.ends,
            token=token,
            address=None if address is None else address_with(address, token),
        )
        kept = KeptGift(claims=claims, article=article, address=address)
        yield from self._count_given(giver, kept, at, terms)
        return link

    def _claims(
        self, giver: str, article: str, at: datetime, gift: str, terms: GiftTerms
    ) -> Claims:
        made = at.astimezone(UTC).replace(microsecond=0)
        return Claims(
            id=gift,
            article=self._claim(article),
            giver=self._seals.newest.giver(giver),
            made=made,
            ends=(made + terms.lasts).replace(microsecond=0),
        )

    def _count_given(
        self, giver: Reader, kept: KeptGift, at: datetime, terms: GiftTerms
    ) -> Steps[None]:
        """Write down a gift and count it, or raise why it cannot be given."""
        view = PageView(article=Article(id=kept.claims.id))
        givers = self._givers
        # What would be refused is not written down first.
        before = yield from asked(lambda: givers.peek(giver, view, now=at), Decision)
        check_given(before, giver, terms, at)
        yield from asked(lambda: givers.perform(self._kept.keep(kept)), NoneType)
        decision = yield from asked(lambda: givers.check(giver, view, now=at), Decision)
        if decision.access is not Access.FULL:
            yield from self._drop(kept.claims.id)
        check_given(decision, giver, terms, at)

    def _drop(self, gift: str) -> Steps[None]:
        yield from asked(lambda: self._givers.perform(self._kept.drop(gift)), NoneType)

    def _open(
        self, gift: GivenArticle, recipient: str, now: datetime, *, ahead: bool
    ) -> Steps[bool]:
        """Count who opens a link, and say whether they may read; `ahead`, nobody is counted."""
        found = self._opening(gift, recipient, now, ahead=ahead)
        if found is None:
            return False
        paywall, reader, view = found
        decision = yield from asked(lambda: paywall.check(reader, view, now=now), Decision)
        return decision.access is Access.FULL

    def _peek(self, gift: GivenArticle, recipient: str, now: datetime) -> Steps[bool]:
        """Say whether somebody might read through a link, and count nobody."""
        found = self._opening(gift, recipient, now, ahead=False)
        if found is None:
            return False
        paywall, reader, view = found
        decision = yield from asked(lambda: paywall.peek(reader, view, now=now), Decision)
        return decision.access is Access.FULL

    def _opening(
        self, gift: GivenArticle, recipient: str, now: datetime, *, ahead: bool
    ) -> tuple[P, Reader, PageView] | None:
        """Return what counts a reader of a link, or `None` where it is no link that runs."""
        found = self._seals.read(gift.token, now)
        if found is None or self.policy.gifts is None:
            return None
        claims, seal = found
        article = Article(id=seal.recipient(claims.id, recipient))
        return self._link(claims), Reader(id=claims.id), PageView(article=article, prefetch=ahead)

    def _end(self, gift: str, giver: str | None, now: datetime | None) -> Steps[None]:
        """End a link: nobody opens it any more, whoever has opened it before."""
        check_id("a gift", gift)
        check_id("a reader", giver or "")
        at = self._clock() if now is None else now
        claims = yield from self._found(gift, at)
        if claims is None or claims.ends <= at or not self._seals.made_by(claims, giver):
            raise unknown_gift(giver)
        yield from self._stop(claims.id, self._link(claims), at)

    def _stop(self, gift: str, paywall: P, at: datetime) -> Steps[None]:
        """Note that a link is ended. What cannot be read of who has opened it is removed."""
        if (yield from self._is_noted(gift, paywall, at)):
            return
        try:
            yield from asked(lambda: paywall.ledger(gift, now=at), dict)
        except CorruptUsageError:
            yield from asked(lambda: paywall.forget(gift), NoneType)
        if not (yield from self._is_noted(gift, paywall, at)):
            raise StoreUnavailableError("the store did not answer, and the link runs on; try again")

    def _is_noted(self, gift: str, paywall: P, at: datetime) -> Steps[bool]:
        """Note that a link is ended, and say whether that is kept."""
        reader = Reader(id=gift)
        decision = yield from asked(lambda: paywall.check(reader, ending_view(), now=at), Decision)
        return decision.access is Access.FULL

    def _found(self, gift: str, now: datetime) -> Steps[Claims | None]:
        """Return what is known of a link, by its token or by the gift's id."""
        if not _GIFT_ID.fullmatch(gift):
            found = self._seals.read(gift, now)
            return None if found is None else found[0]
        kept = yield from self._record(gift)
        return None if kept is None else kept.claims

    def _record(self, gift: str) -> Steps[KeptGift | None]:
        """Return what is kept of a gift. Raises `CorruptUsageError` for what is no such record."""
        raw = yield from asked(lambda: self._givers.perform(self._kept.find(gift)), tuple)
        found: KeptGift | None = raw[0] if raw else None
        return found

"""What a request gets of an article: the steps from a request to an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from attrs import evolve

from meter.engine import unremembered
from meter.errors import StoreError
from meter.memo import decide
from meter.paywall import OnOutage
from meter.usage import Usage
from meter.view import PageView
from meter.vocabulary import Access
from meter.web.gate.answer import Answer, is_whole
from meter.web.gate.cookie import new_device
from meter.web.gate.identity import NOBODY, Identity
from meter.web.gate.kinds import RequestKind, kind_of
from meter.web.gate.steps import AskEdge, Steps, tried
from meter.web.signed import parameter

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from meter.decision import Decision
    from meter.view import Article, Reader
    from meter.web.gate.configured import ConfiguredGate
    from meter.web.gate.edges import GivenArticle, PreviewedPage
    from meter.web.gate.everyone import Openness
    from meter.web.gate.request import WebRequest

__all__ = ["ArticleRequest", "ViewDetails"]

_MACHINES = (RequestKind.CLAIMED_CRAWLER, RequestKind.CRAWLER)
_OF_THE_GATE = frozenset({"article", "crawler", "prefetch"})
_AHEAD = (RequestKind.LOOK, RequestKind.AHEAD)
_GIFT = "gift"
_PREVIEW = "preview"
_UNLISTED = ("X-Robots-Tag", "noindex")


class ViewDetails(TypedDict, total=False):
    """What only the site knows of a page view; see `PageView`."""

    id: str | None
    referrer: str | None
    channel: str | None
    device: str | None
    country: str | None
    language: str | None
    gift: bool


class ArticleRequest:
    """One article, asked for by one request, at one time."""

    def __init__(
        self,
        gate: ConfiguredGate,
        request: WebRequest,
        identity: Identity,
        article: Article,
        details: ViewDetails,
    ) -> None:
        self._gate = gate
        self._request = request
        self._identity = identity
        self._now: datetime = gate.now()
        self._kind = kind_of(request)
        self._locale = request.header("accept-language") or None
        if not _OF_THE_GATE.isdisjoint(details):
            raise TypeError("`article`, `crawler` and `prefetch` are the gate's to say")
        known: dict[str, Any] = {
            "referrer": request.header("referer"),
            "country": gate.country_of(request),
        }
        self.article = article
        known.update(details)
        self._view = PageView(article=article, **known)

    def open(self) -> Steps[Answer]:
        """Decide, and count."""
        preview = self._preview()
        if preview is not None:
            return self._previewed(preview)
        yield from self._meet()
        everyone = self._gate.everyone()
        openness = everyone.of(self._view.article, self._now)
        if not openness.same:
            return self._answer((yield from self._decide()), openness, None)
        decision = yield from self._check((yield from self._reported()))
        # Another policy may have come into force in between.
        same = self._gate.everyone() is everyone
        return self._answer(decision, openness, self._gate.age(openness) if same else None)

    def _meet(self) -> Steps[None]:
        """Find out whether a machine asks, of which class, and note it on the view."""
        word = yield from self._gate.crawler_of(self._request)
        self._kind = kind_of(self._request, verified=bool(word))
        self._view = evolve(
            self._view,
            crawler=bool(word) and self._kind is RequestKind.CRAWLER,
            prefetch=self._kind in _AHEAD,
        )

    def _preview(self) -> PreviewedPage | None:
        """Return the preview that this request's address asks for, where it may."""
        previews = self._gate.previews
        token = None if previews is None else parameter(self._request.url, _PREVIEW)
        if previews is None or token is None:
            return None
        return previews.read(token, self._now)

    def _previewed(self, preview: PreviewedPage) -> Answer:
        """Answer an editor: nothing is asked of the store, told to anybody or kept."""
        decision = preview.decide(self._gate.policy, self._view, self._now)
        openness = self._gate.everyone().of(self.article, self._now)
        answer = evolve(self._answer(decision, openness, None), kind=RequestKind.READ)
        return evolve(
            answer,
            whole=is_whole(decision, answer.kind, open_to_everyone=False),
            bar=preview.bar(decision),
            headers=(*answer.headers, _UNLISTED),
        )

    def _reported(self) -> Steps[Reader]:
        """Return who reads what is the same for everyone: only reports tell them apart."""
        if self._kind in _MACHINES or not self._gate.paywall.reports:
            return NOBODY
        return (yield from self._identity.known())

    def peek(self) -> Steps[Answer]:
        """Decide, and count nothing; no text goes out."""
        preview = self._preview()
        if preview is not None:
            return evolve(self._previewed(preview), whole=False)
        yield from self._meet()
        openness = self._gate.everyone().of(self._view.article, self._now)
        reader = NOBODY
        if self._kind not in _MACHINES:
            reader = yield from self._reader()
            if reader.id is None and self._is_given_more:
                decision = self._peek_carried(reader)
                return evolve(self._answer(decision, openness, None), whole=False)
        decision = yield from self._ask(
            lambda paywall: paywall.peek(reader, self._view, now=self._now), reader
        )
        return evolve(self._answer(decision, openness, None), whole=False)

    @property
    def _is_given_more(self) -> bool:
        """Whether a reader without a cookie gets what a new device gets."""
        return self._identity.consents() or self._gate.without_consent == "whole"

    def _peek_carried(self, reader: Reader) -> Decision:
        """Decide as for a first visit, and keep nothing."""
        cookie, device = self._identity.new_cookie(reader)
        decision, _ = decide(self._gate.policy, device, self._view, cookie.carried(), self._now)
        return evolve(decision, counted=False)

    def _answer(self, decision: Decision, openness: Openness, max_age: int | None) -> Answer:
        everyone = openness.whole
        return Answer(
            decision=decision,
            whole=is_whole(decision, self._kind, open_to_everyone=everyone),
            kind=self._kind,
            for_everyone=everyone,
            max_age=max_age,
            locale=self._locale,
            folder=self._gate.folder,
            layout=self._gate.layout,
        )

    def _reader(self) -> Steps[Reader]:
        """Return who reads, with the rights that the address gives."""
        reader = yield from self._identity.reader(self._now, patient=False)
        rights = self._gate.rights_of(self._request)
        return evolve(reader, entitlements=(*reader.entitlements, *rights)) if rights else reader

    def _decide(self) -> Steps[Decision]:
        """Decide what depends on who asks."""
        if self._kind in _MACHINES:
            return (yield from self._check(NOBODY))
        reader = yield from self._reader()
        gift = self._gift()
        if gift is None:
            return (yield from self._decide_for(reader))
        if self._kind is RequestKind.READ:
            reader = yield from self._given(reader, gift)
            return (yield from self._decide_for(reader))
        decision = yield from self._decide_for(reader)
        if self._kind is RequestKind.AHEAD and decision.access is Access.PREVIEW:
            # The link is opened when it is read: a wall fetched ahead would be shown then.
            return evolve(decision, speculative=True, prompt=None)
        return decision

    def _gift(self) -> GivenArticle | None:
        """Return what this request's address gives away of the article, if it does."""
        gifts = self._gate.gifts
        token = None if gifts is None else parameter(self._request.url, _GIFT)
        if gifts is None or token is None:
            return None
        return gifts.claimed(token, self.article, self._now)

    def _given(self, reader: Reader, gift: GivenArticle) -> Steps[Reader]:
        """Open a gift link for a reader who needs it; return the reader with what it gives."""
        gifts = self._gate.gifts
        if gifts is None or self._is_open_to(reader):
            return reader
        recipient = reader
        if reader.id is None and self._identity.consents():
            cookie, recipient = self._identity.new_cookie(reader)
            self._identity.carry(cookie, cookie.carried())
        name = recipient.id or new_device()
        try:
            opened = yield AskEdge(lambda: gifts.open(gift, name, self._now))
        except StoreError as error:
            self._gate.tell("a gift link cannot be opened; the reader gets the page without", error)
            return reader
        if not opened:
            return reader
        self._view = evolve(self._view, gift=True)
        return evolve(reader, entitlements=(*reader.entitlements, gift.right()))

    def _is_open_to(self, reader: Reader) -> bool:
        """Say whether a reader gets the whole article by a right, with nothing counted."""
        view = evolve(self._view, prefetch=False)
        someone = evolve(reader, id=reader.id or new_device())
        decision, _ = decide(self._gate.policy, someone, view, Usage(), self._now)
        return decision.access is Access.FULL and not decision.counted

    def _decide_for(self, reader: Reader) -> Steps[Decision]:
        """Decide for a reader, who may have no identity yet."""
        if reader.id is not None:
            return (yield from self._check(reader))
        if self._identity.consents():
            return (yield from self._first_visit(reader))
        if self._gate.without_consent == "teaser":
            return (yield from self._check(reader))
        decision, _ = yield from self._carry(evolve(reader, id=new_device()), Usage())
        return evolve(unremembered(decision), counted=False)

    def _first_visit(self, reader: Reader) -> Steps[Decision]:
        """Decide for a new device, and keep what counts in its cookie until that comes back."""
        cookie, device = self._identity.new_cookie(reader)
        before = cookie.carried()
        decision, usage = yield from self._carry(device, before)
        if usage == before or self._identity.carry(cookie, usage):
            return decision
        known = yield from self._reader()
        return (yield from self._check(evolve(known, entitlements=reader.entitlements)))

    def _carry(self, reader: Reader, usage: Usage) -> Steps[tuple[Decision, Usage]]:
        carried: tuple[Decision, Usage] = yield from tried(
            lambda paywall: paywall.carry(reader, self._view, usage, now=self._now),
            lambda error: (self._otherwise(error, reader), usage),
        )
        return carried

    def _check(self, reader: Reader) -> Steps[Decision]:
        return (
            yield from self._ask(
                lambda paywall: paywall.check(reader, self._view, now=self._now), reader
            )
        )

    def _ask(self, call: Callable[[Any], Any], reader: Reader) -> Steps[Decision]:
        """Ask the paywall for a decision. A page never fails because that does."""
        decided: Decision = yield from tried(call, lambda error: self._otherwise(error, reader))
        return decided

    def _otherwise(self, error: Exception, reader: Reader) -> Decision:
        """Decide where the paywall cannot, by its own settings for an outage."""
        self._gate.tell("views cannot be counted; each is decided as if it were the first", error)
        if self._gate.paywall.on_outage is OnOutage.CLOSED:
            reader = evolve(reader, id=None)
        decision, _ = decide(self._gate.policy, reader, self._view, Usage(), self._now)
        return evolve(unremembered(decision), degraded=True, counted=False)

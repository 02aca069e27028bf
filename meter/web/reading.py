"""What a request gets of an article: the steps from a request to an answer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from attrs import evolve

from meter.memo import decide
from meter.usage import Usage
from meter.view import PageView
from meter.web.answer import Answer, is_whole
from meter.web.cookie import new_device
from meter.web.identity import NOBODY, Identity
from meter.web.kinds import RequestKind, kind_of
from meter.web.steps import AskPaywall, Steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from meter.decision import Decision
    from meter.view import Article, Reader
    from meter.web.everyone import Openness
    from meter.web.gate import Gate
    from meter.web.request import WebRequest

__all__ = ["Reading"]

LOG = logging.getLogger("meter.web")

_MACHINES = (RequestKind.CLAIMED_CRAWLER, RequestKind.CRAWLER)
_AHEAD = (RequestKind.LOOK, RequestKind.AHEAD)


class Reading:
    """One article, asked for by one request, at one time."""

    def __init__(
        self,
        gate: Gate,
        request: WebRequest,
        identity: Identity,
        article: Article,
        details: dict[str, Any],
    ) -> None:
        self._gate = gate
        self._identity = identity
        self._now: datetime = gate.now()
        crawler = gate.crawler
        self._kind = kind_of(request, verified=crawler is not None and crawler(request))
        self._locale = request.header("accept-language") or None
        known: dict[str, Any] = {
            "referrer": request.header("referer"),
            "country": gate.country_of(request),
            "crawler": self._kind is RequestKind.CRAWLER,
            "prefetch": self._kind in _AHEAD,
        }
        self._view = PageView(article=article, **(known | details))

    def open(self) -> Steps[Answer]:
        """Decide, and count."""
        openness = self._gate.everyone().of(self._view.article, self._now)
        if openness.same:
            decision = yield from self._check(NOBODY)
            return self._answer(decision, openness, self._gate.age(openness))
        decision = yield from self._decide()
        return self._answer(decision, openness, None)

    def peek(self) -> Steps[Answer]:
        """Decide, and count nothing; no text goes out."""
        reader = NOBODY
        if self._kind not in _MACHINES:
            reader = yield from self._identity.reader(self._now)
        decision = yield from self._ask(
            lambda paywall: paywall.peek(reader, self._view, now=self._now), reader
        )
        return evolve(self._answer(decision, None, None), whole=False)

    def _answer(self, decision: Decision, openness: Openness | None, max_age: int | None) -> Answer:
        everyone = openness is not None and openness.whole
        return Answer(
            decision=decision,
            whole=is_whole(decision, self._kind, open_to_everyone=everyone),
            kind=self._kind,
            max_age=max_age,
            locale=self._locale,
            folder=self._gate.folder,
            layout=self._gate.layout,
        )

    def _decide(self) -> Steps[Decision]:
        """Decide what depends on who asks."""
        if self._kind in _MACHINES:
            return (yield from self._check(NOBODY))
        reader = yield from self._identity.reader(self._now)
        if reader.id is not None:
            return (yield from self._check(reader))
        if self._identity.consents():
            return (yield from self._first_visit(reader))
        if self._gate.without_consent == "teaser":
            return (yield from self._check(reader))
        decision, _ = yield from self._carry(evolve(reader, id=new_device()))
        return evolve(decision, counted=False)

    def _first_visit(self, reader: Reader) -> Steps[Decision]:
        """Decide for a new device, and keep what counts in its cookie until that comes back."""
        cookie, device = self._identity.new_cookie(reader)
        decision, usage = yield from self._carry(device)
        if usage == Usage() or self._identity.carry(cookie, usage):
            return decision
        return (yield from self._check(device))

    def _carry(self, reader: Reader) -> Steps[tuple[Decision, Usage]]:
        carried: tuple[Decision, Usage] = yield AskPaywall(
            lambda paywall: paywall.carry(reader, self._view, Usage(), now=self._now)
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
        try:
            decided: Decision = yield AskPaywall(call)
        except Exception as error:
            if self._gate.is_news(error):
                LOG.exception("views cannot be counted; each is decided as if it were the first")
        else:
            return decided
        decision, _ = decide(self._gate.policy, reader, self._view, Usage(), self._now)
        return evolve(decision, degraded=True, counted=False)

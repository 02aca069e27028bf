"""One request at the gate, as the view of a site asks it."""

from __future__ import annotations

from asyncio import run_coroutine_threadsafe
from typing import TYPE_CHECKING, TypeVar, Unpack

from meter.engine import check_prompt
from meter.errors import IdentityError, UnknownPromptError
from meter.errors.values import InvalidTypeError
from meter.paywall import AsyncPaywall, Counted
from meter.view import Article
from meter.web.errors import CrossSiteError
from meter.web.gate.article_request import ArticleRequest, ViewDetails
from meter.web.gate.headers import Finished, finish
from meter.web.gate.identity import Identity
from meter.web.gate.request import WebRequest, is_cross_site
from meter.web.gate.steps import AskPaywall, Steps, VisitTurns, in_a_loop, run
from meter.web.gate.terms import CONTENT_USAGE, Uses

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from meter.web.gate.answer import Answer
    from meter.web.gate.configured import AccountOf, ConfiguredGate

__all__ = ["Visit"]

T = TypeVar("T")

_OK = 200


class Visit:
    """One request at a gate; nothing is decided, asked or set before the view asks.

    `open` decides and counts; `peek` only looks. `dismissed` says that the reader closed a prompt.
    `sign_in`, `sign_out`, `started`, `ledger` and `forget` are for the pages of an account. What
    has an `a` in front of its name is the same, awaited, one call after the other. It belongs to
    one request: share it with no other thread. `finish` makes the headers; an adapter calls it as
    the answer begins. From then on there is no telling a cache or the browser, and what hangs on
    the reader is a `RuntimeError`: decide before the first byte of a stream.
    """

    def __init__(
        self, gate: ConfiguredGate, request: WebRequest, account: AccountOf | None = None
    ) -> None:
        self.gate = gate
        self.request = request
        self._identity = Identity(gate, request, account)
        self._opened: list[tuple[Answer, Article]] = []
        self._is_personal = False
        self._is_answered = False
        self._turns = VisitTurns()

    def open(self, article: Article | str, **details: Unpack[ViewDetails]) -> Answer:
        """Decide what this request gets of an article, and count it where a rule says so.

        `article` is an `Article` or its id. `details` are those of a `PageView` that only the site
        knows: `channel`, `device`, `language`, `gift`, `id`; and `referrer` and `country`, where
        they are not the request's. No failure of a store or a prompt ever raises here.
        """
        return self._run(self._open(article, details))

    async def aopen(self, article: Article | str, **details: Unpack[ViewDetails]) -> Answer:
        """Decide what this request gets of an article; see `open`."""
        return await self._turns.run(self._open(article, details), self.gate.paywall)

    def peek(self, article: Article | str, **details: Unpack[ViewDetails]) -> Answer:
        """Say what this request would get of an article, and count nothing: for lists of articles.

        `whole` is always false: what was not counted carries no text.
        """
        return self._run(self._peek(article, details))

    async def apeek(self, article: Article | str, **details: Unpack[ViewDetails]) -> Answer:
        """Say what this request would get of an article; see `peek`."""
        return await self._turns.run(self._peek(article, details), self.gate.paywall)

    def sign_in(self, account: str) -> None:
        """Say that this browser has signed in to an account, by its id: what it read joins.

        Where the store does not answer, that is done at the account's next view. Raises
        `CrossSiteError` for a request that another site sends, and `IdentityError` for an empty id.
        """
        self._run(self._sign_in(account))

    async def asign_in(self, account: str) -> None:
        """Say that this browser has signed in to an account; see `sign_in`."""
        await self._turns.run(self._sign_in(account), self.gate.paywall)

    def sign_out(self) -> None:
        """Say that this browser has signed out: it is the device again that it was before.

        Raises `CrossSiteError` for a request that another site sends.
        """
        self._check_time()
        self.check_origin()
        self._identity.sign_out()

    def started(self, offer: str) -> None:
        """Say that the account has started an offer; see `Paywall.started`.

        Raises what that does, `IdentityError` where nobody is signed in, and `CrossSiteError`.
        """
        self._run(self._started(offer))

    async def astarted(self, offer: str) -> None:
        """Say that the account has started an offer; see `started`."""
        await self._turns.run(self._started(offer), self.gate.paywall)

    def dismissed(self, prompt: str) -> None:
        """Say that this reader, account or device, has closed a prompt; see `Paywall.dismissed`.

        Nothing is written of a reader of whom nothing is remembered; a prompt that there is not is
        an error for them too. Raises what that does, and `CrossSiteError`.
        """
        self._run(self._dismissed(prompt))

    async def adismissed(self, prompt: str) -> None:
        """Say that this reader has closed a prompt; see `dismissed`."""
        await self._turns.run(self._dismissed(prompt), self.gate.paywall)

    def ledger(self) -> dict[str, Counted]:
        """Return what is counted for this reader, by meter: the account's, or this device's.

        Raises `StoreError` where the store does not answer.
        """
        return self._run(self._ledger())

    async def aledger(self) -> dict[str, Counted]:
        """Return what is counted for this reader; see `ledger`."""
        return await self._turns.run(self._ledger(), self.gate.paywall)

    def forget(self) -> None:
        """Remove what is counted for the account, if one is signed in, and for this device.

        The cookie goes too, and the links end by which the account has given articles away. Raises
        `StoreError` where the store does not answer: ask again then; and `CrossSiteError` for a
        request that another site sends.
        """
        self._run(self._forget())

    async def aforget(self) -> None:
        """Remove what is counted for this reader; see `forget`."""
        await self._turns.run(self._forget(), self.gate.paywall)

    @property
    def return_path(self) -> str:
        """The path to come back to after signing in: always one on this site."""
        return self.request.return_path

    def check_origin(self) -> None:
        """Raise `CrossSiteError` if a browser says that another site sends this request.

        The calls that change something do so by themselves; ask before you change anything of your
        own, such as a session.
        """
        self._is_personal = True
        if is_cross_site(self.request, self.gate.proxies, self.gate.origins):
            raise CrossSiteError("another site sent this request: nothing was changed")

    def finish(self, status: int, headers: Iterable[tuple[str, str]]) -> Finished:
        """Return the status, headers and, where the view's must not go out, the body.

        An answer whose view asked nothing goes out as it is.
        """
        self._is_answered = True
        given = list(headers)
        if not self._is_personal and not self._opened:
            return Finished(status, given)
        finished = finish(
            status,
            given,
            refused=any(answer.refused for answer, _ in self._opened),
            max_age=self._max_age(),
            set_cookie=self._identity.header(),
            answered=self._status(),
            more=self._headers(),
            terms=self._terms(),
        )
        if finished.body is not None and self.request.method.upper() == "HEAD":
            return finished._replace(body=b"")
        return finished

    def _status(self) -> int:
        """Return the status that every article of this page has, or 200."""
        statuses = {answer.status for answer, _ in self._opened}
        return statuses.pop() if len(statuses) == 1 else _OK

    def _headers(self) -> list[tuple[str, str]]:
        """Return the headers that the articles of this page bring."""
        answers = [answer for answer, _ in self._opened]
        pairs = [pair for answer in answers for pair in answer.headers]
        uses = Uses()
        for answer in answers:
            uses = uses.narrowed(answer.uses)
        if uses.header:
            pairs.append((CONTENT_USAGE, uses.header))
        if uses.link:
            pairs.append(("Link", uses.link))
        return list(dict.fromkeys(pairs))

    def _terms(self) -> list[tuple[str, str]]:
        """Return the headers that tell on which terms there is more, if the page is refused."""
        if self._status() == _OK:
            return []
        return list(dict.fromkeys(pair for answer, _ in self._opened for pair in answer.terms))

    def _check_time(self) -> None:
        """Raise `RuntimeError` once the answer has begun, without what would have to be in it."""
        if self._is_answered:
            raise RuntimeError(
                "the answer has begun, and its headers are sent: ask the paywall before that, not"
                " while the body is streamed"
            )

    def _run(self, steps: Steps[T]) -> T:
        """Run steps for a view that blocks: where the paywall is awaited, in the site's loop."""
        gate = self.gate
        if gate.loop is None or not isinstance(gate.paywall, AsyncPaywall) or in_a_loop():
            return run(steps, gate.paywall)
        return run_coroutine_threadsafe(self._turns.run(steps, gate.paywall), gate.loop).result()

    def _max_age(self) -> int:
        """Return for how many seconds, from now on, everybody gets this answer; 0 for none.

        Where the request brings credentials the site may have asked for them, whatever the article.
        """
        if self._is_personal or self.request.header("authorization"):
            return 0
        now = self.gate.now()
        ages = [self._age(answer, article, now) for answer, article in self._opened]
        return min(ages)

    def _age(self, answer: Answer, article: Article, now: datetime) -> int:
        """Return the same of one article: a view may have taken a while since it was decided."""
        if not answer.max_age:
            return 0
        openness = self.gate.everyone().of(article, now)
        return min(answer.max_age, self.gate.age(openness)) if openness.same else 0

    def _reading(self, article: Article | str, details: ViewDetails) -> ArticleRequest:
        whole = Article(id=article) if isinstance(article, str) else article
        return ArticleRequest(self.gate, self.request, self._identity, whole, details)

    def _open(self, article: Article | str, details: ViewDetails) -> Steps[Answer]:
        self._check_time()
        # Until it is known what everybody gets; for good, where the site's own function raises.
        was_personal = self._is_personal
        self._is_personal = True
        reading = self._reading(article, details)
        answer = yield from reading.open()
        self._is_personal = was_personal
        self._opened.append((answer, reading.article))
        return answer

    def _peek(self, article: Article | str, details: ViewDetails) -> Steps[Answer]:
        self._check_time()
        self._is_personal = True
        return (yield from self._reading(article, details).peek())

    def _sign_in(self, account: str) -> Steps[None]:
        self._check_time()
        self.check_origin()
        yield from self._identity.sign_in(account)

    def _started(self, offer: str) -> Steps[None]:
        self.check_origin()
        account = yield from self._identity.account()
        if account is None or account.id is None:
            raise IdentityError("nobody is signed in: an offer is started by an account")
        yield AskPaywall(lambda paywall: paywall.started(account.id, offer))

    def _dismissed(self, prompt: str) -> Steps[None]:
        self._check_time()
        self.check_origin()
        try:
            check_prompt(self.gate.policy, prompt)
        except InvalidTypeError as error:  # a page may send anything: no mistake of the site
            raise UnknownPromptError(str(error)) from None
        now = self.gate.now()
        reader = yield from self._identity.reader(now)
        if reader.id is not None:
            name = reader.id
            yield AskPaywall(lambda paywall: paywall.dismissed(name, prompt, now=now))

    def _ledger(self) -> Steps[dict[str, Counted]]:
        self._check_time()
        self._is_personal = True
        now = self.gate.now()
        reader = yield from self._identity.reader(now)
        if reader.id is None:
            nothing = Counted(reads=(), resets_at=None)
            return {meter.name: nothing for meter in self.gate.policy.meters}
        counted: dict[str, Counted] = yield AskPaywall(
            lambda paywall: paywall.ledger(reader.id, now=now)
        )
        return counted

    def _forget(self) -> Steps[None]:
        self._check_time()
        self.check_origin()
        yield from self._identity.forget()

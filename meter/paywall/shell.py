"""The engine over a store: load, decide, swap, try again.

A reader whose rules need no count is decided without touching the store. Everybody else is counted
exactly, whoever asks at the same time, and gets an answer within the deadline even while the store
is out.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from attrs import define, field

from meter.decision import Decision
from meter.errors import StoreError, StoreUnavailableError
from meter.paywall.base import PaywallBase, failed
from meter.stores.awaited import awaitable
from meter.stores.deadline import deadline, has_passed, remaining
from meter.stores.protocol import AsyncStore, Store
from meter.stores.queries import run, run_async

if TYPE_CHECKING:
    from datetime import datetime

    from meter.paywall.base import Counted
    from meter.paywall.operations import StoreOp, StoreOps
    from meter.view import PageView, Reader

__all__ = ["AsyncPaywall", "Paywall"]

T = TypeVar("T")

# Joining and forgetting are rare and must not fail lightly: they may take this many deadlines.
_CARE = 20.0
_TOO_LATE = "the store's answers took longer than the deadline"


@define(slots=False, eq=False, repr=False)
class Paywall(PaywallBase[Store]):
    """A policy over a store.

    `clock` gives the time where a call says none. `deadline` is the most a check may take, in
    seconds (default: the store's own, 0.05 for one that is asked over a network); `on_outage` says
    what happens then (`fallback`: this process counts on, from what it saw last; `open`: the reader
    gets the article; `closed`: as if nothing were left; `raise`: a `StoreUnavailableError`).
    `attempts` bounds how often a check starts again because another one was faster. With `secret`
    (any text, the same everywhere) reader ids are kept as digests only. `namespace` keeps
    publications apart in one store. `remember` bounds the readers this process remembers.
    `on_decision` is called with every decision, as a CloudEvents dictionary.

    `policy` may also be something with a `policy`, such as a policy file that is reloaded. Safe for
    threads.

    >>> from datetime import datetime, UTC
    >>> from meter import Article, PageView, Reader, loads_policy, open_store
    >>> policy = loads_policy('''
    ... [publication]
    ... name = "The Harbour Review"
    ... [meters.monthly]
    ... window = { calendar = "month" }
    ... limit = 2
    ... [[rules]]
    ... name = "two a month"
    ... spend = "monthly"
    ... show = "countdown"
    ... [[rules]]
    ... name = "everyone else"
    ... show = "subscription-wall"
    ... ''')
    >>> paywall = Paywall(policy, open_store("memory://"))
    >>> now = datetime(2026, 6, 1, tzinfo=UTC)
    >>> def show(article):
    ...     view = PageView(article=Article(id=article))
    ...     return str(paywall.check(Reader(id="anna"), view, now=now).show)
    >>> [show(article) for article in "abac"]
    ['countdown', 'last-free-article', 'last-free-article', 'subscription-wall']
    >>> [read.id for read in paywall.ledger("anna", now=now)["monthly"].reads]
    ['a', 'b']
    """

    _store: Store

    def check(self, reader: Reader, view: PageView, *, now: datetime | None = None) -> Decision:
        """Decide what a reader gets for a page view, and count it if it is to be counted.

        `now` is a time with a zone. Raises only if `on_outage` is `raise`: a `StoreError`.
        """
        return self._ask(reader, view, now, counts=True)

    def peek(self, reader: Reader, view: PageView, *, now: datetime | None = None) -> Decision:
        """Decide what a reader would get, and count nothing.

        `left` is what would be left after this view, `counted` is false.
        """
        return self._ask(reader, view, now, counts=False)

    def merge(self, from_id: str, into_id: str) -> None:
        """Make two ids one reader, with the union of what both have read.

        For somebody who signs in.

        From then on either id stands for both. It may be repeated and done in either direction; if
        it is interrupted, do it again. Raises `StoreError` if the store does not answer.
        """
        self._run(self._join(from_id, into_id), _CARE)

    def forget(self, reader_id: str) -> None:
        """Leave nothing of a reader in the store or in this process, nor of the ids merged with it.

        Raises `StoreError` if the store does not answer; do it again then.
        """
        self._run(self._erase(reader_id), _CARE)

    def ledger(self, reader_id: str, *, now: datetime | None = None) -> dict[str, Counted]:
        """Return what was counted in the running window, by meter.

        It also says when the first of it comes back. Raises `StoreError` if the store does not
        answer.
        """
        return self._run(self._look_up(reader_id, now), _CARE)

    def _ask(
        self, reader: Reader, view: PageView, now: datetime | None, *, counts: bool
    ) -> Decision:
        asked = self._decide(reader, view, now, counts=counts)
        if isinstance(asked, Decision):
            return asked
        return self._report(self._run(asked))

    def _run(self, operations: StoreOps[T], deadlines: float = 1.0) -> T:
        with deadline(self._seconds(deadlines)):
            return run(operations, self._perform, StoreError)

    def _perform(self, operation: StoreOp) -> bytes | None:
        if has_passed():
            raise StoreUnavailableError(_TOO_LATE)
        try:
            return operation.on(self._store)
        except StoreError:
            raise
        except Exception as error:
            raise failed(error) from error


@define(slots=False, eq=False, repr=False)
class AsyncPaywall(PaywallBase[AsyncStore]):
    """A `Paywall` whose methods are awaited, in one event loop.

    `store` is an `AsyncStore`; an ordinary one is asked in threads (or directly, if it never
    waits). A cancelled call leaves counts and connections sound: the view is counted once or not at
    all.
    """

    _store: AsyncStore = field(converter=awaitable)

    async def check(
        self, reader: Reader, view: PageView, *, now: datetime | None = None
    ) -> Decision:
        """Decide what a reader gets for a page view, and count it if it is to be counted.

        See `Paywall.check`.
        """
        return await self._ask(reader, view, now, counts=True)

    async def peek(
        self, reader: Reader, view: PageView, *, now: datetime | None = None
    ) -> Decision:
        """Decide what a reader would get, and count nothing."""
        return await self._ask(reader, view, now, counts=False)

    async def merge(self, from_id: str, into_id: str) -> None:
        """Make two ids one reader; see `Paywall.merge`."""
        await self._run(self._join(from_id, into_id), _CARE)

    async def forget(self, reader_id: str) -> None:
        """Leave nothing of a reader; see `Paywall.forget`."""
        await self._run(self._erase(reader_id), _CARE)

    async def ledger(self, reader_id: str, *, now: datetime | None = None) -> dict[str, Counted]:
        """Return what was counted in the running window; see `Paywall.ledger`."""
        return await self._run(self._look_up(reader_id, now), _CARE)

    async def _ask(
        self, reader: Reader, view: PageView, now: datetime | None, *, counts: bool
    ) -> Decision:
        asked = self._decide(reader, view, now, counts=counts)
        if isinstance(asked, Decision):
            return asked
        return self._report(await self._run(asked))

    async def _run(self, operations: StoreOps[T], deadlines: float = 1.0) -> T:
        with deadline(self._seconds(deadlines)):
            return await run_async(operations, self._perform, StoreError)

    async def _perform(self, operation: StoreOp) -> bytes | None:
        if has_passed():
            raise StoreUnavailableError(_TOO_LATE)
        try:
            async with asyncio.timeout(remaining(None)):
                return await operation.on_async(self._store)
        except StoreError:
            raise
        except TimeoutError as error:
            raise StoreUnavailableError("the store did not answer within the deadline") from error
        except Exception as error:
            raise failed(error) from error

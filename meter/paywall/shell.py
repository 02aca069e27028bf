"""The engine over a store: load, decide, swap, try again.

A reader whose rules need no count is decided without touching the store. Everybody else is counted
exactly, whoever asks at the same time, and gets an answer within the deadline even while the store
is out.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from datetime import datetime, timedelta
from enum import StrEnum
from inspect import isawaitable, iscoroutinefunction
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from attrs import evolve, frozen

from meter import engine, memo
from meter.clock import system_clock
from meter.errors import StoreError, StoreUnavailableError
from meter.paywall.fallback import remembered, spent, unspent
from meter.paywall.telemetry import Telemetry
from meter.paywall.transactions import Outcome, Recent, Steps, erase, join, transact
from meter.policy import Policy
from meter.stores import in_thread
from meter.stores.deadline import UNTIL
from meter.stores.keys import reader_key
from meter.usage import Read

if TYPE_CHECKING:
    from collections.abc import Callable

    from meter.decision import Decision
    from meter.stores import AsyncStore, Store
    from meter.usage import Tally, Usage
    from meter.view import PageView, Reader

__all__ = ["AsyncPaywall", "Counted", "OnOutage", "Paywall"]

T = TypeVar("T")
_NO_SPAN = nullcontext()
_MARGIN = timedelta(days=1)  # for clocks of servers that differ
_SHARE = 0.8  # of the deadline is the store's; the rest is for deciding without it
# joining and forgetting are rare and must not fail lightly: they may take this many deadlines
_CARE = 20.0


class OnOutage(StrEnum):
    """What a reader who would be counted gets while the store is out."""

    FALLBACK = "fallback"
    OPEN = "open"
    CLOSED = "closed"
    RAISE = "raise"


class PolicySource(Protocol):
    """Something whose policy may change, such as a file that is watched."""

    @property
    def policy(self) -> Policy: ...


@frozen(kw_only=True)
class Counted:
    """What one meter has counted for a reader in the running window, oldest first, and when the
    first of it comes back.
    """

    reads: tuple[Read, ...]
    resets_at: datetime | None


class _Shared:
    """Everything but the waiting."""

    def __init__(
        self,
        policy: Policy | PolicySource,
        store: Any,
        *,
        clock: Callable[[], datetime] = system_clock,
        on_outage: OnOutage | str = OnOutage.FALLBACK,
        deadline: float | None = None,
        attempts: int = 64,
        secret: bytes | str | None = None,
        namespace: str = "",
        remember: int = 10_000,
        on_decision: Callable[[dict[str, Any]], object] | None = None,
    ) -> None:
        self._source = policy
        self._store = store
        self._clock = clock
        self._on_outage = _word(on_outage)
        if deadline is not None and deadline <= 0:
            raise ValueError(f"a deadline is longer than nothing, not `{deadline}` seconds")
        self._deadline: float | None = (
            deadline if deadline is not None else getattr(store, "deadline", 0.05)
        )
        self._attempts = attempts
        self._secret, self._namespace = secret, namespace
        self._recent = Recent(remember)
        self._telemetry = Telemetry(getattr(store, "name", "other"), on_decision)

    @property
    def policy(self) -> Policy:
        """The policy that decides now."""
        source = self._source
        return source if isinstance(source, Policy) else source.policy

    def _key(self, reader_id: str) -> str:
        return reader_key(reader_id, namespace=self._namespace, secret=self._secret)

    def _settled(
        self, policy: Policy, reader: Reader, view: PageView, now: datetime
    ) -> Decision | None:
        decision = memo.observe(policy, reader, view, now).final
        if decision is not None:
            self._telemetry.decided(decision, view, None)
        return decision

    def _question(
        self,
        policy: Policy,
        key: str,
        reader: Reader,
        view: PageView,
        now: datetime,
        *,
        counts: bool,
    ) -> Steps[Outcome]:
        self._recent.losses = getattr(self._store, "losses", 0)
        return transact(
            key,
            lambda usage: memo.decide(policy, reader, view, usage, now),
            self._recent,
            expires=lambda usage: _expires(policy, usage, now),
            attempts=self._attempts,
            writes=counts,
        )

    def _answer(self, outcome: Outcome, view: PageView, key: str) -> Decision:
        decision: Decision = outcome.answer
        if outcome.lost:
            self._telemetry.lost()
            decision = evolve(decision, degraded=True)
        if decision.counted and not outcome.written:
            decision = evolve(decision, counted=False)
        self._telemetry.decided(decision, view, key, outcome.retries)
        return decision

    def _degraded(
        self,
        error: StoreError,
        policy: Policy,
        key: str,
        reader: Reader,
        view: PageView,
        now: datetime,
        *,
        counts: bool,
    ) -> Decision:
        """Decide without the store, in the way the publisher chose.

        The rules are the same; only the count is another.
        """
        self._telemetry.out(error, "check" if counts else "peek")
        if self._on_outage is OnOutage.RAISE:
            raise error
        if self._on_outage is OnOutage.FALLBACK:
            decision = remembered(self._recent, key, policy, reader, view, now, counts=counts)
        else:
            decision = (unspent if self._on_outage is OnOutage.OPEN else spent)(
                policy, reader, view, now
            )
        counted = decision.counted and counts and self._on_outage is OnOutage.FALLBACK
        decision = evolve(decision, degraded=True, counted=counted)
        self._telemetry.decided(decision, view, key)
        return decision

    def _ledger(self, key: str, now: datetime) -> Steps[Outcome]:
        policy = self.policy
        return transact(
            key,
            lambda usage: (engine.ledger(policy, usage, now), usage),
            self._recent,
            expires=lambda usage: _expires(policy, usage, now),
            attempts=self._attempts,
            writes=False,
        )

    def _span(self) -> Any:
        tracer = self._telemetry.tracer
        return _NO_SPAN if tracer is None else tracer.start_as_current_span("meter.store")


def _word(on_outage: OnOutage | str) -> OnOutage:
    try:
        return OnOutage(on_outage)
    except ValueError:
        raise ValueError(
            f"`{on_outage}` is not what an outage can lead to; it is `fallback`, `open`, `closed`"
            " or `raise`"
        ) from None


def _expires(policy: Policy, usage: Usage, now: datetime) -> datetime | None:
    """Return when a store may drop a usage, on this machine's clock.

    A caller who lives in the past loses nothing.
    """
    ends = engine.expires_at(policy, usage)
    return None if ends is None else ends + _MARGIN + max(system_clock() - now, timedelta())


def _in_time(until: float | None) -> None:
    if until is not None and monotonic() >= until:
        raise StoreUnavailableError("the store's answers took longer than the deadline")


def _readable(entries: dict[str, tuple[Tally, datetime | None]]) -> dict[str, Counted]:
    return {
        name: Counted(reads=tuple(tally), resets_at=resets_at)
        for name, (tally, resets_at) in entries.items()
    }


class Paywall(_Shared):
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
    >>> [str(paywall.check(Reader(id="anna"), PageView(article=Article(id=name)), now=now).show) for name in "abac"]
    ['countdown', 'last-free-article', 'last-free-article', 'subscription-wall']
    >>> [read.id for read in paywall.ledger("anna", now=now)["monthly"].reads]
    ['a', 'b']
    """

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
        self._run(
            join(self._key(from_id), self._key(into_id), self._recent, attempts=self._attempts),
            care=_CARE,
        )

    def forget(self, reader_id: str) -> None:
        """Leave nothing of a reader in the store or in this process, nor of the ids merged with it.

        Raises `StoreError` if the store does not answer; do it again then.
        """
        self._run(erase(self._key(reader_id), self._recent, attempts=self._attempts), care=_CARE)

    def ledger(self, reader_id: str, *, now: datetime | None = None) -> dict[str, Counted]:
        """Return what was counted in the running window, by meter, and when the first of it comes
        back.

        Raises `StoreError` if the store does not answer.
        """
        return _readable(
            self._run(self._ledger(self._key(reader_id), now or self._clock()), care=_CARE).answer
        )

    def _ask(
        self, reader: Reader, view: PageView, now: datetime | None, *, counts: bool
    ) -> Decision:
        policy, now = self.policy, now or self._clock()
        settled = self._settled(policy, reader, view, now)
        if settled is not None:
            return settled
        key = self._key(reader.id)
        try:
            with self._span():
                outcome = self._run(self._question(policy, key, reader, view, now, counts=counts))
        except StoreError as error:
            return self._degraded(error, policy, key, reader, view, now, counts=counts)
        return self._answer(outcome, view, key)

    def _run(self, steps: Steps[T], care: float = 1.0) -> T:
        store: Store = self._store
        until = None if self._deadline is None else monotonic() + self._deadline * care * _SHARE
        token = UNTIL.set(until)
        try:
            step = next(steps)
            while True:
                _in_time(until)
                try:
                    reply = _tried(step, store)
                except StoreError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(reply)
        except StopIteration as stop:
            answer: T = stop.value
            return answer
        finally:
            UNTIL.reset(token)


def _tried(step: Any, store: Any) -> Any:
    try:
        return step.on(store)
    except StoreError:
        raise
    except Exception as error:  # whatever a backend raises, a page view survives it
        raise StoreUnavailableError(
            f"the store failed: {str(error) or type(error).__name__}"
        ) from error


class AsyncPaywall(_Shared):
    """A `Paywall` whose methods are awaited, in one event loop.

    `store` is an `AsyncStore`; an ordinary one is asked in threads (or directly, if it never
    waits). A cancelled call leaves counts and connections sound: the view is counted once or not at
    all.
    """

    def __init__(
        self, policy: Policy | PolicySource, store: AsyncStore | Store, **settings: Any
    ) -> None:
        waits = getattr(store, "blocking", True)
        if not iscoroutinefunction(store.load) and waits:
            store = in_thread(store)  # type: ignore[arg-type]
        super().__init__(policy, store, **settings)

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
        await self._run(
            join(self._key(from_id), self._key(into_id), self._recent, attempts=self._attempts),
            care=_CARE,
        )

    async def forget(self, reader_id: str) -> None:
        """Leave nothing of a reader; see `Paywall.forget`."""
        await self._run(
            erase(self._key(reader_id), self._recent, attempts=self._attempts), care=_CARE
        )

    async def ledger(self, reader_id: str, *, now: datetime | None = None) -> dict[str, Counted]:
        """Return what was counted in the running window; see `Paywall.ledger`."""
        outcome = await self._run(
            self._ledger(self._key(reader_id), now or self._clock()), care=_CARE
        )
        return _readable(outcome.answer)

    async def _ask(
        self, reader: Reader, view: PageView, now: datetime | None, *, counts: bool
    ) -> Decision:
        policy, now = self.policy, now or self._clock()
        settled = self._settled(policy, reader, view, now)
        if settled is not None:
            return settled
        key = self._key(reader.id)
        try:
            with self._span():
                outcome = await self._run(
                    self._question(policy, key, reader, view, now, counts=counts)
                )
        except StoreError as error:
            return self._degraded(error, policy, key, reader, view, now, counts=counts)
        return self._answer(outcome, view, key)

    async def _run(self, steps: Steps[T], care: float = 1.0) -> T:
        seconds = None if self._deadline is None else self._deadline * care * _SHARE
        until = None if seconds is None else monotonic() + seconds
        token = UNTIL.set(until)
        try:
            async with asyncio.timeout(seconds):
                step = next(steps)
                while True:
                    _in_time(until)
                    try:
                        reply = _tried(step, self._store)
                        if isawaitable(reply):
                            reply = await _awaited(reply)
                    except StoreError as error:
                        step = steps.throw(error)
                    else:
                        step = steps.send(reply)
        except StopIteration as stop:
            answer: T = stop.value
            return answer
        except TimeoutError as error:
            raise StoreUnavailableError("the store did not answer within the deadline") from error
        finally:
            UNTIL.reset(token)


async def _awaited(reply: Any) -> Any:
    try:
        return await reply
    except (StoreError, TimeoutError):
        raise
    except Exception as error:  # as in `_tried`
        raise StoreUnavailableError(
            f"the store failed: {str(error) or type(error).__name__}"
        ) from error

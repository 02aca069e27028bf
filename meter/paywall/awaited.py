"""The paywall whose calls are awaited, in one event loop."""

from __future__ import annotations

import asyncio
import logging
from inspect import isawaitable
from typing import TYPE_CHECKING, TypeVar, Unpack

from attrs import define, field

from meter.errors import StoreError, StoreUnavailableError
from meter.paywall.base import PaywallBase
from meter.paywall.operations import MISTAKES, failed
from meter.paywall.settings import PaywallSettings, positive
from meter.paywall.shell import CARE, HASTE, HOOK_FAILED, TOO_LATE, name_settings
from meter.paywall.telemetry import StoreDecision
from meter.stores.awaited import Ordinary, awaitable
from meter.stores.deadline import AnswerTime, deadline, has_passed, remaining
from meter.stores.protocol import AsyncStore, Store, describe
from meter.stores.queries import run_async
from meter.stores.turns import OneLoop

if TYPE_CHECKING:
    from datetime import datetime

    from meter.decision import Decision
    from meter.paywall.base import Counted
    from meter.paywall.operations import StoreOp, StoreOps
    from meter.paywall.settings import PolicySource
    from meter.policy import Policy
    from meter.usage import Usage
    from meter.view import PageView, Reader

__all__ = ["AsyncPaywall"]

T = TypeVar("T")

LOG = logging.getLogger("meter.paywall")


@define(slots=False, eq=False, repr=False, init=False)
class AsyncPaywall(PaywallBase[AsyncStore]):
    """A `Paywall` whose methods are awaited, in one event loop.

    Takes the arguments of `Paywall`. `store` is an `AsyncStore`, such as `open_async_store`
    returns; it belongs to the event loop that uses it first, and a view in another one is a
    `StoreSetupError`. The calls of an ordinary `Store` run in threads (or directly, if it never
    waits). The methods answer and raise as those of `Paywall` do. A cancelled call leaves counts
    and connections sound: the view is counted once or not at all.
    """

    _store: AsyncStore = field(converter=awaitable)

    def __init__(
        self,
        policy: Policy | PolicySource,
        store: AsyncStore | Store,
        **settings: Unpack[PaywallSettings],
    ) -> None:
        self._check_settings(settings)
        self.__attrs_init__(policy, store, **settings)
        self._queues = describe(self._store).queues
        self._loop: OneLoop | None = None
        if not isinstance(self._store, Ordinary):
            self._loop = OneLoop("an `AsyncPaywall`")

    async def ready(self, within: float = 5.0) -> None:
        """Ask the store once before the first view, and change nothing; see `Paywall.ready`."""
        with deadline(positive("within", within)):
            await self._finish(self._prove())

    async def check(
        self, reader: Reader, view: PageView, *, now: datetime | None = None
    ) -> Decision:
        """Decide what a reader gets, and count it where a rule says so; see `Paywall.check`."""
        return await self._told(self._decide(reader, view, now, counts=True))

    async def peek(
        self, reader: Reader, view: PageView, *, now: datetime | None = None
    ) -> Decision:
        """Decide what a reader would get, and count nothing; see `Paywall.peek`."""
        return await self._told(self._decide(reader, view, now, counts=False))

    async def join(
        self,
        source_id: str,
        target_id: str,
        *,
        now: datetime | None = None,
        patient: bool = True,
    ) -> None:
        """Bring what one id has counted to another; see `Paywall.join`."""
        await self._run(self._join(source_id, target_id, now), CARE if patient else HASTE)

    async def carry(
        self, reader: Reader, view: PageView, usage: Usage, *, now: datetime | None = None
    ) -> tuple[Decision, Usage]:
        """Decide on a usage that the caller keeps; see `Paywall.carry`."""
        decided, after = self._decide_carried(reader, view, usage, now)
        return await self._told(decided), after

    async def bring(
        self, usage: Usage, target_id: str, *, now: datetime | None = None, patient: bool = True
    ) -> None:
        """Bring a usage that was kept outside the store to an id; see `Paywall.bring`."""
        await self._run(self._bring(usage, target_id, now), CARE if patient else HASTE)

    async def forget(self, reader_id: str) -> None:
        """Remove a reader from the store and this process; see `Paywall.forget`."""
        await self._run(self._erase(reader_id), CARE)

    async def started(self, reader_id: str, offer: str) -> None:
        """Say that an account has started an offer; see `Paywall.started`."""
        await self._run(self._start(reader_id, offer), CARE)

    async def dismissed(self, reader_id: str, prompt: str, *, now: datetime | None = None) -> None:
        """Say that a reader has closed a prompt; see `Paywall.dismissed`."""
        await self._run(self._close(reader_id, prompt, now), CARE)

    async def ledger(self, reader_id: str, *, now: datetime | None = None) -> dict[str, Counted]:
        """Return what each meter has counted; see `Paywall.ledger`."""
        return await self._run(self._look_up(reader_id, now), CARE)

    async def knows(self, reader_id: str) -> bool:
        """Say whether the store keeps anything of a reader; see `Paywall.knows`."""
        return await self._run(self._know(reader_id), CARE)

    async def perform(self, operations: StoreOps[T]) -> T:
        """Carry out calls of the store that are not about a reader; see `Paywall.perform`."""
        return await self._run(operations, CARE)

    async def _told(self, asked: StoreDecision | StoreOps[StoreDecision]) -> Decision:
        decided = asked if isinstance(asked, StoreDecision) else await self._run(asked)
        for event in self._report(decided):
            await self._call_hook(event)
        return decided.decision

    async def _call_hook(self, event: dict[str, object]) -> None:
        try:
            answer = self._on_decision and self._on_decision(event)
            if isawaitable(answer):
                await answer
        except (Exception, asyncio.CancelledError) as error:  # it must not cost a reader the page
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and (task is None or task.cancelling()):
                raise
            LOG.exception(HOOK_FAILED)

    async def _run(self, operations: StoreOps[T], deadlines: float = 1.0) -> T:
        with self._within(deadlines):
            return await self._finish(operations)

    async def _finish(self, operations: StoreOps[T]) -> T:
        if self._loop is not None:
            self._loop.check()
        return await run_async(operations, self._perform, StoreError)

    async def _perform(self, operation: StoreOp) -> bytes | None:
        if has_passed():
            raise StoreUnavailableError(TOO_LATE)
        # A store that lets its calls wait for their turns counts the deadline from there.
        seconds = None if self._queues else remaining(None)
        try:
            if seconds is None:
                return await operation.on_async(self._store)
            async with AnswerTime(seconds):
                return await operation.on_async(self._store)
        except (StoreError, *MISTAKES):
            raise
        except TimeoutError as error:
            raise StoreUnavailableError("the store did not answer within the deadline") from error
        except Exception as error:
            raise failed(error) from error


name_settings(AsyncPaywall, AsyncPaywall.__attrs_init__)

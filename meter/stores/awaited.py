"""Make the methods of an ordinary store awaitable."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from meter.errors import StoreSetupError
from meter.stores.contract import check_store_protocol, is_awaited
from meter.stores.deadline import AnswerTime, remaining
from meter.stores.protocol import (
    AsyncClosable,
    Closable,
    LossAware,
    describe,
    several_processes,
)
from meter.stores.turns import AsyncTurns

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from meter.stores.protocol import AsyncStore, Store

__all__ = ["Ordinary", "awaitable", "close_awaited", "in_thread"]


P = ParamSpec("P")
T = TypeVar("T")

_THREADS = 32
"""How many calls may be in the event loop's threads at a time: its own pool has no more."""


class Ordinary:
    """An ordinary store whose calls are made awaitable; it says the same about itself."""

    def __init__(self, store: Store) -> None:
        info = describe(store)
        self.store = store
        self.name = info.name
        self.deadline = info.deadline

    @property
    def losses(self) -> int:
        return self.store.losses if isinstance(self.store, LossAware) else 0

    def several_processes(self) -> str | None:
        return several_processes(self.store)


class _InThread(Ordinary):
    """A store whose calls run in the event loop's threads.

    A cancelled call is still carried out; a swap may be repeated. It may be used in several event
    loops, one after the other.
    """

    queues = True

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turns: AsyncTurns

    async def load(self, key: str) -> bytes | None:
        return await self._call(self.store.load, key)

    async def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        return await self._call(self.store.swap, key, old, new, expires=expires)

    async def forget(self, key: str) -> None:
        await self._call(self.store.forget, key)

    async def _call(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        async with self._turns_here(), AnswerTime(remaining(self.deadline)):
            return await asyncio.to_thread(function, *arguments, **named)

    def _turns_here(self) -> AsyncTurns:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            if self._loop is not None and self._loop.is_running():
                raise StoreSetupError(
                    "a store of `in_thread` is used in two event loops at once; make one for each"
                )
            self._loop = loop
            self._turns = AsyncTurns(_THREADS, (TimeoutError,))
        return self._turns


class _AtOnce(Ordinary):
    """A store whose calls never wait, so that they need no thread."""

    async def load(self, key: str) -> bytes | None:
        return self.store.load(key)

    async def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        return self.store.swap(key, old, new, expires=expires)

    async def forget(self, key: str) -> None:
        self.store.forget(key)


def in_thread(store: Store) -> AsyncStore:
    """Return a store whose methods are awaited; the calls to `store` run in threads.

    >>> import asyncio
    >>> from meter.stores import MemoryStore
    >>> asyncio.run(in_thread(MemoryStore()).swap("anna", None, b"1", expires=None))
    b'1'
    """
    check_store_protocol(store)
    if is_awaited(store):
        raise TypeError(f"`{type(store).__name__}` is awaited already; it needs no thread")
    return _InThread(store)


def awaitable(store: AsyncStore | Store) -> AsyncStore:
    """Return an awaited store as it is, and any other with its methods made awaitable.

    Raises `TypeError` for what is no store.
    """
    check_store_protocol(store)
    if is_awaited(store):
        return cast("AsyncStore", store)
    ordinary = cast("Store", store)
    if describe(store).blocking:
        return in_thread(ordinary)
    return _AtOnce(ordinary)


async def close_awaited(store: object) -> None:
    """Close an awaited store, or the ordinary one within it; one that holds nothing stays."""
    kept = store.store if isinstance(store, Ordinary) else store
    if isinstance(kept, AsyncClosable):
        await kept.aclose()
    elif isinstance(kept, Closable):
        kept.close()

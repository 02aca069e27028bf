"""Make the methods of an ordinary store awaitable."""

from __future__ import annotations

import asyncio
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, cast

from meter.stores.protocol import LossAware, describe

if TYPE_CHECKING:
    from datetime import datetime

    from meter.stores.protocol import AsyncStore, Store

__all__ = ["awaitable", "in_thread"]


class _Wrapped:
    """A store inside another, which says the same about itself."""

    def __init__(self, store: Store) -> None:
        info = describe(store)
        self.store = store
        self.name = info.name
        self.deadline = info.deadline

    @property
    def losses(self) -> int:
        return self.store.losses if isinstance(self.store, LossAware) else 0


class _InThread(_Wrapped):
    """A store whose calls run in the event loop's threads.

    A cancelled call is still carried out; a swap may be repeated.
    """

    async def load(self, key: str) -> bytes | None:
        return await asyncio.to_thread(self.store.load, key)

    async def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        return await asyncio.to_thread(self.store.swap, key, old, new, expires=expires)

    async def forget(self, key: str) -> None:
        await asyncio.to_thread(self.store.forget, key)


class _AtOnce(_Wrapped):
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
    return _InThread(store)


def awaitable(store: AsyncStore | Store) -> AsyncStore:
    """Return an awaited store as it is, and any other with its methods made awaitable."""
    if iscoroutinefunction(store.load):
        return cast("AsyncStore", store)
    ordinary = cast("Store", store)
    if describe(store).blocking:
        return in_thread(ordinary)
    return _AtOnce(ordinary)

"""The calls to a store, as values.

A transaction is a generator that yields them, one at a time, and is sent the bytes that came back.
Its runner carries them out `on` a store that blocks, or `on_async` one that is awaited.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from meter.stores.protocol import AsyncLossAware, LossAware

if TYPE_CHECKING:
    from datetime import datetime

    from meter.paywall.recent import Recent
    from meter.stores import AsyncStore, Store

__all__ = ["CheckLosses", "Forget", "Load", "StoreOp", "StoreOps", "Swap"]

T = TypeVar("T")


class Load(NamedTuple):
    """Load the bytes under a key."""

    key: str

    def on(self, store: Store) -> bytes | None:
        return store.load(self.key)

    async def on_async(self, store: AsyncStore) -> bytes | None:
        return await store.load(self.key)


class Swap(NamedTuple):
    """Replace `old` with `new` under a key, if it is still there."""

    key: str
    old: bytes | None
    new: bytes | None
    expires: datetime | None = None

    def on(self, store: Store) -> bytes | None:
        return store.swap(self.key, self.old, self.new, expires=self.expires)

    async def on_async(self, store: AsyncStore) -> bytes | None:
        return await store.swap(self.key, self.old, self.new, expires=self.expires)


class Forget(NamedTuple):
    """Remove whatever is under a key."""

    key: str

    def on(self, store: Store) -> None:
        store.forget(self.key)

    async def on_async(self, store: AsyncStore) -> None:
        await store.forget(self.key)


class CheckLosses(NamedTuple):
    """Ask a store that can tell how often it has lost data, and remember the answer."""

    recent: Recent

    def on(self, store: Store) -> None:
        self.recent.losses = store.check_losses() if isinstance(store, LossAware) else 0

    async def on_async(self, store: AsyncStore) -> None:
        losses = 0
        if isinstance(store, AsyncLossAware):
            losses = await store.check_losses()
        self.recent.losses = losses


StoreOp: TypeAlias = Load | Swap | Forget | CheckLosses
StoreOps: TypeAlias = Generator[StoreOp, bytes | None, T]

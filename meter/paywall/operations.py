"""The calls to a store, as values.

A transaction is a generator that yields them, one at a time, and is sent the bytes that came back.
Its runner carries them out `on` a store that blocks, or `on_async` one that is awaited.
"""

from __future__ import annotations

from collections.abc import Generator
from inspect import isawaitable, iscoroutine
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from meter.errors import CorruptUsageError, StoreUnavailableError

if TYPE_CHECKING:
    from datetime import datetime

    from meter.stores import AsyncStore, Store

__all__ = ["MISTAKES", "Forget", "Load", "StoreOp", "StoreOps", "Swap", "failed"]

T = TypeVar("T")

MISTAKES = (TypeError, AttributeError, NameError, NotImplementedError, ImportError)
"""What a store raises where its code is wrong, and no waiting mends it."""


class Load(NamedTuple):
    """Load the bytes under a key."""

    key: str

    def on(self, store: Store) -> bytes | None:
        return _bytes(store.load(self.key))

    async def on_async(self, store: AsyncStore) -> bytes | None:
        return _bytes(await store.load(self.key))


class Swap(NamedTuple):
    """Replace `old` with `new` under a key, if it is still there."""

    key: str
    old: bytes | None
    new: bytes | None
    expires: datetime | None = None

    def on(self, store: Store) -> bytes | None:
        return _bytes(store.swap(self.key, self.old, self.new, expires=self.expires))

    async def on_async(self, store: AsyncStore) -> bytes | None:
        return _bytes(await store.swap(self.key, self.old, self.new, expires=self.expires))


class Forget(NamedTuple):
    """Remove whatever is under a key."""

    key: str

    def on(self, store: Store) -> None:
        store.forget(self.key)

    async def on_async(self, store: AsyncStore) -> None:
        await store.forget(self.key)


def _bytes(answer: object) -> bytes | None:
    """Return what a store answered, or say that it is of a kind that was never given to it."""
    if answer is None or isinstance(answer, bytes):
        return answer
    if isawaitable(answer):
        if iscoroutine(answer):
            answer.close()
        raise TypeError(
            "a store answers with something that has still to be awaited: declare its methods with"
            " `async def`, and give it to an `AsyncPaywall`"
        )
    raise CorruptUsageError(
        f"the store answered with a value of type `{type(answer).__name__}` where it was given"
        " bytes; put the record back, or forget the reader"
    )


StoreOp: TypeAlias = Load | Swap | Forget
StoreOps: TypeAlias = Generator[StoreOp, bytes | None, T]


def failed(error: Exception) -> StoreUnavailableError:
    """Return the outage for whatever else a store raises, so that the page view is answered.

    Its words stay out of the message, which is logged: they may name the reader.
    """
    return StoreUnavailableError(f"the store failed with a `{type(error).__name__}`")

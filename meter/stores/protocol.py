"""What a store must do, and what it may say about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from attrs import frozen

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "AsyncClosable",
    "AsyncStore",
    "Closable",
    "LossAware",
    "PerProcess",
    "Store",
    "StoreInfo",
    "describe",
    "several_processes",
]


@runtime_checkable
class Store(Protocol):
    """What a backend must do. `meter.testing.check_store` proves that one does.

    Keys are printable ASCII of at most `meter.stores.keys.LONGEST_KEY` characters. An outage is a
    `StoreUnavailableError`, a value that no paywall has written a `CorruptUsageError`. Methods may
    be called from several threads.

    A store may also have any of the attributes of `StoreInfo`, and be `LossAware` or `Closable`.
    """

    def load(self, key: str) -> bytes | None:
        """Return the bytes kept under a key, or `None`.

        It sees every swap that was answered before it was called.
        """
        ...

    def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        """Replace `old` with `new` in one step if it is still there, and return what is kept.

        `None` stands for nothing: an `old` of `None` writes only where nothing is kept, a `new` of
        `None` removes. If what is kept is neither `old` nor `new`, nothing changes and it is
        returned; if it is `new` already, that is a success, so a repeated swap does no harm. From
        `expires` on (a time with a zone; `None` is never) the bytes may be dropped.
        """
        ...

    def forget(self, key: str) -> None:
        """Remove whatever is kept under a key."""
        ...


@runtime_checkable
class AsyncStore(Protocol):
    """A `Store` whose methods are awaited."""

    async def load(self, key: str) -> bytes | None:
        """Return the bytes kept under a key, or `None`."""
        ...

    async def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        """Replace `old` with `new` in one step if it is still there, and return what is kept."""
        ...

    async def forget(self, key: str) -> None:
        """Remove whatever is kept under a key."""
        ...


@runtime_checkable
class LossAware(Protocol):
    """A store, blocking or awaited, that notices when its server has lost data."""

    @property
    def losses(self) -> int:
        """How often a loss was found so far."""
        ...


@runtime_checkable
class Closable(Protocol):
    """A store that holds a file or connections until it is closed."""

    def close(self) -> None:
        """Close the file or the connections; the store must not be used any more."""
        ...


@runtime_checkable
class AsyncClosable(Protocol):
    """A `Closable` store that is closed by awaiting."""

    async def aclose(self) -> None:
        """Close the file or the connections; the store must not be used any more."""
        ...


@runtime_checkable
class PerProcess(Protocol):
    """A store that each process has for itself."""

    def several_processes(self) -> str | None:
        """Return in words that several processes use it, as far as that can be seen, or `None`."""
        ...


@frozen
class StoreInfo:
    """What a store says about itself, in attributes of these names; each may be missing.

    `name` is for metrics. `deadline` is how many seconds a call may take, `None` where it cannot be
    late. `blocking` is false where a call never waits. `queues` is true of an `AsyncStore` whose
    calls wait for their turns, and which keeps the deadline itself (see `meter.stores.deadline`).
    """

    name: str = "other"
    deadline: float | None = 0.05
    blocking: bool = True
    queues: bool = False


_UNSAID = StoreInfo()


def describe(store: Store | AsyncStore) -> StoreInfo:
    """Return what a store says about itself.

    >>> from meter.stores import MemoryStore
    >>> describe(MemoryStore())
    StoreInfo(name='memory', deadline=None, blocking=False, queues=False)
    """
    # A third-party store may have any of these attributes or none: no protocol holds them all.
    return StoreInfo(
        name=getattr(store, "name", _UNSAID.name),
        deadline=getattr(store, "deadline", _UNSAID.deadline),
        blocking=getattr(store, "blocking", _UNSAID.blocking),
        queues=getattr(store, "queues", _UNSAID.queues),
    )


def several_processes(store: Store | AsyncStore) -> str | None:
    """Return in words that several processes use what each has for itself, or `None`."""
    return store.several_processes() if isinstance(store, PerProcess) else None

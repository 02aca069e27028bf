"""Where are readers' usages kept?

A store keeps bytes under a key, and replaces them only if they have not changed. It never counts,
never parses, never reads a clock: the rules exist once, whatever the store. Drivers are extras,
imported when a store that needs them is opened.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from urllib.parse import parse_qsl, unquote, urlsplit

from meter.errors import StoreError
from meter.stores.keys import reader_key
from meter.stores.memory import MemoryStore

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "AsyncStore",
    "MemoryStore",
    "Store",
    "in_thread",
    "open_async_store",
    "open_store",
    "reader_key",
]


@runtime_checkable
class Store(Protocol):
    """What a backend must do. `meter.testing.check_store` proves that one does.

    Keys are printable ASCII of at most `meter.stores.keys.LONGEST_KEY` characters. An outage is a
    `StoreUnavailableError`, a value that cannot be one of ours a `CorruptUsageError`. Methods may
    be called from several threads.

    A store may also say: `name` (for metrics), `deadline` (seconds a call to it may take, or `None`
    where it cannot be late), `blocking` (`False` where a call never waits), `losses` (how often it
    was found to have lost data) and `lost()` (the same, after having looked).
    """

    def load(self, key: str) -> bytes | None:
        """Return the bytes kept under a key, or `None`.

        It sees every swap that was answered before it was called.
        """
        ...

    def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        """Put `new` in the place of `old` in one step, and return what is kept afterwards.

        `None` stands for nothing: an `old` of `None` writes only where nothing is kept, a `new` of
        `None` removes. If what is kept is neither `old` nor `new`, nothing changes and it is
        returned; if it is `new` already, that is a success, so a repeated swap does no harm. From
        `expires` on (a time with a zone; `None` is never) the bytes may be dropped.
        """
        ...

    def forget(self, key: str) -> None:
        """Keep nothing under a key, whatever is there."""
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
        """Put `new` in the place of `old` in one step, and return what is kept afterwards."""
        ...

    async def forget(self, key: str) -> None:
        """Keep nothing under a key, whatever is there."""
        ...


class _InThread:
    """A store whose calls run in the event loop's threads.

    A cancelled call is still carried out; a swap may be repeated.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.name: str = getattr(store, "name", "other")
        self.deadline: float | None = getattr(store, "deadline", 0.05)

    async def load(self, key: str) -> bytes | None:
        return await asyncio.to_thread(self.store.load, key)

    async def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        return await asyncio.to_thread(self.store.swap, key, old, new, expires=expires)

    async def forget(self, key: str) -> None:
        await asyncio.to_thread(self.store.forget, key)

    @property
    def losses(self) -> int:
        return getattr(self.store, "losses", 0)

    async def lost(self) -> int:
        lost = getattr(self.store, "lost", None)
        return 0 if lost is None else await asyncio.to_thread(lost)


def in_thread(store: Store) -> AsyncStore:
    """Return a store whose methods can be awaited: the calls to `store` run in threads.

    >>> import asyncio
    >>> asyncio.run(in_thread(MemoryStore()).swap("anna", None, b"1", expires=None))
    b'1'
    """
    return _InThread(store)


_EXTRAS = {"redis": ("redis", "redis"), "postgres": ("psycopg_pool", "postgres")}
_SCHEMES = {
    "memory": "memory",
    "sqlite": "sqlite",
    "redis": "redis",
    "rediss": "redis",
    "unix": "redis",
    "valkey": "redis",
    "valkeys": "redis",
    "postgresql": "postgres",
    "postgres": "postgres",
}


def open_store(url: str) -> Store:
    """Open the store a URL names.

    `memory://` · `sqlite:///counts.db` (a relative path; `sqlite:////var/lib/counts.db` is an
    absolute one) · `redis://host:6379/0`, `rediss://…`, `unix:///run/redis.sock` (or `valkey://…`)
    · `postgresql://user@host/database`. Options follow a `?`; each backend's page lists them.
    Raises `StoreError` for a URL that is not one of these, or where the driver is not installed.

    >>> open_store("memory://?capacity=1000").capacity
    1000
    """
    kind, rest, options = _parse(url)
    if kind == "memory":
        memory: Store = _with_options(MemoryStore, url, options, capacity=int)
        return memory
    if kind == "sqlite":
        from meter.stores.sqlite import (
            SQLiteStore,
        )

        sqlite: Store = _with_options(
            lambda **given: SQLiteStore(rest, **given), url, options, timeout=float
        )
        return sqlite
    _require(kind)
    if kind == "redis":
        from meter.stores.redis import RedisStore

        return RedisStore.from_url(_native(url))
    from meter.stores.postgres import PostgresStore

    return PostgresStore.from_url(url)


def open_async_store(url: str) -> AsyncStore:
    """Open the store a URL names, for `AsyncPaywall`.

    Redis and PostgreSQL natively, the others as `in_thread` does.

    Open it inside the running event loop that will use it.
    """
    kind, _, _ = _parse(url)
    if kind == "redis":
        _require(kind)
        from meter.stores.redis import AsyncRedisStore

        return AsyncRedisStore.from_url(_native(url))
    if kind == "postgres":
        _require(kind)
        from meter.stores.postgres import AsyncPostgresStore

        return AsyncPostgresStore.from_url(url)
    return in_thread(open_store(url))


def _parse(url: str) -> tuple[str, str, dict[str, str]]:
    parts = urlsplit(url)
    kind = _SCHEMES.get(parts.scheme)
    if kind is None or "://" not in url:
        raise StoreError(f"`{_without_password(url)}` does not name a store; {_advice(url)}")
    path = unquote(parts.path)
    if kind == "sqlite":
        if parts.netloc:
            raise StoreError(
                f"`{url}` does not name a file; did you mean"
                f" `sqlite:///{parts.netloc}{parts.path}`? (three slashes before the path)"
            )
        if path in ("", "/"):
            raise StoreError(
                f"`{url}` does not name a file; write `sqlite:///counts.db`, or `memory://` to keep"
                " nothing"
            )
        path = path[1:]
    return kind, path, dict(parse_qsl(parts.query))


def _advice(url: str) -> str:
    import difflib

    scheme = url.partition(":")[0].lower()
    if scheme.endswith((".db", ".sqlite", ".sqlite3")):
        return f"did you mean `sqlite:///{url}`?"
    close = difflib.get_close_matches(scheme, _SCHEMES, 1)
    if close:
        return f"did you mean `{close[0]}://`?"
    return "it starts with `memory://`, `sqlite:///`, `redis://`, `valkey://` or `postgresql://`"


def _without_password(url: str) -> str:
    before, at, after = url.rpartition("@")
    return f"{before.partition('://')[0]}://…@{after}" if at else url


def _with_options(make: Any, url: str, options: dict[str, str], **kinds: Any) -> Any:
    given = {}
    for name, text in options.items():
        if name not in kinds:
            known = ", ".join(f"`{kind}`" for kind in kinds)
            raise StoreError(
                f"`{name}` in `{url}` is not an option of this store; there is {known}"
            )
        try:
            given[name] = kinds[name](text)
        except ValueError:
            raise StoreError(f"`{name}={text}` in `{url}` needs a number") from None
    try:
        return make(**given)
    except ValueError as error:
        raise StoreError(str(error)) from None


def _require(kind: str) -> None:
    module, extra = _EXTRAS[kind]
    try:
        import_module(module)
    except ImportError as error:
        raise StoreError(
            "this store needs a driver that is not installed; run `pip install"
            f" 'meter-paywall[{extra}]'` ({error})"
        ) from error


def _native(url: str) -> str:
    return (
        url.replace("valkeys://", "rediss://", 1)
        if url.startswith("valkeys:")
        else url.replace("valkey://", "redis://", 1)
    )

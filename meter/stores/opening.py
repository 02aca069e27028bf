"""From the URL of a store to the store."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from attrs import frozen

from meter.errors import StoreSetupError, closest, did_you_mean, meant, quoted, raise_missing_extra
from meter.stores.addresses import PASSWORDS, may_show_a_password
from meter.stores.awaited import in_thread
from meter.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from urllib.parse import SplitResult

    from meter.stores.protocol import AsyncStore, Store

__all__ = ["open_async_store", "open_store"]

N = TypeVar("N", int, float)

_KINDS = {
    "memory": "memory",
    "sqlite": "sqlite",
    "redis": "redis",
    "rediss": "redis",
    "unix": "redis",
    "valkey": "redis",
    "valkeys": "redis",
    "redis+cluster": "cluster",
    "rediss+cluster": "cluster",
    "valkey+cluster": "cluster",
    "valkeys+cluster": "cluster",
    "postgresql": "postgres",
    "postgres": "postgres",
}
"""The kind of store for each scheme of a URL."""

_NATIVE_SCHEMES = {
    "valkey": "redis",
    "valkeys": "rediss",
    "valkey+cluster": "redis+cluster",
    "valkeys+cluster": "rediss+cluster",
}
"""The driver's own scheme for one that it does not know."""


@frozen
class _Server:
    """A store that needs a driver; its module is imported when one is opened.

    Without an `async_store` the calls of the other run in threads.
    """

    module: str
    store: str
    async_store: str | None
    driver: str


_SERVERS = {
    "redis": _Server(
        module="meter.stores.redis",
        store="RedisStore",
        async_store="AsyncRedisStore",
        driver="redis",
    ),
    "cluster": _Server(
        module="meter.stores.redis",
        store="RedisStore",
        async_store=None,
        driver="redis",
    ),
    "postgres": _Server(
        module="meter.stores.postgres",
        store="PostgresStore",
        async_store="AsyncPostgresStore",
        driver="psycopg_pool",
    ),
}


@frozen
class _Address:
    """A URL taken apart: the kind of store, the path of its file, and the options after the `?`."""

    url: str
    kind: str
    path: str
    options: dict[str, str]


def open_store(url: str) -> Store:
    """Open the store a URL names.

    `memory://` · `sqlite:///counts.db` (a relative path; `sqlite:////var/lib/counts.db` is an
    absolute one) · `redis://host:6379/0`, `rediss://…`, `unix:///run/redis.sock` (or `valkey://…`)
    · `redis+cluster://one:6379,two:6379`, `rediss+cluster://…` · `postgresql://user@host/database`.
    Options follow a `?`; each backend's page lists them. Raises `StoreSetupError` for a URL that is
    not one of these, and `MissingExtraError` where the driver is not installed.

    >>> open_store("memory://?capacity=1000").capacity
    1000
    """
    address = _parse(url)
    server = _SERVERS.get(address.kind)
    if server is None:
        return _open_here(address)
    store: Store = getattr(_module(server), server.store).from_url(_native(url))
    return store


def open_async_store(url: str) -> AsyncStore:
    """Open the store a URL names, for `AsyncPaywall`.

    PostgreSQL and one server of Redis have stores that are awaited themselves; the calls of the
    others run in threads, as with `in_thread`. Open it inside the running event loop that will use
    it. Takes the same URLs as `open_store`, and raises `StoreSetupError` as it does.
    """
    server = _SERVERS.get(_parse(url).kind)
    if server is None or server.async_store is None:
        return in_thread(open_store(url))
    store: AsyncStore = getattr(_module(server), server.async_store).from_url(_native(url))
    return store


def _open_here(address: _Address) -> Store:
    """Open a store that needs no driver."""
    try:
        if address.kind == "memory":
            return MemoryStore(**_option(address, "capacity", int))
        sqlite = import_module("meter.stores.sqlite")
        store: Store = sqlite.SQLiteStore(address.path, **_option(address, "timeout", float))
    except ValueError as error:
        raise StoreSetupError(str(error)) from None
    return store


def _parse(url: str) -> _Address:
    if not isinstance(url, str):
        raise TypeError(f"a store is opened by its URL, such as `memory://`, not {quoted(url)}")
    try:
        parts = urlsplit(url)
    except ValueError:  # whose words quote the URL
        raise StoreSetupError(f"`{_without_password(url)}` is not a URL; {PASSWORDS}") from None
    kind = _KINDS.get(parts.scheme)
    if kind is None or "://" not in url:
        raise StoreSetupError(f"`{_without_password(url)}` does not name a store; {_advice(url)}")
    options = _options(url, parts)
    path = unquote(parts.path)
    if kind == "sqlite":
        if ":memory:" in unquote(url):
            raise StoreSetupError(
                f"`{url}` does not name a file; write `memory://` to keep counts in this process"
                " only"
            )
        if parts.netloc:
            raise StoreSetupError(
                f"`{url}` does not name a file; did you mean"
                f" `sqlite:///{parts.netloc}{parts.path}`? (three slashes before the path)"
            )
        if path.endswith("/") or not path:
            raise StoreSetupError(
                f"`{url}` does not name a file; write `sqlite:///counts.db`, or `memory://` to"
                " keep counts in this process only"
            )
        path = path[1:]
    if kind == "memory" and (parts.netloc or path not in ("", "/")):
        raise StoreSetupError(
            f"`{_without_password(url)}` names a place, and memory has none; write `memory://`, or"
            " `sqlite:///counts.db` for a file"
        )
    return _Address(url, kind, path, options)


def _options(url: str, parts: SplitResult) -> dict[str, str]:
    """Return the options after the `?`; one given twice and a `#` are refused."""
    shown = f"{parts.scheme}://…"
    if "#" in url:
        raise StoreSetupError(
            f"nothing stands behind a `#` in `{shown}`; leave it out, or write `%23` where it"
            " belongs to a name or a password"
        )
    options: dict[str, str] = {}
    for name, text in parse_qsl(parts.query, keep_blank_values=True):
        if name in options:
            said = "an option" if may_show_a_password(url) else f"`{name}`"
            raise StoreSetupError(f"{said} is given twice in `{shown}`; leave one out")
        options[name] = text
    return options


def _advice(url: str) -> str:
    scheme = url.partition(":")[0].lower()
    if scheme.endswith((".db", ".sqlite", ".sqlite3")):
        return did_you_mean(f"sqlite:///{url}")
    close = closest(scheme, _KINDS)
    if close is not None:
        return did_you_mean(f"{close}://")
    return "it starts with `memory://`, `sqlite:///`, `redis://`, `valkey://` or `postgresql://`"


def _without_password(url: str) -> str:
    scheme, separator, _ = url.partition("://")
    return f"{scheme}://…" if separator else url.rpartition("@")[2]


def _option(address: _Address, name: str, kind: Callable[[str], N]) -> dict[str, N]:
    """Return the one option that a store takes as a keyword argument, if the URL gives it."""
    found: dict[str, N] = {}
    for given, text in address.options.items():
        if given != name:
            raise StoreSetupError(
                f"`{given}` in `{address.url}` is not an option of this store;"
                f" {meant(given, [name])}"
            )
        try:
            found[name] = kind(text)
        except ValueError:
            raise StoreSetupError(f"`{given}={text}` in `{address.url}` needs a number") from None
    return found


def _module(server: _Server) -> ModuleType:
    """Import the module of a store, if what it needs is there."""
    try:
        return import_module(server.module)
    except ModuleNotFoundError as error:
        raise_missing_extra(error)
    except ImportError as error:
        raise StoreSetupError(f"the driver `{server.driver}` does not work: {error}") from error


def _native(url: str) -> str:
    """Return a URL as the driver wants it."""
    scheme, separator, rest = url.partition("://")
    return _NATIVE_SCHEMES.get(scheme, scheme) + separator + rest

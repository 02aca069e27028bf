"""Refuse what is no store, before the first page view.

What can be seen without asking the store is looked at here: that it has the methods, that they take
what they are given, and that they are awaited or not.
"""

from __future__ import annotations

from inspect import isclass, iscoroutinefunction, signature

from meter.errors import listed, quoted

__all__ = ["check_store_protocol", "is_awaited"]

_CALLS: dict[str, tuple[tuple[object, ...], dict[str, object]]] = {
    "load": (("key",), {}),
    "swap": (("key", None, b""), {"expires": None}),
    "forget": (("key",), {}),
}
"""How a paywall calls each method of a store."""

_FORMS = {
    "load": "load(key)",
    "swap": "swap(key, old, new, *, expires)",
    "forget": "forget(key)",
}


def check_store_protocol(store: object) -> None:
    """Raise a `TypeError` for what does not keep the protocol of `Store` or `AsyncStore`."""
    if isinstance(store, str):
        # Not the whole of it: there may be a password in it.
        begin = quoted(store.partition("://")[0] + "://…") if "://" in store else "this"
        raise TypeError(
            f"{begin} is a text, not a store; open it with `open_store`, or `open_async_store` for"
            " an `AsyncPaywall`"
        )
    if store is None:
        raise TypeError('there is no store; `open_store("memory://")` is one for a trial')
    if isclass(store):
        raise TypeError(
            f"`{store.__name__}` is a class, not a store; make one: `{store.__name__}()`"
        )
    name = type(store).__name__
    missing = [_FORMS[call] for call in _CALLS if not callable(getattr(store, call, None))]
    if missing:
        raise TypeError(
            f"`{name}` is not a store: it has no {listed([f'`{form}`' for form in missing], 'or')}"
        )
    for call, (given, named) in _CALLS.items():
        if not _takes(getattr(store, call), given, named):
            raise TypeError(
                f"`{name}.{call}` does not take what a store is given: `{_FORMS[call]}`"
            )
    is_awaited(store)


def is_awaited(store: object) -> bool:
    """Say whether a store's methods are awaited; some and not all is a `TypeError`."""
    awaited = [call for call in _CALLS if iscoroutinefunction(getattr(store, call))]
    if awaited and len(awaited) < len(_CALLS):
        others = [f"`{call}`" for call in _CALLS if call not in awaited]
        raise TypeError(
            f"`{type(store).__name__}` is not a store: `{awaited[0]}` is awaited and"
            f" {listed(others)} {'is' if len(others) == 1 else 'are'} not"
        )
    return bool(awaited)


def _takes(method: object, given: tuple[object, ...], named: dict[str, object]) -> bool:
    """Say whether a method can be called so; one that does not say what it takes may be."""
    if not callable(method):
        return False
    try:
        signed = signature(method)
    except ValueError:
        return True
    try:
        signed.bind(*given, **named)
    except TypeError:
        return False
    return True

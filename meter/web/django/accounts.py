"""Who is signed in: the site's function, asked as the view runs, with or without an event loop."""

from __future__ import annotations

from asyncio import get_running_loop
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpRequest

__all__ = ["ask_account", "is_awaited_here"]


def is_awaited_here() -> bool:
    """Say whether an event loop runs in this thread: then nothing may block it."""
    try:
        get_running_loop()
    except RuntimeError:
        return False
    return True


def ask_account(function: Callable[[HttpRequest], Any], request: HttpRequest) -> object:
    """Return what the site says of a request, or what is awaited for that in an async view.

    A plain function runs in the thread in which Django lets an async view ask a database; an async
    one is waited for in a view that blocks.
    """
    if is_awaited_here():
        return _ask_in_loop(function, request)
    found = function(request)
    return async_to_sync(_awaited)(found) if isawaitable(found) else found


async def _ask_in_loop(function: Callable[[HttpRequest], Any], request: HttpRequest) -> object:
    is_async = iscoroutinefunction(function)
    found = function(request) if is_async else await sync_to_async(function)(request)
    return await found if isawaitable(found) else found


async def _awaited(found: Awaitable[object]) -> object:
    return await found

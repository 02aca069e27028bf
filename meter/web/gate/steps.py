"""Runs what a visit does: its steps one after the other, called or awaited.

What a visit does is written once, as generators that yield what is to be asked of the paywall or of
the site, and are sent the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from inspect import isawaitable, iscoroutine
from typing import Any, TypeAlias, TypeVar

from attrs import frozen

from meter.paywall import AsyncPaywall, Paywall
from meter.stores import queries

__all__ = [
    "AskEdge",
    "AskPaywall",
    "AskSite",
    "Steps",
    "VisitTurns",
    "at_once",
    "in_a_loop",
    "run",
    "run_async",
    "tried",
    "tried_step",
]

T = TypeVar("T")

AWAIT = (
    "this has to be awaited: call the method with an `a` in front, such as"
    " `await visit.aopen(article)`, or give the gate a `Paywall` and a plain function"
)


@frozen
class AskPaywall:
    """A call of the paywall's."""

    call: Callable[[Any], Any]


@frozen
class AskSite:
    """A function of the site's, which may have to be awaited."""

    call: Callable[[], Any]


@frozen
class AskEdge:
    """A call that may wait for a network: where the site awaits, it waits in a thread."""

    call: Callable[[], Any]


Step: TypeAlias = AskPaywall | AskSite | AskEdge
Steps: TypeAlias = Generator[Step, Any, T]


def tried(call: Callable[[Any], T], otherwise: Callable[[Exception], T]) -> Generator[Step, Any, T]:
    """Ask the paywall; whatever that raises costs nobody the page."""
    return (yield from tried_step(AskPaywall(call), otherwise))


def tried_step(step: Step, otherwise: Callable[[Exception], T]) -> Generator[Step, Any, T]:
    """Take a step; whatever that raises costs nobody the page."""
    try:
        found: T = yield step
    except Exception as error:  # noqa: BLE001 - a store may raise anything, by mistake too
        return otherwise(error)
    return found


def at_once(found: T, name: str) -> T:
    """Return what a setting's function has answered; a `TypeError` where it has to be awaited.

    What is still to be awaited is true for Python, and would open what it was asked about.
    """
    if isawaitable(found):
        _close(found)
        raise TypeError(f"`{name}` answers at once: give a plain function, not an `async` one")
    return found


def _close(found: object) -> None:
    """Let Python not warn of a coroutine that nobody awaits."""
    if iscoroutine(found):
        found.close()


def in_a_loop() -> bool:
    """Say whether this thread runs an event loop, so that nothing in it may block."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def run(steps: Steps[T], paywall: Paywall | AsyncPaywall) -> T:
    """Run steps whose calls block. Raises `TypeError` for what has to be awaited."""
    if isinstance(paywall, AsyncPaywall):
        steps.close()
        raise TypeError(AWAIT)

    def ask(step: Step) -> object:
        if isinstance(step, AskPaywall):
            return step.call(paywall)
        found = step.call()
        if isawaitable(found):
            _close(found)
            raise TypeError(AWAIT)
        return found

    return queries.run(steps, ask, Exception)


async def run_async(steps: Steps[T], paywall: Paywall | AsyncPaywall) -> T:
    """Do as `run` does, and await what has to be; an ordinary paywall is asked in a thread."""

    async def ask(step: Step) -> object:
        if isinstance(step, AskPaywall) and not isinstance(paywall, AsyncPaywall):
            return await asyncio.to_thread(step.call, paywall)
        if isinstance(step, AskEdge):
            found = await asyncio.to_thread(step.call)
            return await found if isawaitable(found) else found
        found = step.call(paywall) if isinstance(step, AskPaywall) else step.call()
        return await found if isawaitable(found) else found

    return await queries.run_async(steps, ask, Exception)


class VisitTurns:
    """Awaits the steps of one visit, one call after the other.

    A view may open several articles at once (`asyncio.gather`): each goes by what those before it
    have counted in the cookie. The task whose turn it is may begin another call within its own, as
    where the site's `account` signs in.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[Any] | None = None

    async def run(self, steps: Steps[T], paywall: Paywall | AsyncPaywall) -> T:
        """Do as `run_async` does, when the calls before this one are done."""
        task = asyncio.current_task()
        if self._task is task:
            return await run_async(steps, paywall)
        async with self._lock:
            self._task = task
            try:
                return await run_async(steps, paywall)
            finally:
                self._task = None

"""Run the queries of a generator, blocking or awaiting.

What is asked of a server is written once, as a generator: it yields queries, one at a time, and is
sent the answers. Only its runner knows whether an answer blocks or is awaited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

__all__ = ["run", "run_async"]

Q = TypeVar("Q")
A = TypeVar("A")
T = TypeVar("T")

Errors = type[Exception] | tuple[type[Exception], ...]


def run(queries: Generator[Q, A, T], ask: Callable[[Q], A], errors: Errors) -> T:
    """Ask every query that a generator yields, and return what it returns.

    `errors` of `ask` are raised inside the generator, which may catch them; any other ends it.

    >>> def greet():
    ...     name = yield "who?"
    ...     return f"hello {name}"
    >>> run(greet(), {"who?": "anna"}.__getitem__, KeyError)
    'hello anna'
    """
    try:
        query = next(queries)
        while True:
            try:
                answer = ask(query)
            except errors as error:
                query = queries.throw(error)
            else:
                query = queries.send(answer)
    except StopIteration as stop:
        value: T = stop.value
        return value
    finally:
        queries.close()


async def run_async(
    queries: Generator[Q, A, T], ask: Callable[[Q], Awaitable[A]], errors: Errors
) -> T:
    """Do as `run` does, and await every answer."""
    try:
        query = next(queries)
        while True:
            try:
                answer = await ask(query)
            except errors as error:
                query = queries.throw(error)
            else:
                query = queries.send(answer)
    except StopIteration as stop:
        value: T = stop.value
        return value
    finally:
        # Also where the task was cancelled: the generator ends here and now, not when it is
        # collected.
        queries.close()

"""Questions of one round of an event loop, asked together.

A question that comes while no other is out is asked at once. The others of the same round are one
trip on one connection: loads are one statement, and changes one transaction, whose wait for the
disk they share. How many there are hardly matters to the server.
"""

from __future__ import annotations

import asyncio
from copy import copy
from math import isclose
from typing import TYPE_CHECKING, Generic, TypeVar

from meter.errors import MeterError
from meter.stores.deadline import patience
from meter.stores.turns import QUEUE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

__all__ = ["MOST", "Together"]

Q = TypeVar("Q")
A = TypeVar("A")

MOST = 256
"""How many questions are asked together at most."""

_NEARLY = 0.1  # what is left of one deadline differs a little from one to the next
_AT_ONCE = 0.005  # so many seconds to wait for a turn are as good as none


class _QuestionRound(Generic[Q, A]):
    """The questions of one round of the event loop, and who waits for each."""

    def __init__(self, seconds: float, queue: float) -> None:
        self.seconds = seconds
        self.queue = queue
        self.waiting: list[tuple[Q, asyncio.Future[A]]] = []

    def takes(self, seconds: float, queue: float) -> bool:
        """Say whether one more belongs here, whose answer and turn may take so many seconds."""
        return (
            len(self.waiting) < MOST
            and isclose(seconds, self.seconds, rel_tol=_NEARLY)
            and isclose(queue, self.queue, rel_tol=_NEARLY, abs_tol=_AT_ONCE)
        )


class Together(Generic[Q, A]):
    """Put questions together; `ask_all` answers those of one round, in their order."""

    def __init__(self, ask_all: Callable[[Sequence[Q]], Awaitable[Sequence[A]]]) -> None:
        self._ask_all = ask_all
        self._rounds: list[_QuestionRound[Q, A]] = []
        self._asking: set[asyncio.Task[None]] = set()

    async def ask(self, question: Q, seconds: float) -> A:
        """Return the answer to a question, where it may take so many seconds.

        A round is asked within the deadline of its first question, so one with much more time or
        less, or that may wait for its turn much longer or less, goes into another. A task that is
        cancelled takes no answer from the others.
        """
        loop = asyncio.get_running_loop()
        queue = patience(QUEUE)
        for current in self._rounds:
            if current.takes(seconds, queue):
                break
        else:
            current = _QuestionRound(seconds, queue)
            self._rounds.append(current)
            loop.call_soon(self._begin, current)
        future: asyncio.Future[A] = loop.create_future()
        current.waiting.append((question, future))
        return await future

    async def close(self) -> None:
        """Wait for the rounds that are asked."""
        while self._asking:
            await asyncio.wait(self._asking)

    def _begin(self, round_: _QuestionRound[Q, A]) -> None:
        self._rounds.remove(round_)
        task = asyncio.create_task(self._answer(round_))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _answer(self, round_: _QuestionRound[Q, A]) -> None:
        futures = [future for _, future in round_.waiting]
        try:
            answers = await self._ask_all([question for question, _ in round_.waiting])
            for future, answer in zip(futures, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
        except MeterError as error:
            for future in futures:
                if not future.done():
                    future.set_exception(_own(error))
        finally:
            for future in futures:
                future.cancel()  # where the event loop ends first; others are done by now


def _own(error: MeterError) -> MeterError:
    """Return an error for one task: whoever raises one adds to its traceback."""
    own = copy(error)
    own.__cause__ = error.__cause__
    return own

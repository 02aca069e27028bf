"""Answers that take a while: each worked out once, apart from the requests that wait for it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import Future
from threading import Condition, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["SlowAnswers"]

_KEPT = 32
_IDLE = 10.0  # seconds without a question until the thread ends

_Answer = TypeVar("_Answer")


class SlowAnswers(Generic[_Answer]):
    """Answers by what was asked, the last few of them.

    One question is worked on at a time, in a thread of its own. Of those that wait only the last
    one is: whoever types asks anew with every key.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, Future[_Answer]] = OrderedDict()
        self._waiting: tuple[Callable[[], _Answer], Future[_Answer]] | None = None
        self._changed = Condition()
        self._thread: Thread | None = None

    async def within(
        self, seconds: float, asked: Hashable, question: Callable[[], _Answer]
    ) -> _Answer | None:
        """Return the answer to a question, which `asked` names, or nothing if it takes longer.

        It is worked on all the same, so it may be there when asked again. Raises what the question
        raises.
        """
        future = self._future(asked, question)
        waited = asyncio.wrap_future(future)
        waited.add_done_callback(_look_at)  # nobody may wait any more when it fails
        await asyncio.wait([waited], timeout=seconds)
        return future.result() if future.done() and not future.cancelled() else None

    def _future(self, asked: Hashable, question: Callable[[], _Answer]) -> Future[_Answer]:
        with self._changed:
            known = self._known.get(asked)
            if known is not None and not known.cancelled():
                self._known.move_to_end(asked)
                return known
            future: Future[_Answer] = Future()
            if self._waiting is not None:
                self._waiting[1].cancel()
            self._waiting = (question, future)
            self._known[asked] = future
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
            if self._thread is None:
                # a daemon: nobody waits for an answer when the studio is stopped
                self._thread = Thread(target=self._work, daemon=True)
                self._thread.start()
            self._changed.notify()
            return future

    def _work(self) -> None:
        while True:
            with self._changed:
                # a question may come in the very moment in which nobody has asked for long
                self._changed.wait_for(lambda: self._waiting is not None, _IDLE)
                if self._waiting is None:
                    self._thread = None
                    return
                question, future = self._waiting
                self._waiting = None
                if not future.set_running_or_notify_cancel():
                    continue
            try:
                answer = question()
            except Exception as error:  # noqa: BLE001 - whoever waits for the answer gets it
                future.set_exception(error)
            else:
                future.set_result(answer)


def _look_at(future: asyncio.Future[_Answer]) -> None:
    if not future.cancelled():
        future.exception()

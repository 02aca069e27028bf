"""Compute in a process of its own, which can be ended at any time and keeps the studio quick."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from multiprocessing import get_context, parent_process
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors import MeterError, raise_missing_extra
from meter.studio.runs import Progress

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from meter.studio.what_if.answer import ComparisonAnswer, Task

__all__ = ["NoAnswer", "begin"]

_EVERY = 0.1
"""Seconds between two words of progress, at least."""


@frozen
class NoAnswer:
    """Why there is no answer."""

    why: str


def begin(task: Task) -> tuple[BaseProcess, Connection]:
    """Start computing.

    From the connection come `Progress`, then a `ComparisonAnswer` or a `NoAnswer`.
    """
    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_compute, args=(task, there), daemon=True)
    process.start()
    there.close()
    return process, here


def _compute(task: Task, to: Connection) -> None:
    # Ctrl+C is for the studio, which ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_the_studio, daemon=True).start()
    with suppress(BrokenPipeError):
        to.send(_found(task, _Teller(to)))


def _end_with_the_studio() -> None:
    """End this process when the studio's is gone, however that ended."""
    studio = parent_process()
    if studio is not None:
        studio.join()
        os._exit(1)


def _found(task: Task, tell: _Teller) -> ComparisonAnswer | NoAnswer:
    try:
        return _computed(task, tell)
    except MeterError as error:
        return NoAnswer(str(error))


def _computed(task: Task, tell: _Teller) -> ComparisonAnswer:
    try:
        # the simulator is imported where it runs: the studio does without it
        from meter.studio.what_if.work import compute  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise_missing_extra(error)
    return compute(task, tell)


class _Teller:
    """Sends how far it is, not too often; called from several threads."""

    def __init__(self, to: Connection) -> None:
        self._to = to
        self._lock = Lock()
        self._done = 0
        self._words = ""
        self._told = 0.0

    def __call__(self, done: int, total: int, words: str) -> None:
        with self._lock:
            self._done += done
            now = monotonic()
            if words == self._words and now - self._told < _EVERY:
                return
            self._words = words
            self._told = now
            self._to.send(Progress(words, self._done, total or None))

"""The comparisons of a studio as its runs: each is computed in a process of its own."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors import MeterError
from meter.studio.runs import Progress, Run, RunKey
from meter.studio.what_if.answer import ComparisonAnswer, Task
from meter.studio.what_if.question import run_key
from meter.studio.what_if.worker import NoAnswer, begin

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from meter.studio.runs import Runs

__all__ = ["ComparisonRun", "cancel", "find", "running", "start"]

_KIND = "comparison"
_MOST_SECONDS = 1200.0
_LOOK = 0.1
"""Seconds after which a process that nobody waits for any more is ended."""
_PATIENCE = 5.0
_GETTING_READY = Progress("Getting the simulator ready (the first time half a minute)", 0, None)


@frozen
class ComparisonRun:
    """One comparison that is computed, or was: its key in an address, what is asked, and its run.

    While it is running `progress` moves on; afterwards there is an `answer`, or the `fault`; with
    neither, it was cancelled.
    """

    key: str
    task: Task
    run: Run[object]

    @property
    def is_running(self) -> bool:
        """Whether it is still computed."""
        return not self.run.has_ended

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return self.run.progress if self.run.progress.words else _GETTING_READY

    @property
    def answer(self) -> ComparisonAnswer | None:
        """The answer, if there is one."""
        answer = self.run.answer
        return answer if isinstance(answer, ComparisonAnswer) else None

    @property
    def fault(self) -> str | None:
        """Why there is no answer, where nobody cancelled it."""
        error = self.run.error
        return None if error is None or self.run.is_cancelled else str(error)


def find(runs: Runs, key: str | None) -> ComparisonRun | None:
    """Return the comparison of a key, if it is kept."""
    return next((one for one in _comparisons(runs) if one.key == key), None)


def running(runs: Runs) -> ComparisonRun | None:
    """Return the comparison that is being computed."""
    return next((one for one in _comparisons(runs) if one.is_running), None)


def start(runs: Runs, task: Task, *, instead: bool = False) -> None:
    """Begin a comparison that is neither computed nor known.

    While another one is computed nothing is begun; with `instead` that one is cancelled.
    """
    if running(runs) is not None and not instead:
        return
    key = RunKey(_KIND, task)
    known = find(runs, run_key(task))
    if known is not None and known.fault is not None:  # it may be better luck now
        runs.cancel(key)
    runs.start(key, lambda tell: _computed(task, tell), alone=True)


def cancel(runs: Runs, key: str | None) -> None:
    """End a comparison, and wait until its process is gone."""
    one = find(runs, key)
    if one is not None:
        one.run.cancel()
        one.run.wait(_PATIENCE)


def _comparisons(runs: Runs) -> list[ComparisonRun]:
    return [
        ComparisonRun(run_key(key.of), key.of, run)
        for key, run in runs.of_kind(_KIND)
        if isinstance(key.of, Task)
    ]


def _computed(task: Task, tell: Callable[[Progress], None]) -> ComparisonAnswer:
    """Compute in a process, and tell what it tells. Ends the process whatever happens."""
    process, connection = begin(task)
    try:
        with connection:
            return _followed(connection, tell)
    finally:
        process.kill()
        process.join()


def _followed(connection: Connection, tell: Callable[[Progress], None]) -> ComparisonAnswer:
    """Read what a process sends until there is an answer, or it takes too long."""
    began = monotonic()
    told = _GETTING_READY
    while monotonic() - began < _MOST_SECONDS:
        tell(told)
        if not connection.poll(_LOOK):
            continue
        try:
            found = connection.recv()
        except (EOFError, OSError):
            found = NoAnswer("the simulation broke off; the terminal may say why")
        if isinstance(found, ComparisonAnswer):
            return found
        if isinstance(found, NoAnswer):
            raise MeterError(found.why)
        told = found
    raise MeterError(f"there was no answer within {round(_MOST_SECONDS / 60)} minutes")

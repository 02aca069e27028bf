"""The comparisons that are computed or were: one at a time, the last few are kept."""

from __future__ import annotations

from collections import OrderedDict
from enum import StrEnum
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING

from meter.studio.what_if.answer import Answer
from meter.studio.what_if.worker import Fault, Progress, begin

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from meter.studio.what_if.answer import Task

__all__ = ["Run", "RunState", "Runs"]

_MOST = 12
_MOST_SECONDS = 1200.0
_GETTING_READY = Progress(0, 0, "Getting the simulator ready (the first time half a minute)")


class RunState(StrEnum):
    """How it stands with a run."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Run:
    """One comparison that is computed, or was.

    While it is running `progress` moves on; afterwards there is an `answer`, or the `fault`.
    """

    def __init__(self, key: str, task: Task) -> None:
        self.key = key
        self.task = task
        self.state = RunState.RUNNING
        self.progress = _GETTING_READY
        self.answer: Answer | None = None
        self.fault: str | None = None
        self._lock = Lock()
        self._began = monotonic()
        self._process, connection = begin(task)
        Thread(target=self._follow, args=(connection,), daemon=True).start()

    @property
    def is_running(self) -> bool:
        """Whether it is still computed."""
        return self.state is RunState.RUNNING

    def cancel(self) -> None:
        """End the computing at once, if it is not over."""
        self._end(RunState.CANCELLED, None)

    def _follow(self, connection: Connection) -> None:
        """Read what the process sends, until it is over or takes too long."""
        with connection:
            while self.is_running:
                left = _MOST_SECONDS - (monotonic() - self._began)
                if not connection.poll(max(left, 0)):
                    minutes = round(_MOST_SECONDS / 60)
                    self._end(RunState.FAILED, f"there was no answer within {minutes} minutes")
                    return
                self._take(connection)

    def _take(self, connection: Connection) -> None:
        try:
            told = connection.recv()
        except (EOFError, OSError):
            told = Fault("the simulation broke off; the terminal may say why")
        if isinstance(told, Progress):
            self.progress = told
        elif isinstance(told, Answer):
            self.answer = told
            self._end(RunState.DONE, None)
        elif isinstance(told, Fault):
            self._end(RunState.FAILED, told.message)

    def _end(self, state: RunState, fault: str | None) -> None:
        with self._lock:
            if not self.is_running:
                return
            _kill(self._process)
            self.fault = fault
            self.state = state


class Runs:
    """The runs of a studio: at most one is computed at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._runs: OrderedDict[str, Run] = OrderedDict()

    def get(self, key: str | None) -> Run | None:
        """Return the run of a key, if it is kept."""
        return None if key is None else self._runs.get(key)

    @property
    def running(self) -> Run | None:
        """The run that is being computed."""
        with self._lock:
            return next((run for run in self._runs.values() if run.is_running), None)

    def start(self, key: str, task: Task, *, instead: bool = False) -> Run | None:
        """Start a run, or return the one of the same key that runs or is done.

        While another one is computed nothing is started, and nothing is returned; with `instead`
        that one is cancelled.
        """
        with self._lock:
            known = self._runs.get(key)
            if known is not None and known.state in (RunState.RUNNING, RunState.DONE):
                return known
            for other in self._runs.values():
                if other.is_running and not instead:
                    return None
                other.cancel()
            run = Run(key, task)
            self._runs[key] = run
            self._runs.move_to_end(key)
            while len(self._runs) > _MOST:
                self._runs.popitem(last=False)
            return run


def _kill(process: BaseProcess) -> None:
    process.kill()
    process.join()

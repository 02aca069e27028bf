"""Work that takes longer than a page may: it runs in a thread, tells how far it is, and can end.

A run is found by its key, which says all that its answer depends on, so the same question is worked
out once.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from meter.errors import MeterError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["CancelledRunError", "Progress", "Run", "RunKey", "Runs"]

_MOST_KEPT = 24
_CANCELLED = "this was cancelled before there was an answer"

_Answer = TypeVar("_Answer")


class CancelledRunError(MeterError):
    """Somebody cancelled this work, so it has no answer."""


class Progress(NamedTuple):
    """How far a run is, in words; `total` is `None` where nobody knows it."""

    words: str
    done: int
    total: int | None


class RunKey(NamedTuple):
    """What a run answers (`kind`), and everything that its answer depends on."""

    kind: str
    of: Hashable


class Run(Generic[_Answer]):
    """One piece of work in a thread of its own.

    `work` is called with a function to tell progress; that function raises `CancelledRunError` once
    the run is cancelled. Safe for threads.
    """

    def __init__(self, work: Callable[[Callable[[Progress], None]], _Answer]) -> None:
        self.progress = Progress("", 0, None)
        self.answer: _Answer | None = None
        self.error: MeterError | None = None
        self._work = work
        self._lock = Lock()
        self._ended = Event()
        Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self._end(self._work(self._tell), None)
        except MeterError as error:
            self._end(None, error)
        except Exception:
            # whoever waits is told; the thread's own report goes to the terminal
            message = "this could not be worked out: that is a mistake of the studio"
            self._end(None, MeterError(message))
            raise

    def _end(self, answer: _Answer | None, error: MeterError | None) -> None:
        with self._lock:
            if not self.is_cancelled:
                self.answer = answer
                self.error = error
            self._ended.set()

    def _tell(self, progress: Progress) -> None:
        if self.is_cancelled:
            raise CancelledRunError(_CANCELLED)
        self.progress = progress

    def wait(self, seconds: float) -> bool:
        """Wait until the work has ended, but not longer; return whether it has."""
        return self._ended.wait(seconds)

    @property
    def has_ended(self) -> bool:
        """Whether there is an answer or an error; after `cancel` its last step may still go on."""
        return self._ended.is_set() or self.is_cancelled

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody cancelled it before there was an answer."""
        return isinstance(self.error, CancelledRunError)

    def cancel(self) -> None:
        """Let the run end at its next step, without an answer."""
        with self._lock:
            if not self._ended.is_set():
                self.error = CancelledRunError(_CANCELLED)


class Runs:
    """The runs of a studio by their keys; of the oldest, only the newest are kept."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[RunKey, Run[object]] = OrderedDict()

    def find(self, key: RunKey) -> Run[object] | None:
        """Return the run of a key, if there is one and nobody cancelled it."""
        with self._lock:
            run = self._kept.get(key)
            if run is not None:
                self._kept.move_to_end(key)
            return run

    def of_kind(self, kind: str) -> list[tuple[RunKey, Run[object]]]:
        """Return the runs of a kind with their keys."""
        with self._lock:
            return [(key, run) for key, run in self._kept.items() if key.kind == kind]

    def start(
        self, key: RunKey, work: Callable[[Callable[[Progress], None]], object], *, alone: bool
    ) -> Run[object]:
        """Return the run of a key; begin it where there is none, or where it was cancelled.

        `alone`: others of the same kind are cancelled first, since each takes a whole processor.
        """
        with self._lock:
            run = self._kept.get(key)
            if run is None or run.is_cancelled:
                if alone:
                    self._cancel(key.kind)
                run = Run(work)
                self._kept[key] = run
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_KEPT:
                self._kept.pop(self._least_needed()).cancel()
            return run

    def cancel(self, key: RunKey) -> None:
        """Cancel the run of a key, and forget it."""
        with self._lock:
            run = self._kept.pop(key, None)
        if run is not None:
            run.cancel()

    def _least_needed(self) -> RunKey:
        """Return the key of the oldest run that has ended; where all still go on, of the oldest."""
        ended = (key for key, run in self._kept.items() if run.has_ended)
        return next(ended, next(iter(self._kept)))

    def _cancel(self, kind: str) -> None:
        for key in [key for key in self._kept if key.kind == kind]:
            if not self._kept[key].has_ended:
                self._kept.pop(key).cancel()

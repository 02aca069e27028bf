"""Work in the background: one answer a question, progress, errors, and an end when cancelled."""

from __future__ import annotations

from threading import Event

from meter.errors import MeterError
from meter.studio.runs import CancelledRunError, Progress, RunKey, Runs

LONG = 10.0


def test_a_question_is_worked_out_once():
    """The second who asks gets the same run; an error is an answer, too."""
    runs = Runs()
    key = RunKey("sum", (1, 2))
    run = runs.start(key, lambda tell: 3, alone=True)
    assert run.wait(LONG)
    assert runs.start(key, lambda tell: 4, alone=True) is run
    assert run.answer == 3

    def fails(tell):
        raise MeterError("not so")

    failed = runs.start(RunKey("sum", 2), fails, alone=True)
    assert failed.wait(LONG)
    assert (failed.answer, str(failed.error)) == (None, "not so")


def test_a_run_ends_where_it_is_cancelled():
    """At its next step, without an answer; who asks again begins anew."""
    runs = Runs()
    key = RunKey("steps", 1)
    goes_on = Event()
    begun = Event()

    def steps(tell):
        begun.set()
        while not goes_on.wait(0.001):
            tell(Progress("steps", 1, None))
        return "done"

    run = runs.start(key, steps, alone=True)
    assert begun.wait(LONG)
    runs.cancel(key)
    assert run.wait(LONG)
    assert isinstance(run.error, CancelledRunError)
    assert runs.find(key) is None
    first = runs.start(key, steps, alone=True)
    other = runs.start(RunKey("steps", 2), steps, alone=True)  # the first ends: one at a time
    assert first.wait(LONG)
    goes_on.set()
    assert other.wait(LONG)
    assert (first.answer, other.answer) == (None, "done")

"""A policy file in force on a running site.

A file is taken over when it has come to rest: when two looks at it, some time apart, saw the same.
So a file that is still being written is never in force. What is broken, or breaks a guarantee of
its own, leaves the last good policy in force.
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from threading import TIMEOUT_MAX, Event, Lock, Thread
from typing import TYPE_CHECKING, Literal
from weakref import WeakMethod

from attrs import evolve, frozen

from meter.errors import PolicyError, Problem
from meter.loading.policies import read_placed
from meter.loading.together import PolicyFiles, read_files
from meter.resources import FileStamp, file_stamp
from meter.verify import BUILT_IN, ProofOutcome, guarantees

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike
    from types import TracebackType
    from typing import Self

    from meter.policy import Policy

__all__ = ["GuaranteesWord", "ReloadingPolicy"]

GuaranteesWord = Literal["keep-out", "warn"]
_GUARANTEES = ("keep-out", "warn")

_logger = logging.getLogger(__name__)


@frozen
class _Look:
    """What was seen at the path: the stamps of the files, and their texts or why there are none."""

    stamps: tuple[FileStamp | None, ...]
    content: PolicyFiles | tuple[Problem, ...]


class ReloadingPolicy:
    """A policy file that may change while a site runs.

    `policy` is the policy in force, `problems` what is wrong with the file as it is now (nothing
    when it is in force and keeps its guarantees). Safe for threads and forks: every process looks
    at the file by itself, in a thread of its own, and no page view waits for that.

    - `path`: the policy file. The first reading must succeed. The files that it includes are looked
      at with it.
    - `every`: the seconds between two looks. With `None` there is no thread: call `refresh`.
    - `settle`: how many seconds a changed file must have been the same before it is taken over.
    - `guarantees`: what to do with a file that breaks one of its own `[[guarantees]]`. `keep-out`
      (the default) treats it like any other mistake; `warn` takes it over, with a warning in
      `problems`. One that could not be decided is always taken over with a warning.
    - `monotonic`: returns seconds that only grow. The default is this machine's clock.

    Raises `PolicyError` if the file cannot be used at the start: no policy is in force then.
    Raises `ValueError` for an argument that cannot be.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        every: float | None = 1.0,
        settle: float = 1.0,
        *,
        guarantees: GuaranteesWord = "keep-out",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if every is not None and not (_is_seconds(every) and every > 0):
            raise ValueError("`every` is a number of seconds above 0, or `None` for no thread")
        if not (_is_seconds(settle) and settle >= 0):
            raise ValueError("`settle` is a number of seconds, 0 or more")
        if guarantees not in _GUARANTEES:
            raise ValueError(f"`guarantees` is `keep-out` or `warn`, not `{guarantees}`")
        self.path = Path(path).absolute()  # the folder a process works in may change
        self._every = every
        self._settle = settle
        self._keeps_out = guarantees == "keep-out"
        self._monotonic = monotonic
        self._lock = Lock()
        self._seen: tuple[_Look, float] | None = None
        self._known: PolicyFiles | None = None
        self._judged = self._look()
        self.policy, self.problems = self._read(self._judged)
        self._tell()
        self._watch: _Watch | None = None
        if every is not None and hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=_called(WeakMethod(self._rest)),
                after_in_parent=_called(WeakMethod(self._start)),
                after_in_child=_called(WeakMethod(self._start_anew)),
            )
        self._start()

    @property
    def delay(self) -> float:
        """The seconds within which a changed file is in force; 0 where you call `refresh`."""
        return 0 if self._every is None else self._every + self._settle

    def refresh(self, *, now: bool = False) -> bool:
        """Look at the file; say whether another policy is in force because of this look.

        A changed file is taken over if a look at least `settle` seconds ago saw the same. With
        `now` it is taken over as it is. Never raises for what the file holds, or for its absence.
        """
        with self._lock:
            before = self._monotonic()
            look = self._look()
            if now:
                return self._take(look)
            if look.content == self._judged.content:
                self._seen = None
                return False
            if self._settle == 0 or self._has_settled(look, before):
                return self._take(look)
            return False

    def close(self) -> None:
        """Stop looking at the file. The policy stays in force, and `refresh` still works."""
        self._every = None
        self._rest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _look(self) -> _Look:
        """Read the files, bounded; also those whose time and size are as they were."""
        stamp = file_stamp(self.path)
        try:
            files = read_files(self.path, self._known)
        except PolicyError as error:
            return _Look((stamp,), error.problems)
        self._known = files
        return _Look((stamp, *(file_stamp(file.path) for file in files.included)), files)

    def _has_settled(self, look: _Look, at: float) -> bool:
        """Say whether an earlier look saw the same file; remember this one if not.

        The stamp has to be the same too: a file that changed and changed back did not rest.
        """
        if self._seen is not None and self._seen[0] == look:
            return at - self._seen[1] >= self._settle
        self._seen = (look, self._monotonic())
        return False

    def _take(self, look: _Look) -> bool:
        """Put what was seen into force, or note why not. Say whether another policy is in force."""
        self._seen = None
        self._judged = look
        told = self.problems
        try:
            policy, self.problems = self._read(look)
        except PolicyError as error:
            policy, self.problems = self.policy, error.problems
        if self.problems != told:
            self._tell()
        if policy == self.policy:
            return False
        self.policy = policy
        _logger.info("%s: another policy is in force: %s", self.path, policy.digest)
        return True

    def _read(self, look: _Look) -> tuple[Policy, tuple[Problem, ...]]:
        """Return the policy of a file, with warnings. Raises `PolicyError` if it is kept out."""
        if not isinstance(look.content, PolicyFiles):
            raise PolicyError(look.content)
        policy, places = read_placed(look.content)
        for problem in _doubts(policy, keeps_out=self._keeps_out):
            places.add_problem(problem, "key")
        problems = places.problems()
        if any(problem.severity == "error" for problem in problems):
            raise PolicyError(problems)
        return policy, problems

    def _tell(self) -> None:
        """Log what is wrong with the file, once: not at every look."""
        if any(problem.severity == "error" for problem in self.problems):
            _logger.warning(
                "the last good policy stays in force\n%s", "\n".join(map(str, self.problems))
            )
        elif self.problems:
            _logger.warning("%s", "\n".join(map(str, self.problems)))

    def _start(self) -> None:
        """Look from time to time, in a thread."""
        if self._every is not None:
            self._watch = _Watch(WeakMethod(self._turn), self._every)

    def _start_anew(self) -> None:
        """Do so in a process that was forked: no thread came along to give back the lock."""
        self._lock = Lock()
        self._start()

    def _rest(self) -> None:
        """Wait for the look that is being taken, if any, and take no more."""
        if self._watch is not None:
            self._watch.join()
            self._watch = None

    def _turn(self) -> float | None:
        """Take one look; return the seconds until the next."""
        try:
            self.refresh()
        except Exception:
            _logger.exception("%s could not be looked at; the policy stays in force", self.path)
        return self._every if self._seen is None else max(self._settle, 0.001)


class _Watch:
    """A thread that takes one turn after another, until it is stopped or nobody is left."""

    def __init__(self, turn: WeakMethod[Callable[[], float | None]], seconds: float) -> None:
        self._turn = turn
        self._seconds: float | None = seconds
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="meter-policy", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            turn = self._turn()
            if turn is None:
                return
            self._seconds = turn()
            del turn  # a policy that nobody uses any more can go

    def join(self) -> None:
        self._stopped.set()
        self._thread.join()


def _called(method: WeakMethod[Callable[[], None]]) -> Callable[[], None]:
    """Return a function that calls a method as long as its object is in use."""

    def call() -> None:
        alive = method()
        if alive is not None:
            alive()

    return call


def _doubts(policy: Policy, *, keeps_out: bool) -> list[Problem]:
    """Return what is to be said of a policy's own guarantees: those broken, those not decided."""
    if not policy.guarantees:
        return []
    found = []
    answers = guarantees(policy, leave_out=tuple(BUILT_IN))
    for index, (guarantee, answer) in enumerate(zip(policy.guarantees, answers, strict=True)):
        path = ("guarantees", index)
        if answer.outcome == ProofOutcome.FAILS:
            problem = Problem(
                code="broken-guarantee",
                message=f"the rules do not keep the guarantee `{guarantee.name}`",
                help="`meter prove` shows a reader for whom it fails",
                path=path,
            )
            found.append(problem if keeps_out else evolve(problem, severity="warning"))
        elif answer.outcome == ProofOutcome.NOT_DECIDED:
            problem = Problem(
                code="guarantee-not-decided",
                message=f"whether the guarantee `{guarantee.name}` holds was not decided",
                help="`meter prove` says why",
                path=path,
                severity="warning",
            )
            found.append(problem)
    return found


def _is_seconds(value: object) -> bool:
    """Say whether something is a number of seconds that a thread can wait for."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value <= TIMEOUT_MAX

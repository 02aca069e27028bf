"""A file of institutions in force on a running site.

It is read again when it changes, and taken over when it has come to rest, as a policy is: what is
still being written is never in force. What cannot be used leaves the last good one in force.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from meter.policy import Policy
from meter.resources import FileStamp, file_stamp
from meter.web.institutions.institution import Institutions
from meter.web.institutions.reading import (
    FILE_NAME,
    InstitutionsError,
    check_institutions,
    read_institutions,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from meter.errors import Problem
    from meter.paywall.settings import PolicySource
    from meter.view import Entitlement

__all__ = ["THREAD", "InstitutionsFile", "beside"]

THREAD = "meter-institutions"
"""What the thread is called in which a changed file is read."""

_logger = logging.getLogger(__name__)


class _FileLook(NamedTuple):
    """What was seen: the file's stamp, `None` where there is none, and the policy in force."""

    stamp: FileStamp | None
    policy: Policy | None


class InstitutionsFile:
    """The institutions of a file that may change while a site runs.

    `institutions` are those in force, `problems` what is wrong or doubtful in the file as it is
    now. Safe for threads and forks: whoever asks for rights looks at the file, once in `every`
    seconds at most; where it has changed it is read in a thread, and no page view waits for that.

    - `path`: the file. The first reading must succeed; with `may_be_missing` there may be no file
      until one is written.
    - `policy`: the policy whose products it names, or what has a `policy` that may change.
    - `every`: the seconds between two looks. `settle`: how many seconds a changed file must have
      been the same before it is taken over.
    - `monotonic`: returns seconds that only grow. The default is this machine's clock.

    Raises `InstitutionsError` if the file cannot be used at the start.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        policy: Policy | PolicySource | None = None,
        *,
        may_be_missing: bool = False,
        every: float = 1.0,
        settle: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = Path(path).absolute()  # the folder a process works in may change
        self._source = policy
        self._every = every
        self._settle = settle
        self._monotonic = monotonic
        self._seen: tuple[_FileLook, float] | None = None
        self.problems: tuple[Problem, ...] = ()
        self.institutions = Institutions()
        self._judged = self._look()
        if self._judged.stamp is not None or not may_be_missing:
            self.institutions, self.problems = self._read(self._judged)
        if self.problems:
            _logger.warning("%s", "\n".join(map(str, self.problems)))
        self._due = monotonic() + every
        self._reading: Thread | None = None

    def rights(self, address: str | None) -> tuple[Entitlement, ...]:
        """Return the rights of whoever comes from an address; see `Institutions.rights`.

        Never raises, also where the file has become one that cannot be used.
        """
        now = self._monotonic()
        if now >= self._due:
            self._due = now + self._every
            self._glance(now)
        return self.institutions.rights(address)

    def refresh(self) -> bool:
        """Read the file if it has changed, at rest or not; say whether it is taken over.

        Never raises for what the file holds, or for its absence.
        """
        look = self._look()
        return self._has_changed(look) and self._take(look)

    def _glance(self, now: float) -> None:
        """Look at the file, and let it be read where it is to be."""
        look = self._look()
        if not self._has_changed(look):
            self._seen = None
            return
        # a thread that was left behind by a fork is not alive
        is_read = self._reading is not None and self._reading.is_alive()
        if not is_read and self._has_settled(look, now):
            self._reading = Thread(target=self._take, args=(look,), name=THREAD, daemon=True)
            try:
                self._reading.start()
            except RuntimeError as error:  # there are too many: the next look tries again
                _logger.warning("%s cannot be read yet: %s", self.path, error)

    def _look(self) -> _FileLook:
        source = self._source
        policy = source if source is None or isinstance(source, Policy) else source.policy
        return _FileLook(file_stamp(self.path), policy)

    def _has_changed(self, look: _FileLook) -> bool:
        """Say whether a look saw something else than was judged; no file is as good as no file."""
        was_missing = look.stamp is None and self._judged.stamp is None
        return look != self._judged and not was_missing

    def _has_settled(self, look: _FileLook, at: float) -> bool:
        """Say whether an earlier look saw the same; remember this one if not."""
        if self._seen is not None and self._seen[0] == look:
            return at - self._seen[1] >= self._settle
        self._seen = (look, at)
        return False

    def _take(self, look: _FileLook) -> bool:
        """Put what was seen into force, or note why not."""
        told = self.problems
        try:
            self.institutions, self.problems = self._read(look)
            is_taken = True
        except InstitutionsError as error:
            self.problems = error.problems
            is_taken = False
        self._seen = None
        self._judged = look
        if is_taken:
            _logger.info("%s: %d institutions are in force", self.path, len(self.institutions))
        if self.problems and self.problems != told:
            words = "\n".join(map(str, self.problems))
            first = "" if is_taken else "the last good institutions stay in force\n"
            _logger.warning("%s%s", first, words)
        return is_taken

    def _read(self, look: _FileLook) -> tuple[Institutions, tuple[Problem, ...]]:
        """Return the file's institutions, with warnings. Raises `InstitutionsError`."""
        text = read_institutions(self.path)
        found, problems = check_institutions(text, look.policy, name=str(self.path))
        if found is None:
            raise InstitutionsError(problems)
        return found, problems


def beside(policy: Path, source: Policy | PolicySource | None = None) -> InstitutionsFile:
    """Return the file of institutions beside a policy's file, read as soon as there is one."""
    return InstitutionsFile(policy.absolute().parent / FILE_NAME, source, may_be_missing=True)

"""A policy file in force on a running site.

A file that is broken while the site runs leaves the last good policy in force.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from meter.errors import PolicyError, Problem
from meter.loading import load_policy
from meter.resources import file_stamp

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["ReloadingPolicy"]


class ReloadingPolicy:
    """A policy file that may change while a site runs.

    A broken change leaves the last good policy in force.

    `policy` is the policy in force, `problems` what is wrong with the file as it is now (nothing
    when it is in force). The first reading must succeed: raises `PolicyError` otherwise.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        self.problems: tuple[Problem, ...] = ()
        self._seen = file_stamp(self.path)
        self.policy = load_policy(path)

    def refresh(self) -> bool:
        """Read the file again if its time, size or place on the disk has changed.

        Say whether another policy is in force now.
        """
        return file_stamp(self.path) != self._seen and self.reload()

    def reload(self) -> bool:
        """Read the file again; say whether another policy is in force now.

        Never raises for what the file holds, or for its absence.
        """
        self._seen = file_stamp(self.path)
        try:
            policy = load_policy(self.path)
        except PolicyError as error:
            self.problems = error.problems
            return False
        self.problems = ()
        if policy == self.policy:
            return False
        self.policy = policy
        return True

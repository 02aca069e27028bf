"""The policies that are not in force yet: files of one folder, each read again when it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors import PolicyError, Problem, closest, quoted
from meter.loading import load_policy
from meter.policy import Policy
from meter.resources import FileStamp, file_stamp

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Draft", "DraftFolder"]

_NO_FILE = "no-such-file"


@frozen(kw_only=True)
class Draft:
    """A policy that is not in force: what could be read of its file, or why it cannot be used."""

    policy: Policy | None = None
    problems: tuple[Problem, ...] = ()
    like: str | None = None
    """The draft that was probably meant, where there is none of this name."""

    @property
    def is_missing(self) -> bool:
        """Whether there is no such file."""
        return any(problem.code == _NO_FILE for problem in self.problems)


class DraftFolder:
    """The drafts of one folder, each a file `NAME.toml`; safe for threads, as for tasks.

    Two that ask at once may both read a file; whichever is kept has the stamp that its file had
    before it was read, so that what is older is read again. Only drafts that there are are kept.
    Raises `ValueError` where there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            message = f"`drafts` is a folder, and {quoted(str(folder))} is none"
            raise ValueError(f"{message}; make it, or leave `drafts` out")
        self._folder = folder
        self._read: dict[str, tuple[FileStamp, Draft]] = {}

    def draft(self, name: str) -> Draft:
        """Return the draft of a name, which is a bare word; read anew when its file has changed."""
        path = self._folder / f"{name}.toml"
        stamp = file_stamp(path)
        known = self._read.get(name)
        if known is not None and known[0] == stamp:
            return known[1]
        draft = _read(path)
        if stamp is None:
            self._read.pop(name, None)
        else:
            self._read[name] = (stamp, draft)
        return draft


def _read(path: Path) -> Draft:
    try:
        return Draft(policy=load_policy(path))
    except PolicyError as error:
        names = [file.stem for file in path.parent.glob("*.toml")]
        return Draft(problems=error.problems, like=closest(path.stem, names))

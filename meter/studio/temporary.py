"""One folder for everything temporary of a studio, which goes with it.

The studio holds a lock in it while it runs. A studio that was killed leaves its folder behind and
holds no lock any more: the next one removes it.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from typing import IO, TYPE_CHECKING

try:
    import fcntl
except ImportError:  # Windows removes no file that is open: there the lock is the open file
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["remove_left_behind", "temporary_folder"]

_PREFIX = "meter-studio-"
_LOCK = "running"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder in which this process makes all its temporary files, and remove it at the end.

    What studios left behind that were killed is removed first.
    """
    before = tempfile.tempdir
    remove_left_behind(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        with _locked(folder):
            tempfile.tempdir = str(folder)
            yield folder
    finally:
        tempfile.tempdir = before
        rmtree(folder, ignore_errors=True)


def remove_left_behind(place: Path) -> None:
    """Remove the folders of studios in a place that run no more, as far as they are this user's."""
    for folder in place.glob(f"{_PREFIX}*"):
        if _is_mine(folder) and _is_left(folder):
            rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[IO[bytes]]:
    """Hold the lock of a folder. It gets its name when it is held: nobody finds it open."""
    new = folder / f"{_LOCK}.new"
    with new.open("wb") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        with suppress(OSError):  # Windows renames no file that is open
            new.rename(folder / _LOCK)
        yield lock


def _is_mine(folder: Path) -> bool:
    if not hasattr(os, "getuid"):
        return True
    try:
        stat = folder.lstat()
    except OSError:
        return False
    return stat.st_uid == os.getuid() and folder.is_dir() and not folder.is_symlink()


def _is_left(folder: Path) -> bool:
    """Say whether there is a lock that nobody holds."""
    if fcntl is None:
        with suppress(OSError):
            (folder / f"{_LOCK}.new").unlink()
            return True
        return False
    try:
        with (folder / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

"""The files that ship with the package, and what holds for every file from outside."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["MOST_BYTES", "FileStamp", "file_stamp", "template_root"]

MOST_BYTES = 64 * 1024
"""The largest file from outside that is read whole: a policy, a template, a file of texts."""


def template_root() -> Traversable:
    """Return the folder `templates`: inside the installed package, or beside it in a checkout."""
    shipped = files("meter") / "templates"
    return shipped if shipped.is_dir() else Path(__file__).parents[2] / "templates"


FileStamp = tuple[int, ...]
"""What changes when a file does: the times of its content and of its entry, size and place."""


def file_stamp(path: Path) -> FileStamp | None:
    """Return what changes when a file does; `None` where there is none.

    The time of its entry is among it, since a copy may keep the time of the content.
    """
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return (
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_size,
        status.st_ino,
        status.st_dev,
    )

"""Find the files that ship with the package, and what holds for every file from outside."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["MOST_BYTES", "file_stamp", "template_root"]

MOST_BYTES = 64 * 1024
"""The largest file from outside that is read whole: a policy, a template, a file of texts."""


def template_root() -> Traversable:
    """Return the folder `templates`: inside the installed package, or beside it in a checkout."""
    shipped = files("meter") / "templates"
    return shipped if shipped.is_dir() else Path(__file__).parents[1] / "templates"


def file_stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file does: time, size and place; `None` where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino

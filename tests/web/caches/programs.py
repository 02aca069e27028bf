"""Where a cache's program is."""

from __future__ import annotations

import os
import shutil

_PATH = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"


class UnableError(Exception):
    """A cache cannot do what a mode asks, or is not installed."""


def program(name, path=_PATH):
    """Return where a program is."""
    found = shutil.which(name, path=path)
    if found is None:
        raise UnableError(f"`{name}` is not installed")
    return found

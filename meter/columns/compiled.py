"""Compile loops over arrays with Numba, and keep what was compiled on disk.

Numba keeps a function until its own file changes, though what it calls from other files is
compiled into it. Here it is kept until any file changes that it may be made of: those of its own
folder and of this one. So compiled code calls into these two folders and nowhere else.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from meter.errors import raise_missing_extra

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["compiled", "inlined"]

P = ParamSpec("P")
R = TypeVar("R")

_OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False}
"""No interpreter's lock, and no reference counts: they would cost more than most of the work."""


try:
    from numba import njit
except ImportError as error:  # pragma: no cover - checked in an environment without the extra
    raise_missing_extra(error)


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of arrays and numbers; it runs without the interpreter's lock.

    It must not make arrays, since nothing counts the references to them.
    What was compiled is kept in the package's folder or the user's cache; where neither can be
    written, or the sources cannot be read, each process compiles again.
    """
    sources = _stamp(Path(function.__code__.co_filename).parent)
    try:
        dispatcher: Callable[P, R] = njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:  # numba: "no locator available"
        return _in_memory(function)
    index: Any = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if sources is None or not hasattr(index, "_source_stamp"):
        return _in_memory(function)
    # Numba has no public way to say which files a function is made of. The name holds the stamp
    # too: an index of other sources may name classes that are no longer there, and is never read.
    name = index._index_name.removesuffix(".nbi")  # noqa: SLF001
    index.__init__(index._cache_path, f"{name}-{sources.hex()[:16]}", sources)  # noqa: SLF001
    return dispatcher


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function into each of its callers.

    For what is done at every view: handing over tuples of arrays would cost more than the work.
    """
    part: Callable[P, R] = njit(nogil=True, inline="always")(function)
    return part


def _in_memory(function: Callable[P, R]) -> Callable[P, R]:
    dispatcher: Callable[P, R] = njit(**_OPTIONS)(function)
    return dispatcher


@cache
def _stamp(folder: Path) -> bytes | None:
    """Return a hash of the sources of a folder and of this one, or `None` where there are none."""
    folders = {folder, Path(__file__).parent}
    files = [file for place in sorted(folders) for file in sorted(place.glob("*.py"))]
    if not files:
        return None
    digest = sha256()
    for file in files:
        digest.update(sha256(file.read_bytes()).digest())
    return digest.digest()

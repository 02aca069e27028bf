"""How is a loop over arrays made fast?

Numba compiles it once and keeps the result where it may write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meter.errors import raise_missing_extra

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["compiled"]

try:
    from numba import njit
except ImportError as error:  # pragma: no cover - checked in an environment without the extra
    raise_missing_extra(error)


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function of arrays and numbers; it runs without the interpreter's lock.

    What was compiled is kept in the package's folder or the user's cache; where neither can be
    written, each process compiles again.
    """
    try:
        return njit(nogil=True, cache=True)(function)
    except RuntimeError:  # numba: "no locator available"
        return njit(nogil=True)(function)

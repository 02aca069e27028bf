"""What a visit refuses."""

from __future__ import annotations

from traceback import extract_tb

from meter.errors import MeterError, printable

__all__ = ["CrossSiteError", "told"]


class CrossSiteError(MeterError):
    """A request that would change something comes from another site: answer it with 403."""


def told(error: BaseException) -> str:
    r"""Return what went wrong, and in which line, as one line: strangers may have chosen its words.

    >>> told(ValueError("one line\nmade two"))
    'ValueError: one line\\u000Amade two'
    """
    words = f"{type(error).__name__}: {printable(str(error))}"
    frames = extract_tb(error.__traceback__)
    return f"{words} ({frames[-1].filename}:{frames[-1].lineno})" if frames else words

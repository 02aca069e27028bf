"""What a visit refuses, and how that is answered."""

from __future__ import annotations

import logging
from traceback import extract_tb

from meter.errors import (
    IdentityError,
    MeterError,
    StoreError,
    StoreSetupError,
    UnknownPromptError,
    printable,
)

__all__ = ["REFUSALS", "CrossSiteError", "level_of", "refusal", "told"]

LOG = logging.getLogger("meter.web")


class CrossSiteError(MeterError):
    """A request that would change something comes from another site: answer it with 403."""


REFUSALS = (CrossSiteError, IdentityError, StoreError, UnknownPromptError)
"""What the calls of a visit raise that is no mistake of the site's, or that a browser has sent."""


def refusal(error: Exception) -> tuple[int, str]:
    """Return the status and the words that one of the `REFUSALS` is answered with.

    A store that did not do what was asked is logged: whoever asked is not told why.
    """
    if isinstance(error, CrossSiteError):
        return 403, f"{error}\n"
    if isinstance(error, IdentityError | UnknownPromptError):
        return 400, f"{error}\n"
    LOG.log(level_of(error), "a request is answered with 503: %s", told(error))
    return 503, "this cannot be answered just now: ask again\n"


def level_of(error: Exception) -> int:
    """Return how loud an error is: an outage passes, a mistake stays until somebody mends it."""
    is_outage = isinstance(error, StoreError) and not isinstance(error, StoreSetupError)
    return logging.WARNING if is_outage else logging.ERROR


def told(error: BaseException) -> str:
    r"""Return what went wrong, and in which line, as one line: strangers may have chosen its words.

    >>> told(ValueError("one line\nmade two"))
    'ValueError: one line\\u000Amade two'
    """
    words = f"{type(error).__name__}: {printable(str(error))}"
    frames = extract_tb(error.__traceback__)
    return f"{words} ({frames[-1].filename}:{frames[-1].lineno})" if frames else words

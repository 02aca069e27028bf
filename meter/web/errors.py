"""What a visit refuses, and how that is answered."""

from __future__ import annotations

from meter.errors import IdentityError, MeterError, StoreError

__all__ = ["REFUSALS", "CrossSiteError", "refusal"]


class CrossSiteError(MeterError):
    """A request that would change something comes from another site: answer it with 403."""


REFUSALS = (CrossSiteError, IdentityError, StoreError)
"""What the calls of a visit raise that is no mistake of the site's."""


def refusal(error: Exception) -> tuple[int, str]:
    """Return the status and the words that one of the `REFUSALS` is answered with."""
    if isinstance(error, CrossSiteError):
        return 403, f"{error}\n"
    if isinstance(error, IdentityError):
        return 400, f"{error}\n"
    return 503, "this cannot be answered just now: ask again\n"

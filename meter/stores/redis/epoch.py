"""Find out when a server has lost data.

An *epoch* key is written once and never changed: where it is gone or replaced, everything else that
was written with it is gone too. Nothing is put back: it is said, so that somebody can ask why.
"""

from __future__ import annotations

import logging
import secrets
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LOG", "Epoch"]

LOG = logging.getLogger("meter.paywall")
_LOOK_AGAIN = 1.0  # seconds between two looks at the epoch for readers who are not known


class Epoch:
    """The epoch a server was last seen in, and how often it has lost data."""

    def __init__(self) -> None:
        self.losses = 0
        self.due_at = 0.0
        self.candidate = secrets.token_hex(8).encode()
        self._known: bytes | None = None

    @property
    def is_known(self) -> bool:
        """Whether the server was seen before."""
        return self._known is not None

    def due(self) -> bool:
        """Say whether it is time for another look, and put the next one off."""
        now = monotonic()
        if now < self.due_at:
            return False
        self.due_at = now + _LOOK_AGAIN
        return True

    def saw(self, found: bytes | None, *, written: bool) -> None:
        """Compare the epoch key that was found with the one that was known.

        `written` says whether our candidate was written because there was none.
        """
        self.due_at = monotonic() + _LOOK_AGAIN
        if self._known is not None and found != self._known:
            self._lose("its epoch key is gone" if found is None else "its epoch key was replaced")
        self._known = self.candidate if written else found

    def warn_of_evictions(self, info: Mapping[str, object]) -> None:
        """Warn of a server that makes room by dropping readers."""
        policy = info.get("maxmemory_policy")
        if info.get("maxmemory") and policy not in (None, "noeviction"):
            LOG.warning(
                "the store drops readers when it is full (`maxmemory-policy %s`); set it to"
                " `noeviction`",
                policy,
            )

    def _lose(self, why: str) -> None:
        self.losses += 1
        LOG.error("the store lost data: %s", why, extra={"meter": {"loss": why, "store": "redis"}})

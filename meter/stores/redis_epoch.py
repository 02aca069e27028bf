"""Find out when a server has lost data.

An *epoch* key is written once and never changed: where it is gone or replaced, everything else that
was written with it is gone too. A server that drops keys to make room says how many.
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
        self._evicted: int | None = None
        self._warned = False

    def due(self) -> bool:
        """Say whether it is time for another look, and put the next one off."""
        now = monotonic()
        if now < self.due_at:
            return False
        self.due_at = now + _LOOK_AGAIN
        return True

    def saw(self, found: bytes | None, info: Mapping[str, object], *, written: bool) -> None:
        """Compare the epoch key that was found, and the server's figures, with what was known.

        `written` says whether our candidate was written because there was none.
        """
        self.due_at = monotonic() + _LOOK_AGAIN
        evicted = info.get("evicted_keys")
        if self._known is not None and found != self._known:
            self._lose("its epoch key is gone" if found is None else "its epoch key was replaced")
        elif self._evicted is not None and isinstance(evicted, int) and evicted > self._evicted:
            self._lose(f"it evicted {evicted - self._evicted} keys to make room")
        self._known = self.candidate if written else found
        self._evicted = evicted if isinstance(evicted, int) else None
        policy = info.get("maxmemory_policy")
        if not self._warned and info.get("maxmemory") and policy not in (None, "noeviction"):
            self._warned = True
            LOG.warning(
                "the store drops readers when it is full (`maxmemory-policy %s`); set it to"
                " `noeviction`",
                policy,
            )

    def _lose(self, why: str) -> None:
        self.losses += 1
        LOG.error("the store lost data: %s", why, extra={"meter": {"loss": why, "store": "redis"}})

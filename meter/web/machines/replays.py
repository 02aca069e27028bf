"""Remembers signatures that were used, so that whoever copies one has little of it.

A signature with a nonce is used once. One without may be used again, but only for what it was first
used for. What is remembered is this process's own, until the signature ends, and at most so many:
then what was used first is forgotten.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from meter.web.machines.signatures import SignatureClaim

__all__ = ["UsedSignatures"]


class _Use(NamedTuple):
    """What a signature was used for, and when it ends, in seconds since 1970."""

    target: bytes
    ends: int


class UsedSignatures:
    """The signatures that were used, at most `most` of them."""

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._lock = Lock()
        self._uses: OrderedDict[bytes, _Use] = OrderedDict()

    def __len__(self) -> int:
        return len(self._uses)

    def may_use(self, claim: SignatureClaim, target: str, now: datetime) -> bool:
        """Note that a signature, which holds, is used for a target; say whether it may be.

        `target` is all that is asked for: method, host, path and query. `now` has a zone.
        """
        once = claim.nonce is not None
        key = _digest(claim.keyid, claim.nonce if once else claim.parameters)
        use = _Use(_digest(target), claim.expires)
        with self._lock:
            self._drop(now.timestamp())
            before = self._uses.get(key)
            if before is not None:
                return not once and before.target == use.target
            self._uses[key] = use
            if len(self._uses) > self._most:
                self._uses.popitem(last=False)
        return True

    def _drop(self, now: float) -> None:
        """Forget the signatures that are over, as far as they were used first."""
        while self._uses and next(iter(self._uses.values())).ends <= now:
            self._uses.popitem(last=False)


def _digest(*words: str | None) -> bytes:
    return sha256("\0".join(word or "" for word in words).encode()).digest()

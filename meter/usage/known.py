"""What bytes mean that were read or written lately.

Theory. A usage is a value, and its bytes are canonical: equal bytes are equal usages. So a usage
can be kept by its bytes, whoever's they are, and is never out of date: what is found here is what
`Usage.from_bytes` returns, without reading them again.

It is bounded without a lock. There is a young table and an old one. When the young one is full, it
takes the place of the old one, and what nobody asked for meanwhile is gone. Every step is one of a
dictionary's: where threads meet, one may lose what another kept, and it is read again.
"""

from __future__ import annotations

from meter.usage import Usage

__all__ = ["KnownUsages"]


class KnownUsages:
    """At most `most` usages by their bytes; safe for threads and forks."""

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._young: dict[bytes, Usage] = {}
        self._old: dict[bytes, Usage] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def read(self, raw: bytes) -> Usage:
        """Return the usage of some bytes. Raises what `Usage.from_bytes` does."""
        usage = self._young.get(raw)
        if usage is not None:
            return usage
        usage = self._old.pop(raw, None) or Usage.from_bytes(raw)
        self.keep(raw, usage)
        return usage

    def keep(self, raw: bytes, usage: Usage, before: bytes | None = None) -> None:
        """Keep the usage of some bytes, in the place of one whose bytes were `before` these."""
        young = self._young
        if before is None or young.pop(before, None) is None:
            if len(young) >= self._half:
                self._old = young
                self._young = young = {}
            if not self._half:
                return
        young[raw] = usage

    def clear(self) -> None:
        """Drop all of them."""
        self._young = {}
        self._old = {}

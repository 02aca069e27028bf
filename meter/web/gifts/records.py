"""What is kept of a gift beside its counts: a few words a giver's list shows, until the link ends.

Whom it names are an article and digests. The token is not among them: who reads the store can open
nothing.
"""

from __future__ import annotations

import json

from attrs import frozen

from meter.errors import CorruptUsageError, StoreContentionError
from meter.paywall.operations import Forget, Load, StoreOps, Swap
from meter.stores.keys import reader_key
from meter.web.gifts.links import Claims

__all__ = ["KeptGift", "KeptGifts"]


@frozen(kw_only=True)
class KeptGift:
    """What is kept of a gift; `article` and `address` are as they were given."""

    claims: Claims
    article: str
    address: str | None

    def to_bytes(self) -> bytes:
        """Return it as it is kept."""
        told = {**self.claims.table(), "of": self.article, "address": self.address}
        return json.dumps(told, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, raw: bytes) -> KeptGift:
        """Return what bytes hold. Raises `CorruptUsageError` for what was never written here."""
        try:
            table = json.loads(raw)
        except (ValueError, RecursionError):
            table = None
        claims = Claims.read(table)
        match table:
            case {"of": str(article), "address": str() | None as address} if claims is not None:
                return cls(claims=claims, article=article, address=address)
            case _:
                raise CorruptUsageError(
                    f"the record of a gift, of {len(raw)} bytes, cannot be read; end the link by"
                    " its token"
                )


@frozen
class KeptGifts:
    """The records of gifts in a store, under keys of a `namespace`; each is one store call."""

    namespace: str

    def _key(self, gift: str) -> str:
        return reader_key(gift, namespace=self.namespace)

    def keep(self, kept: KeptGift) -> StoreOps[None]:
        """Keep a record until the link ends."""
        raw = kept.to_bytes()
        found = yield Swap(self._key(kept.claims.id), None, raw, kept.claims.ends)
        if found != raw:
            raise StoreContentionError("there is a gift of this id already; try again")

    def find(self, gift: str) -> StoreOps[tuple[KeptGift, ...]]:
        """Return the record of a gift, if it has one: one, or none."""
        raw = yield Load(self._key(gift))
        return () if raw is None else (KeptGift.from_bytes(raw),)

    def drop(self, gift: str) -> StoreOps[None]:
        """Remove a record."""
        yield Forget(self._key(gift))

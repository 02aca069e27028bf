"""The keys one reader has in a store.

The one in force; those of earlier secrets, whose records are carried over; and, for each, the mark
that a `forget` leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.stores.keys import reader_key

if TYPE_CHECKING:
    from meter.stores.keys import Secret

__all__ = ["ReaderKeys", "reader_keys"]


@frozen
class ReaderKeys:
    """The key in force, and those a reader had under earlier secrets."""

    current: str
    old: tuple[str, ...] = ()


def reader_keys(
    reader_id: str, namespace: str, secret: Secret, old_secrets: tuple[Secret, ...]
) -> ReaderKeys:
    """Return the keys of a reader. Raises what `reader_key` does."""
    current = reader_key(reader_id, namespace=namespace, secret=secret)
    if not old_secrets:
        return ReaderKeys(current)
    earlier = (reader_key(reader_id, namespace=namespace, secret=old) for old in old_secrets)
    return ReaderKeys(current, tuple(key for key in dict.fromkeys(earlier) if key != current))

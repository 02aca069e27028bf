"""The stores that keep what readers have read.

A store keeps bytes under a key, and replaces them only if they have not changed. It never counts,
never parses, never reads a clock: the rules exist once, for every store.
"""

from __future__ import annotations

from meter.stores.awaited import in_thread
from meter.stores.keys import reader_key
from meter.stores.memory import MemoryStore
from meter.stores.opening import open_async_store, open_store
from meter.stores.protocol import AsyncStore, Store

__all__ = [
    "AsyncStore",
    "MemoryStore",
    "Store",
    "in_thread",
    "open_async_store",
    "open_store",
    "reader_key",
]

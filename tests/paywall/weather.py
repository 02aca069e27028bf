"""A store that several processes share, with weather between them and it."""

from __future__ import annotations

from meter import Paywall
from meter.errors import StoreUnavailableError

__all__ = ["Cut", "contents", "process"]


class Cut:
    """The way of one process to a store that it shares with others; it may be cut."""

    name = "cut"
    deadline = 60.0
    blocking = False

    def __init__(self, store):
        self.store = store
        self.is_cut = False
        self.left = None
        """How many calls still go through before it is cut, or `None` for all."""

    def load(self, key):
        self._pass()
        return self.store.load(key)

    def swap(self, key, old, new, *, expires):
        self._pass()
        return self.store.swap(key, old, new, expires=expires)

    def forget(self, key):
        self._pass()
        self.store.forget(key)

    def _pass(self):
        if self.left is not None:
            self.is_cut = self.is_cut or self.left == 0
            self.left -= 1
        if self.is_cut:
            raise StoreUnavailableError("the way to the store is cut")


def process(policy, store, clock, **settings):
    """Return a paywall of one process over a store that others share, and its way there."""
    way = Cut(store)
    return Paywall(policy, way, clock=clock, **settings), way


def contents(store):
    """Return all that a memory store keeps: the bytes by their key."""
    return {key: raw for key, (raw, _) in store._kept.items()}

"""Decide a view at once whose reader's record is in this process.

Theory. A transaction (see `transactions`) spares trips to a server: it guesses what is kept, and
yields its questions to whoever can ask them. The store in memory has no trips to spare. It answers
at once and is never out, so a view is three plain steps: load, decide on what was loaded, swap that
for what is to be remembered. The answer is given on bytes that the store held, as a transaction's
is: those that were loaded, or those that the swap has replaced.

Only what is usual is done here. Where bytes cannot be read or decided on, a read lies far ahead, or
something is pending for the reader or came between load and swap, nothing was written and there is
no answer: the transaction does all of it, and raises and tells what there is to raise and to tell.
An agreement test holds the two to each other, view by view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from meter.engine import believe
from meter.errors import MeterError
from meter.paywall.metered_view import store_expiry
from meter.paywall.records import Record
from meter.usage import Usage

if TYPE_CHECKING:
    from datetime import datetime

    from meter.decision import Decision
    from meter.memo import Observed
    from meter.paywall.recent import Recent
    from meter.policy import Policy
    from meter.stores.memory import MemoryStore

__all__ = ["DecisionsAtOnce"]

_NEW = Usage()
_NO_BYTES = _NEW.to_bytes()
_FAULTS = (
    MeterError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What may come of bytes that no paywall has written, and of a call that was wrong."""


class DecisionsAtOnce:
    """Decides views over a store in this process.

    `recent` knows the records that were seen last, and for whom something is pending.
    """

    def __init__(self, store: MemoryStore, recent: Recent) -> None:
        self._store = store
        self._recent = recent

    def decide(
        self, policy: Policy, key: str, observed: Observed, now: datetime, *, counts: bool
    ) -> tuple[Decision, Usage] | None:
        """Return the decision, and the usage that it was made on; `None` for an unusual view.

        It is counted where it `counts`.
        """
        raw = self._store.load(key)
        try:
            usage = self._recent.read(key, raw).usage
            _, is_ahead = believe(usage, observed.at)
            if is_ahead or self._recent.is_pending(key):
                return None
            decision, after = observed.decide(usage)
        except _FAULTS:  # the transaction raises it again, and says whose fault it is
            return None
        if after is usage or not counts:
            return _uncounted(decision), usage
        new = after.to_bytes() if raw is None else after.to_bytes_after(usage, raw)
        if new == (raw or _NO_BYTES):
            return _uncounted(decision), usage
        expires = store_expiry(policy, after, now, observed.at)
        found = self._store.swap(key, raw, new, expires=expires)
        if found == new:
            self._recent.keep(key, Record(new, after))
            return decision, usage
        if found is None:
            # It was there a moment ago, so the reader was just forgotten: this view must not be
            # kept either.
            self._recent.drop(key)
            return _uncounted(observed.decide(_NEW)[0]), _NEW
        return None


def _uncounted(decision: Decision) -> Decision:
    """Return a decision of which nothing was written."""
    return evolve(decision, counted=False) if decision.counted else decision

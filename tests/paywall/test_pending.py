"""What was counted while the store was out arrives once, and how long a call may take."""

from __future__ import annotations

import asyncio
import time

import pytest

from meter import AsyncPaywall, ManualClock, Paywall
from meter.errors import StoreContentionError, StoreUnavailableError
from meter.stores import MemoryStore
from meter.stores.deadline import deadline, remaining
from tests.paywall.weather import process
from tests.servers import NOW, policy_of, reader_of, view_of


def read(paywall, *articles):
    """Open some articles, and return the last decision."""
    for article in articles:
        decision = paywall.check(reader_of("r"), view_of(article), now=NOW)
    return decision


def counted(store):
    """Return what is counted of the reader, seen by a process that was not there."""
    ledger = Paywall(policy_of(9), store).ledger("r", now=NOW)
    return {read.id for read in ledger["monthly"].reads}


@pytest.mark.parametrize(
    "steps",
    ["abPc", "abc", "abPPabc", "aPbc", "abPP"],
)
def test_a_debt_is_paid_by_the_next_count_and_never_by_a_peek(steps):
    """Two reads while the store is out, then peeks and reads: all arrive, and nothing is left.

    `P` is a peek, after the store is back; a letter before the first `P` is read while it is out.
    """
    store = MemoryStore()
    paywall, way = process(policy_of(9), store, ManualClock(NOW))
    way.is_cut = True
    read(paywall, "a", "b")
    way.is_cut = False
    for step in steps.removeprefix("ab"):
        if step == "P":
            before = dict(store._kept)
            assert 8 - 2 == paywall.peek(reader_of("r"), view_of("p"), now=NOW).meter.left
            assert before == store._kept
        else:
            read(paywall, step)
    read(paywall, "b")
    assert {"a", "b"} <= counted(store)
    assert () == paywall._recent.pending("r").counted


def test_a_debt_that_grew_while_it_was_paid_is_paid_in_full():
    """What becomes pending while an earlier debt is on its way is not struck out with it."""
    store = MemoryStore()
    paywall, way = process(policy_of(9), store, ManualClock(NOW))
    way.is_cut = True
    read(paywall, "a")
    way.is_cut = False
    paid = paywall._recent.pending("r")
    way.is_cut = True
    read(paywall, "b")
    paywall._recent.remove_pending("r", paid)
    way.is_cut = False
    read(paywall, "c")
    assert {"a", "b", "c"} == counted(store)
    assert () == paywall._recent.pending("r").counted


class Changing(MemoryStore):
    """A store in which another process counts just before each of our changes."""

    changes = 0

    def swap(self, key, old, new, *, expires):
        self.changes += 1
        other = Paywall(policy_of(99), self.inner)
        other.check(reader_of(key), view_of(f"other-{self.changes}"), now=NOW)
        return self.inner.swap(key, old, new, expires=expires)

    def load(self, key):
        return self.inner.load(key)


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_a_check_starts_again_as_often_as_it_may(attempts):
    """The first change is a guess; then as many that come too late as there are attempts."""
    store = Changing()
    store.inner = MemoryStore()
    paywall = Paywall(policy_of(99), store, attempts=attempts, on_outage="raise")
    with pytest.raises(StoreContentionError, match=f"{attempts} times"):
        read(paywall, "a")
    assert 1 + attempts == store.changes


class Noting:
    """An awaited store that notes how many seconds each call has left, and may wait for ever."""

    deadline = 0.05

    def __init__(self):
        self.seconds = []
        self.silent = False

    async def load(self, key):
        return await self._answer(None)

    async def swap(self, key, old, new, *, expires):
        return await self._answer(new)

    async def forget(self, key):
        await self._answer(None)

    async def _answer(self, value):
        self.seconds.append(remaining(None))
        if self.silent:
            await asyncio.Event().wait()
        return value


def test_an_awaited_call_has_the_deadline_and_no_more():
    """One deadline for a check and 20 for a forget; a silence ends there."""
    store = Noting()
    paywall = AsyncPaywall(policy_of(9), store, deadline=2.0)

    async def ask():
        await paywall.check(reader_of("r"), view_of("a"), now=NOW)
        await paywall.forget("r")
        store.silent = True
        hasty = AsyncPaywall(policy_of(9), store, deadline=0.05, on_outage="raise")
        start = time.monotonic()
        with pytest.raises(StoreUnavailableError):
            async with asyncio.timeout(10):
                await hasty.check(reader_of("s"), view_of("a"), now=NOW)
        return time.monotonic() - start

    took = asyncio.run(ask())
    assert store.seconds[0] == 2.0
    assert store.seconds[1] == 40.0
    assert took < 8


def test_a_deadline_ends_with_its_call():
    """What is asked afterwards has the time that it had before."""
    with deadline(None):
        with deadline(5):
            with deadline(1):
                assert remaining(None) <= 1
            assert 1 < remaining(None) <= 5
        assert remaining(None) is None
        read(process(policy_of(9), MemoryStore(), ManualClock(NOW))[0], "a")
        assert remaining(None) is None


def test_what_a_store_of_ones_own_raises_names_nobody_in_the_log(caplog):
    """A `KeyError` holds the key, which may be the reader's id; the log has only its name."""

    class Failing(MemoryStore):
        def load(self, key):
            raise OSError(key)

        def swap(self, key, old, new, *, expires):
            raise OSError(key)

    paywall = Paywall(policy_of(9), Failing())
    decision = paywall.check(reader_of("GONE-anna"), view_of("SECRET"), now=NOW)
    assert decision.degraded
    assert "OSError" in caplog.text
    assert "GONE" not in caplog.text
    assert "SECRET" not in caplog.text

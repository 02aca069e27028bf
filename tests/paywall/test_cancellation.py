"""A view that is cancelled is counted once or not at all, and leaves every connection sound."""

from __future__ import annotations

import asyncio

import pytest

from meter import AsyncPaywall
from meter.stores import open_async_store
from tests.servers import close_async


class CancelledAt:
    """Await something, and cancel it where it waits for the nth time."""

    def __init__(self, awaitable, number):
        self.awaitable = awaitable
        self.number = number
        self.reached = False

    def __await__(self):
        steps = self.awaitable.__await__()
        waits = 0
        error = None
        while True:
            try:
                future = steps.throw(error) if error else steps.send(None)
            except StopIteration as stop:
                return stop.value
            error = None
            if waits == self.number:
                self.reached = True
                if future is not None:
                    future._asyncio_future_blocking = False
                error = asyncio.CancelledError()
            else:
                yield future
            waits += 1


@pytest.mark.parametrize("known", [True, False])
def test_cancelled_at_every_await(store_url, newsroom, known):
    """Wherever a check is cancelled, the count stays exact, and the connections few and sound."""

    async def cancel_everywhere():
        store = open_async_store(store_url)
        paywall = AsyncPaywall(newsroom.policy(3), store, deadline=30)
        patient = AsyncPaywall(newsroom.policy(3), store, deadline=30)
        await paywall.check(newsroom.reader("warm"), newsroom.view("up"), now=newsroom.now)
        connections = await _connections(store)
        seen = []
        number = 0
        while True:
            reader = newsroom.reader(f"r{number}")
            await (paywall if known else patient).check(
                reader, newsroom.view("a"), now=newsroom.now
            )
            call = CancelledAt(paywall.check(reader, newsroom.view("b"), now=newsroom.now), number)
            try:
                await call
            except asyncio.CancelledError:
                outcome = "cancelled"
            else:
                outcome = "answered"
            if not call.reached:
                break
            after = [
                str((await patient.check(reader, newsroom.view(article), now=newsroom.now)).show)
                for article in "bcd"
            ]
            ids = [
                read.id
                for read in (await patient.ledger(reader.id, now=newsroom.now))["monthly"].reads
            ]
            seen.append((outcome, after, sorted(ids)))
            number += 1
        connections = await _connections(store) - connections
        await close_async(store)
        return seen, connections

    seen, connections = asyncio.run(cancel_everywhere())
    right = ("cancelled", ["countdown", "last-free-article", "subscription-wall"], ["a", "b", "c"])
    assert [right] * len(seen) == seen
    assert len(seen) >= (0 if store_url == "memory://" else 1)
    assert connections <= 1


async def _connections(store):
    """Return how many connections the server has to this process, as far as it says."""
    if hasattr(store, "client"):
        return len(await store.client.client_list())
    return 0

"""A queue in this process is no outage, and a server that is silent lets nobody wait."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from meter import AsyncPaywall, Paywall, open_store
from meter.stores import MemoryStore, in_thread
from meter.stores.turns import QUEUE
from tests.paywall.load import DEADLINE, SERVERS, WAYS, burst, stopped

BOUND = QUEUE + DEADLINE + 20  # an eternity: the machine that runs the tests may be busy
PATIENT = {"deadline": 2.0, "queue": 60.0}


@pytest.fixture(scope="module", params=SERVERS)
def server(request):
    """A server of each kind that the tests here pause and end."""
    started = SERVERS[request.param]()
    yield started
    started.close()


@pytest.mark.parametrize("way", WAYS)
def test_many_at_once_over_a_healthy_server_are_all_counted(server, way):
    """With many more views than the store has connections; `load` has the deadline of 50 ms."""
    seen = burst(server.url, way, 200, f"healthy{way}", **PATIENT)
    assert (200, 0) == (seen.views, seen.degraded)


@pytest.mark.parametrize("how", ["paused", "killed"])
@pytest.mark.parametrize("way", WAYS)
def test_many_at_once_over_a_stopped_server_are_answered_within_their_bounds(server, how, way):
    """Everybody is decided, after one wait for a turn and one deadline at most."""
    seen = stopped("stopped", server, how, way, 200)
    assert (200, 200) == (seen.views, seen.degraded)
    assert seen.slowest < BOUND


def test_in_an_outage_nobody_waits_for_a_turn_for_long(server, newsroom):
    """Once the server has been silent for half a second, a view costs one deadline."""
    store = open_store(server.url)
    paywall = Paywall(newsroom.policy(3), store)
    paywall.ready(within=30)
    server.pause()

    def view(number):
        began = time.monotonic()
        paywall.check(newsroom.reader(f"r{number}"), newsroom.view("a"), now=newsroom.now)
        return time.monotonic() - began

    try:
        with ThreadPoolExecutor(100) as pool:
            list(pool.map(view, range(400)))
            list(pool.map(view, range(400)))
        took = sorted(view(number) for number in range(20))
    finally:
        server.resume()
    store.close()
    assert took[10] < 4 * DEADLINE


def test_a_patient_deadline_waits_for_a_slow_answer(server, newsroom):
    """A server that says nothing for a second is no outage where there are twenty."""
    store = open_store(server.url)
    paywall = Paywall(newsroom.policy(3), store, deadline=20)
    paywall.ready(within=30)
    server.pause()
    threading.Timer(1.0, server.resume).start()
    decision = paywall.check(newsroom.reader("patient"), newsroom.view("a"), now=newsroom.now)
    store.close()
    assert not decision.degraded


def test_many_tasks_over_threads_and_a_file_are_all_counted(tmp_path, newsroom):
    """The calls of an ordinary store wait for a thread, which is no outage either."""

    async def views(paywall):
        asked = (
            paywall.check(newsroom.reader(f"r{number}"), newsroom.view("a"), now=newsroom.now)
            for number in range(300)
        )
        return sum(decision.degraded for decision in await asyncio.gather(*asked))

    file = open_store(f"sqlite:///{tmp_path}/counts.db")
    for store in (file, in_thread(MemoryStore()), MemoryStore()):
        assert 0 == asyncio.run(views(AsyncPaywall(newsroom.policy(3), store, **PATIENT)))
    file.close()

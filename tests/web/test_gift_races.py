"""Gifts over every store, by threads, tasks and processes at once: never more, and never fewer."""

from __future__ import annotations

import asyncio
import json

from meter import open_store
from meter.stores import open_async_store
from meter.web.gifts import AsyncGifts
from tests.servers import close_async
from tests.web.gift_bursts import PATIENCE, bursts
from tests.web.giving import NOW, POLICY, SECRET, anna, desk, policy_of

BURSTS = 10


def test_threads_open_and_give_exactly(store_url):
    """Eight at once, ten times; `python -m tests.web.gift_bursts --whole` sends thousands."""
    found = bursts(store_url, BURSTS)
    assert found == {"bursts": 10, "opened": 30, "given": 30, "over": 0, "under": 0}


def test_tasks_open_exactly(store_url):
    """Twenty tasks of one event loop, a link for five."""

    async def burst():
        store = open_async_store(store_url)
        gifts = AsyncGifts(policy_of(readers=5), store, SECRET, deadline=PATIENCE)
        link = await gifts.make(anna(), "a1", now=NOW)
        opened = await asyncio.gather(*(gifts.open(link, f"r{n}", NOW) for n in range(20)))
        await close_async(store)
        return sum(opened)

    assert asyncio.run(burst()) == 5


WORKER = """
import json, sys
from datetime import datetime
from meter import Article, loads_policy, open_store
from meter.web.gifts import Gifts
url, name, now, token, text = sys.argv[1:]
now = datetime.fromisoformat(now)
gifts = Gifts(loads_policy(text), open_store(url), "the newest of the keys", deadline=60.0)
link = gifts.claimed(token, Article(id="a1"), now)
print("ready", flush=True)
sys.stdin.readline()
print(json.dumps([gifts.open(link, f"{name}-{place}", now) for place in range(5)]))
"""


def test_processes_open_exactly(shared_url, python):
    """Two processes, five readers each, a link for seven."""
    text = POLICY.format(per_month=3, readers=7)
    store = open_store(shared_url)
    link = desk(store, readers=7).make(anna(), "a1", now=NOW)
    store.close()
    workers = [
        python(WORKER, shared_url, f"w{n}", NOW.isoformat(), link.token, text) for n in range(2)
    ]
    for worker in workers:
        assert worker.stdout.readline().strip() == "ready", worker.communicate()[1]
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    opened = 0
    for worker in workers:
        out, errors = worker.communicate(timeout=120)
        assert worker.returncode == 0, errors
        opened += sum(json.loads(out))
    assert opened == 7

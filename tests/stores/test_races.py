"""Many at once: never more than the limit, never fewer.

20 readers of one account come at the same instant for 20 different articles, with a limit of 5. The
deadline is generous, so that a slow machine is not taken for an outage: what is counted here is
exactness.
"""

from __future__ import annotations

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from meter import AsyncPaywall, Paywall, open_store
from meter.stores import open_async_store
from tests.figures import figure
from tests.servers import close_async
from tests.stores.bursts import bursts

READERS = 20
LIMIT = 5
ACCOUNTS = 100
PATIENT = {"deadline": 30.0, "queue": 30.0, "on_outage": "raise"}


def test_threads_are_counted_exactly(store, newsroom):
    """100 accounts × 20 threads, over one paywall each and over one they share.

    5 articles each, no more, no fewer.
    """
    shared = Paywall(newsroom.policy(LIMIT), store, **PATIENT)
    own = [Paywall(newsroom.policy(LIMIT), store, **PATIENT) for _ in range(READERS)]
    granted = []
    with ThreadPoolExecutor(READERS) as pool:
        for account in range(ACCOUNTS):
            paywalls = own if account % 2 else [shared] * READERS
            start = Barrier(READERS)

            def read(number, paywalls=paywalls, start=start, account=account):
                start.wait()
                return paywalls[number].check(
                    newsroom.reader(f"r{account}"), newsroom.view(f"a{number}"), now=newsroom.now
                )

            granted.append(
                sum(decision.access == "full" for decision in pool.map(read, range(READERS)))
            )
    assert [LIMIT] * ACCOUNTS == granted
    figure("accounts with many readers at once", len(granted))
    assert {LIMIT} == {
        len(shared.ledger(f"r{account}", now=newsroom.now)["monthly"].reads)
        for account in range(ACCOUNTS)
    }


def test_tasks_are_counted_exactly(store_url, newsroom):
    """100 accounts × 20 tasks in one event loop: 5 articles each."""

    async def burst():
        store = open_async_store(store_url)
        paywall = AsyncPaywall(newsroom.policy(LIMIT), store, **PATIENT)
        granted = []
        for account in range(ACCOUNTS):
            reads = [
                paywall.check(
                    newsroom.reader(f"r{account}"), newsroom.view(f"a{n}"), now=newsroom.now
                )
                for n in range(READERS)
            ]
            granted.append(
                sum(decision.access == "full" for decision in await asyncio.gather(*reads))
            )
        await close_async(store)
        return granted

    assert [LIMIT] * ACCOUNTS == asyncio.run(burst())


WORKER = """
import json, sys
from datetime import datetime
from meter import Article, PageView, Paywall, Reader, loads_policy, open_store
url, name, accounts, now, text = sys.argv[1:]
paywall = Paywall(loads_policy(text), open_store(url), deadline=60.0, queue=60.0, on_outage="raise")
print("ready", flush=True)
sys.stdin.readline()
granted = []
for account in range(int(accounts)):
    for article in range(5):
        view = PageView(article=Article(id=f"{name}-{article}"))
        decision = paywall.check(Reader(id=f"r{account}"), view, now=datetime.fromisoformat(now))
        granted.append(decision.access == "full")
print(json.dumps(granted))
"""


def test_processes_are_counted_exactly(shared_url, newsroom, python):
    """4 processes × 5 articles each for 100 accounts, all at once: 5 of the 20 each."""
    open_store(shared_url).close()
    workers = [
        python(
            WORKER, shared_url, f"w{n}", ACCOUNTS, newsroom.now.isoformat(), newsroom.text(LIMIT)
        )
        for n in range(4)
    ]
    for worker in workers:
        assert "ready" == worker.stdout.readline().strip(), worker.communicate()[1]
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    granted = [0] * ACCOUNTS
    for worker in workers:
        out, errors = worker.communicate(timeout=120)
        assert 0 == worker.returncode, errors
        for number, full in enumerate(json.loads(out)):
            granted[number // 5] += full
    assert [LIMIT] * ACCOUNTS == granted


def test_the_same_article_twice_at_once_costs_one(store, newsroom):
    """With one article left, 8 threads that open the same one all read it, and it costs one."""
    paywall = Paywall(newsroom.policy(2), store, **PATIENT)
    with ThreadPoolExecutor(8) as pool:
        for account in range(25):
            reader = newsroom.reader(f"t{account}")
            start = Barrier(8)
            paywall.check(reader, newsroom.view("first"), now=newsroom.now)

            def read(_, reader=reader, start=start):
                start.wait()
                return paywall.check(reader, newsroom.view("second"), now=newsroom.now)

            assert {"last-free-article"} == {
                str(decision.show) for decision in pool.map(read, range(8))
            }
            assert (
                "subscription-wall"
                == paywall.check(reader, newsroom.view("third"), now=newsroom.now).show
            )


def test_joining_while_reading_loses_nothing(store, newsroom):
    """Who reads under two ids while one is joined to the other, by two at once, keeps all."""
    policy = newsroom.policy(1000)
    paywalls = [Paywall(policy, store, **PATIENT) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        for account in range(15):
            ids = f"cookie{account}", f"account{account}"
            start = Barrier(6)

            def act(number, ids=ids, start=start):
                start.wait()
                if number < 2:
                    return paywalls[number].join(*ids, now=newsroom.now)
                for article in range(4):
                    reader = newsroom.reader(ids[number % 2])
                    paywalls[number].check(
                        reader, newsroom.view(f"{number}-{article}"), now=newsroom.now
                    )
                return None

            list(pool.map(act, range(6)))
            fresh = Paywall(policy, store, **PATIENT)
            cookie, own = (
                {f"{number}-{article}" for number in numbers for article in range(4)}
                for numbers in ((2, 4), (3, 5))
            )
            assert cookie == articles(fresh, newsroom, ids[0])
            assert own <= articles(fresh, newsroom, ids[1]) <= own | cookie
            fresh.join(*ids, now=newsroom.now)
            assert own | cookie == articles(fresh, newsroom, ids[1])


def articles(paywall, newsroom, name):
    """Return the articles counted for a reader."""
    return {read.id for read in paywall.ledger(name, now=newsroom.now)["monthly"].reads}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_after_connecting_is_safe(shared_url, newsroom):
    """A store used before a fork serves parent and child, and both count in the same place."""
    store = open_store(shared_url)
    paywall = Paywall(newsroom.policy(LIMIT), store, **PATIENT)
    paywall.check(newsroom.reader("r"), newsroom.view("before"), now=newsroom.now)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            for number in range(2):
                paywall.check(
                    newsroom.reader("r"), newsroom.view(f"child{number}"), now=newsroom.now
                )
            code = 0
        finally:
            os._exit(code)
    for number in range(2):
        paywall.check(newsroom.reader("r"), newsroom.view(f"parent{number}"), now=newsroom.now)
    assert 0 == os.waitpid(child, 0)[1]
    found = {read.id for read in paywall.ledger("r", now=newsroom.now)["monthly"].reads}
    assert {"before", "child0", "child1", "parent0", "parent1"} == found
    assert (
        "subscription-wall"
        == paywall.check(newsroom.reader("r"), newsroom.view("sixth"), now=newsroom.now).show
    )
    store.close()


def test_a_list_of_meters_is_counted_exactly(store_url):
    """Neither meter is over its limit, and nothing is refused too early."""
    found = bursts(store_url, 60)
    assert {"bursts": 60, "granted": 165} == {name: n for name, n in found.items() if n}

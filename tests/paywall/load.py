"""Many views at once, over a healthy server and over one that is stopped.

`python -m tests.paywall.load [--whole]` prints, for Valkey and PostgreSQL, how many of 1,000 views
at once were decided without the store while it was healthy (none may be), and how long the slowest
view took with the server paused and with it killed (at most its bounds). Without `--whole` it is
200 views. Exit 1 where that is untrue.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from meter import AsyncPaywall, Paywall, open_store
from meter.stores import open_async_store
from meter.stores.turns import QUEUE
from tests.servers import NOW, Postgres, Valkey, policy_of, reader_of, view_of

__all__ = ["Burst", "burst"]

DEADLINE = 0.05  # the default of both stores: no paywall here sets another
MARGIN = 1.0  # of a busy machine; what is bounded is each view, and some wait for the interpreter
WAYS = ("tasks", "threads", "64 threads")
SERVERS = {"Valkey": Valkey, "PostgreSQL": Postgres}


class Burst(NamedTuple):
    """How many of so many views were degraded, and the seconds that the slowest took."""

    views: int
    degraded: int
    slowest: float


def burst(url, way, views, prefix, **settings):
    """Ask so many views at once, each of a reader of its own; `settings` are the paywall's."""
    if way == "tasks":
        return asyncio.run(_tasks(url, views, prefix, settings))
    store = open_store(url)
    try:
        return _threads(Paywall(policy_of(3), store, **settings), way, views, prefix)
    finally:
        store.close()


async def _tasks(url, views, prefix, settings):
    store = open_async_store(url)
    paywall = AsyncPaywall(policy_of(3), store, **settings)

    async def one(number):
        began = time.monotonic()
        decision = await paywall.check(reader_of(f"{prefix}{number}"), view_of("a"), now=NOW)
        return decision.degraded, time.monotonic() - began

    try:
        return _summed(await asyncio.gather(*(one(number) for number in range(views))))
    finally:
        await store.aclose()


def _threads(paywall, way, views, prefix):
    def one(number):
        began = time.monotonic()
        decision = paywall.check(reader_of(f"{prefix}{number}"), view_of("a"), now=NOW)
        return decision.degraded, time.monotonic() - began

    threads = views if way == "threads" else 64
    at_once = threading.Barrier(threads)
    with ThreadPoolExecutor(threads, initializer=at_once.wait) as pool:
        return _summed(list(pool.map(one, range(views))))


def _summed(seen):
    return Burst(len(seen), sum(degraded for degraded, _ in seen), max(took for _, took in seen))


def stopped(name, server, how, way, views):
    """Ask so many views at once while the server is paused, or killed."""
    if how == "paused":
        server.pause()
    else:
        server.stop()
    try:
        return burst(server.url, way, views, f"{name}{how}")
    finally:
        if how == "paused":
            server.resume()
        else:
            server.start()


def main(arguments):
    """Print the figures of both servers; return 1 where one is too high."""
    views = 1000 if "--whole" in arguments else 200
    bound = QUEUE + DEADLINE + MARGIN
    wrong = False
    for name, kind in SERVERS.items():
        server = kind()
        try:
            for way in WAYS:
                seen = burst(server.url, way, views, f"{way}")
                wrong |= seen.degraded > 0
                _print(name, "healthy", way, seen)
            for how in ("paused", "killed"):
                for way in WAYS:
                    seen = stopped(name, server, how, way, views)
                    wrong |= seen.slowest > bound
                    _print(name, how, way, seen)
        finally:
            server.close()
    return int(wrong)


def _print(name, how, way, seen):
    sys.stdout.write(
        f"{name:<10} {how:<8} {way:<10} {seen.degraded:>5,} of {seen.views:,} views degraded,"
        f" the slowest {seen.slowest:.2f} s\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

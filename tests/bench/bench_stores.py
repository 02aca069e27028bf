"""What does a check cost over each store, against the bare driver, what people write by hand, and
the `limits` library?

Run it: `python tests/bench/bench_stores.py [--readers 2000] [--store redis] [--json]`; with
`--sizes` for bytes a reader, with `--outage` for what a decision takes while Redis does not answer.
The servers are started from wheels. What is compared takes turns, a hundred calls each, in one run;
what is printed are medians over the turns, and ratios to one bare round trip of the driver (`GET`,
`SELECT`) in the same run. The naive version loads, decides and writes in two steps, and is wrong
when two come at once.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import sqlite3
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

import psycopg
import redis

from meter import Article, Entitlement, PageView, Paywall, Reader, Usage, decide, open_store

try:
    import limits
except ImportError:  # `pip install limits` to compare with it
    limits = None

TURN = 100
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SUBSCRIBER = Reader(id="s", registered=True, entitlements=[Entitlement(kind="subscription")])
VIEWS = {name: PageView(article=Article(id=f"2026-06-01-{name}")) for name in "abcd"}


def servers():
    """Return the module that starts servers for the tests."""
    spec = importlib.util.spec_from_file_location(
        "servers", Path(__file__).parents[1] / "servers.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Peer:
    """The bare driver of one store, and the naive version over it."""

    def __init__(self, policy):
        self.policy = policy

    def naive(self, reader, view):
        """Load, decide, write: what people write, and what two at once get wrong."""
        raw = self.get(reader.id)
        before = Usage() if raw is None else Usage.from_bytes(raw)
        decision, after = decide(self.policy, reader, view, before, NOW)
        if after is not before:
            self.put(reader.id, after.to_bytes())
        return decision


class MemoryPeer(Peer):
    kept: dict = {}

    def get(self, key):
        return self.kept.get(key)

    def put(self, key, raw):
        self.kept[key] = raw


class SQLitePeer(Peer):
    def __init__(self, policy, path):
        super().__init__(policy)
        self.connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=60
        )
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute(
            "CREATE TABLE naive (key TEXT PRIMARY KEY, bytes BLOB) WITHOUT ROWID"
        )

    def get(self, key):
        row = self.connection.execute("SELECT bytes FROM naive WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def put(self, key, raw):
        self.connection.execute("REPLACE INTO naive VALUES (?, ?)", (key, raw))


class RedisPeer(Peer):
    def __init__(self, policy, path):
        super().__init__(policy)
        self.client = redis.Redis(unix_socket_path=str(path))

    def get(self, key):
        return self.client.get(key)

    def put(self, key, raw):
        self.client.set(key, raw, ex=3_000_000)


class PostgresPeer(Peer):
    def __init__(self, policy, url):
        super().__init__(policy)
        self.pool = psycopg_pool(url)
        with self.pool.connection() as connection:
            connection.execute("CREATE TABLE naive (key text PRIMARY KEY, bytes bytea)")

    def get(self, key):
        with self.pool.connection() as connection:
            row = connection.execute(
                "SELECT bytes FROM naive WHERE key = %s", (key,), binary=True
            ).fetchone()
            return None if row is None else row[0]

    def put(self, key, raw):
        with self.pool.connection() as connection:
            connection.execute(
                "INSERT INTO naive VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET bytes ="
                " excluded.bytes",
                (key, raw),
            )


def psycopg_pool(url):
    """Return a pool as its documentation shows it."""
    from psycopg_pool import ConnectionPool

    return ConnectionPool(url, min_size=4, max_size=32, open=True, kwargs={"autocommit": True})


def timed(call, items, pool=None):
    """Return microseconds a call over some items."""
    start = perf_counter()
    if pool is None:
        for item in items:
            call(item)
    else:
        list(pool.map(call, items))
    return (perf_counter() - start) / len(items) * 1e6


def measure(policy, url, peer, limiter, readers, clients):
    """Return medians of microseconds a call, by kind."""
    store = open_store(url)
    here, there = (
        Paywall(policy, store, deadline=30, on_outage="raise", remember=2 * readers)
        for _ in range(2)
    )
    pool = ThreadPoolExecutor(clients) if clients > 1 else None
    people = [Reader(id=f"{clients}-reader-{number}") for number in range(readers)]
    raw_bare = (
        (lambda reader: psycopg_bare(peer, reader))
        if isinstance(peer, PostgresPeer) and pool is None
        else (lambda reader: peer.get(reader.id))
    )
    kinds = {
        "bare round trip": raw_bare,
        "naive, new": lambda reader: peer.naive(reader, VIEWS["a"]),
        "naive, re-read": lambda reader: peer.naive(reader, VIEWS["a"]),
        "subscriber": lambda _: here.check(SUBSCRIBER, VIEWS["a"], now=NOW),
        "new reader": lambda reader: here.check(reader, VIEWS["a"], now=NOW),
        "newly counted, known here": lambda reader: here.check(reader, VIEWS["b"], now=NOW),
        "newly counted, not known here": lambda reader: there.check(reader, VIEWS["c"], now=NOW),
        "re-read": lambda reader: there.check(reader, VIEWS["c"], now=NOW),
        "walled": lambda reader: there.check(reader, VIEWS["d"], now=NOW),
    }
    if limiter is not None:
        kinds["`limits` fixed window"] = limiter
    found = {kind: [] for kind in kinds}
    for warm in people[:1]:
        for call in kinds.values():
            call(Reader(id=f"warm-{warm.id}"))
    for start in range(0, readers, TURN):
        for kind, call in kinds.items():
            found[kind].append(timed(call, people[start : start + TURN], pool))
    size = len(store.load(people[0].id))
    if pool is not None:
        pool.shutdown()
    store.close()
    return {kind: median(times) for kind, times in found.items()}, size


def psycopg_bare(peer, reader):
    """One statement on one connection, without a pool."""
    if not hasattr(peer, "bare"):
        peer.bare = peer.pool.getconn()
    peer.bare.execute(
        "SELECT bytes FROM naive WHERE key = %s", (reader.id,), binary=True
    ).fetchone()


def sizes(real, readers):
    """Print what readers of five articles take in each store, in bytes a reader, with everything
    the backend adds.
    """
    policy = real.policy_of(5)
    views = [
        PageView(article=Article(id=f"2026-06-0{number}-harbour-tunnel")) for number in range(1, 6)
    ]

    def fill(store):
        paywall = Paywall(policy, store, deadline=30, on_outage="raise", remember=1)
        for number in range(readers):
            for day, view in enumerate(views):
                paywall.check(
                    Reader(id=f"reader-{number:09}"),
                    view,
                    now=NOW + timedelta(days=day, microseconds=number),
                )
        return len(store.load("reader-000000000"))

    memory = open_store(f"memory://?capacity={readers}")
    print(f"{'bytes remembered of a reader':32} {fill(memory)}")
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/counts.db")
        fill(store)
        store.close()
        print(
            f"{'SQLite, in the file':32}"
            f" {sum(path.stat().st_size for path in Path(folder).iterdir()) / readers:.0f}"
        )
    server = real.Valkey()
    with server.client() as client:
        store, before = open_store(server.url), client.info("memory")["used_memory"]
        fill(store)
        print(
            f"{'Valkey, in memory':32}"
            f" {(client.info('memory')['used_memory'] - before) / readers:.0f}"
        )
        store.close()
    server.close()
    server = real.Postgres()
    store = open_store(server.url)
    fill(store)
    store.close()
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("VACUUM FULL meter_usage")
        size = connection.execute("SELECT pg_total_relation_size('meter_usage')").fetchone()[0]
    print(f"{'PostgreSQL, after VACUUM FULL':32} {size / readers:.0f}")
    server.close()


def outage(real, readers):
    """Print how long a decision takes while Redis is paused (the worst: nothing answers) and while
    it is gone, in milliseconds.
    """
    server = real.Valkey()
    store = open_store(server.url)
    paywall = Paywall(real.policy_of(3), store)
    paywall.check(Reader(id="warm"), VIEWS["a"], now=NOW)
    for name, act in (("paused", server.pause), ("gone", server.stop)):
        if name == "gone":
            server.resume()
        act()
        times = sorted(
            timed(
                lambda reader: paywall.check(reader, VIEWS["a"], now=NOW), [Reader(id=f"{name}{n}")]
            )
            for n in range(readers)
        )
        entitled = timed(lambda _: paywall.check(SUBSCRIBER, VIEWS["a"], now=NOW), range(readers))
        middle, late = times[readers // 2] / 1000, times[readers * 99 // 100] / 1000
        print(
            f"{name:8} median {middle:.2f} ms, 99th percentile {late:.2f} ms, a subscriber"
            f" {entitled / 1000:.4f} ms"
        )
    store.close()
    server.close()


def fixed_window(uri):
    """Return a call of the `limits` library that counts a hit."""
    if limits is None:
        return None
    limiter = limits.strategies.FixedWindowRateLimiter(limits.storage.storage_from_string(uri))
    rate = limits.parse("3/month")
    return lambda reader: limiter.hit(rate, reader.id)


def main():
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readers", type=int, default=2000)
    parser.add_argument(
        "--store", choices=["memory", "sqlite", "redis", "postgres"], action="append"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sizes", action="store_true", help="bytes a reader instead of times")
    parser.add_argument(
        "--outage",
        action="store_true",
        help="how long a decision takes while Redis does not answer",
    )
    options = parser.parse_args()
    real = servers()
    if options.outage:
        logging.getLogger("meter").setLevel(logging.CRITICAL)
        outage(real, options.readers)
        return
    if options.sizes:
        sizes(real, options.readers)
        return
    policy = real.policy_of(3)
    results = {}
    for name in options.store or ["memory", "sqlite", "redis", "postgres"]:
        for clients in (1, 32):
            with tempfile.TemporaryDirectory() as folder:
                server, limiter = None, None
                if name == "memory":
                    url, peer, limiter = "memory://", MemoryPeer(policy), fixed_window("memory://")
                elif name == "sqlite":
                    url, peer = (
                        f"sqlite:///{folder}/counts.db",
                        SQLitePeer(policy, f"{folder}/naive.db"),
                    )
                elif name == "redis":
                    server = real.Valkey()
                    url, peer, limiter = (
                        server.url,
                        RedisPeer(policy, server.socket),
                        fixed_window(f"redis+unix://{server.socket}"),
                    )
                else:
                    server = real.Postgres()
                    url, peer = server.url, PostgresPeer(policy, server.url)
                try:
                    results[f"{name}, {clients}"] = measure(
                        policy, url, peer, limiter, options.readers, clients
                    )
                finally:
                    if isinstance(peer, PostgresPeer):
                        if hasattr(peer, "bare"):
                            peer.pool.putconn(peer.bare)
                        peer.pool.close()
                    if server is not None:
                        server.close()
    if options.json:
        json.dump(
            {name: {"us": times, "bytes": size} for name, (times, size) in results.items()},
            sys.stdout,
            indent=1,
        )
        return
    for name, (times, size) in results.items():
        print(f"\n{name} client(s); {size} bytes for a reader of three articles")
        for kind, us in times.items():
            print(
                f"  {kind:32} {us:9.1f} µs {1e6 / us:10,.0f}/s"
                f" {us / times['bare round trip']:7.2f}×"
            )


if __name__ == "__main__":
    main()

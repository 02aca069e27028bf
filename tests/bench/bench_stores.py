"""Measure a check over each store against the bare driver, what people write, and `limits`.

Run it: `python tests/bench/bench_stores.py [--readers 2000] [--store redis]`; with
`--outage` for what a decision takes while Redis does not answer.
The servers are started from wheels. What is compared takes turns, a hundred calls each, in one run
(320 of 32 tasks of asyncio, each asking its next when it has been answered);
what is printed are medians over the turns, and ratios to one bare round trip of the driver (`GET`,
`SELECT`) in the same run, by the clock and in this process' processor time, which a machine that
does other work changes less. How many questions a view asks of the store is counted. The naive
version loads, decides and writes in two steps, and is wrong when two come at once.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import NamedTuple

import redis
import redis.asyncio
from psycopg_pool import ConnectionPool

from meter import (
    Article,
    AsyncPaywall,
    Entitlement,
    PageView,
    Paywall,
    Reader,
    Usage,
    decide,
    open_store,
)
from meter.stores import open_async_store
from tests.bench.figures import Figure, Report, options_of

try:
    import limits
except ImportError:  # `pip install limits` to compare with it
    limits = None

CLIENTS = 32
TURN = 100
TASKS_TURN = 10 * CLIENTS
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

    def bare(self, reader):
        """One trip of the driver."""
        self.get(reader.id)

    def close(self):
        """Give back what was opened."""


class MemoryPeer(Peer):
    def __init__(self, policy):
        super().__init__(policy)
        self.kept = {}

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


class TasksPeer:
    """The bare driver for asyncio, as its documentation shows it: one trip a call."""

    def __init__(self, path):
        pool = redis.asyncio.BlockingConnectionPool(
            connection_class=redis.asyncio.UnixDomainSocketConnection,
            path=str(path),
            max_connections=CLIENTS,
        )
        self.client = redis.asyncio.Redis.from_pool(pool)

    async def bare(self, reader):
        """One trip of the driver."""
        await self.client.get(reader.id)


class PostgresPeer(Peer):
    def __init__(self, policy, url):
        super().__init__(policy)
        # As its documentation shows it.
        self.pool = ConnectionPool(
            url, min_size=4, max_size=32, open=True, kwargs={"autocommit": True}
        )
        self.lent = None
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

    def bare(self, reader):
        """One statement on one connection, without a pool."""
        if self.lent is None:
            self.lent = self.pool.getconn()
        statement = "SELECT bytes FROM naive WHERE key = %s"
        self.lent.execute(statement, (reader.id,), binary=True).fetchone()

    def close(self):
        if self.lent is not None:
            self.pool.putconn(self.lent)
        self.pool.close()


class Took(NamedTuple):
    """Microseconds a call: by the clock, and of this process' processor time."""

    us: float
    processor_us: float

    @classmethod
    def since(cls, start, calls):
        """Return what so many calls took, a call."""
        times = (perf_counter() - start[0], process_time() - start[1])
        return cls(*(seconds / calls * 1e6 for seconds in times))

    @classmethod
    def median(cls, found):
        """Return the medians."""
        return cls(*(median(times) for times in zip(*found, strict=True)))


def timed(call, items, pool=None):
    """Return what a call takes, over some items."""
    start = perf_counter(), process_time()
    if pool is None:
        for item in items:
            call(item)
    else:
        list(pool.map(call, items))
    return Took.since(start, len(items))


def paywalls(policy, store, readers, kind=Paywall):
    """Return two paywalls over a store: what one counts, the other does not know."""
    settings = {"deadline": 30, "on_outage": "raise", "remember": 2 * readers}
    return kind(policy, store, **settings), kind(policy, store, **settings)


def checks(here, there):
    """Return the checks that are compared, by name: of two paywalls over one store, in turn."""
    return {
        "subscriber": lambda _: here.check(SUBSCRIBER, VIEWS["a"], now=NOW),
        "new reader": lambda reader: here.check(reader, VIEWS["a"], now=NOW),
        "newly counted, known here": lambda reader: here.check(reader, VIEWS["b"], now=NOW),
        "newly counted, not known here": lambda reader: there.check(reader, VIEWS["c"], now=NOW),
        "re-read": lambda reader: there.check(reader, VIEWS["c"], now=NOW),
        "walled": lambda reader: there.check(reader, VIEWS["d"], now=NOW),
    }


class Asked:
    """A store that counts the questions it is asked: each is one trip."""

    def __init__(self, store):
        self.store = store
        self.trips = 0

    def load(self, key):
        """Load, and count."""
        self.trips += 1
        return self.store.load(key)

    def swap(self, key, old, new, *, expires):
        """Swap, and count."""
        self.trips += 1
        return self.store.swap(key, old, new, expires=expires)

    def forget(self, key):
        """Forget, and count."""
        self.trips += 1
        self.store.forget(key)


def trips(policy, store):
    """Return how many questions each kind of check asks of a store."""
    asked = Asked(store)
    found = {}
    for kind, call in checks(*paywalls(policy, asked, 1)).items():
        before = asked.trips
        call(Reader(id="trips"))
        found[kind] = asked.trips - before
    return found


def measure(policy, url, peer, limiter, readers, clients):
    """Return medians of microseconds a call and trips, by kind, and the size of a record."""
    store = open_store(url)
    here, there = paywalls(policy, store, readers)
    pool = ThreadPoolExecutor(clients) if clients > 1 else None
    people = [Reader(id=f"{clients}-reader-{number}") for number in range(readers)]
    kinds = {
        # One connection serves one thread: several ask the pool.
        "bare round trip": peer.bare if pool is None else lambda reader: peer.get(reader.id),
        "a question of the store": lambda reader: store.load(reader.id),
        "naive, new": lambda reader: peer.naive(reader, VIEWS["a"]),
        "naive, re-read": lambda reader: peer.naive(reader, VIEWS["a"]),
        **checks(here, there),
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
    asked = trips(policy, store)
    store.close()
    return {kind: Took.median(times) for kind, times in found.items()}, asked, size


async def timed_tasks(call, items):
    """Return what a call takes, of `CLIENTS` tasks that each go on when they are answered."""
    left = iter(items)

    async def client():
        for item in left:
            await call(item)

    start = perf_counter(), process_time()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return Took.since(start, len(items))


async def measure_tasks(policy, url, path, readers):
    """Return medians of microseconds a call of many tasks in one event loop, by kind."""
    store = open_async_store(url)
    peer = TasksPeer(path)
    here, there = paywalls(policy, store, readers, AsyncPaywall)
    people = [Reader(id=f"task-reader-{number}") for number in range(readers)]
    kinds = {
        "bare round trip": peer.bare,
        "a question of the store": lambda reader: store.load(reader.id),
        **checks(here, there),
    }
    found = {kind: [] for kind in kinds}
    for call in kinds.values():
        await timed_tasks(call, [Reader(id=f"warm-{number}") for number in range(CLIENTS)])
    for start in range(0, readers, TASKS_TURN):
        for kind, call in kinds.items():
            found[kind].append(await timed_tasks(call, people[start : start + TASKS_TURN]))
    size = len(await store.load(people[0].id))
    await store.aclose()
    await peer.client.aclose()
    # The questions of a view are the same, whoever waits for the answers.
    return {kind: Took.median(times) for kind, times in found.items()}, {}, size


def outage(report, real, readers):
    """Tell how many milliseconds a decision takes while Redis is paused, and while it is gone.

    Paused is the worst: nothing answers.
    """
    server = real.Valkey()
    store = open_store(server.url)
    paywall = Paywall(real.policy_of(3), store)
    paywall.check(Reader(id="warm"), VIEWS["a"], now=NOW)
    for name, act in (("paused", server.pause), ("gone", server.stop)):
        if name == "gone":
            server.resume()
        act()
        people = [Reader(id=f"{name}{number}") for number in range(readers)]
        times = sorted(
            timed(lambda reader: paywall.check(reader, VIEWS["a"], now=NOW), [reader]).us
            for reader in people
        )
        entitled = timed(
            lambda _: paywall.check(SUBSCRIBER, VIEWS["a"], now=NOW), range(readers)
        ).us
        middle = times[readers // 2] / 1000
        late = times[readers * 99 // 100] / 1000
        base = f"{name}, a subscriber"
        report.line(
            f"{name:8} median {middle:.2f} ms, 99th percentile {late:.2f} ms, a subscriber"
            f" {entitled / 1000:.4f} ms",
            Figure(base, entitled / 1000, "ms", 1.0, base),
            Figure(f"{name}, median", middle, "ms", middle * 1000 / entitled, base),
            Figure(f"{name}, 99th percentile", late, "ms", late * 1000 / entitled, base),
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


@contextmanager
def memory(_real, policy, _folder):
    """Yield a memory store's URL, its peer, and `limits` over the same."""
    yield "memory://", MemoryPeer(policy), fixed_window("memory://")


@contextmanager
def sqlite(_real, policy, folder):
    """Yield the same for a file; `limits` knows none."""
    yield f"sqlite:///{folder}/counts.db", SQLitePeer(policy, f"{folder}/naive.db"), None


@contextmanager
def valkey(real, policy, _folder):
    """Yield the same for a server of its own."""
    with closing(real.Valkey()) as server:
        limiter = fixed_window(f"redis+unix://{server.socket}")
        yield server.url, RedisPeer(policy, server.socket), limiter


@contextmanager
def postgres(real, policy, _folder):
    """Yield the same for a database of its own; `limits` knows none."""
    with closing(real.Postgres()) as server:
        yield server.url, PostgresPeer(policy, server.url), None


SUBJECTS = {"memory": memory, "sqlite": sqlite, "redis": valkey, "postgres": postgres}


def compare(real, names, readers):
    """Return what was measured, by store and number of clients."""
    policy = real.policy_of(3)
    results = {}
    for name in names:
        for clients in (1, CLIENTS):
            with (
                tempfile.TemporaryDirectory() as folder,
                SUBJECTS[name](real, policy, folder) as (url, peer, limiter),
                closing(peer),
            ):
                results[f"{name}, {clients}"] = measure(
                    policy, url, peer, limiter, readers, clients
                )
        if name == "redis":
            with closing(real.Valkey()) as server:
                results[f"redis, {CLIENTS} asyncio"] = asyncio.run(
                    measure_tasks(policy, server.url, server.socket, readers)
                )
    return results


def report_on(report, results):
    """Tell medians, calls a second, and ratios to one bare trip of the driver.

    The second time and ratio are of this process' processor time.
    """
    for name, (times, asked, size) in results.items():
        report.line(f"\n{name} client(s); {size} bytes for a reader of three articles")
        bare = times["bare round trip"]
        for kind, took in times.items():
            us, processor = took
            base, busy = f"{name}, bare round trip", processor / bare.processor_us
            report.line(
                f"  {kind:32} {us:9.1f} µs {1e6 / us:10,.0f}/s {us / bare.us:7.2f}×"
                f" {processor:9.1f} µs {busy:7.2f}×",
                Figure(f"{name}, {kind}", us, "µs", us / bare.us, base),
                Figure(f"{name}, {kind}, processor", processor, "µs", busy, f"{base}, processor"),
            )
        if asked:
            report.line(
                "  trips a view: " + ", ".join(f"{kind} {most}" for kind, most in asked.items()),
                *(Figure(f"{name}, {kind}, trips", most, "trips") for kind, most in asked.items()),
            )


def main():
    """Measure, and print a table or JSON."""
    parser = options_of(__doc__)
    parser.add_argument("--readers", type=int, default=2000)
    parser.add_argument("--store", choices=SUBJECTS, action="append")
    parser.add_argument(
        "--outage",
        action="store_true",
        help="how long a decision takes while Redis does not answer",
    )
    options = parser.parse_args()
    real = servers()
    if options.outage:
        logging.getLogger("meter").setLevel(logging.CRITICAL)
        report = Report("stores --outage", options.format, options.readers)
        outage(report, real, options.readers)
        report.end()
        return
    report = Report("stores", options.format, options.readers // TURN)
    report_on(report, compare(real, options.store or SUBJECTS, options.readers))
    report.end()


if __name__ == "__main__":
    main()

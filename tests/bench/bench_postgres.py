"""Measure where the time of a view over PostgreSQL goes: the server, the engine, the store.

Run it: `python -m tests.bench.bench_postgres [--readers 1000] [--pooler | --tasks]`. Each call is
timed by itself, and what is compared takes turns; printed are the median and the lower tenth (a
busy machine only adds), their ratios to one prepared round trip of the driver, and the processor
time of this process in a call, the rest of which is the server's and the wait for it. *Half of them
new* are readers whom the process does not know: half are new to the store too, in no order.
`--pooler` asks the store alone: directly, and through pgbouncer with each setting of prepared
statements that it knows. `--tasks` is 32 tasks of asyncio, each asking its next when it has been
answered: medians over turns of 320 calls, of the time and the processor time of a call.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, closing
from time import perf_counter, thread_time
from zlib import crc32

from psycopg_pool import AsyncConnectionPool

from meter import AsyncPaywall, Reader, open_store
from meter.stores import open_async_store
from meter.stores.deadline import deadline
from tests import servers
from tests.bench import bench_stores
from tests.bench.figures import Figure, Report, options_of
from tests.stores.test_pgbouncer import Pooler, kinds

TURN = 50
NOW = bench_stores.NOW
VIEWS = bench_stores.VIEWS
CHECKED = ("new reader", "newly counted, known here", "newly counted, not known here", "re-read")


def views(policy, url, peer, readers):
    """Return the calls that are compared, by name; each takes a reader."""
    store = open_store(url)
    here, there = bench_stores.paywalls(policy, store, readers)
    third, _ = bench_stores.paywalls(policy, store, readers)
    near, far = bench_stores.paywalls(policy, open_store("memory://"), readers)
    kept, local = bench_stores.checks(here, there), bench_stores.checks(near, far)

    def half_new(reader):
        is_new = crc32(reader.id.encode()) % 2
        third.check(Reader(id=f"new-{reader.id}") if is_new else reader, VIEWS["b"], now=NOW)

    return store, {
        "bare round trip": peer.bare,
        "naive, new": lambda reader: peer.naive(reader, VIEWS["a"]),
        "naive, re-read": lambda reader: peer.naive(reader, VIEWS["a"]),
        **{name: kept[name] for name in CHECKED},
        "half of them new": half_new,
        **{f"memory: {name}": local[name] for name in CHECKED},
        "the store: load": lambda reader: store.load(reader.id),
    }


def store_calls(name, store):
    """Return the calls of one store."""

    def swap(reader, old, new):
        return store.swap(f"{name} {reader.id}", old, new, expires=NOW)

    return {
        f"{name}: load": lambda reader: store.load(reader.id),
        f"{name}: add": lambda reader: swap(reader, None, b"1" * 80),
        f"{name}: replace": lambda reader: swap(reader, b"1" * 80, b"2" * 80),
    }


def measure(calls, readers):
    """Return microseconds a call and of it those of this process's processor, sorted, by name."""
    people = [Reader(id=f"reader-{number}") for number in range(readers)]
    found = {name: ([], []) for name in calls}
    for number in range(20):
        for call in calls.values():
            call(Reader(id=f"warm-{number}"))
    for start in range(0, readers, TURN):
        for name, call in calls.items():
            walls, processors = found[name]
            for reader in people[start : start + TURN]:
                began, busy = perf_counter(), thread_time()
                call(reader)
                processors.append((thread_time() - busy) * 1e6)
                walls.append((perf_counter() - began) * 1e6)
    return {name: tuple(map(sorted, times)) for name, times in found.items()}


def print_table(report, found):
    """Print the median and the lower tenth of each, and ratios to the first."""
    half, tenth = (
        lambda times: times[len(times) // 2],
        lambda times: times[len(times) // 10],
    )
    first, (bare, _) = next(iter(found.items()))
    report.line(f"{'µs':34} {'median':>8} {'':>8} {'tenth':>8} {'':>8} {'processor':>10}")
    for name, (walls, processors) in found.items():
        report.line(
            f"{name:34} {half(walls):8.1f} {half(walls) / half(bare):7.2f}×"
            f" {tenth(walls):8.1f} {tenth(walls) / tenth(bare):7.2f}× {tenth(processors):10.1f}",
            Figure(name, half(walls), "µs", half(walls) / half(bare), first),
        )
    report.end()


async def measure_tasks(policy, url, readers):
    """Return medians of what a call of many tasks takes, by name."""
    store = open_async_store(url)
    here, there = bench_stores.paywalls(policy, store, readers, AsyncPaywall)
    people = [Reader(id=f"reader-{number}") for number in range(readers)]
    await store.load("warm")
    settings = {"min_size": 16, "max_size": bench_stores.CLIENTS, "kwargs": {"autocommit": True}}
    async with AsyncConnectionPool(url, open=False, **settings) as pool:

        async def bare(reader):
            """One trip of the driver, as its documentation shows it."""
            statement = "SELECT bytes FROM meter_usage WHERE key = %s"
            async with pool.connection() as connection:
                cursor = await connection.execute(statement, (reader.id,), binary=True)
                await cursor.fetchone()

        calls = {
            "bare round trip": bare,
            "the store: load": lambda reader: store.load(reader.id),
            "the store: add": lambda reader: store.swap(
                f"store {reader.id}", None, b"1" * 80, expires=NOW
            ),
            "the store: replace": lambda reader: store.swap(
                f"store {reader.id}", b"1" * 80, b"2" * 80, expires=NOW
            ),
            **bench_stores.checks(here, there),
        }
        found = {name: [] for name in calls}
        for call in calls.values():
            await bench_stores.timed_tasks(
                call, [Reader(id=f"warm-{number}") for number in range(bench_stores.CLIENTS)]
            )
        for start in range(0, readers, bench_stores.TASKS_TURN):
            turn = people[start : start + bench_stores.TASKS_TURN]
            for name, call in calls.items():
                found[name].append(await bench_stores.timed_tasks(call, turn))
    await store.aclose()
    return {name: bench_stores.Took.median(times) for name, times in found.items()}


def print_tasks(report, found):
    """Print the median of each, and ratios to the first, by the clock and by the processor."""
    first, bare = next(iter(found.items()))
    report.line(f"{'µs, of 32 tasks':34} {'median':>8} {'':>8} {'processor':>10}")
    for name, (us, processor) in found.items():
        report.line(
            f"{name:34} {us:8.1f} {us / bare.us:7.2f}× {processor:10.1f}"
            f" {processor / bare.processor_us:7.2f}×",
            Figure(name, us, "µs", us / bare.us, first),
            Figure(
                f"{name}, processor",
                processor,
                "µs",
                processor / bare.processor_us,
                f"{first}, processor",
            ),
        )
    report.end()


def main():
    """Measure, and print a table."""
    parser = options_of(__doc__)
    parser.add_argument("--tasks", action="store_true", help="tasks of asyncio")
    parser.add_argument("--readers", type=int, default=1000)
    parser.add_argument("--pooler", action="store_true", help="the store alone, and poolers")
    options = parser.parse_args()
    report = Report("postgres", options.format, options.readers)
    policy = servers.policy_of(3)
    with ExitStack() as opened, deadline(600):
        server = opened.enter_context(closing(servers.Postgres()))
        if options.tasks:
            found = asyncio.run(measure_tasks(policy, server.url, options.readers))
            print_tasks(report, found)
            return
        peer = opened.enter_context(closing(bench_stores.PostgresPeer(policy, server.url)))
        if not options.pooler:
            store, calls = views(policy, server.url, peer, options.readers)
            opened.enter_context(closing(store))
        else:
            calls = {"bare round trip": peer.bare}
            urls = {"direct": server.url}
            for most in kinds():
                pooler = Pooler(server, most)
                opened.callback(pooler.stop)
                pooler.start()
                urls[f"carries {most or 'nothing'}"] = pooler.url
            for name, url in urls.items():
                store = opened.enter_context(closing(open_store(url)))
                calls |= store_calls(name, store)
        print_table(report, measure(calls, options.readers))


if __name__ == "__main__":
    main()

"""Measure where the time of a view over PostgreSQL goes: the server, the engine, the store.

Run it: `python -m tests.bench.bench_postgres [--readers 1000] [--pooler]`. Each call is timed by
itself, and what is compared takes turns; printed are the median and the lower tenth (a busy machine
only adds), their ratios to one prepared round trip of the driver, and the processor time of this
process in a call, the rest of which is the server's and the wait for it. `--pooler` asks the store
alone: directly, and through pgbouncer with each setting of prepared statements that it knows.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from time import perf_counter, thread_time

from meter import Reader, open_store
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
    near, far = bench_stores.paywalls(policy, open_store("memory://"), readers)
    kept, local = bench_stores.checks(here, there), bench_stores.checks(near, far)
    return store, {
        "bare round trip": peer.bare,
        "naive, new": lambda reader: peer.naive(reader, VIEWS["a"]),
        "naive, re-read": lambda reader: peer.naive(reader, VIEWS["a"]),
        **{name: kept[name] for name in CHECKED},
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


def main():
    """Measure, and print a table."""
    parser = options_of(__doc__)
    parser.add_argument("--readers", type=int, default=1000)
    parser.add_argument("--pooler", action="store_true", help="the store alone, and poolers")
    options = parser.parse_args()
    report = Report("postgres", options.format, options.readers)
    policy = servers.policy_of(3)
    with ExitStack() as opened, deadline(600):
        server = opened.enter_context(closing(servers.Postgres()))
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

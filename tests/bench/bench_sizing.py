"""What one reader and one page view take, to be multiplied: memory of stores, processor time.

Run it: `python -m tests.bench.bench_sizing [--readers 4000] [--rounds 3] [--format json]`. A month
of simulated readers (the published assumptions) is read through a `Paywall` over each store, view
by view in order of time. Told is the processor time of this process and of the server for a view;
the ratio is to the same month over memory. Then forty thousand of their records are kept under
UUIDs, and told are the bytes of each; the ratio is to the record itself. PostgreSQL is tried with
one table and with eight partitions by hash. A block of readers is simulated for a year as a worker
does, and the results of a hundred million readers are added up. The servers are started from
wheels, and this PostgreSQL waits for no disk; medians of rounds. Processor time: other work on the
machine disturbs it less than it does the clock.
"""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from random import Random
from statistics import median
from time import process_time
from uuid import UUID

import psycopg

from meter import Paywall, open_store
from meter.simulate.distributed import SimulationPart, deal_readers, sum_lives
from meter.simulate.export.events import simulated_views
from meter.simulate.lives.blocks import BLOCK
from meter.simulate.population import simulate
from meter.stores.deadline import deadline
from meter.stores.postgres import TABLE
from tests.bench.figures import Figure, Report, options_of
from tests.servers import Postgres, Valkey, policy_of

LIMIT = 5
PARTITIONS = 8
KEPT = 40_000
FAR = 100_000_000
SIZE = """
SELECT sum(pg_total_relation_size(oid))
FROM pg_class WHERE relkind = 'r' AND relname LIKE 'meter_usage%'
"""
TICK = os.sysconf("SC_CLK_TCK")


def processor_time(pid):
    """Return the seconds that a process and its children have taken, those that ended included."""
    seconds = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        if int(folder.name) == pid or int(fields[1]) == pid:
            seconds += int(fields[11]) + int(fields[12])
    return seconds / TICK


class OverMemory:
    """A month over memory: the baseline of time."""

    name = "memory"
    url = "memory://"

    def seconds(self):
        """There is no server."""
        return 0.0

    def close(self):
        """There is nothing to close."""


class OverValkey:
    """A month over a Valkey server."""

    name = "Valkey"

    def __init__(self):
        self.server = Valkey()
        self.url = self.server.url
        self.empty = self._used()

    def _used(self):
        with closing(self.server.client()) as client:
            return client.info("memory")["used_memory"]

    def seconds(self):
        """Return the processor time of the server."""
        return processor_time(self.server.process.pid)

    def size(self):
        """Return the bytes that the records take in the server's own account."""
        return self._used() - self.empty

    def close(self):
        """Stop the server."""
        self.server.close()


class OverPostgres:
    """A month over PostgreSQL, in one table."""

    name = "PostgreSQL"
    statements = ()

    def __init__(self):
        self.server = Postgres()
        self.url = self.server.url
        for statement in self.statements:
            self.ask(statement)

    def ask(self, statement):
        """Run a statement and return the first row, if it has any."""
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            found = connection.execute(statement)
            return found.fetchone() if found.description else None

    def seconds(self):
        """Return the processor time of the server's processes."""
        return processor_time(self.server.process.pid)

    def size(self):
        """Return the bytes of the table and its index, freshly written."""
        self.ask("VACUUM FULL meter_usage")
        return self.ask(SIZE)[0]

    def close(self):
        """Stop the server."""
        self.server.close()


class OverPartitions(OverPostgres):
    """A month over PostgreSQL, in partitions by the hash of the key."""

    name = f"PostgreSQL, {PARTITIONS} partitions"
    statements = (
        TABLE.replace("IF NOT EXISTS ", "") + " PARTITION BY HASH (key)",
        *(
            f"CREATE TABLE meter_usage_{part} PARTITION OF meter_usage"
            f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part})"
            for part in range(PARTITIONS)
        ),
    )


PLACES = (OverMemory, OverValkey, OverPostgres, OverPartitions)


def a_month(readers):
    """Return the page views of simulated readers in the order of time."""
    today = datetime.now(UTC).date()  # servers drop what has ended by their own clock
    found = simulate(policy_of(LIMIT), readers=readers, months=1, today=today, log=True)
    return sorted(simulated_views(found), key=lambda seen: seen.at)


@contextmanager
def opened(place):
    """Yield a running server and a paywall over it that is ready."""
    with closing(place()) as there, closing(open_store(there.url)) as store:
        paywall = Paywall(policy_of(LIMIT), store, deadline=60)
        paywall.ready(60)
        yield there, paywall


def read(place, views):
    """Read a month; return the seconds that it takes here and in the server."""
    with opened(place) as (there, paywall):
        before, start = there.seconds(), process_time()
        for seen in views:
            assert not paywall.check(seen.reader, seen.view, now=seen.at).degraded
        return process_time() - start, there.seconds() - before


def kept(views):
    """Return the records at the end of a month, of as many readers as have one."""
    with opened(OverMemory) as (_, paywall):
        names = {seen.reader.id for seen in views}
        for seen in views:
            paywall.check(seen.reader, seen.view, now=seen.at)
        records = [paywall.store.load(name) for name in sorted(names)]
    return [record for record in records if record]


def size(place, records):
    """Return the bytes that a record takes in a store that keeps many."""
    draw = Random(2026)
    ends = datetime.now(UTC) + timedelta(days=40)
    with opened(place) as (there, paywall), deadline(600):
        for number in range(KEPT):
            key = str(UUID(int=draw.getrandbits(128)))
            own = bytes(bytearray(records[number % len(records)]))
            paywall.store.swap(key, None, own, expires=ends + timedelta(microseconds=number))
        return int(there.size()) / KEPT


def figure(name, value, unit, ratio=None, baseline=None):
    """Return a figure as the other benches write it."""
    return {"name": name, "value": value, "unit": unit, "ratio": ratio, "baseline": baseline}


def of_stores(readers, rounds):
    """Yield what a view and a reader take in each store."""
    views = a_month(readers)
    records = kept(views)
    own = sum(map(len, records)) / len(records)
    yield figure("views of a reader a month", len(views) / readers, "views")
    yield figure("readers' ids with a record, of a reader", len(records) / readers, "ids")
    yield figure("record", own, "bytes", 1.0, "record")
    found = {place: [] for place in PLACES}
    for _ in range(rounds):
        for place in PLACES:
            found[place].append(read(place, views))
    here, server = (
        {place: median(row[part] for row in rows) for place, rows in found.items()}
        for part in range(2)
    )
    base = here[OverMemory]
    for place in PLACES:
        for where, seconds in (("here", here[place]), ("server", server[place])):
            name = f"a view, {place.name}, {where}"
            micro = seconds / len(views) * 1e6
            if seconds:
                yield figure(name, micro, "µs", seconds / base, "memory")
    for place in PLACES[1:]:
        taken = size(place, records)
        yield figure(f"a reader, {place.name}", taken, "bytes", taken / own, "record")


def of_workers(rounds):
    """Yield what a worker takes for a block of readers, and the adding up for a year of all."""
    part = SimulationPart(policy=policy_of(LIMIT), today=datetime.now(UTC).date())
    (rows,) = deal_readers(BLOCK, 1)
    block = part(rows)
    times = []
    for _ in range(rounds):
        start = process_time()
        part(rows)
        times.append(process_time() - start)
    a_reader = median(times) / BLOCK
    yield figure("a year of a simulated reader, one worker", a_reader * 1e6, "µs")
    yield figure("result of a block", block.nbytes, "bytes")
    start = process_time()
    sum_lives([block] * -(-FAR // BLOCK))
    seconds = process_time() - start
    whole = a_reader * FAR
    yield figure(f"adding up {FAR:,} readers", seconds, "s", seconds / whole, "their simulation")


def main(arguments=None):
    """Measure, and print lines or one JSON document."""
    parser = options_of(__doc__, rounds=3)
    parser.add_argument("--readers", type=int, default=4000)
    options = parser.parse_args(arguments)
    report = Report("sizing", options.format, options.rounds)
    for found in chain(of_workers(options.rounds), of_stores(options.readers, options.rounds)):
        ratio = "" if found["ratio"] is None else f"{found['ratio']:8.3g} × {found['baseline']}"
        line = f"{found['name']:44} {found['value']:12,.2f} {found['unit']:5} {ratio}"
        report.line(line.rstrip(), Figure(**found))
    report.end()


if __name__ == "__main__":
    main()

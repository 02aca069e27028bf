"""How many bytes a reader takes in each store, and how much memory each long command.

Run it: `python -m tests.bench.bench_memory [--readers 1000] [--rounds 3] [--stores] [--commands]`;
without either word, both. The readers of a store have 5, 50 and 500 articles counted, each of them
articles of its own. The ratio is to the bytes of the record itself: what is above 1 the backend
adds (keys, rows, indexes, the server's or Python's book-keeping), what is below it has compressed.
How far that goes depends on the ids; here each ends in six digits of chance.
The servers are started from wheels. An empty store's own bytes are taken off.

A command's memory is the most that was resident in its process, as the system tells; the ratio is
to the same command on a hundredth of the work, which is mostly what the modules take. Each command
is started by a bare interpreter: a process is told the memory of what started it as its own.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median

import psycopg

from meter import Article, PageView, Reader, Usage, decide, open_store
from meter.stores.deadline import deadline
from tests.bench.bench_big import write_big_policy
from tests.bench.figures import Figure, Report, options_of
from tests.servers import Postgres, Valkey, policy_of

ARTICLES = (5, 50, 500)
START = datetime(2026, 6, 1, tzinfo=UTC)
SAMPLE = Path(__file__).parents[2] / "templates" / "sample" / "policy.toml"
COMMAND = "import sys; from meter.cli import main; sys.exit(main())"
PEAK = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
if done.returncode > 1:  # 1 is an answer: no
    sys.exit(done.returncode)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
SMALLER = 100


def records(readers, articles):
    """Return the bytes of so many readers, each with so many articles of its own counted."""
    policy = policy_of(articles)
    step = timedelta(days=29) / articles
    draw = Random(2026)
    found = []
    for number in range(readers):
        reader = Reader(id=f"reader-{number:09}")
        usage = Usage()
        for read in range(articles):
            now = START + step * read + timedelta(microseconds=7 * number)
            story = f"{now:%Y-%m-%d}-harbour-{draw.randrange(1 << 24):06x}"
            view = PageView(article=Article(id=story))
            decision, usage = decide(policy, reader, view, usage, now)
            assert decision.counted or read
        found.append(usage.to_bytes())
    return found


def fill(store, kept):
    """Write records into a store, each under a key of its own, as a paywall does."""
    ends = datetime.now(UTC) + timedelta(days=40)  # a server drops by its own clock
    with deadline(600):
        store.load("nobody")
        for number, raw in enumerate(kept):
            own = bytes(bytearray(raw))
            expires = ends + timedelta(microseconds=number)
            assert store.swap(f"reader-{number:09}", None, own, expires=expires) == own
        assert all(store.load(f"reader-{n:09}") == raw for n, raw in enumerate(kept))


def in_memory(kept):
    """Return what the objects of a memory store take by Python's own account."""
    tracemalloc.start()
    with closing(open_store("memory://?capacity=10000000")) as store:
        empty = tracemalloc.get_traced_memory()[0]
        fill(store, kept)
        found = tracemalloc.get_traced_memory()[0] - empty
    tracemalloc.stop()
    return found


def in_sqlite(kept):
    """Return what the files of a closed SQLite store take."""
    return _files(kept) - _files(())


def _files(kept):
    with tempfile.TemporaryDirectory() as folder:
        with closing(open_store(f"sqlite:///{folder}/counts.db")) as store:
            fill(store, kept)
        return sum(path.stat().st_size for path in Path(folder).iterdir())


def in_valkey(kept):
    """Return what a Valkey server says it uses."""
    with (
        closing(Valkey()) as server,
        server.client() as client,
        closing(open_store(server.url)) as store,
    ):
        fill(store, ())
        empty = client.info("memory")["used_memory"]
        fill(store, kept)
        return client.info("memory")["used_memory"] - empty


def in_postgres(kept):
    """Return what a freshly written table takes in PostgreSQL, index and long values included."""
    with closing(Postgres()) as server:
        with closing(open_store(server.url)) as store:
            fill(store, ())
            empty = _table(server.url)
            fill(store, kept)
        return _table(server.url) - empty


def _table(url):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM FULL meter_usage")
        return connection.execute("SELECT pg_total_relation_size('meter_usage')").fetchone()[0]


STORES = {
    "memory": in_memory,
    "SQLite": in_sqlite,
    "Valkey": in_valkey,
    "PostgreSQL": in_postgres,
}


def report_stores(report, readers):
    """Tell the bytes a reader takes, by how many articles are counted."""
    for articles in ARTICLES:
        kept = records(readers, articles)
        base = f"record of {articles} articles"
        own = sum(map(len, kept)) / readers
        report.line(f"{base:28} {own:9,.0f} bytes", Figure(base, own, "bytes", 1.0, base, 1))
        for name, measure in STORES.items():
            taken = measure(kept) / readers
            figure = Figure(f"{name}, {articles} articles", taken, "bytes", taken / own, base, 1)
            report.line(f"  {name:26} {taken:9,.0f} bytes {taken / own:6.2f}×", figure)


def write_log(path, views):
    """Write a log of so many views, of a tenth as many readers, in no order."""
    draw = Random(2026)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["reader_id", "timestamp", "article_id"])
        for _ in range(views):
            at = START + timedelta(microseconds=draw.randrange(90 * 86_400_000_000))
            reader = draw.randrange(max(views // 10, 1))
            rows.writerow([f"r{reader}", at.isoformat(), f"a{draw.randrange(5_000)}"])


def commands(folder):
    """Return the arguments of each long command, in full and on a hundredth of the work."""
    for name, views in (("all", 1_000_000), ("few", 1_000_000 // SMALLER)):
        write_log(folder / f"{name}.csv", views)
    other = folder / "other.toml"
    text = SAMPLE.read_text(encoding="utf-8")
    other.write_text(text.replace("anonymous = 3", "anonymous = 2"), encoding="utf-8")
    for name, rules in (("all", 150), ("few", 10)):
        (folder / name).mkdir()
        write_big_policy(folder / name, rules)

    def replay(name):
        return ["replay", SAMPLE, folder / f"{name}.csv", "--recorded-under", "none"]

    def simulate(readers):
        fixed = ["--draws", "0", "--no-sweep", "--workers", "1"]
        return ["simulate", SAMPLE, "--readers", str(readers), *fixed]

    def compare(readers):
        return ["compare", SAMPLE, other, "--readers", str(readers), "--workers", "1"]

    def prove(name):
        return ["prove", folder / name / "policy.toml", "--budget", "60"]

    return {
        "replay, 1,000,000 views": (replay("all"), replay("few")),
        "simulate, 1,000,000 readers": (simulate(1_000_000), simulate(1_000_000 // SMALLER)),
        "compare, 2 policies, 100,000 readers": (compare(100_000), compare(100_000 // SMALLER)),
        "prove, 150 rules (beside 10)": (prove("all"), prove("few")),
    }


def peak(arguments):
    """Return the MiB that were resident at most while a command ran."""
    command = [sys.executable, "-c", PEAK, sys.executable, "-c", COMMAND, *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return int(done.stdout) / 1024


def report_commands(report, rounds):
    """Tell the peak of each long command, and of the same on less work."""
    with tempfile.TemporaryDirectory() as name:
        for what, (full, less) in commands(Path(name)).items():
            found = [(peak(full), peak(less)) for _ in range(rounds)]
            most = median(each for each, _ in found)
            ratio = median(each / small for each, small in found)
            small = median(small for _, small in found)
            base = f"{what}: the same on less work"
            report.line(
                f"{what:38} {most:7,.0f} MiB   on less work {small:6,.0f} MiB {ratio:6.2f}×",
                Figure(what, most, "MiB", ratio, base),
                Figure(base, small, "MiB", 1.0, base),
            )


def main():
    """Measure what is asked for, and print it."""
    parser = options_of(__doc__, rounds=3)
    parser.add_argument("--readers", type=int, default=1000, help="readers of each store")
    parser.add_argument("--stores", action="store_true", help="the bytes a reader, and no more")
    parser.add_argument("--commands", action="store_true", help="the commands, and no more")
    given = parser.parse_args()
    report = Report("memory", given.format, given.rounds)
    if given.stores or not given.commands:
        report_stores(report, given.readers)
    if given.commands or not given.stores:
        report_commands(report, given.rounds)
    report.end()


if __name__ == "__main__":
    main()

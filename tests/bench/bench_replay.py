"""Measure how many page views a second a replay decides, and in how much memory, beside others.

Run it: `python tests/bench/bench_replay.py [--views 10000000] [--rounds 5] [--cores 1 2]`.
Distinct articles per reader and calendar month, a limit of 5, unsorted whole-number columns in
memory. Every way runs in a process of its own, pinned to the cores; all must find the same readers
stopped and views blocked. What is printed are medians over rounds in turn, and ratios to what was
measured in the same run. `decide` in a plain loop is timed on some of the readers and scaled.
Polars and DuckDB are compared with if they are installed. Work is processor time, which other work
on the machine disturbs less than it does the clock.
"""

# A way imports what it measures and nothing else, so that its memory is its own.
# ruff: noqa: PLC0415
from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from tests.bench.figures import Figure, Report, hand_over, options_of

LIMIT = 5
START = datetime(2026, 1, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAYS = 90
PLAIN = 100_000
POLICY = f"""
[publication]
name = "The Harbour Review"
[meters.monthly]
window = {{ calendar = "month" }}
limit = {LIMIT}
[[rules]]
name = "a few articles"
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""


def make(views, folder):
    """Write the columns: ten views a reader on average, some articles more often, in no order."""
    import numpy as np

    random = np.random.default_rng(2026)
    start = int((START - EPOCH).total_seconds()) * 1_000_000
    np.save(folder / "reader.npy", random.integers(0, max(views // 10, 1), views))
    np.save(folder / "at.npy", random.integers(start, start + DAYS * 86_400_000_000, views))
    np.save(folder / "article.npy", random.zipf(1.3, views) % 5_000)


def columns_way(views, cores):
    """Columns of NumPy arrays."""
    import numpy as np

    from meter import Article, PageView, Reader, loads_policy
    from meter.columns.decide import Columns, Views

    policy = loads_policy(POLICY)
    facts = policy.rulebook.vocabulary.observe(Reader(id="r"), PageView(article=Article(id="a")), 0)

    def run():
        columns = Columns(policy)
        group = np.array([columns.group(facts)], np.int32)
        decided = columns.decide(Views(**views, group=group), by_view=False, workers=cores)
        return int((decided.readers.blocked > 0).sum()), int(decided.readers.blocked.sum())

    return run


def replay_way(views, cores):
    """The whole of `replay`, from an Arrow table."""
    import pyarrow as pa

    from meter import loads_policy
    from meter.replay.run import replay

    policy = loads_policy(POLICY)
    table = pa.table({**views, "at": pa.array(views["at"], pa.timestamp("us", "UTC"))})

    def run():
        found = replay(policy, table, recorded_under="none", workers=cores, memory=1 << 40)
        return found.readers_stopped, found.views_blocked

    return run


def polars_way(views, cores):
    """A Polars query: first read of each article, ranked within reader and month."""
    os.environ["POLARS_MAX_THREADS"] = str(cores)
    import polars as pl

    frame = pl.DataFrame(views).with_columns(pl.col("at").cast(pl.Datetime("us", "UTC")))

    def run():
        firsts = (
            frame.lazy()
            .group_by("reader", pl.col("at").dt.truncate("1mo").alias("month"), "article")
            .agg(pl.col("at").min().alias("first"), pl.len().alias("views"))
            .with_columns(pl.col("first").rank("ordinal").over("reader", "month").alias("rank"))
            .filter(pl.col("rank") > LIMIT)
            .select(pl.col("reader").n_unique(), pl.col("views").sum())
        )
        return tuple(int(value) for value in firsts.collect().row(0))

    return run


def polars_window_way(views, cores):
    """A Polars query of windows over the views themselves."""
    os.environ["POLARS_MAX_THREADS"] = str(cores)
    import polars as pl

    frame = pl.DataFrame(views).with_columns(pl.col("at").cast(pl.Datetime("us", "UTC")))

    def run():
        month = pl.col("at").dt.truncate("1mo").alias("month")
        ranked = (
            frame.lazy()
            .with_columns(month)
            .with_columns(pl.col("at").min().over("reader", "month", "article").alias("first"))
            .with_columns(pl.col("first").rank("dense").over("reader", "month").alias("rank"))
            .filter(pl.col("rank") > LIMIT)
            .select(pl.col("reader").n_unique(), pl.len())
        )
        return tuple(int(value) for value in ranked.collect().row(0))

    return run


def duckdb_way(views, cores):
    """A DuckDB query: first read of each article, ranked within reader and month."""
    import duckdb
    import pyarrow as pa

    table = pa.table({**views, "at": pa.array(views["at"], pa.timestamp("us"))})
    connection = duckdb.connect(config={"threads": cores})
    connection.register("views", table)

    def run():
        return connection.execute(f"""
            WITH firsts AS (
                SELECT
                    reader, date_trunc('month', "at") AS month, article,
                    min("at") AS first, count(*) AS views
                FROM views GROUP BY ALL
            ), ranked AS (
                SELECT
                    reader, views,
                    row_number() OVER (PARTITION BY reader, month ORDER BY first) AS rank
                FROM firsts
            )
            SELECT count(DISTINCT reader), sum(views)::BIGINT FROM ranked WHERE rank > {LIMIT}
            """).fetchone()

    return run


def duckdb_window_way(views, cores):
    """A DuckDB query of windows over the views themselves."""
    import duckdb
    import pyarrow as pa

    table = pa.table({**views, "at": pa.array(views["at"], pa.timestamp("us"))})
    connection = duckdb.connect(config={"threads": cores})
    connection.register("views", table)

    def run():
        return connection.execute(f"""
            WITH dated AS (
                SELECT
                    reader, date_trunc('month', "at") AS month,
                    min("at") OVER (
                        PARTITION BY reader, date_trunc('month', "at"), article
                    ) AS first
                FROM views
            ), ranked AS (
                SELECT
                    reader, dense_rank() OVER (PARTITION BY reader, month ORDER BY first) AS rank
                FROM dated
            )
            SELECT count(DISTINCT reader), count(*) FROM ranked WHERE rank > {LIMIT}
            """).fetchone()

    return run


def plain_way(views, cores):
    """`decide` in a plain loop, for some of the readers."""
    import numpy as np

    from meter import Article, PageView, Reader, Usage, decide, loads_policy

    chosen = np.flatnonzero(views["reader"] < PLAIN // 10)
    order = chosen[np.argsort(views["at"][chosen], kind="stable")]
    policy = loads_policy(POLICY)
    rows = list(
        zip(*(views[name][order].tolist() for name in ("reader", "at", "article")), strict=True)
    )

    def run():
        usages = {}
        stopped = set()
        blocked = 0
        for reader, at, article in rows:
            view = PageView(article=Article(id=str(article)))
            now = EPOCH + timedelta(microseconds=at)
            decision, usages[reader] = decide(
                policy, Reader(id=str(reader)), view, usages.get(reader) or Usage(), now
            )
            if decision.access == "preview":
                stopped.add(reader)
                blocked += 1
        return len(stopped), blocked

    run.views = len(rows)
    return run


WAYS = {
    "columns": columns_way,
    "replay": replay_way,
    "polars": polars_way,
    "polars-windows": polars_window_way,
    "duckdb": duckdb_way,
    "duckdb-windows": duckdb_window_way,
    "decide": plain_way,
}


def measure(name, cores, folder):
    """Run one way in this process.

    The first call, then one more; print times, the answer and the memory beyond the input.
    """
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:cores]))
    import numpy as np

    views = {column: np.load(folder / f"{column}.npy") for column in ("reader", "at", "article")}
    run = WAYS[name](views, cores)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    work = []
    for _ in range(2):
        start = perf_counter()
        busy = process_time()
        answer = run()
        seconds.append(perf_counter() - start)
        work.append(process_time() - busy)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    hand_over(
        {
            "first": seconds[0],
            "again": seconds[1],
            "work": work[1],
            "answer": list(map(int, answer)),
            "views": getattr(run, "views", len(views["at"])),
            "peak_mib": peak / 1024,
            "beyond_input_mib": (peak - before) / 1024,
        }
    )


def in_a_process(name, cores, folder):
    """Run one way in a process of its own, and return what it has measured."""
    one = ["--one", name, "--cores", str(cores), "--folder", str(folder)]
    done = subprocess.run(
        [sys.executable, __file__, *one], check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout)


def compare(views, rounds, cores, folder):
    """Return, by number of cores and way, medians over the rounds."""
    make(views, folder)
    ways = [
        name
        for name in WAYS
        if name.partition("-")[0] not in ("polars", "duckdb") or find_spec(name.partition("-")[0])
    ]
    rows = {}
    for count in cores:
        runs = {name: [] for name in ways if count == 1 or name != "decide"}
        for _ in range(rounds):
            for name, found in runs.items():
                found.append(in_a_process(name, count, folder))
        answers = {
            tuple(found["answer"])
            for name, each in runs.items()
            if name != "decide"
            for found in each
        }
        if len(answers) != 1:
            raise SystemExit(f"the ways do not agree: {answers}")
        rows[count] = {
            name: {
                "nanoseconds_of_work_a_view": median(
                    found["work"] * 1e9 / found["views"] for found in each
                ),
                "million_views_a_second": median(
                    found["views"] / found["again"] / 1e6 for found in each
                ),
                "first_call_seconds": median(found["first"] for found in each),
                "peak_mib": median(found["peak_mib"] for found in each),
                "beyond_input_mib": median(found["beyond_input_mib"] for found in each),
            }
            for name, each in runs.items()
        }
    return rows


def figures_of(name, cores, row, columns):
    """Return the figures of one way, beside the columns in the same run."""
    return [
        Figure(
            f"{name}, {cores} core{'s' * (cores > 1)}, {kind.replace('_', ' ')}",
            row[kind],
            unit,
            row[kind] / columns[kind],
            "columns",
        )
        for kind, unit in (
            ("nanoseconds_of_work_a_view", "ns"),
            ("million_views_a_second", "million/s"),
            ("first_call_seconds", "s"),
            ("peak_mib", "MiB"),
            ("beyond_input_mib", "MiB"),
        )
    ]


def main():
    """Compare, and print a table or JSON."""
    parser = options_of(__doc__, rounds=5)
    parser.add_argument("--views", type=int, default=10_000_000)
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        measure(given.one, given.cores[0], given.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = compare(given.views, given.rounds, given.cores, Path(folder))
    report = Report("replay", given.format, given.rounds)
    report.line(
        f"{given.views:,} views, limit {LIMIT} distinct articles a calendar month, medians of"
        f" {given.rounds} rounds"
    )
    for cores, ways in rows.items():
        report.line(
            f"\n{cores} core{'s' * (cores > 1)}        M views/s   columns is   ns of work a view "
            " columns is   first call  peak MiB  beyond input"
        )
        for name, row in ways.items():
            ratios = [
                ways["columns"][figure] / row[figure]
                for figure in ("million_views_a_second", "nanoseconds_of_work_a_view")
            ]
            text = (
                f"{name:<15}{row['million_views_a_second']:>9.2f}{ratios[0]:>11.1f}"
                f" x{row['nanoseconds_of_work_a_view']:>20.0f}{1 / ratios[1]:>10.1f}"
                f" x{row['first_call_seconds']:>11.2f}"
                f" s{row['peak_mib']:>9.0f}{row['beyond_input_mib']:>13.0f}"
            )
            report.line(text, *figures_of(name, cores, row, ways["columns"]))
    report.end()


if __name__ == "__main__":
    main()

"""Measure how many views of a table are decided a second and core, beside `decide` in a loop.

Run it: `python -m tests.bench.bench_tables [--views 2000000] [--rounds 5]`.

A night of a site: views in no order, ten a reader on average, texts as ids, who is registered, the
article's section and access, and records of half of the readers, with three articles each. Both
ways are given the same Arrow table and the same bytes, and have to say the same of the readers that
the loop decides (as many as make a fiftieth of the views); the loop is given readers, views and
usages that are made already. Rounds are in turn on one core; what is printed are medians of
processor time, and their ratio.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from statistics import median
from time import process_time

import numpy as np
import pyarrow as pa

from meter import Article, PageView, Reader, Usage, decide, loads_policy
from meter.columns import decide_many
from meter.windows import instant, moment
from tests.bench.figures import Figure, Report, options_of

START = instant(datetime(2026, 6, 10, tzinfo=UTC))
DAY = 86_400_000_000
PART = 50
POLICY = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"
[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 3, registered = 8 }
[[rules]]
name = "free articles and the weather are open"
when = { any = [ { access = ["free"] }, { section = ["weather"] } ] }
show = "article"
[[rules]]
name = "within the monthly allowance"
spend = "monthly"
show = "countdown"
[[rules]]
name = "who is not known may register"
when = { reader = ["anonymous"] }
show = "registration-wall"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
SECTIONS = np.array(["news", "sports", "markets/asia", "culture", "weather"])
ACCESS = np.array(["metered", "free"])


def make(views, seed=2026):
    """Return a table of views and one of records."""
    random = np.random.default_rng(seed)
    readers = max(views // 10, 1)
    reader = random.integers(0, readers, views)
    article = random.zipf(1.3, views) % 5_000
    registered = random.random(readers) < 0.3
    table = pa.table(
        {
            "reader": np.char.add("reader-", reader.astype(str)),
            "at": pa.array(START + random.integers(0, DAY, views), pa.timestamp("us", "UTC")),
            "article": np.char.add("story/", article.astype(str)),
            "reader.registered": registered[reader],
            "article.section": SECTIONS[article % 5],
            "article.access": ACCESS[(article % 20 == 0).astype(int)],
        }
    )
    known = range(0, readers, 2)
    records = [_record(random.integers(0, 5_000, 3)) for _ in known]
    return table, pa.table({"reader": [f"reader-{n}" for n in known], "usage": records})


def _record(articles):
    names = [f"story/{number}" for number in dict.fromkeys(articles.tolist())]
    return Usage.counting({"monthly": names}, START - DAY).to_bytes()


def some_rows(table, usages, readers):
    """Return what the loop is given: the calls for the first readers, by time, and their usages."""
    wanted = {f"reader-{number}" for number in range(readers)}
    names = table["reader"].to_pylist()
    rows = [row for row, name in enumerate(names) if name in wanted]
    part = table.take(rows).to_pylist()
    ats = table["at"].take(rows).cast(pa.int64()).to_pylist()
    calls = []
    zone = loads_policy(POLICY).zone
    for place in sorted(range(len(rows)), key=ats.__getitem__):
        row = part[place]
        article = Article(
            id=row["article"], section=row["article.section"], access=row["article.access"]
        )
        reader = Reader(id=row["reader"], registered=row["reader.registered"])
        calls.append((rows[place], reader, PageView(article=article), moment(ats[place], zone)))
    known = {
        row["reader"]: Usage.from_bytes(row["usage"])
        for row in usages.slice(0, readers).to_pylist()
        if row["reader"] in wanted
    }
    return calls, known


def in_a_loop(policy, calls, known):
    """Decide some calls one after the other; return what is shown by row, and the usages."""
    usages = dict(known)
    new = Usage()
    shows = {}
    for row, reader, view, now in calls:
        decision, usages[reader.id] = decide(policy, reader, view, usages.get(reader.id, new), now)
        shows[row] = decision.show
    return shows, usages


def measure(views, rounds):
    """Return medians of nanoseconds a view for both ways."""
    table, usages = make(views)
    policy = loads_policy(POLICY)
    calls, known = some_rows(table, usages, max(views // 10 // PART, 1))
    times = {"decide_many": [], "decide in a loop": []}
    for number in range(rounds + 1):
        start = process_time()
        decisions, after = decide_many(policy, table, usages)
        middle = process_time()
        shows, left = in_a_loop(policy, calls, known)
        end = process_time()
        if number:  # the first compiles
            times["decide_many"].append((middle - start) * 1e9 / views)
            times["decide in a loop"].append((end - middle) * 1e9 / len(calls))
    said = decisions["show"].take([*shows]).to_pylist()
    bytes_after = dict(zip(after["reader"].to_pylist(), after["usage"].to_pylist(), strict=True))
    if said != [str(show) for show in shows.values()] or any(
        usage.to_bytes() != bytes_after[name] for name, usage in left.items() if usage.tallies
    ):
        raise SystemExit("the ways do not agree")
    return {name: median(each) for name, each in times.items()}


def main():
    """Measure, and print lines or JSON."""
    options = options_of(__doc__, rounds=5)
    options.add_argument("--views", type=int, default=2_000_000)
    given = options.parse_args()
    report = Report("tables", given.format, given.rounds)
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:1]))
    found = measure(given.views, given.rounds)
    ratio = found["decide in a loop"] / found["decide_many"]
    for name, nanoseconds in found.items():
        report.line(
            f"{name:<18}{nanoseconds:>9.0f} ns a view{1e3 / nanoseconds:>9.2f} M views a second",
            Figure(name, nanoseconds, "ns a view"),
        )
    report.line(
        f"`decide_many` is {ratio:.1f} times as fast",
        Figure("decide_many, how many times as fast", ratio, "times", ratio, "decide in a loop"),
    )
    report.end()


if __name__ == "__main__":
    main()

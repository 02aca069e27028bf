"""The time and memory that a million simulated readers take for a year, and the same in SimPy.

Run it: `python tests/bench/bench_simulate.py [--readers 1000000] [--rounds 3]`. Every way
runs in a process of its own, after one small run that compiles; what is printed are medians over
rounds in turn. The full default model runs on one worker and on two. A minimal model (read, stop at
a limit, subscribe, churn) runs here, as a loop of plain Python, and as SimPy processes, the last
two on fewer readers and scaled; all three must agree on the share of readers stopped and the
starts. Work is processor time, which other work on the machine disturbs less than it does the
clock.
"""

from __future__ import annotations

import json
import math
import os
import random
import resource
import subprocess
import sys
from bisect import bisect_right
from statistics import median
from string import Template
from time import perf_counter, process_time

from tests.bench.figures import Figure, Report, hand_over, options_of

try:
    import simpy
except ImportError:
    simpy = None

MONTHS = 12
LIMIT = 5
FEW = 20_000
BOUNCE, CASUAL, FAN = range(3)
OFFER = """
[offers.summer]
kind = "trial"
price = 9
currency = "USD"
term = "3 months"
"""
POLICY = Template("""
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"
[meters.monthly]
window = { calendar = "month" }
limit = $limit
$offer
[[rules]]
name = "subscribers and trials"
when = { reader = ["subscriber", "trial"] }
show = "article"
[[rules]]
name = "free and sponsored"
when = { any = [ { access = ["free"] }, { tags = ["sponsored"] } ] }
show = "article"
[[rules]]
name = "within the allowance"
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "$wall"
""")
MINIMAL = {
    "identity.devices": {"1": 1.0},
    "identity.cookie_reset": 0.0,
    "identity.bypass": 0.0,
    "articles.free": 0.0,
    "articles.tags": {},
    "walls.leave": 0.0,
    "walls.end_session": 0.0,
    "walls.frailty": 0.0,
    "walls.wear": 1.0,
    "habit.growth": 0.0,
    "habit.wear": 0.0,
    "population.persistence": 0.0,
    "population.turnover_bounce": 0.0,
    "population.turnover_casual": 0.0,
    "population.turnover_fans": 0.0,
    "sessions.rereads": 0.0,
    "money.annual_share": 0.0,
    "churn.return": 0.0,
}


def ours(readers, workers, minimal):
    """The simulator of this project."""
    from meter import loads_policy  # noqa: PLC0415
    from meter.simulate.assumptions import published_assumptions  # noqa: PLC0415
    from meter.simulate.population import simulate  # noqa: PLC0415

    parts = (
        {"offer": "", "wall": "subscription-wall"}
        if minimal
        else {"offer": OFFER, "wall": 'trial-offer"\noffer = "summer'}
    )
    policy = loads_policy(POLICY.substitute(parts, limit=LIMIT))
    known = published_assumptions().replace(MINIMAL if minimal else {})
    simulate(policy, readers=2 * 8192, months=1, workers=workers, assumptions=known)
    began, work = perf_counter(), process_time()
    people = simulate(policy, readers=readers, months=MONTHS, workers=workers, assumptions=known)
    months = people.total("months")
    return {
        "seconds": perf_counter() - began,
        "work": process_time() - work,
        "views": people.total("read") + people.total("blocked"),
        "stopped": people.total("stopped") / months,
        "starts": people.total("began") / months * 1e6,
    }


class Reader:
    """One reader of the minimal model, for the two ways in plain Python."""

    def __init__(self, known, casual, draw):
        share = draw.random()
        self.kind = CASUAL
        if share < known["population.bounce"]:
            self.kind = BOUNCE
        elif share >= 1 - known["population.fans"]:
            self.kind = FAN
        self.known = known
        self.casual = casual
        self.draw = draw
        self.paying = False
        self.renewals = 0

    def wants(self):
        if self.kind == BOUNCE:
            return 1
        if self.kind == CASUAL:
            return 1 + bisect_right(self.casual, self.draw.random())
        more = self.known["population.fans_mean"] - 1
        return 1 + int(math.log(1 - self.draw.random()) / math.log(more / (1 + more)))

    def asked(self, wanted):
        """Say whether the reader subscribes when stopped."""
        if wanted > 1 and self.draw.random() < self.known["walls.conversion"] * math.sqrt(wanted):
            self.paying = True
            self.renewals = 0
        return self.paying

    def renews(self):
        alpha, beta = self.known["churn.monthly_alpha"], self.known["churn.monthly_beta"]
        self.paying = self.draw.random() >= alpha / (alpha + beta + self.renewals)
        self.renewals += 1


def _people(readers):
    from meter.simulate.assumptions import published_assumptions  # noqa: PLC0415
    from meter.simulate.people import casual_shares  # noqa: PLC0415

    known, draw = published_assumptions(), random.Random(1)
    casual = casual_shares(known["population.casual_q"]).tolist()
    return [Reader(known, casual, draw) for _ in range(readers)], draw


def plain_way(readers):
    """A loop over reads."""
    people, draw = _people(readers)
    counts = [0, 0, 0, 0]
    began, work = perf_counter(), process_time()
    for reader in people:
        for month in range(MONTHS):
            if reader.paying and month:
                reader.renews()
            wanted = reader.wants()
            counts[0] += wanted
            times = sorted(draw.random() for _ in range(wanted))
            used = 0
            asked = False
            for _ in times:
                if reader.paying or used < LIMIT:
                    used += not reader.paying
                elif not asked:
                    asked = True
                    counts[1] += 1
                    counts[2] += reader.asked(wanted)
    return _answer(began, work, readers, counts)


def simpy_way(readers):
    """A SimPy process for each reader, which sleeps from one read to the next."""
    import simpy  # noqa: PLC0415

    people, draw = _people(readers)
    counts = [0, 0, 0, 0]
    world = simpy.Environment()

    def life(reader):
        for month in range(MONTHS):
            if month > world.now:
                yield world.timeout(month - world.now)
            if reader.paying:
                reader.renews()
            wanted = reader.wants()
            counts[0] += wanted
            used = 0
            asked = False
            for at in sorted(draw.random() for _ in range(wanted)):
                yield world.timeout(max(month + at - world.now, 0))
                if reader.paying or used < LIMIT:
                    used += not reader.paying
                elif not asked:
                    asked = True
                    counts[1] += 1
                    counts[2] += reader.asked(wanted)

    began, work = perf_counter(), process_time()
    for reader in people:
        world.process(life(reader))
    world.run()
    return _answer(began, work, readers, counts)


def _answer(began, work, readers, counts):
    months = readers * MONTHS
    return {
        "seconds": perf_counter() - began,
        "work": process_time() - work,
        "views": counts[0],
        "stopped": counts[1] / months,
        "starts": counts[2] / months * 1e6,
    }


WAYS = {
    "full model, one worker": lambda readers: ours(readers, 1, minimal=False),
    "full model, two workers": lambda readers: ours(readers, 2, minimal=False),
    "minimal model, one worker": lambda readers: ours(readers, 1, minimal=True),
    "minimal model, plain Python": plain_way,
    "minimal model, SimPy": simpy_way,
}
SCALED = ("minimal model, plain Python", "minimal model, SimPy")


def measure(way, readers):
    """Run one way in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--way", way, "--readers", str(readers)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def run_all(readers, rounds):
    """Return the medians of every way, each run in turn."""
    ways = [way for way in WAYS if simpy or way != "minimal model, SimPy"]
    kept = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            these = min(FEW, readers) if way in SCALED else readers
            found = measure(way, these)
            scaled = {key: found[key] * readers / these for key in ("seconds", "work", "views")}
            kept[way].append(found | scaled)
    return {
        way: {key: median(found[key] for found in each) for key in each[0]}
        for way, each in kept.items()
    }


def compare(rows):
    """Return the ratios; all ways must agree."""
    minimal = [row for way, row in rows.items() if way.startswith("minimal")]
    if max(row["stopped"] for row in minimal) - min(row["stopped"] for row in minimal) > 0.01:
        raise SystemExit(f"the ways do not agree: {rows}")
    base = rows["minimal model, one worker"]["work"]
    ratios = {f"{way} over ours": rows[way]["work"] / base for way in SCALED if way in rows}
    one, two = rows["full model, one worker"], rows["full model, two workers"]
    return ratios | {"two workers over one": one["seconds"] / two["seconds"]}


def show(report, rows, ratios, readers, rounds):
    """Print a table."""
    base = "minimal model, one worker"
    report.line(
        f"{readers:,} readers, {MONTHS} months, {os.cpu_count()} cores, medians of {rounds} rounds"
    )
    report.line(
        f"{'':<30}{'seconds':>9}{'work':>9}{'MiB':>8}{'views, M':>10}{'stopped':>9}{'starts/M':>10}"
    )
    for way, row in rows.items():
        mib = "-" if way in SCALED else f"{row['mib']:.0f}"
        found = f"{row['views'] / 1e6:>10.1f}{row['stopped']:>9.2%}{row['starts']:>10.0f}"
        text = f"{way:<30}{row['seconds']:>9.1f}{row['work']:>9.1f}{mib:>8}{found}"
        report.line(text, *figures_of(way, row, rows[base], base))
    for name, ratio in ratios.items():
        report.line(f"{name}: {ratio:.1f}")


def figures_of(way, row, smallest, base):
    """Return the figures of one way, beside the minimal model of ours."""
    found = [
        Figure(f"{way}, work", row["work"], "s", row["work"] / smallest["work"], f"{base}, work"),
        Figure(way, row["seconds"], "s", row["seconds"] / smallest["seconds"], base),
    ]
    if way not in SCALED:
        beside = row["mib"] / smallest["mib"]
        found.append(Figure(f"{way}, memory", row["mib"], "MiB", beside, f"{base}, memory"))
    return found


def main():
    """Measure every way in turn, and print medians and ratios."""
    options = options_of(__doc__, rounds=3)
    options.add_argument("--readers", type=int, default=1_000_000)
    options.add_argument("--way", choices=WAYS)
    given = options.parse_args()
    if given.way:
        found = WAYS[given.way](given.readers)
        found["mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        hand_over(found)
        return
    rows = run_all(given.readers, given.rounds)
    ratios = compare(rows)
    report = Report("simulate", given.format, given.rounds)
    show(report, rows, ratios, given.readers, given.rounds)
    report.end()


if __name__ == "__main__":
    main()

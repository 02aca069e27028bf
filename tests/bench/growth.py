"""How cost grows with the views of a log, the rules of a policy and the articles of a reader.

Run it: `python -m tests.bench.growth [--rounds 5] [--only views] [--largest] [--write]`. Each cost
is told with its ratio to the same work on a million views, ten rules or five articles, measured in
the same run: medians of rounds in which the sizes take turns, in processor time. No reader, article
or instant is used twice. `--largest` adds a log of 100 million views, for which 10 GB have to be
free. `--write` draws what was measured into `docs/explanation/how-cost-grows-*.svg`, which needs
the extra `plots`.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import thread_time_ns
from typing import TYPE_CHECKING, NamedTuple

from meter import Article, PageView, Reader, Usage, decide, load_policy
from meter.loading import check_text
from meter.simulate.report.vega import Chart, specification
from meter.usage import Tally
from meter.verify import guarantees
from meter.verify.lints import lints
from meter.windows import instant
from tests.bench import bench_replay
from tests.bench.bench_big import SECTIONS, write_big_policy
from tests.bench.figures import Figure, Report, options_of
from tests.servers import policy_of

try:
    from meter.simulate.report.pictures import write_pictures
except ImportError:  # the extra `plots`, to draw
    write_pictures = None

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parents[2] / "docs" / "explanation"
VIEWS = (1_000_000, 10_000_000)
MOST_VIEWS = 100_000_000
RULES = (1, 10, 40, 150)
ARTICLES = (5, 500, 4_000)
CALLS = 2_000
READERS = 100
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7")
START = datetime(2026, 6, 3, tzinfo=UTC)
ONE_RULE = '[publication]\nname = "One"\n[[rules]]\nname = "everyone"\nshow = "subscription-wall"\n'

Costs = dict[str, list[float]]
"""What each round measured of a kind of work, at one size."""


class Subject(NamedTuple):
    """What grows, the size all others are beside, what it costs in which units, how to measure."""

    of: str
    base: int
    units: dict[str, str]
    measure: Callable[[tuple[int, ...], int], dict[int, Costs]]


def of_views(sizes, rounds):
    """Measure a replay of an Arrow table, in a process of its own on one core."""
    found = {size: {"processor time": [], "memory beyond the log": []} for size in sizes}
    with tempfile.TemporaryDirectory() as name:
        for size in sizes:
            (Path(name) / str(size)).mkdir()
            bench_replay.make(size, Path(name) / str(size))
        for _ in range(rounds):
            for size in sizes:
                row = bench_replay.in_a_process("replay", 1, Path(name) / str(size))
                found[size]["processor time"].append(row["work"] * 1e3)
                found[size]["memory beyond the log"].append(row["beyond_input_mib"])
    return found


def of_rules(sizes, rounds):
    """Measure a policy of so many rules: a decision, `meter check` and `meter prove` of it."""
    found = {size: {"decide": [], "check": [], "prove": []} for size in sizes}
    with tempfile.TemporaryDirectory() as name:
        paths = {size: _policy_file(Path(name) / str(size), size) for size in sizes}
        policies = {size: load_policy(path) for size, path in paths.items()}
        for turn in range(rounds):
            for size, costs in found.items():
                policy, path = policies[size], paths[size]
                calls = [(policy, reader, view, Usage(), now) for reader, view, now in _views(turn)]
                costs["decide"].append(_each(decide, calls) / 1e3)
                text = path.read_text(encoding="utf-8")
                costs["check"].append(_each(_checked, [(text, path)]) / 1e6)
                costs["prove"].append(_each(_proved, [(policy,)]) / 1e6)
    return found


def _policy_file(folder, rules):
    folder.mkdir()
    if rules > 1:
        return write_big_policy(folder, rules)
    path = folder / "policy.toml"
    path.write_text(ONE_RULE, encoding="utf-8")
    return path


def _checked(text, path):
    policy, problems = check_text(text, str(path), exact=lints, folder=path.parent)
    assert policy is not None, problems


def _proved(policy):
    """Answer every promise, as far as the diagrams and z3 reach within a minute."""
    return guarantees(policy, seconds=60)


def _views(turn):
    """Return readers and views that no other turn has, in every section and none."""
    sections = (*SECTIONS, "gardening")
    found = []
    for number in range(turn * CALLS, (turn + 1) * CALLS):
        reader = Reader(
            id=f"r{number}", registered=number % 3 > 0, country="JP", score=number % 100 / 100
        )
        section = sections[number % len(sections)]
        article = Article(id=f"a{number}", access="metered", section=section)
        view = PageView(article=article, channel=("app", "newsletter", None)[number % 7 % 3])
        found.append((reader, view, START + timedelta(minutes=number, microseconds=number)))
    return found


def of_articles(sizes, rounds):
    """Measure readers with so many articles counted: their record, and a decision about them."""
    kinds = ("decide, counted already", "decide, newly counted", "read the record", "bytes")
    found = {size: {kind: [] for kind in kinds} for size in sizes}
    policy = policy_of(2 * max(sizes))
    warm = Usage.from_bytes(_record(-1, 3)), START + timedelta(days=3)
    for article in range(3):
        decide(policy, Reader(id="warm"), PageView(article=Article(id=f"w{article}")), *warm)
    for turn in range(rounds):
        for size, costs in found.items():
            raws = [_record(number, size) for number in range(turn * READERS, (turn + 1) * READERS)]
            costs["bytes"].append(sum(map(len, raws)) / READERS)
            costs["read the record"].append(_each(Usage.from_bytes, [(raw,) for raw in raws]) / 1e3)
            for kind, read in (
                ("decide, counted already", size // 2),
                ("decide, newly counted", -1),
            ):
                calls = [
                    _call(policy, turn * READERS + place, read, raw)
                    for place, raw in enumerate(raws)
                ]
                costs[kind].append(_each(decide, calls) / 1e3)
    return found


def _record(reader, articles):
    """Return the bytes of a reader's record, with articles of the reader's own."""
    ids = tuple(f"2026-06-{reader}-{number}" for number in range(articles))
    first = instant(START) + reader
    return Usage(
        {"monthly": Tally(ids, tuple(first + 1000 * n for n in range(articles)))}
    ).to_bytes()


def _call(policy, reader, article, raw):
    view = PageView(article=Article(id=f"2026-06-{reader}-{article}"))
    now = START + timedelta(days=3, microseconds=reader)
    return policy, Reader(id=f"r{reader}"), view, Usage.from_bytes(raw), now


def _each(work, calls):
    """Return the nanoseconds of processor time that one of some calls takes."""
    begun = thread_time_ns()
    for arguments in calls:
        work(*arguments)
    return (thread_time_ns() - begun) / len(calls)


SUBJECTS = {
    "views": Subject(
        "views of a log",
        1_000_000,
        {"processor time": "ms", "memory beyond the log": "MiB"},
        of_views,
    ),
    "rules": Subject(
        "rules of a policy", 10, {"decide": "µs", "check": "ms", "prove": "ms"}, of_rules
    ),
    "articles": Subject(
        "articles counted of a reader",
        5,
        {
            "decide, counted already": "µs",
            "decide, newly counted": "µs",
            "read the record": "µs",
            "bytes": "bytes",
        },
        of_articles,
    ),
}
SIZES = {"views": VIEWS, "rules": RULES, "articles": ARTICLES}


def ratios(found, base):
    """Return size, kind, median and ratio to the base's size, all kinds of a size together."""
    beside = {kind: median(taken) for kind, taken in found[base].items()}
    return [
        (size, kind, median(taken), median(taken) / beside[kind])
        for size, costs in found.items()
        for kind, taken in costs.items()
    ]


def report_growth(report, name, rows):
    """Tell every cost, and how many times the base's it is."""
    subject = SUBJECTS[name]
    for size, kind, cost, ratio in rows:
        unit = subject.units[kind]
        figure = Figure(
            f"{kind}, {size} {name}", cost, unit, ratio, f"{kind}, {subject.base} {name}"
        )
        what = f"{size:>11,} {name}"
        report.line(f"{what:22}{kind:26}{cost:12,.1f} {unit:6}{ratio:9.2f}×", figure)


def chart_of(name, rows):
    """Return a chart of how many times the base's cost each is, both axes by powers."""
    of, base, units, _ = SUBJECTS[name]
    sizes = sorted({size for size, *_ in rows})
    values = [{"size": size, "kind": kind, "ratio": ratio} for size, kind, _, ratio in rows]
    values += [{"size": n, "kind": "in proportion", "ratio": n / base} for n in sizes]
    scale = {"type": "log"}
    across = {"field": "size", "type": "quantitative", "title": of}
    across["scale"] = {"type": "log", "nice": False, "padding": 24}
    across["axis"] = {"values": sizes, "format": ",", "grid": False}
    up = {"field": "ratio", "type": "quantitative", "scale": scale, "axis": {"format": ",~g"}}
    up["title"] = f"times the cost of {base:,}"
    kinds = [*units, "in proportion"]
    lines = {"field": "kind", "type": "nominal", "title": None}
    colours = [*COLOURS[: len(units)], "#888888"]
    dashes = [[1, 0]] * len(units) + [[4, 4]]
    color = {**lines, "scale": {"domain": kinds, "range": colours}, "legend": {"orient": "bottom"}}
    dash = {**lines, "scale": {"domain": kinds, "range": dashes}, "legend": None}
    encoding = {"x": across, "y": up, "color": color, "strokeDash": dash}
    spec = specification(values, 260, mark={"type": "line", "point": True}, encoding=encoding)
    return Chart(spec=spec, heads=(), rows=())


def draw(charts):
    """Write the charts as SVG files beside the page that shows them."""
    with tempfile.TemporaryDirectory() as folder:
        for path in write_pictures(Path(folder), charts):
            if path.suffix == ".svg":
                (DOCS / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")


def main():
    """Measure how cost grows, print it, and draw it where that is asked for."""
    parser = options_of(__doc__, rounds=5)
    parser.add_argument("--only", choices=SUBJECTS, action="append", help="what grows (all three)")
    parser.add_argument("--largest", action="store_true", help="100 million views too")
    parser.add_argument("--write", action="store_true", help="draw the plots of the documentation")
    given = parser.parse_args()
    if given.write and write_pictures is None:
        parser.error("`--write` needs the extra `plots`")
    report = Report("growth", given.format, given.rounds)
    charts = {}
    for name in given.only or SUBJECTS:
        largest = (MOST_VIEWS,) if name == "views" and given.largest else ()
        subject = SUBJECTS[name]
        rows = ratios(subject.measure(SIZES[name] + largest, given.rounds), subject.base)
        report_growth(report, name, rows)
        charts[f"how-cost-grows-{name}"] = chart_of(name, rows)
    if given.write:
        draw(charts)
    report.end()


if __name__ == "__main__":
    main()

"""The cost of one decision, beside a hand-written chain of `if`s and `zen-engine`.

Run it: `python -m tests.bench.bench_decide [--rounds 15] [--format json]`. The three are checked to
agree before anything is timed. Each round has 10,000 readers, articles and instants of its own, and
each is decided once by each of the three, so that nothing is gained by remembering one. A round has
stretches whose views are made just before they are decided, as those of a site are, and in each
another of the three is first. What is printed are medians of processor time over the rounds, and
ratios between what was measured in one run.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from datetime import UTC, datetime, time, timedelta
from itertools import product
from statistics import median
from time import perf_counter_ns, thread_time_ns
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from attrs import frozen

from meter import Article, Entitlement, PageView, Reader, Usage, decide, loads_policy
from meter.usage import Tally
from meter.windows import instant
from tests.bench.figures import Figure, Report, options_of

try:
    import zen
except ImportError:  # `pip install zen-engine` to compare with it
    zen = None

if TYPE_CHECKING:
    from collections.abc import Callable

    from meter import Policy

CALLS = 10_000
STRETCH = 1000
POLICY = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"
[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 3, registered = 5 }
[offers.summer]
kind = "trial"
price = 9
currency = "USD"
term = "3 months"
ends = 2026-06-30
when = { reader = ["anonymous", "registered"] }
[[rules]]
name = "staff"
when = { reader = ["staff"] }
show = "article"
[[rules]]
name = "subscribers and trials"
when = { reader = ["subscriber", "trial"] }
show = "article"
[[rules]]
name = "crawlers"
when = { crawler = true }
show = "article"
[[rules]]
name = "free or sponsored"
when = { any = [ { access = ["free"] }, { tags = ["sponsored"] } ] }
show = "article"
[[rules]]
name = "gift links"
when = { gift = true, access = ["metered"] }
show = "article"
[[rules]]
name = "the trial is over"
when = { reader = ["trial-expired"] }
show = "trial-expired"
[[rules]]
name = "the subscription is over"
when = { reader = ["subscription-expired"] }
show = "subscription-expired"
[[rules]]
name = "newsletter readers read politics"
when = { channel = ["newsletter"], section = ["politics"], access = ["metered"] }
show = "article"
[[rules]]
name = "likely to buy"
when = { score = { at_least = 0.8 }, section = ["markets"] }
show = "trial-offer"
offer = "summer"
[[rules]]
name = "premium"
when = { access = ["premium"] }
show = "subscription-wall"
[[rules]]
name = "within the monthly allowance"
when = { access = ["metered"] }
spend = "monthly"
show = "countdown"
offer = "summer"
[[rules]]
name = "everyone else"
show = "trial-offer"
offer = "summer"
"""

YEAR = (
    Entitlement(
        kind="subscription",
        product="digital",
        starts=datetime(2026, 1, 1, tzinfo=UTC),
        ends=datetime(2027, 1, 1, tzinfo=UTC),
    ),
)
"""The rights of a subscriber."""

# The hand-written chain: what a good programmer writes for this one policy, on the same readers and
# views.
TOKYO = ZoneInfo("Asia/Tokyo")
SUMMER_ENDS = datetime(2026, 7, 1, tzinfo=TOKYO)
LIMITS = {"anonymous": 3, "registered": 5, "trial-expired": 5, "subscription-expired": 5}
_month = (datetime.min.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC))


@frozen
class Reading:
    """Where a reader stands."""

    limit: int
    used: int
    left: int
    resets_at: datetime


@frozen
class Result:
    """What the chain decided.

    It tells as much as a `Decision` does, but for the facts and the digest.
    """

    show: str
    access: str
    rule: str
    prompt: str | None
    offer: str | None
    meter: Reading | None
    counted: bool
    at: datetime


@frozen
class Counted:
    """What the chain remembers: article ids and when they were counted."""

    ids: tuple[str, ...] = ()
    ats: tuple[datetime, ...] = ()


def month_of(now: datetime) -> tuple[datetime, datetime]:
    """Return the bounds of the month in Tokyo, remembered from the call before."""
    global _month  # noqa: PLW0603
    if not _month[0] <= now < _month[1]:
        first = now.astimezone(TOKYO).date().replace(day=1)
        after = (first + timedelta(days=32)).replace(day=1)
        _month = (
            datetime.combine(first, time(), TOKYO).astimezone(UTC),
            datetime.combine(after, time(), TOKYO).astimezone(UTC),
        )
    return _month


def status_of(reader: Reader, now: datetime) -> str:
    """Return what a reader is, from the entitlements."""
    status = "registered" if reader.registered else "anonymous"
    last, expired = None, status
    for right in reader.entitlements:
        if right.starts is not None and now < right.starts:
            continue
        ends = None if right.ends is None else right.ends + right.grace
        if ends is None or now < ends:
            if right.kind == "staff":
                return "staff"
            if right.kind != "trial":
                status = "subscriber"
            elif status != "subscriber":
                status = "trial"
        elif right.kind in ("trial", "subscription") and (last is None or ends >= last):
            last, expired = (
                ends,
                "trial-expired" if right.kind == "trial" else "subscription-expired",
            )
    return status if status in ("subscriber", "trial") else expired


def by_hand(  # noqa: C901
    reader: Reader, view: PageView, usage: Counted, now: datetime
) -> tuple[Result, Counted]:
    """Decide as the policy above does."""
    article = view.article
    access = article.access
    status = status_of(reader, now)
    if status == "staff":
        return Result("article", "full", "staff", None, None, None, False, now), usage  # noqa: FBT003
    if status in ("subscriber", "trial"):
        return (
            Result("article", "full", "subscribers and trials", None, None, None, False, now),  # noqa: FBT003
            usage,
        )
    if view.crawler:
        return Result("article", "full", "crawlers", None, None, None, False, now), usage  # noqa: FBT003
    if access == "free" or "sponsored" in article.tags:
        return Result("article", "full", "free or sponsored", None, None, None, False, now), usage  # noqa: FBT003
    if view.gift and access == "metered":
        return Result("article", "full", "gift links", None, None, None, False, now), usage  # noqa: FBT003
    if status == "trial-expired":
        return (
            Result(
                "trial-expired",
                "preview",
                "the trial is over",
                "trial-expired",
                None,
                None,
                False,  # noqa: FBT003
                now,
            ),
            usage,
        )
    if status == "subscription-expired":
        return (
            Result(
                "subscription-expired",
                "preview",
                "the subscription is over",
                "subscription-expired",
                None,
                None,
                False,  # noqa: FBT003
                now,
            ),
            usage,
        )
    section = article.section
    if (
        view.channel == "newsletter"
        and access == "metered"
        and section
        and (section == "politics" or section.startswith("politics/"))
    ):
        return (
            Result(
                "article",
                "full",
                "newsletter readers read politics",
                None,
                None,
                None,
                False,  # noqa: FBT003
                now,
            ),
            usage,
        )
    offer = "summer" if now < SUMMER_ENDS and status in ("anonymous", "registered") else None
    if (
        reader.score is not None
        and reader.score >= 0.8
        and section
        and (section == "markets" or section.startswith("markets/"))
    ):
        show = "trial-offer" if offer else "subscription-wall"
        return Result(show, "preview", "likely to buy", show, offer, None, False, now), usage  # noqa: FBT003
    if access == "premium":
        return (
            Result(
                "subscription-wall",
                "preview",
                "premium",
                "subscription-wall",
                None,
                None,
                False,  # noqa: FBT003
                now,
            ),
            usage,
        )
    limit = LIMITS.get(status, 0)
    starts, ends = month_of(max(now, usage.ats[-1]) if usage.ats else now)
    ids, ats = usage.ids, usage.ats
    first = 0
    while first < len(ats) and ats[first] < starts:
        first += 1
    if first:
        ids, ats = ids[first:], ats[first:]
    seen = article.id in ids
    if seen or len(ids) < limit:
        counts = not seen and not view.prefetch
        after = usage
        if counts:
            after = Counted((*ids, article.id), (*ats, now))
        used = min(len(ids) + counts, limit)
        show = "last-free-article" if len(ids) + (not seen) >= limit else "countdown"
        reading = Reading(limit, used, limit - used, ends)
        whole = seen or counts
        return (
            Result(
                show,
                "full" if whole else "preview",
                "within the monthly allowance",
                show if whole else None,
                offer,
                reading,
                counts,
                now,
            ),
            after,
        )
    used = min(len(ids), limit)
    show = "trial-offer" if offer else "subscription-wall"
    return (
        Result(
            show,
            "preview",
            "everyone else",
            show,
            offer,
            Reading(limit, used, limit - used, ends),
            False,  # noqa: FBT003
            now,
        ),
        usage,
    )


# The same rules as a decision table of zen-engine, with the status and the count given.
_COLUMNS = (
    "status",
    "crawler",
    "access",
    "sponsored",
    "gift",
    "channel",
    "section",
    "score",
    "open",
    "left",
)
_ROWS: tuple[tuple[str, dict[str, str], str], ...] = (
    ("staff", {"status": '"staff"'}, "article"),
    ("subscribers and trials", {"status": '"subscriber", "trial"'}, "article"),
    ("crawlers", {"crawler": "true"}, "article"),
    ("free or sponsored", {"access": '"free"'}, "article"),
    ("free or sponsored", {"sponsored": "true"}, "article"),
    ("gift links", {"gift": "true", "access": '"metered"'}, "article"),
    ("the trial is over", {"status": '"trial-expired"'}, "trial-expired"),
    ("the subscription is over", {"status": '"subscription-expired"'}, "subscription-expired"),
    (
        "newsletter readers read politics",
        {"channel": '"newsletter"', "section": '"politics"', "access": '"metered"'},
        "article",
    ),
    ("likely to buy", {"score": ">= 0.8", "section": '"markets"'}, "trial-offer"),
    ("premium", {"access": '"premium"'}, "subscription-wall"),
    (
        "within the monthly allowance",
        {"access": '"metered"', "open": "true", "left": "0"},
        "last-free-article",
    ),
    ("within the monthly allowance", {"access": '"metered"', "open": "true"}, "countdown"),
    ("everyone else", {}, "trial-offer"),
)


def zen_table() -> str:
    """Return the decision table as zen-engine's JSON."""
    rows = [
        {
            "_id": str(n),
            **{name: cells.get(name, "") for name in _COLUMNS},
            "rule": f'"{rule}"',
            "show": f'"{show}"',
        }
        for n, (rule, cells, show) in enumerate(_ROWS)
    ]
    content = {
        "hitPolicy": "first",
        "inputs": [{"id": name, "name": name, "field": name} for name in _COLUMNS],
        "outputs": [{"id": name, "name": name, "field": name} for name in ("rule", "show")],
        "rules": rows,
    }
    place = {"position": {"x": 0, "y": 0}}
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in", **place},
        {"id": "table", "type": "decisionTableNode", "name": "table", "content": content, **place},
        {"id": "out", "type": "outputNode", "name": "out", **place},
    ]
    edges = [
        {"id": f"{a}-{b}", "sourceId": a, "targetId": b, "type": "edge"}
        for a, b in (("in", "table"), ("table", "out"))
    ]
    return json.dumps({"nodes": nodes, "edges": edges})


def zen_input(reader: Reader, view: PageView, usage: Counted, now: datetime) -> dict[str, Any]:
    """Return what zen-engine is given: everything is observed and counted for it."""
    status = status_of(reader, now)
    limit, seen = LIMITS.get(status, 0), view.article.id in usage.ids
    used = len(usage.ids)
    return {
        "status": status,
        "crawler": view.crawler,
        "access": str(view.article.access),
        "sponsored": "sponsored" in view.article.tags,
        "gift": view.gift,
        "channel": view.channel or "",
        "section": view.article.section or "",
        "score": reader.score or 0.0,
        "open": seen or used < limit,
        "left": max(0, limit - used - (not seen)),
    }


Case = tuple[Reader, PageView, Usage, Counted, datetime]


KINDS = ("open by status", "re-read", "newly counted", "walled")


def cases(kind: str, turn: int) -> list[Case]:
    """Return a stretch of views to which the same happens, of readers and times of their own.

    All are in one month. Those of another `turn` are others again.
    """
    start = datetime(2026, 6, 3, 8, tzinfo=UTC)
    made = []
    for number in range(turn * STRETCH, (turn + 1) * STRETCH):
        now = start + timedelta(seconds=2 * number, microseconds=number)
        reader = Reader(
            id=f"reader-{number}",
            registered=kind == "open by status" or bool(number % 2),
            country="JP",
            score=0.4,
            entitlements=YEAR if kind == "open by status" else (),
        )
        view = PageView(
            article=Article(id=f"harbour-story-{number}", section="markets/asia", tags=["ports"]),
            device="phone",
            channel="search",
        )
        ids: tuple[str, ...] = {
            "open by status": (),
            "re-read": (view.article.id, f"other-{number}"),
            "newly counted": (f"other-{number}",),
            "walled": tuple(f"old-{n}-{number}" for n in range(5 if number % 2 else 3)),
        }[kind]
        ats = [now - timedelta(hours=len(ids) - n) for n in range(len(ids))]
        usage = Usage({"monthly": Tally(ids, tuple(map(instant, ats)))} if ids else {})
        made.append((reader, view, usage, Counted(ids, tuple(ats)), now))
    return made


def varied(policy: Policy) -> list[Case]:
    """Return views of every sort, to check that all three decide alike."""
    now, ended = datetime(2026, 6, 20, 12, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
    rights = [
        (),
        *(
            (Entitlement(kind=kind, ends=ends),)
            for kind in ("trial", "subscription", "staff", "gift")
            for ends in (None, ended)
        ),
    ]
    readers = [
        Reader(id="r", registered=known, entitlements=e, score=s)
        for known, e, s in product((False, True), rights, (None, 0.5, 0.9))
    ]
    views = [
        PageView(
            article=Article(id="a0", access=a, section=s, tags=tags),
            gift=gift,
            crawler=crawler,
            channel=channel,
            prefetch=prefetch,
        )
        for a, s, tags, gift, crawler, channel, prefetch in product(
            ("free", "metered", "premium"),
            (None, "politics", "markets"),
            ((), ("sponsored",)),
            (False, True),
            (False, True),
            (None, "newsletter"),
            (False, True),
        )
    ]
    found = []
    for number, (reader, view) in enumerate(product(readers, views)):
        ids = ((), ("a0",), ("a1", "a2"), ("a1", "a2", "a3"), ("a0", "a1", "a2", "a3", "a4"))[
            number % 5
        ]
        usage, counted = Usage(), Counted()
        for n, name in enumerate(ids):
            at = now - timedelta(hours=9 - n)
            usage = decide(
                policy,
                Reader(id="r", registered=True),
                PageView(article=Article(id=name)),
                usage,
                at,
            )[1]
            counted = Counted((*counted.ids, name), (*counted.ats, at))
        found.append((reader, view, usage, counted, now if number % 2 else now + timedelta(days=9)))
    return found


def check(policy: Policy, table: Any, examples: list[Case]) -> None:
    """Raise `AssertionError` unless all of them decide every example alike."""
    for reader, view, usage, counted, now in examples:
        ours, after = decide(policy, reader, view, usage, now)
        theirs, after_theirs = by_hand(reader, view, counted, now)
        reading = ours.meter and (
            ours.meter.limit,
            ours.meter.used,
            ours.meter.left,
            ours.meter.resets_at,
        )
        expected = theirs.meter and (
            theirs.meter.limit,
            theirs.meter.used,
            theirs.meter.left,
            theirs.meter.resets_at,
        )
        left = (
            ours.show,
            ours.access,
            ours.rule,
            ours.prompt,
            ours.offer,
            reading,
            ours.counted,
            after.tally("monthly").ids,
        )
        right = (
            theirs.show,
            theirs.access,
            theirs.rule,
            theirs.prompt,
            theirs.offer,
            expected,
            theirs.counted,
            after_theirs.ids,
        )
        assert left[:7] == right[:7], (reader, view, left, right)
        assert set(left[7]) == set(right[7]), (left, right)
        if table is not None and now.month == 6:
            given = table.evaluate(zen_input(reader, view, counted, now))["result"]
            show = (
                "subscription-wall"
                if given["show"] == "trial-offer" and theirs.offer is None
                else given["show"]
            )
            assert (ours.rule, str(ours.show)) == (given["rule"], show), (reader, view, given)


Run = tuple["Callable[..., object]", list[tuple[Any, ...]]]
"""What is to be timed, and the arguments of each of its calls."""


def timed(run: Callable[..., object], calls: list[tuple[Any, ...]]) -> int:
    """Return the nanoseconds of processor time that some calls take."""
    begun = thread_time_ns()
    for arguments in calls:
        run(*arguments)
    return thread_time_ns() - begun


def timed_round(policy: Policy, table: Any, kind: str, first: int) -> dict[str, float]:
    """Return nanoseconds a call of each that is compared, for views from a `first` stretch on."""
    stretches = range(first, first + CALLS // STRETCH)
    taken: dict[str, float] = {}
    for turn in stretches:
        runs = _runs(policy, table, cases(kind, turn))
        names = [*runs][turn % len(runs) :] + [*runs][: turn % len(runs)]
        gc.disable()  # the other views are not the collector's work
        for name in names:
            taken[name] = taken.get(name, 0) + timed(*runs[name]) / CALLS
        gc.enable()
    return taken


def seconds_to(statement: str, rounds: int) -> float:
    """Return the median seconds a fresh interpreter takes for a statement, start included."""
    taken = []
    for _ in range(rounds):
        begun = perf_counter_ns()
        subprocess.run([sys.executable, "-c", statement], check=True)
        taken.append((perf_counter_ns() - begun) / 1e9)
    return median(taken)


def _runs(policy: Policy, table: Any, made: list[Case]) -> dict[str, Run]:
    """Return what is to be timed of some views, by name."""
    ours = [(policy, reader, view, usage, now) for reader, view, usage, _, now in made]
    hand = [(reader, view, counted, now) for reader, view, _, counted, now in made]
    runs: dict[str, Run] = {"meter": (decide, ours), "by hand": (by_hand, hand)}
    if table is not None:
        runs["zen-engine"] = (table.evaluate, [(zen_input(*each),) for each in hand])
    return runs


def measure(rounds: int) -> dict[str, Any]:
    """Return everything measured, as plain data."""
    policy = loads_policy(POLICY)
    table = None if zen is None else zen.ZenEngine().create_decision(zen_table())
    check(policy, table, varied(policy))
    rows: dict[str, dict[str, float]] = {}
    for place, kind in enumerate(KINDS):
        check(policy, table, cases(kind, 0))
        taken: dict[str, list[float]] = {}
        for turn in range(rounds):
            # A month has room for so many views; the kinds share them out.
            first = (len(KINDS) * turn + place) * CALLS // STRETCH
            for name, time_of_one in timed_round(policy, table, kind, first).items():
                taken.setdefault(name, []).append(time_of_one)
        rows[kind] = {name: median(times) for name, times in taken.items()}
        rows[kind]["of by hand"] = median(
            a / b for a, b in zip(taken["meter"], taken["by hand"], strict=True)
        )
        if table is not None:
            rows[kind]["faster than zen-engine"] = median(
                a / b for a, b in zip(taken["zen-engine"], taken["meter"], strict=True)
            )
    five = Usage()
    for n in range(5):
        view = PageView(article=Article(id=f"2026-06-{n:02}-harbour-story"))
        five = decide(
            policy,
            Reader(id="r", registered=True),
            view,
            five,
            datetime(2026, 6, 1 + n, 7, 30, 15, 123456, tzinfo=UTC),
        )[1]
    bare, full = seconds_to("pass", rounds), seconds_to("import meter", rounds)
    return {
        "nanoseconds": rows,
        "import seconds": full - bare,
        "bytes of a reader with five articles": len(five.to_bytes()),
    }


def main() -> None:
    """Print what was measured."""
    options = options_of(__doc__, rounds=15).parse_args()
    report = Report("decide", options.format, options.rounds)
    measured = measure(options.rounds)
    for kind, row in measured["nanoseconds"].items():
        zen_part = (
            f"   zen-engine {row['zen-engine']:>7.0f} ns ({row['faster than zen-engine']:.0f}x"
            " slower)"
            if "zen-engine" in row
            else ""
        )
        report.line(
            f"{kind:<15} meter {row['meter']:>6.0f} ns   by hand {row['by hand']:>6.0f} ns   ratio"
            f" {row['of by hand']:.2f}{zen_part}",
            Figure(kind, row["meter"], "ns", row["of by hand"], "by hand"),
        )
    seconds = measured["import seconds"]
    report.line(
        f"import meter    {seconds:.3f} s over a bare interpreter",
        Figure("import meter", seconds, "s over a bare interpreter"),
    )
    size = measured["bytes of a reader with five articles"]
    report.line(
        f"usage           {size} bytes for five articles",
        Figure("usage of five articles", size, "bytes"),
    )
    report.end()


if __name__ == "__main__":
    main()

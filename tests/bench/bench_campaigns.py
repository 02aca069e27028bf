"""The cost of one decision with caps and an experiment, beside the same policy without them.

Run it: `python -m tests.bench.bench_campaigns [--rounds 15]`. Both policies have the twelve rules
of `bench_decide`, a prompt where an article is counted, and an offer at the wall. In the one with a
campaign that prompt is capped in two windows, silent after a closing and in a group with another,
and who is in one variant of an experiment gets another offer at the wall. Each round times both in
turn, in processor time; what is printed are medians over the rounds, and the median ratio.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import median
from time import thread_time_ns

from attrs import evolve

from meter import Article, PageView, Policy, Reader, Usage, decide, loads_policy
from meter.usage import Tally
from meter.windows import instant
from tests.bench.bench_decide import LIMITS, POLICY, YEAR
from tests.bench.figures import Figure, Report, options_of

CALLS = 512
BEST_OF = 3
MANY = 256
START = datetime(2026, 6, 3, 8, tzinfo=UTC)
PROMPTS = """
[prompts.give]
heading = "Give"
{caps}
[prompts.letter]
heading = "Our letter"
{group}
[offers.nine]
kind = "trial"
price = 9
currency = "USD"
term = "3 months"
"""
CAPS = """
at_most = [
    { times = 2, window = { calendar = "day" } }, { times = 6, window = { rolling = "30 days" } },
]
quiet_after = { closed = "7 days" }
group = "asks"
"""
EXPERIMENT = """
[experiments.price]
seed = "price-test"
variants = { control = 0.5, nine = 0.5 }
"""
AT_THE_WALL = """
[[rules]]
name = "another price"
when = {{ {asked} access = ["metered"] }}
show = "trial-offer"
offer = "nine"
"""
Case = tuple[Reader, PageView, Usage, Usage, datetime]
"""A view, and what is remembered without a campaign and with one."""
Call = tuple[Policy, Reader, PageView, Usage, datetime]


def policies() -> tuple[Policy, Policy]:
    """Return the policy without a campaign, and with it."""
    return _policy("", "", "", ""), _policy(
        CAPS, 'group = "asks"', EXPERIMENT, 'experiment = { price = ["nine"] },'
    )


def _policy(caps: str, group: str, experiment: str, asked: str) -> Policy:
    rules = POLICY.replace('show = "countdown"', 'show = "countdown"\nprompt = "give"')
    first, last = rules.split('[[rules]]\nname = "everyone else"')
    head = PROMPTS.format(caps=caps, group=group) + experiment
    first = first.replace("[[rules]]", f"{head}[[rules]]", 1)
    wall = AT_THE_WALL.format(asked=asked)
    return loads_policy(f'{first}{wall}[[rules]]\nname = "everyone else"{last}')


def cases() -> dict[str, list[Case]]:
    """Return the page views to decide, by what happens to them in the campaign."""
    made: dict[str, list[Case]] = {
        "open by status": [],
        "walled": [],
        "read again, prompt kept back": [],
        "newly counted, prompt kept back": [],
        "newly counted, prompt shown": [],
        "read again, prompt shown": [],
    }
    for number in range(CALLS):
        now = START + timedelta(seconds=number)
        reader = Reader(
            id=f"reader-{number}",
            registered=bool(number % 2),
            country="JP",
            score=0.4,
            visitor=f"visitor-{number}",
        )
        story = Article(id=f"story-{number}", section="markets/asia", tags=["ports"])
        view = PageView(article=story, id=f"view-{number}", device="phone", channel="search")
        limit = LIMITS[reader.status(now)]
        again, other = (story.id, "other"), ("other",)
        read = {
            "open by status": (),
            "walled": tuple(f"old-{n}" for n in range(limit)),
            "read again, prompt kept back": again,
            "newly counted, prompt kept back": other,
            "newly counted, prompt shown": other,
            "read again, prompt shown": again,
        }
        for kind, ids in read.items():
            usage = Usage({"monthly": _tally(ids)} if ids else {})
            shown = [f"shown-{n}" for n in range(2 if "back" in kind else 1)]
            campaign = evolve(usage, shown={"give": _tally(shown)})
            who = reader
            if kind == "open by status":
                who = Reader(id=reader.id, registered=True, entitlements=YEAR, score=0.4)
            made[kind].append((who, view, usage, campaign, now))
    return made


def _tally(ids: list[str] | tuple[str, ...]) -> Tally:
    ats = (instant(START) - 3_600_000_000 * (len(ids) - n) for n in range(len(ids)))
    return Tally(tuple(ids), tuple(ats))


def check(plain: Policy, campaign: Policy, kind: str, made: list[Case]) -> None:
    """Raise `AssertionError` unless a kind of views meets what its name says."""
    exposed = 0
    for reader, view, plain_usage, usage, now in made:
        one, _ = decide(plain, reader, view, plain_usage, now)
        two, after = decide(campaign, reader, view, usage, now)
        assert (one.access, one.counted) == (two.access, two.counted), (kind, one, two)
        if "prompt" in kind:
            expected = "give" if "shown" in kind else None
            assert (one.prompt, two.prompt) == ("give", expected), (kind, one, two)
            assert (after.shown != usage.shown) == ("shown" in kind)
        exposed += bool(two.exposures)
    assert exposed == (CALLS if kind == "walled" else 0), (kind, exposed)


def timed(calls: list[Call]) -> float:
    """Return nanoseconds of processor time a call."""
    taken = []
    for _ in range(BEST_OF):
        begun = thread_time_ns()
        for policy, reader, view, usage, now in calls:
            decide(policy, reader, view, usage, now)
        taken.append(thread_time_ns() - begun)
    return min(taken) / len(calls)


def month() -> list[tuple[Reader, PageView, datetime]]:
    """Return what 256 readers read in a month, in order of time: 40 views each, of 24 stories."""
    readers = [
        Reader(id=f"r{number}", registered=bool(number % 2), visitor=f"v{number}")
        for number in range(MANY)
    ]
    return [
        (
            reader,
            PageView(article=Article(id=f"story-{number * 7 % 24}"), id=f"view-{number}"),
            START + timedelta(hours=16 * number),
        )
        for number in range(40)
        for reader in readers
    ]


def timed_month(policy: Policy, views: list[tuple[Reader, PageView, datetime]]) -> float:
    """Return nanoseconds of processor time a call where each record becomes what it becomes."""
    taken = []
    for _ in range(BEST_OF):
        records = {reader.id: Usage() for reader, _, _ in views}
        begun = thread_time_ns()
        for reader, view, now in views:
            _, records[reader.id] = decide(policy, reader, view, records[reader.id], now)
        taken.append(thread_time_ns() - begun)
    return min(taken) / len(views)


def told(report: Report, kind: str, pairs: list[tuple[float, float]]) -> None:
    """Print the medians of what was measured without a campaign and with it."""
    without, with_it = (median(pair[place] for pair in pairs) for place in (0, 1))
    ratio = median(pair[1] / pair[0] for pair in pairs)
    report.line(
        f"{kind:<32} without {without:>6.0f} ns   with {with_it:>6.0f} ns   ratio {ratio:.2f}",
        Figure(kind, with_it, "ns", ratio, f"{kind}, without"),
        Figure(f"{kind}, without", without, "ns", 1.0, f"{kind}, without"),
    )


def main() -> None:
    """Print what was measured."""
    given = options_of(__doc__, rounds=15).parse_args()
    rounds = given.rounds
    report = Report("campaigns", given.format, rounds)
    plain, campaign = policies()
    for kind, made in cases().items():
        check(plain, campaign, kind, made)
        one = [(plain, reader, view, usage, now) for reader, view, usage, _, now in made]
        two = [(campaign, reader, view, usage, now) for reader, view, _, usage, now in made]
        pairs = [(timed(one), timed(two)) for _ in range(rounds)]
        told(report, kind, pairs)
    views = month()
    told(
        report,
        f"a month of {MANY} readers",
        [(timed_month(plain, views), timed_month(campaign, views)) for _ in range(rounds)],
    )
    report.end()


if __name__ == "__main__":
    main()

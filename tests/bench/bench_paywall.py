"""The cost of one page view through a `Paywall` over the store in memory, beside `decide` alone.

Run it: `python -m tests.bench.bench_paywall [--rounds 15] [--format json]`. The views, and what
their readers have read, are those of `bench_decide`: each round has 10,000 readers, articles and
instants of its own, each used once. What a reader has read was counted by the same paywall before,
so its record is in the store and this process knows it. `decide` is given the same usage, and has
no bytes to read or write. Each of the two has views of its own, made just before; they take turns
at being first. What is printed are medians of processor time over the rounds, and of the ratios.
"""

from __future__ import annotations

import gc
from statistics import median
from time import thread_time_ns
from typing import TYPE_CHECKING

from meter import Article, PageView, Paywall, Reader, Usage, decide, loads_policy
from meter.stores import MemoryStore
from tests.bench.bench_decide import CALLS, KINDS, POLICY, STRETCH, cases
from tests.bench.figures import Figure, Report, options_of

if TYPE_CHECKING:
    from datetime import datetime

    from meter import Policy

ROUNDS = 15
Case = tuple[Reader, PageView, Usage, "datetime"]


def stretch(kind: str, turn: int) -> list[Case]:
    """Return views of one kind that nobody has made before."""
    return [(reader, view, usage, now) for reader, view, usage, _, now in cases(kind, turn)]


def remember(paywall: Paywall, made: list[Case]) -> None:
    """Have a paywall count what the readers of some views have read before."""
    for reader, _, usage, _ in made:
        for name, at in usage.tally("monthly"):
            assert paywall.check(reader, PageView(article=Article(id=name)), now=at).counted


def check(policy: Policy, kind: str) -> None:
    """Raise `AssertionError` unless both decide alike, and keep the same of each reader."""
    store = MemoryStore()
    paywall = Paywall(policy, store)
    made = stretch(kind, 0)
    remember(paywall, made)
    for reader, view, usage, now in made:
        expected, after = decide(policy, reader, view, usage, now)
        assert paywall.check(reader, view, now=now) == expected, (kind, expected)
        kept = store.load(reader.id)
        assert kept == (after.to_bytes() if after.tallies else None), (kind, kept)


def timed_through(paywall: Paywall, made: list[Case]) -> int:
    """Return the nanoseconds of processor time that some views take through a paywall."""
    begun = thread_time_ns()
    for reader, view, _, now in made:
        paywall.check(reader, view, now=now)
    return thread_time_ns() - begun


def timed_alone(policy: Policy, made: list[Case]) -> int:
    """Return the nanoseconds of processor time that deciding some views takes."""
    begun = thread_time_ns()
    for reader, view, usage, now in made:
        decide(policy, reader, view, usage, now)
    return thread_time_ns() - begun


def timed_round(paywall: Paywall, kind: str, first: int) -> tuple[float, float]:
    """Return nanoseconds a view through a paywall, and decided alone, from a `first` stretch on."""
    through, alone = 0, 0
    for turn in range(first, first + CALLS // STRETCH):
        asked, decided = stretch(kind, turn), stretch(kind, turn)
        remember(paywall, asked)
        gc.disable()  # the other views are not the collector's work
        if turn % 2:
            through += timed_through(paywall, asked)
            alone += timed_alone(paywall.policy, decided)
        else:
            alone += timed_alone(paywall.policy, decided)
            through += timed_through(paywall, asked)
        gc.enable()
    return through / CALLS, alone / CALLS


def main() -> None:
    """Print what was measured."""
    given = options_of(__doc__, rounds=ROUNDS).parse_args()
    report = Report("paywall", given.format, given.rounds)
    policy = loads_policy(POLICY)
    paywall = Paywall(policy, MemoryStore())
    for place, kind in enumerate(KINDS):
        check(policy, kind)
        firsts = ((len(KINDS) * turn + place) * CALLS // STRETCH for turn in range(given.rounds))
        pairs = [timed_round(paywall, kind, first) for first in firsts]
        through, alone = (median(pair[place] for pair in pairs) for place in (0, 1))
        ratio = median(pair[0] / pair[1] for pair in pairs)
        report.line(
            f"{kind:<15} paywall {through:>6.0f} ns   decide {alone:>6.0f} ns   ratio {ratio:.2f}",
            Figure(kind, through, "ns", ratio, "decide"),
        )
    report.end()


if __name__ == "__main__":
    main()

"""The compiled loop that walks readers' views in time and spends where the verdict says so.

It holds no rule: what a limit leaves (`engine.meter_codes`), what the rules say (`engine.judge`)
and where calendar windows start (`Timeline.bounds`) come in as tables. Blocked views never count,
an id counts once, and `windows` says what still counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.columns.arrays import ANY_TIME, NEVER, Codes, Flags, Integers
from meter.columns.compiled import compiled, inlined
from meter.columns.spending import (
    COUNTED,
    SPECULATIVE,
    add_up,
    spend,
    start_anew,
    told,
    used_of,
)
from meter.columns.windows import combination_of, recall, reset_of

if TYPE_CHECKING:
    from meter.columns.arrays import CountedBefore, Memory, Tables
    from meter.columns.partition import Hashes

__all__ = ["TALLIES", "Bucket", "CountResults", "count", "tally"]

TALLIES = 4
"""How many rows of sums `tally` takes."""
_ONE = 0
"""One reader is counted at a time, so the memory holds one identity."""


class Bucket(NamedTuple):
    """The views of some readers, by reader and time. `p` is a view's place, `r` a reader."""

    reader: Hashes
    """[r] the reader."""
    at: Integers
    """[p] the instant, in microseconds since 1970."""
    article: Integers
    """[p] the article."""
    key: Integers
    """[p] what the view's id stands for; no entry: views have no ids."""
    group: Codes
    """[p] the group of equal facts; one entry: all are of this group."""
    starts: Integers
    """[r] where the reader's places start, and one more entry for the end."""


class CountResults(NamedTuple):
    """What was decided of a bucket, by place `p` and by reader `r`."""

    verdict: Codes
    """[p] the verdict."""
    used: Codes
    """[p] what the meter told of has used after this view, or -1; empty where nobody asks."""
    told: Codes
    """[p] the meter told of, or -1; empty where nobody asks."""
    counted: Flags
    """[p] whether the view spent; empty where nobody asks."""
    speculative: Flags
    """[p] whether the view is a prefetch that would have counted; empty where nothing is one."""
    kept: Integers
    """[p] the meters that have counted the view, a bit each; empty where nobody asks."""
    resets: Integers
    """[p] when the meter told of resets, or `NEVER`; empty where nobody asks."""
    blocked: Integers
    """[r] the views blocked; one that is speculative is neither read nor blocked."""
    counts: Integers
    """[r] the views that spent."""
    meters: Integers
    """[m] the views that each meter has counted."""
    first_stop: Integers
    """[r] the number of the first view blocked, from 1 on; 0 for none."""
    first_stop_at: Integers
    """[r] its instant; where there is none, as it was."""


@compiled
def count(
    tables: Tables,
    verdicts: Codes,
    memory: Memory,
    before: CountedBefore,
    bucket: Bucket,
    results: CountResults,
    begin: int,
) -> tuple[int, int, int]:
    """Decide the views of a bucket's readers from number `begin` on.

    Return (reader, group, combination) of the first verdict that is not known yet, or -1s. The
    reader is then decided from the first view on when the loop is called again.
    """
    by_view = len(results.used) > 0
    grouped = len(bucket.group) > 1
    keyed = len(bucket.key) > 0
    fetched = len(results.speculative) > 0
    for reader in range(begin, len(bucket.starts) - 1):
        start_anew(memory, _ONE)
        if len(before.starts) > 0:
            recall(tables, memory, _ONE, before, bucket.reader[reader])
        blocked = 0
        counts = 0
        first_stop = 0
        for place in range(bucket.starts[reader], bucket.starts[reader + 1]):
            now = bucket.at[place]
            article = bucket.article[place]
            # Views without an id of their own are distinguished by article and instant.
            mark = bucket.key[place] if keyed else article
            mark_at = ANY_TIME if keyed else now
            g = bucket.group[place] if grouped else bucket.group[0]

            # A verdict follows from the facts alone, or from them and what has been counted.
            verdict = tables.settled[g]
            done = 0
            if verdict < 0:
                combination = combination_of(tables, memory, _ONE, g, article, mark, mark_at, now)
                verdict = verdicts[tables.verdict_at[g] + combination]
                if verdict < 0:
                    return reader, g, combination
                done = spend(tables, memory, _ONE, g, verdict, article, mark, now)
            results.verdict[place] = verdict
            if by_view:
                results.counted[place] = done == COUNTED
                note(tables, memory, results, place, g, verdict, now)
            if fetched:
                results.speculative[place] = done == SPECULATIVE
            counts += done == COUNTED
            if not tables.full[verdict]:
                blocked += 1
                if first_stop == 0:
                    first_stop = place - bucket.starts[reader] + 1
                    results.first_stop_at[reader] = now
        results.blocked[reader] = blocked
        results.counts[reader] = counts
        results.first_stop[reader] = first_stop
        add_up(memory, results.meters)
    return -1, -1, -1


@compiled
def tally(results: CountResults, views: Integers) -> None:
    """Add up the views that got each verdict, without the speculative ones.

    The rows of `views` are added to in turn: a single sum would wait for itself at each view.
    """
    fetched = len(results.speculative) > 0
    for place in range(len(results.verdict)):
        if not (fetched and results.speculative[place]):
            views[place % TALLIES, results.verdict[place]] += 1


@inlined
def note(
    tables: Tables,
    memory: Memory,
    results: CountResults,
    place: int,
    g: int,
    verdict: int,
    now: int,
) -> None:
    """Write down of which meter a view is told, and which have just counted it."""
    meter = -1
    kept = 0
    if tables.settled[g] < 0:
        meter = told(tables, memory, _ONE, g, verdict, now)
        for m in range(len(tables.kind)):
            if tables.most[g, m] >= 0 and memory.size[_ONE, m] > memory.used[m]:
                kept |= 1 << m
    results.told[place] = meter
    results.used[place] = used_of(tables, memory, _ONE, g, meter)
    if len(results.kept) > 0:
        results.kept[place] = kept
        results.resets[place] = NEVER
        if meter >= 0:
            limit = tables.limit[g, meter]
            results.resets[place] = reset_of(tables, memory, _ONE, meter, limit, now)

"""Signing in: what one identity has counted in windows that still run counts for another too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.verify.oracle.prompts import bounded, looked_at
from tests.verify.oracle.records import Count, Record, Showing, fixed_start, held_in, inside
from tests.verify.oracle.times import length_of

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["join", "start"]

Table = dict[str, Any]


def join(policy: Table, source: Record, target: Record, now: datetime) -> Record:
    """Return the target's record after a sign-in; the source stays what it was."""
    zone = policy["publication"].get("timezone", "UTC")
    kept = {(each.meter, each.key): each.at for each in target.counts}
    for meter, table in policy.get("meters", {}).items():
        brought = [c for c in inside(policy, zone, source, meter, now) if c.at <= now]
        if not brought:
            continue
        mine = inside(policy, zone, target, meter, now)
        over = [c for c in target.counts if c.meter == meter and c.at <= now and c not in mine]
        for count in over:
            del kept[meter, count.key]
        # The start of a fixed window stays, so there the earlier of two is the one to keep.
        which = max
        ends = [each.at for each in brought]
        if "fixed" in table["window"]:
            which = min
            length = length_of(table["window"]["fixed"])
            begins = [fixed_start(each, length, now) for each in (brought, mine) if each]
            begun = max(at for at in begins if at is not None)
            for count in mine:
                kept[meter, count.key] = max(count.at, begun)
            ends = [max(at, begun) for at in ends]
        for count, at in zip(brought, ends, strict=True):
            kept[meter, count.key] = which(at, kept.get((meter, count.key), at))
    counts = tuple(Count(meter, key, at) for (meter, key), at in kept.items())
    shown, closed = _joined_prompts(policy, zone, source, target, now)
    joined = Record(counts, source.started | target.started, shown, closed)
    for name in sorted({each.prompt for each in source.shown if each.at <= now}):
        latest = max([now, *(each.at for each in shown)])
        joined = bounded(policy, zone, joined, name, latest)
    return joined


def _joined_prompts(
    policy: Table, zone: str, source: Record, target: Record, now: datetime
) -> tuple[tuple[Showing, ...], tuple[tuple[str, datetime], ...]]:
    """Return what was shown to either and closed by either: the later of two times counts."""
    shown = {(each.prompt, each.key): each.at for each in target.shown}
    for each in source.shown:
        windows = [window for _, window in looked_at(policy, each.prompt)]
        running = any(held_in(window, zone, [each], now) for window in windows)
        if each.at <= now and running:
            key = each.prompt, each.key
            shown[key] = max(each.at, shown.get(key, each.at))
    closed = dict(target.closed)
    for prompt, at in source.closed:
        if at <= now:
            closed[prompt] = max(at, closed.get(prompt, at))
    kept = tuple(Showing(prompt, key, at) for (prompt, key), at in shown.items())
    return kept, tuple(sorted(closed.items()))


def start(record: Record, offer: str) -> Record:
    """Return the record of a reader who has started an offer."""
    return record._replace(started=record.started | {offer})

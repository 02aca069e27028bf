"""Signing in: what one identity has counted in windows that still run counts for another too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.verify.oracle.prompts import bounded, group_of, looked_at
from tests.verify.oracle.records import Count, Key, Record, Showing, fixed_start, held_in, inside
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
    shown = target.shown
    done: set[str] = set()
    for name in sorted({each.prompt for each in source.shown}):
        group = group_of(policy, name)
        if name not in done and looked_at(policy, name):
            own = [each for each in shown if each.prompt in group]
            brought = [each for each in source.shown if each.prompt in group and each.at <= now]
            windows = [window for _, window in looked_at(policy, name)]
            others = [each for each in shown if each.prompt not in group]
            shown = (*others, *_joined_group(windows, zone, brought, own, now))
        done.update(group)
    closed = dict(target.closed)
    for prompt, at in source.closed:
        if at <= now:
            closed[prompt] = max(at, closed.get(prompt, at))
    return shown, tuple(sorted(closed.items()))


def _joined_group(
    windows: list[Table], zone: str, brought: list[Showing], own: list[Showing], now: datetime
) -> list[Showing]:
    """Return the showings of a group after a sign-in, as they were where nothing new is brought.

    One fixed window of the two is the one that began later. Beside other windows it begins anew
    with the last showing, and what was shown before counts as shown then.
    """
    lengths = [length_of(window["fixed"]) for window in windows if "fixed" in window]
    if lengths and all(window == windows[0] for window in windows):
        return _in_one_window(windows[0], zone, brought, own, now)

    def running(each: Showing) -> bool:
        return any(held_in(window, zone, [each], now) for window in windows)

    after = _latest([*own, *filter(running, brought)])
    if not lengths or sorted(after) == sorted(own):
        return after
    ahead = [each for each in after if each.at > now]
    held = [each for each in after if each.at <= now and running(each)]
    last = max(each.at for each in held)
    far = now - 2 * max(lengths)
    return ahead + [each._replace(at=last) if each.at > far else each for each in held]


def _in_one_window(
    window: Table, zone: str, brought: list[Showing], own: list[Showing], now: datetime
) -> list[Showing]:
    """Return showings laid into one window that a first showing begins, as those of a meter are."""
    length = length_of(window["fixed"])
    mine = held_in(window, zone, sorted(own, key=_when), now)
    others = held_in(window, zone, sorted(brought, key=_when), now)
    if not others:
        return own
    begins = [fixed_start(each, length, now) for each in (mine, others) if each]
    begun = max(at for at in begins if at is not None)
    ahead = [each for each in own if each.at > now]
    kept: dict[tuple[str, Key], datetime] = {}
    for each in [*(each for each in mine if each.at <= now), *others]:
        key = each.prompt, each.key
        kept[key] = min(each.at, kept.get(key, each.at))
    return ahead + [Showing(*key, max(at, begun)) for key, at in kept.items()]


def _latest(showings: list[Showing]) -> list[Showing]:
    """Return showings, of a prompt twice at one view the later."""
    found = {(each.prompt, each.key): each for each in sorted(showings, key=_when)}
    return list(found.values())


def _when(showing: Showing) -> datetime:
    return showing.at


def start(record: Record, offer: str) -> Record:
    """Return the record of a reader who has started an offer."""
    return record._replace(started=record.started | {offer})

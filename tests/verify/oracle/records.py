"""What was counted for and shown to a reader, in plain lists, and the windows that hold parts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from tests.verify.oracle.times import bounds, length_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Count", "Key", "Record", "Showing", "held_in", "inside", "is_spent", "resets_at"]

Table = dict[str, Any]
Key = tuple[str, ...]
"""The article; for a meter of views, the article and what tells this view of it from others."""
_A_DAY = timedelta(days=1)


class Count(NamedTuple):
    """One thing that a meter has counted."""

    meter: str
    key: Key
    at: datetime


class Showing(NamedTuple):
    """One page view that has shown a prompt."""

    prompt: str
    key: Key
    at: datetime


class Record(NamedTuple):
    """All that is kept of a reader: what was counted and started, what was shown and closed."""

    counts: tuple[Count, ...] = ()
    started: frozenset[str] = frozenset()
    shown: tuple[Showing, ...] = ()
    closed: tuple[tuple[str, datetime], ...] = ()

    def clock(self, now: datetime) -> datetime:
        """Return the time that counting goes by: it never goes back, but for far-off clocks."""
        return max([now, *(each.at for each in self.counts if each.at - now <= _A_DAY)])

    def prompt_clock(self, now: datetime) -> datetime:
        """Return the time that showings go by: not before what was counted or shown."""
        ats = [each.at for each in self.shown if each.at - now <= _A_DAY]
        return max([self.clock(now), *ats])

    def with_counts(self, new: list[Count], running: list[Count]) -> Record:
        """Return the record with more counted; a meter that counts forgets what is over."""
        counting = {each.meter for each in new}
        kept = tuple(
            each
            for each in self.counts
            if each.meter not in counting or each in running or each.at > new[0].at
        )
        return self._replace(counts=(*kept, *new))


Kept = TypeVar("Kept", Count, Showing)


def is_spent(policy: Table, meter: str) -> bool:
    """Say whether some rule spends a meter."""
    return any(meter in spent(rule) for rule in policy["rules"])


def spent(rule: Table) -> list[str]:
    """Return the meters that a rule spends."""
    named = rule.get("spend", [])
    return [named] if isinstance(named, str) else named


def inside(policy: Table, zone: str, record: Record, meter: str, at: datetime) -> list[Count]:
    """Return what a meter holds in the window that runs at an instant, oldest first."""
    mine = sorted((c for c in record.counts if c.meter == meter), key=lambda c: (c.at, c.key))
    return held_in(policy["meters"][meter]["window"], zone, mine, at) if mine else []


def held_in(window: Table, zone: str, mine: list[Kept], at: datetime) -> list[Kept]:
    """Return what of all that was kept is in the window that runs at an instant."""
    if "calendar" in window:
        start, end = bounds(window, zone, at)
        return [each for each in mine if start <= each.at < end]
    if "rolling" in window:
        length = length_of(window["rolling"])
        return [each for each in mine if each.at <= at < each.at + length]
    if "fixed" in window:
        length = length_of(window["fixed"])
        begun = fixed_start(mine, length, at)
        return [each for each in mine if begun is not None and begun <= each.at < begun + length]
    return mine


def fixed_start(mine: Sequence[Kept], length: timedelta, at: datetime) -> datetime | None:
    """Return when the fixed window that runs at an instant began, if one does."""
    begun: datetime | None = None
    for count in sorted(mine, key=lambda each: each.at):
        if count.at <= at and (begun is None or count.at >= begun + length):
            begun = count.at
    return None if begun is None or at >= begun + length else begun


def resets_at(
    policy: Table, zone: str, meter: str, held: list[Count], limit: int | None, at: datetime
) -> datetime | None:
    """Return when allowance comes back."""
    window = policy["meters"][meter]["window"]
    if limit == 0:
        return None
    if "calendar" in window:
        return bounds(window, zone, at)[1]
    if "lifetime" in window or not held:
        return None
    if "fixed" in window:
        return held[0].at + length_of(window["fixed"])
    leaving = sorted(count.at + length_of(window["rolling"]) for count in held)
    room = 1 if limit is None else max(1, len(leaving) - limit + 1)
    return leaving[room - 1]

"""Times on the edges of what a policy and its readers say, where mistakes are."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from meter.windows import DAY, instant, local_instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from hypothesis.strategies import DrawFn

    from meter.facts import Slot
    from meter.policy import Policy
    from meter.view import Article, Reader

__all__ = ["HOURS", "MICROSECOND", "NEAR", "START", "UTC_ZONE", "edge_times", "edges"]

UTC_ZONE = ZoneInfo("UTC")
START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = 3 * 366 * 24
"""The hours after `START` that times are drawn from."""
MICROSECOND = timedelta(microseconds=1)
NEAR = st.sampled_from([0, -1, 1])
"""How many microseconds from an edge."""

_SECOND = 1_000_000
_FAR = 1 << 61
"""Beyond this an instant stands for an open end."""
_ORDINARY = st.integers(0, HOURS).map(lambda hours: instant(START) + hours * DAY // 24)


@lru_cache(maxsize=64)
def _clock_changes(zone: ZoneInfo) -> tuple[int, ...]:
    """Return the instants, to the second, at which the offset of a zone changes."""
    hours = [START + timedelta(hours=n) for n in range(0, HOURS, 6)]
    changes = []
    for before, after in pairwise(hours):
        if before.astimezone(zone).utcoffset() == after.astimezone(zone).utcoffset():
            continue
        changes.append(_change_between(before, after, zone))
    return tuple(changes)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> int:
    """Return the instant between two times at which the offset of a zone changes."""
    offset = before.astimezone(zone).utcoffset()
    low = before
    high = after
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return round(instant(high) / _SECOND) * _SECOND


def edges(
    policy: Policy | None, readers: Iterable[Reader], at: int, articles: Iterable[Article] = ()
) -> list[int]:
    """Return the instants near `at` at which something changes.

    Windows, the policy's dates, hours and lengths of time, entitlements, the clocks.
    """
    found: list[int] = []
    begun = [article.published for article in articles]
    for reader in readers:
        begun.append(reader.registered_at)
        for right in reader.entitlements:
            ends = (right.from_instant, right.until_instant)
            found += [end for end in ends if abs(end) < _FAR]
    happened = [*found, *(instant(when) for when in begun if when is not None)]
    if policy is None:
        return found
    rulebook = policy.rulebook
    for timeline in (*rulebook.timelines.values(), *rulebook.frequencies.timelines):
        if timeline.window.calendar is not None:
            found += timeline.bounds(at)
        elif timeline.window.length is not None:
            found.append(at + timeline.window.length // MICROSECOND)
    for slot in rulebook.vocabulary.slots:
        if slot.kind == "period":
            found += slot.mentioned
        if slot.is_length:
            found += (start + length for start in happened for length in slot.mentioned)
        if slot.zone is not None:
            found += _by_the_clock(slot, slot.zone, at)
    return found + list(_clock_changes(policy.zone))


def _by_the_clock(slot: Slot, zone: ZoneInfo, at: int) -> Iterator[int]:
    """Yield when days of the week, or hours of the day, begin on this day and the next."""
    today: date = moment(at, zone).date()
    hours = slot.mentioned if slot.kind == "hours" else (0,)
    for day in (today, today + timedelta(days=1)):
        for hour in hours:
            yield local_instant(datetime.combine(day, time(hour)), zone)


@st.composite
def edge_times(
    draw: DrawFn, policy: Policy | None = None, readers: Sequence[Reader] = ()
) -> datetime:
    """Draw times with a zone: ordinary hours, and instants within a microsecond of an edge.

    Edges are the starts and ends of the policy's windows, of its offers and dates, of the rights of
    `readers`, and the changes of the clocks in the publication's zone.
    """
    at = draw(_ORDINARY)
    found = edges(policy, readers, at)
    near_edge = draw(st.booleans())
    if found and near_edge:
        at = draw(st.sampled_from(found)) + draw(NEAR)
    zone = ZoneInfo("Asia/Tokyo") if policy is None else policy.zone
    return moment(at, draw(st.sampled_from([UTC_ZONE, zone])))

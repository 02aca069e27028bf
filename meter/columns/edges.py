"""The windows of meters as numbers for the compiled loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.columns.arrays import CALENDAR, FIXED, LIFETIME, ROLLING

if TYPE_CHECKING:
    from meter.columns.arrays import Integers
    from meter.windows import Timeline

__all__ = ["edges_of", "kind_of", "length_of"]


def kind_of(timeline: Timeline) -> int:
    """Return the kind of a window."""
    window = timeline.window
    if window.calendar:
        return CALENDAR
    if window.rolling:
        return ROLLING
    return FIXED if window.fixed else LIFETIME


def length_of(timeline: Timeline) -> int:
    """Return the length of a rolling or fixed window in microseconds, else 0."""
    if kind_of(timeline) not in (ROLLING, FIXED):
        return 0
    return timeline.ends((0,)) or 0


def edges_of(timeline: Timeline, at: Integers) -> list[int]:
    """Return where the calendar windows start that hold the instants `at`.

    The last one is where the last of them ends.
    """
    if timeline.window.calendar is None or not len(at):
        return []
    edges = [*timeline.bounds(int(at.min()))]
    last = int(at.max())
    while edges[-1] <= last:
        edges.append(timeline.bounds(edges[-1])[1])
    return edges

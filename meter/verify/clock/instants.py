"""Instants at which a journey over phases can be made, found on the tape of the clocks."""

# In a calendar window each view comes as soon as it may: whoever comes earlier has every later
# time left. A window that begins with the first read is used best if that comes at the end of its
# run, and all others as soon as they may. How long ago something was is not chosen before the
# instants are: each view leaves a stretch of lengths that the reader may have begun with, and any
# of what is common to all will do.

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from attrs import frozen

from meter.facts import Slot
from meter.verify.clock.passing import ENDLESS, MOST_LENGTH, length_slots, slots_of, told_slots
from meter.verify.clock.tape import tapes, within
from meter.verify.together.tenure import plain_lengths
from meter.verify.together.timing import Stretch, stretch_of
from meter.windows import Timeline, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.verify.clock.passing import Moved
    from meter.verify.clock.tape import ClockRun, Told
    from meter.verify.space import Space
    from meter.verify.together.tenure import Lengths
    from meter.windows import Window

__all__ = ["Schedule", "WantedView", "schedules"]

_MOST_STARTS = 600
_MOST_TRIES = 200
_PAUSE = 600_000_000
_FARTHEST = 800 * 86_400_000_000
"""How long after a view the next one is looked for, in microseconds."""


class WantedView(NamedTuple):
    """The codes that the clocks may have at a view, and whether all windows end before it."""

    codes: tuple[Moved, ...]
    reset: bool


class Schedule(NamedTuple):
    """When each view comes, the codes of the clocks then, and what is so long ago at the first."""

    ats: tuple[int, ...]
    codes: tuple[Moved, ...]
    since: Lengths


class _Start(NamedTuple):
    """An instant from which on a journey may be made, and when the window of it ends."""

    runs: tuple[ClockRun, ...]
    at: int
    end: int


@frozen
class _Clocks:
    """The slots that time changes, with what each code of theirs says."""

    slots: tuple[Slot, ...]
    domains: tuple[Sequence[int | None], ...]
    told: tuple[int, ...]
    """The places of those that are read off a clock."""
    lengths: tuple[int, ...]
    """The places of those that say how long ago something was."""

    def said(self, codes: Moved) -> Told:
        return tuple(self.domains[place][codes[place]] for place in self.told)

    def stretch(self, place: int, codes: Moved) -> Stretch | None:
        """Return the lengths that a code stands for; `None` where nothing is known."""
        code = self.domains[place][codes[place]]
        return None if code is None else stretch_of(self.slots[place], code, 0, MOST_LENGTH)


def schedules(space: Space, wanted: Sequence[WantedView], usual: int) -> Iterator[Schedule]:
    """Yield instants for some views, one answer for each window in which there are some.

    Those near the instant `usual` come first.
    """
    slots = slots_of(space)
    told, lengths = told_slots(space), length_slots(space)
    clocks = _Clocks(
        slots,
        tuple(space.variables[level].domain for level in sorted(space.clock)),
        tuple(slots.index(slot) for slot in told),
        tuple(slots.index(slot) for slot in lengths),
    )
    zone = space.rulebooks[0].policy.zone
    windows = {meter.window for meter in space.rulebooks[0].policy.meters}
    lasting = [window for window in windows if not window.lifetime] or list(windows)
    for window in sorted(lasting, key=str):
        starts = sorted(_starts(space, told, window), key=lambda start: abs(start.at - usual))
        for start in islice(_unlike(starts), _MOST_STARTS):
            found = _Making(clocks, wanted, start, Timeline(window, zone)).made()
            if found is not None:
                yield found


def _unlike(starts: Sequence[_Start]) -> Iterator[_Start]:
    """Yield starts after which the clocks say one thing after another as after no other."""
    known = set()
    for start in starts:
        here = _between(start.runs, start.at, start.end)
        said = tuple((run.start - start.at, run.told) for run in here)
        if said not in known:
            known.add(said)
            yield start


def _between(runs: Sequence[ClockRun], low: int, high: int) -> Sequence[ClockRun]:
    first = bisect_right(runs, low, key=lambda run: run.end)
    return runs[first : bisect_right(runs, high - 1, key=lambda run: run.start)]


def _starts(space: Space, told: tuple[Slot, ...], window: Window) -> Iterator[_Start]:
    zone = space.rulebooks[0].policy.zone
    for runs in tapes(told):
        if window.calendar is not None:
            for here in within(runs, window, zone):
                yield _Start(runs, here[0].start, here[-1].end)
            continue
        length = ENDLESS if window.length is None else microseconds(window.length)
        for run in runs:
            for at in (run.start, run.end - 1):
                yield _Start(runs, at, at + length)


class _Making:
    """One journey in one window, made view by view."""

    def __init__(
        self, clocks: _Clocks, wanted: Sequence[WantedView], start: _Start, timeline: Timeline
    ) -> None:
        self.clocks = clocks
        self.wanted = wanted
        self.start = start
        self.timeline = timeline
        self.window = timeline.window
        self.runs = start.runs
        self.tries = 0

    def made(self) -> Schedule | None:
        """Return when each view may come, if there are such instants."""
        found = self._from(0, (), (), self.start.end)
        if found is None:
            return None
        ats, codes = found
        spread = self._spread(ats)
        for chosen in (spread, ats):
            since = self._since(chosen, codes)
            if since is not None:
                return Schedule(chosen, codes, since)
        return None

    def _from(
        self, number: int, ats: tuple[int, ...], codes: tuple[Moved, ...], end: int
    ) -> tuple[tuple[int, ...], tuple[Moved, ...]] | None:
        """Return instants and codes of all views, given those before one of a number."""
        if number == len(self.wanted):
            return ats, codes
        wanted = self.wanted[number]
        low = ats[-1] if ats else self.start.at
        if wanted.reset:
            low = end
        same = codes[-1:] if not wanted.reset else ()
        for each in sorted(wanted.codes, key=lambda one: one not in same):
            self.tries += 1
            if self.tries > _MOST_TRIES:
                return None
            at = self._earliest(each, low, ats, codes)
            if at is None:
                continue
            over = end
            if wanted.reset:
                over = self._end_after(at)
            if at < over:
                found = self._from(number + 1, (*ats, at), (*codes, each), over)
                if found is not None:
                    return found
        return None

    def _end_after(self, at: int) -> int:
        """Return when the window ends that runs at an instant after those before have ended."""
        if self.window.calendar is not None:
            return self.timeline.bounds(at)[1]
        return ENDLESS if self.window.length is None else at + microseconds(self.window.length)

    def _earliest(
        self, codes: Moved, low: int, ats: tuple[int, ...], before: tuple[Moved, ...]
    ) -> int | None:
        """Return the first instant from `low` on with some codes, after others had been before."""
        for place in self.clocks.lengths:
            now = self.clocks.stretch(place, codes)
            for at, then in zip(ats, before, strict=True):
                was = self.clocks.stretch(place, then)
                if (was is None) is not (now is None):
                    return None
                if was is not None and now is not None:
                    low = max(low, at + now.low - was.high + 1)
        said = self.clocks.said(codes)
        first = bisect_right(self.runs, low, key=lambda run: run.end)
        if not ats and self.window.calendar is None:
            run = self.runs[first] if first < len(self.runs) else None
            return low if run is not None and run.told == said else None
        for run in islice(self.runs, first, None):
            if run.told == said:
                return max(low, run.start)
            if run.start - low > _FARTHEST:
                return None
        return None

    def _spread(self, ats: tuple[int, ...]) -> tuple[int, ...]:
        """Return the instants with a pause between those in one run, if there is room."""
        spread: list[int] = []
        for number, at in enumerate(ats):
            place = bisect_right(self.runs, at, key=lambda run: run.end)
            later = max(at, spread[-1] + _PAUSE) if spread else at
            last = self.runs[place].end
            if number and later >= last:
                return ats
            spread.append(later)
        return tuple(spread)

    def _since(self, ats: tuple[int, ...], codes: tuple[Moved, ...]) -> Lengths | None:
        """Return lengths at the first view under which each view has its codes."""
        found: dict[tuple[str, str | None], Stretch] = {}
        for place in self.clocks.lengths:
            slot = self.clocks.slots[place]
            low, high = 0, MOST_LENGTH
            known = False
            for at, each in zip(ats, codes, strict=True):
                stretch = self.clocks.stretch(place, each)
                if stretch is not None:
                    known = True
                    low = max(low, stretch.low - (at - ats[0]))
                    high = min(high, stretch.high - (at - ats[0]))
            if low >= high:
                return None
            if known:
                found[slot.asks, slot.product] = Stretch(low, high)
        since = plain_lengths(found)
        fits = all(since[key] < stretch.high for key, stretch in found.items())
        return since if fits else None

"""What the clocks may say to the same reader later, while a window that runs now still runs."""

# A reader who stays who they are meets two kinds of change. What clocks say (dates, weekdays,
# hours) is read off the tape: which answers follow on which inside one window, and how much later
# at least and at most. How long ago something was (an expiry, a purchase, a registration) grows by
# just as much, so each pair of codes of a length leaves a stretch of times between them. One code
# follows on another where all these stretches have something in common. That no more is asked (two
# rights of one reader are looked at apart, of pairs of instants only) makes what is found at most
# too much: what is excluded cannot be.

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import chain, product
from operator import ne
from typing import TYPE_CHECKING, NamedTuple

from meter.forms import MOST_SPAN_DAYS
from meter.verify.clock.tape import tapes, within
from meter.verify.diagram import FALSE
from meter.verify.together.couplings import Coupling
from meter.verify.together.timing import stretch_of
from meter.windows import DAY, Window, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from meter.facts import Slot
    from meter.verify.clock.tape import ClockRun, Told
    from meter.verify.space import Space

__all__ = [
    "ENDLESS",
    "MOST_LENGTH",
    "Earlier",
    "Follows",
    "Moved",
    "length_slots",
    "slots_of",
    "told_slots",
]

_MOST_CODES = 400
ENDLESS = 1 << 62
"""Longer than anything lasts, in microseconds."""
MOST_LENGTH = (MOST_SPAN_DAYS + 1) * DAY
"""Longer than any length of time that a policy may name, in microseconds."""

Moved = tuple[int, ...]
"""A code (its index) for each level that time may change."""
Follows = Mapping[Moved, frozenset[Moved]]
"""What may follow on each code, itself among them."""


class Delay(NamedTuple):
    """How much later something comes, in microseconds: `least` to `most`, both included."""

    least: int
    most: int

    def joined(self, other: Delay | None) -> Delay:
        """Return what holds both."""
        if other is None:
            return self
        return Delay(min(self.least, other.least), max(self.most, other.most))

    def common(self, other: Delay) -> Delay:
        """Return what is in both; where nothing is, `least` is above `most`."""
        return Delay(max(self.least, other.least), min(self.most, other.most))


_ANY_TIME = Delay(-ENDLESS, ENDLESS)


def told_slots(space: Space) -> tuple[Slot, ...]:
    """Return the slots that are read off a clock, in the order of their levels."""
    slots = slots_of(space)
    return tuple(slot for slot in slots if slot.zone is not None or slot.kind == "period")


def length_slots(space: Space) -> tuple[Slot, ...]:
    """Return the slots of how long ago something was, in the order of their levels."""
    told = set(told_slots(space))
    return tuple(slot for slot in slots_of(space) if slot not in told)


def slots_of(space: Space) -> tuple[Slot, ...]:
    """Return the slots that time changes, in the order of their levels."""
    variables = [space.variables[level] for level in sorted(space.clock)]
    return tuple(slot for each in variables if (slot := space.slot_of(each)) is not None)


class Earlier:
    """Which situations come after which, of the same reader, inside one window of a meter."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self._found: dict[frozenset[Window], Follows | None] = {}

    def of(self, diagram: int, meters: Iterable[str]) -> int:
        """Return where a set held at the same instant, or before it in a window of some meters."""
        follows = self.follows(meters)
        if follows is None:
            return self.space.diagrams.exists(diagram, self.space.clock)
        diagrams = self.space.diagrams
        pairs = self._pairs(diagram, follows)
        return diagrams.disjoin(*(diagrams.conjoin(here, after) for here, after in pairs))

    def otherwise_limited(self, diagram: int, meters: Iterable[str]) -> int:
        """Return where a set held before, and one of some meters had another limit then."""
        meters = tuple(meters)
        moving = self.space.moving_limits(meters)
        if not moving:
            return FALSE
        follows = self.follows(meters)
        if follows is None:
            return self.space.diagrams.exists(diagram, self.space.clock)
        diagrams = self.space.diagrams
        found = []
        for codes, after in follows.items():
            here = diagrams.fixed(diagram, self._at(codes))
            if here == FALSE:
                continue
            for limit in moving:
                then = diagrams.fixed(limit, self._at(codes))
                other = diagrams.combine(limit, then, ne)
                found.append(diagrams.conjoin(here, other, self._having(after)))
        return diagrams.disjoin(*found)

    def follows(self, meters: Iterable[str]) -> Follows | None:
        """Return the codes that may follow on each code, itself among them; `None` for too many."""
        policy = self.space.rulebooks[0].policy
        windows = frozenset(policy.meter(name).window for name in meters)
        return self._known(windows)

    def follows_ever(self) -> Follows | None:
        """Return the codes that may follow on each code at any time; `None` for too many."""
        return self._known(frozenset({Window(lifetime=True)}))

    def _known(self, windows: frozenset[Window]) -> Follows | None:
        if windows not in self._found:
            self._found[windows] = self._follows(windows)
        return self._found[windows]

    def _at(self, codes: Moved) -> dict[int, int]:
        return dict(zip(sorted(self.space.clock), codes, strict=True))

    def _having(self, codes: frozenset[Moved]) -> int:
        return self.space.having(Coupling(tuple(sorted(self.space.clock)), codes))

    def _pairs(self, diagram: int, follows: Follows) -> Iterator[tuple[int, int]]:
        """Yield what a set is at some codes, and where that may be later, equal ones together."""
        alike: dict[int, set[Moved]] = {}
        for codes, after in follows.items():
            here = self.space.diagrams.fixed(diagram, self._at(codes))
            if here != FALSE:
                alike.setdefault(here, set()).update(after)
        for here, several in alike.items():
            yield here, self._having(frozenset(several))

    def _follows(self, windows: frozenset[Window]) -> Follows | None:
        domains = [self.space.variables[level].domain for level in sorted(self.space.clock)]
        zone = self.space.rulebooks[0].policy.zone
        told, slots = told_slots(self.space), slots_of(self.space)
        pairs: dict[tuple[Told, Told], Delay] = {}
        for window in windows:
            for pair, later in _pairs_told(told, window, zone).items():
                pairs[pair] = later.joined(pairs.get(pair))
        said = {pair[0] for pair in pairs}
        places = [slots.index(slot) for slot in told]
        all_codes = [
            codes
            for codes in product(*(range(len(domain)) for domain in domains))
            if tuple(domains[place][codes[place]] for place in places) in said
        ]
        if len(all_codes) > _MOST_CODES:
            return None
        lengths = [place for place in range(len(slots)) if place not in places]
        apart = {
            place: [[_apart(slots[place], a, b) for b in domains[place]] for a in domains[place]]
            for place in lengths
        }
        follows = {}
        for one in all_codes:
            then = tuple(domains[place][one[place]] for place in places)
            after = {one}
            for other in all_codes:
                now = tuple(domains[place][other[place]] for place in places)
                between = [apart[place][one[place]][other[place]] for place in lengths]
                if _have_common((pairs.get((then, now)), *between)):
                    after.add(other)
            follows[one] = frozenset(after)
        return follows


def _have_common(stretches: Iterable[Delay | None]) -> bool:
    """Say whether some time is in all of the stretches, and is not before."""
    common = Delay(0, ENDLESS)
    for each in stretches:
        if each is None:
            return False
        common = common.common(each)
    return common.least <= common.most


def _apart(slot: Slot, one: int | None, other: int | None) -> Delay | None:
    """Return how much later a length has one code than another; `None` for never."""
    if one is None or other is None:
        return _ANY_TIME if one is other else None
    then = stretch_of(slot, one, 0, MOST_LENGTH)
    now = stretch_of(slot, other, 0, MOST_LENGTH)
    return Delay(now.low - then.high + 1, now.high - 1 - then.low)


@lru_cache(maxsize=64)
def _pairs_told(
    slots: tuple[Slot, ...], window: Window, zone: ZoneInfo
) -> Mapping[tuple[Told, Told], Delay]:
    """Return which answers of the clocks follow on which in one window, and how much later."""
    pairs: dict[tuple[Told, Told], Delay] = {}
    if window.calendar is None:
        length = ENDLESS if window.length is None else microseconds(window.length)
        # Between two pieces the clocks say nothing that the ends of both do not say.
        return _following(list(chain.from_iterable(tapes(slots))), length)
    known = set()
    for runs in tapes(slots):
        for here in within(runs, window, zone):
            first = here[0].start
            key = tuple((run.start - first, run.end - first, run.told) for run in here)
            if key not in known:
                known.add(key)
                for pair, later in _following(here, ENDLESS).items():
                    pairs[pair] = later.joined(pairs.get(pair))
    return pairs


def _following(runs: Sequence[ClockRun], length: int) -> dict[tuple[Told, Told], Delay]:
    """Return which answers follow on which in some runs, in less than a length of time."""
    pairs: dict[tuple[Told, Told], Delay] = {}
    next_: dict[Told, int] = {}
    last: dict[Told, int] = {}
    for run in reversed(runs):
        next_[run.told] = run.start
        last.setdefault(run.told, run.end)
        for told, start in next_.items():
            least = max(0, start - run.end + 1)
            most = min(length - 1, last[told] - 1 - run.start)
            if least <= most:
                pair = run.told, told
                pairs[pair] = Delay(least, most).joined(pairs.get(pair))
    return pairs

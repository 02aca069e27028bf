"""Which codes about time can be had at once: now, its day and hour, when an article came out."""

# Facts about time hang together. On a day of June that is a Monday it is no Saturday, and what came
# out in June is not ten years old. Each code is a stretch of instants (or of lengths), so whether
# some codes can be had at once is a question of stretches: the instants of the period at which an
# article could be of that age, and among these one at which the clock says the day and the hour.
# Days and hours come again and again, so a fortnight has every one of them that there is (a clock
# that jumps leaves out an hour of one of its two weeks); where the clocks of two zones are asked
# for, whose difference changes in summer, it takes more than a year. Both only change at whole
# quarters of an hour.

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import frozen

from meter.facts import Slot
from meter.facts.slots import observer_of
from meter.view import Article, PageView, Reader
from meter.windows import DAY, instant

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from meter.facts import Vocabulary

__all__ = [
    "HOUR",
    "QUARTER",
    "SOMEBODY",
    "SOMETHING",
    "YEAR",
    "Moments",
    "Stretch",
    "Timing",
    "length_in",
    "stretch_of",
]

HOUR = DAY // 24
QUARTER = HOUR // 4
_MORNING = 9 * HOUR
_FORTNIGHT = 15 * DAY
YEAR = 400 * DAY
_EARLIEST = instant(datetime(1960, 1, 1, tzinfo=UTC))
_LATEST = instant(datetime(2250, 1, 1, tzinfo=UTC))
_FIRST_NEWS = instant(datetime(100, 1, 1, tzinfo=UTC))
SOMEBODY = Reader(id="somebody")
SOMETHING = PageView(article=Article(id="something"))


class Stretch(NamedTuple):
    """Whole numbers from `low` up to, but not including, `high`."""

    low: int
    high: int


class Moments(NamedTuple):
    """An instant, and when the article of the view was published, if that is known."""

    now: int
    published: int | None


def stretch_of(slot: Slot, code: int, low: int, high: int) -> Stretch:
    """Return the whole numbers of a code, all of them from `low` up to `high`."""
    marks: Sequence[int] = slot.mentioned
    if slot.kind == "period":
        start = marks[code - 1] if code else low
        end = marks[code] if code < len(marks) else high
        return Stretch(start, end)
    place, on = divmod(code, 2)
    if on:
        return Stretch(marks[place], marks[place] + 1)
    start = marks[place - 1] + 1 if place else low
    end = marks[place] if place < len(marks) else high
    return Stretch(max(start, low), end)


def length_in(stretch: Stretch) -> int:
    """Return a plain length of time of a stretch: whole days or hours, where there are any."""
    for unit in (DAY, HOUR):
        whole = -(-stretch.low // unit) * unit
        if whole < stretch.high:
            return whole
    return stretch.low


@frozen
class Timing:
    """What some policies can tell of the time, as slots by name."""

    slots: Mapping[str, Slot]
    clocks: tuple[Slot, ...]

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> Timing:
        """Return what a vocabulary can tell of the time."""
        dated = {s.name: s for s in vocabulary.slots if s.name in ("period", "published", "age")}
        clocks = tuple(slot for slot in vocabulary.slots if slot.zone is not None)
        return cls({**dated, **{slot.name: slot for slot in clocks}}, clocks)

    def tellings(self, values: Mapping[str, Any]) -> set[tuple[Hashable, ...]]:
        """Return what the clocks may say (a code for each) while the other codes are these."""
        when = self._when(values)
        if when is None:
            return set()
        return set(_told(self.clocks, when)) if self.clocks else {()}

    def solve(self, values: Mapping[str, Any], usual: int) -> Moments | None:
        """Return instants with these codes, near `usual` if need not be elsewhere, if any are."""
        when = self._when(values)
        if when is None:
            return None
        wanted = tuple(values[slot.name] for slot in self.clocks)
        for now in (usual, *_plain(when)):
            if when.low <= now < when.high and _tell(self.clocks, now) == wanted:
                return Moments(now, self._published(values, now))
        near = Stretch(max(when.low, usual - _MORNING), min(when.high, usual + YEAR))
        for stretch in (near, when):
            found = _told(self.clocks, stretch).get(wanted) if stretch.low < stretch.high else None
            if found is not None:
                return Moments(found, self._published(values, found))
        return None

    def solve_at(self, values: Mapping[str, Any], now: int) -> Moments | None:
        """Return an instant with when an article of these codes came out, if any can have then."""
        when = self._when(values)
        if when is None or not when.low <= now < when.high:
            return None
        return Moments(now, self._published(values, now))

    def _when(self, values: Mapping[str, Any]) -> Stretch | None:
        """Return the instants at which the date and the article's age can be these."""
        when = Stretch(_EARLIEST, _LATEST)
        if "period" in self.slots:
            when = stretch_of(self.slots["period"], values["period"], *when)
        known = [values[name] is not None for name in ("published", "age") if name in self.slots]
        if not known or not any(known):
            return when
        if not all(known):
            return None
        published, age = self._article(values)
        low = max(when.low, published.low + age.low)
        high = min(when.high, published.high + age.high - 1)
        return Stretch(low, high) if low < high and age.low < age.high else None

    def _article(self, values: Mapping[str, Any]) -> tuple[Stretch, Stretch]:
        """Return when an article of these codes came out, and how old it is."""
        published = Stretch(_FIRST_NEWS, _LATEST)
        age = Stretch(0, _LATEST - _FIRST_NEWS)
        if "published" in self.slots:
            published = stretch_of(self.slots["published"], values["published"], *published)
        if "age" in self.slots:
            age = stretch_of(self.slots["age"], values["age"], *age)
        return published, age

    def _published(self, values: Mapping[str, Any], now: int) -> int | None:
        """Return when an article of these codes came out, at an instant at which it can be."""
        known = [values[name] is not None for name in ("published", "age") if name in self.slots]
        if not any(known):
            return None
        published, age = self._article(values)
        youngest = max(age.low, now - published.high + 1)
        return now - length_in(Stretch(youngest, min(age.high, now - published.low + 1)))


def _plain(when: Stretch) -> Iterator[int]:
    """Yield plain instants of a stretch: the morning of its first day, or its middle."""
    if when.low == _EARLIEST:
        yield when.high - 15 * HOUR
    yield when.low + min(_MORNING, (when.high - when.low) // 2)


def _tell(clocks: Sequence[Slot], now: int) -> tuple[Hashable, ...]:
    return tuple(observer_of(slot)(SOMEBODY, SOMETHING, now) for slot in clocks)


def _told(clocks: tuple[Slot, ...], when: Stretch) -> Mapping[tuple[Hashable, ...], int]:
    """Return what clocks say in a stretch of time, each with the first instant at which they do."""
    zones = {slot.zone.key for slot in clocks if slot.zone is not None}
    length = _FORTNIGHT if len(zones) < 2 else YEAR  # noqa: PLR2004 - one zone, or more
    low = when.low
    if low == _EARLIEST:  # an open start: the last days before it ends are as good as any
        low = max(low, when.high - length)
    return _told_from(clocks, low, min(when.high, low + length))


@lru_cache(maxsize=1024)
def _told_from(clocks: tuple[Slot, ...], low: int, high: int) -> Mapping[tuple[Hashable, ...], int]:
    observers = [observer_of(slot) for slot in clocks]
    found: dict[tuple[Hashable, ...], int] = {}
    for now in (low, *range(-(-low // QUARTER) * QUARTER, high, QUARTER)):
        told = tuple(observe(SOMEBODY, SOMETHING, now) for observe in observers)
        found.setdefault(told, now)
    return found

"""One attribute a policy can look at: its codes, and what reads them off a view."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from attrs import frozen

from meter.experiments import Assignment
from meter.facts.attributes import (
    ATTRIBUTES,
    LENGTHS,
    OTHER,
    REGION,
    Read,
    hour_in,
    is_a_crawler,
    since,
    weekday_in,
)
from meter.forms import covering
from meter.vocabulary import Weekday

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from meter.view import PageView, Reader

__all__ = ["Slot", "observer_of", "uncertain", "with_regions", "word_coder"]

_WORDS_KEPT = 512
_UNITS_KEPT = 16_384
"""Of how many ids the variant is remembered, for each experiment: hashing one takes ten times as
long as looking it up."""
_CLOSED = ("reader", "access")
"""Slots of words that are always known, all of them mentioned."""


@frozen
class Slot:
    """One attribute a policy can look at: its name, the sort of its codes, what is mentioned of it.

    `kind` is `word` (one of the mentioned words, `OTHER` or missing), `set` (the mentioned members
    present), `number` (an interval between the mentioned constants, numbered from below: even codes
    lie between two, odd ones on one), `flag`, `class` (no, yes, or one of the mentioned words, each
    of which is a yes as well), `period` (how many of the policy's own dates, as
    instants, have come), or `hours` (how many of the mentioned hours have come today; before the
    first it is still the last of yesterday's). `meter` names the meter of an `open` or a `left`
    slot, `product` the rights that a time since something is about, `zone` whose clock is read,
    `assignment` what puts a reader into a variant of an experiment.
    """

    name: str
    kind: str
    mentioned: tuple[Any, ...]
    meter: str | None = None
    product: str | None = None
    zone: ZoneInfo | None = None
    assignment: Assignment | None = None

    @property
    def asks(self) -> str:
        """What it is about; the name says besides of which product or in which zone."""
        return self.name.partition(" ")[0]

    @property
    def is_length(self) -> bool:
        """Whether its constants are lengths of time."""
        return self.kind == "number" and self.asks in LENGTHS

    def codes(self) -> tuple[Hashable, ...]:
        """Return every code this slot can hold (for a set: its members, each in or out)."""
        if self.kind == "word":
            return self._words()
        if self.kind == "flag":
            return (False, True)
        if self.kind == "class":
            return (False, True, *self.mentioned)
        if self.kind == "number":
            known = range(2 * len(self.mentioned) + 1)
            return tuple(known) if self.meter else (*known, None)
        if self.kind == "period":
            come = range(len(self.mentioned) + 1)
            return (*come, None) if self.name == "published" else tuple(come)
        if self.kind == "hours":
            return tuple(range(len(self.mentioned)))
        return self.mentioned

    def _words(self) -> tuple[Hashable, ...]:
        if self.name in _CLOSED:
            return self.mentioned
        if self.asks != "weekday":
            return (*self.mentioned, OTHER, None)
        return self.mentioned if len(self.mentioned) == len(Weekday) else (*self.mentioned, OTHER)

    @cached_property
    def variant(self) -> Callable[[str | None], str | None]:
        """The function that finds an id's variant: hashing is dear, so answers are kept.

        Whoever reads this slot shares them. Raises `ValueError` where it is no experiment's.
        """
        if self.assignment is None:
            raise ValueError(f"`{self.name}` is no experiment")
        by = self.assignment.by

        @lru_cache(maxsize=_UNITS_KEPT)
        def variant(unit: str | None) -> str | None:
            return None if unit is None else by.variant(unit) or OTHER

        return variant

    def code(self, number: float | None) -> int | None:
        """Return the code of a number: the interval it lies in."""
        if number is None:
            return None
        # Both are the same between two constants; on one they differ by 1.
        return bisect_left(self.mentioned, number) + bisect_right(self.mentioned, number)

    def class_code(self, value: Hashable) -> Hashable:
        """Return the code of a class: one that is not mentioned is a plain yes."""
        return value if value in self.mentioned else bool(value)

    def hour_code(self, hour: int) -> int:
        """Return the code of an hour of the day: the last mentioned one that has come."""
        return (bisect_right(self.mentioned, hour) - 1) % len(self.mentioned)


def observer_of(slot: Slot) -> Read:
    """Return the function that reads one slot's code off a reader, a view and an instant."""
    if slot.name == "period":
        return lambda _reader, _view, at: bisect_right(slot.mentioned, at)
    if slot.name == "published":
        return _published(slot)
    if slot.zone is not None:
        return _by_the_clock(slot, slot.zone)
    if slot.assignment is not None:
        variant = slot.variant
        if slot.assignment.by_visitor:
            return lambda reader, _view, _at: variant(reader.visitor)
        return lambda reader, _view, _at: variant(reader.id)
    mentioned = frozenset(slot.mentioned)
    attribute = ATTRIBUTES.get(slot.name)
    if attribute is None:
        read = since(slot.asks, slot.product)
        return lambda reader, view, at: slot.code(read(reader, view, at))
    read = attribute.read
    if slot.kind == "word":
        nearest = word_coder(slot)
        return lambda reader, view, at: nearest(read(reader, view, at))
    if slot.kind == "set":
        return lambda reader, view, at: mentioned & read(reader, view, at)
    if slot.kind == "number":
        return lambda reader, view, at: slot.code(read(reader, view, at))
    if slot.kind == "class":
        # A policy that names no class asks of every page view whether there is a crawler at all.
        return _class_of(slot, read) if mentioned else is_a_crawler
    return read


def _class_of(slot: Slot, read: Read) -> Read:
    return lambda reader, view, at: slot.class_code(read(reader, view, at))


def _published(slot: Slot) -> Read:
    def published(_reader: Reader, view: PageView, at: int) -> int | None:
        age = view.article.age(at)
        return None if age is None else bisect_right(slot.mentioned, at - age)

    return published


def _by_the_clock(slot: Slot, zone: ZoneInfo) -> Read:
    if slot.kind == "hours":
        hour = hour_in(zone)
        return lambda reader, view, at: slot.hour_code(hour(reader, view, at))
    weekday = weekday_in(zone)
    code = {day: day if day in slot.mentioned else OTHER for day in Weekday}
    return lambda reader, view, at: code[weekday(reader, view, at)]


def word_coder(slot: Slot) -> Callable[[str | None], str | None]:
    """Return the function that finds the most specific mentioned word that covers a value.

    What may cover it are the value itself and what is left of it at each mark (`forms.covers`). A
    site has few sections and channels, so the answers are kept.
    """
    mentioned = frozenset(slot.mentioned)
    attribute = ATTRIBUTES[slot.name]
    elsewhere = _elsewhere(mentioned) if attribute.whole_only else {}

    @lru_cache(maxsize=_WORDS_KEPT)
    def nearest(value: str | None) -> str | None:
        if value is None or value in mentioned:
            return value
        formed = attribute.form(value)
        for word in covering(formed, attribute.mark):
            if word in mentioned:
                return word if word == formed else elsewhere.get(word, word)
        return OTHER

    return nearest


def _elsewhere(mentioned: Iterable[str]) -> dict[str, str]:
    """Return the code of any other region of each country of which some region is mentioned."""
    named = {word for word in mentioned if word.rpartition(REGION)[2]}
    countries = {word.partition(REGION)[0] for word in named if REGION in word}
    known = frozenset(mentioned)
    return {
        country: country + REGION if country + REGION in known else OTHER for country in countries
    }


def with_regions(mentioned: Iterable[str]) -> set[str]:
    """Return countries and regions as they are told apart.

    Where a region is mentioned, so is its country alone (in it, not known where), and `SE-` stands
    for any other region of a country that is mentioned itself.
    """
    named = set(mentioned)
    found = set(named)
    for word in named:
        country, mark, _ = word.partition(REGION)
        if mark:
            found.add(country)
            if country in named:
                found.add(country + REGION)
    return found


def uncertain(asked: Iterable[str]) -> set[str]:
    """Return the words of which nobody can say whether they are among those asked for.

    That is the country alone of each region that is asked for without its country.
    """
    asked = set(asked)
    countries = {word.partition(REGION)[0] for word in asked if REGION in word}
    return countries - asked

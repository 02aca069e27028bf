"""The edges of numbers, dates and offers: where a condition just holds, and where it just does not.

A number is met on its constant and right beside it, a date on the day it begins or ends and on the
day beside that, an offer by a reader who gets it and by one who does not.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from meter.explanation import clause
from meter.forms import span_text
from meter.formulas import In, leaves
from meter.verify.diagram import FALSE
from meter.windows import DAY, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from meter.facts import Slot, Vocabulary
    from meter.formulas import Formula
    from meter.rulebook import JudgedRule
    from meter.verify.space import Space

__all__ = ["Met", "NearDate", "edges_of", "given", "marks_near", "offer_sides"]

_MICROSECOND = timedelta(microseconds=1)
_DATED = ("period", "published")


class NearDate(NamedTuple):
    """One of the policy's own dates (its place among them), and on which side of it a view was.

    Within a day of it: `after` is the day that begins with it, else it is the day before.
    """

    mark: int
    after: bool


class Met(NamedTuple):
    """An edge of a condition: its slot, the code that a view has there, and how it is called.

    `moment` is the day besides, where the edge is one of the dates of now.
    """

    slot: int
    code: int
    point: str
    moment: NearDate | None = None

    def holds(self, values: Sequence[Any], moments: Iterable[NearDate]) -> bool:
        """Say whether facts of a view, made on a day, are on this edge."""
        if self.slot >= len(values) or values[self.slot] != self.code:
            return False
        return self.moment is None or self.moment in moments

    def possible(self, space: Space, among: int) -> bool:
        """Say whether some of these situations are on it."""
        here = space.where(In(self.slot, frozenset([self.code])))
        return space.diagrams.conjoin(among, here) != FALSE


def edges_of(formula: Formula, where: str, vocabulary: Vocabulary) -> Iterator[Met]:
    """Yield the edges of every number and date that a formula asks for.

    `where` says whose formula it is.
    """
    for leaf in leaves(formula):
        if not isinstance(leaf, In):
            continue
        slot = vocabulary.slots[leaf.slot]
        words = f"{where}, where {clause(leaf, vocabulary)}"
        for code in _boundaries(slot, leaf):
            holds = code + 1 in leaf.codes
            if slot.kind == "number":
                yield from _of_number(slot, leaf.slot, code, words)
            elif slot.name in _DATED:
                yield from _of_date(slot, leaf.slot, code, words, vocabulary, begins=holds)


def _boundaries(slot: Slot, leaf: In) -> list[int]:
    """Return the codes after which it changes whether a question is answered with yes."""
    if slot.kind != "number" and slot.name not in _DATED:
        return []
    codes = sorted(code for code in slot.codes() if isinstance(code, int))
    return [code for code in codes[:-1] if (code in leaf.codes) != (code + 1 in leaf.codes)]


def _of_number(slot: Slot, place: int, code: int, words: str) -> Iterator[Met]:
    """Yield a constant, and the numbers right beside it: odd codes lie on a constant."""
    on = code if code % 2 else code + 1
    beside = code + 1 if code % 2 else code
    constant = _number(slot, slot.mentioned[on // 2])
    side = "above" if code % 2 else "below"
    yield Met(place, on, f"{words}: at {constant} exactly")
    yield Met(place, beside, f"{words}: next {side} {constant}")


def _number(slot: Slot, constant: float) -> str:
    if slot.is_length or slot.asks == "offered":
        return span_text(int(constant) * _MICROSECOND)
    return f"{constant:g}"


def _of_date(
    slot: Slot, place: int, code: int, words: str, vocabulary: Vocabulary, *, begins: bool
) -> Iterator[Met]:
    """Yield the day before a date and the day that begins with it."""
    mark = slot.mentioned[code]
    names = ("the day before", "the first day") if begins else ("the last day", "the day after")
    for after, name in zip((False, True), names, strict=True):
        day = moment(mark if after else mark - 1, vocabulary.zone).date()
        now = NearDate(code, after) if slot.name == "period" else None
        yield Met(place, code + after, f"{words}: {name}, {day}", now)


def marks_near(at: int, marks: Sequence[int]) -> Iterator[NearDate]:
    """Yield the dates that an instant is within a day of."""
    place = bisect_right(marks, at)
    if place and at - marks[place - 1] < DAY:
        yield NearDate(place - 1, after=True)
    if place < len(marks) and marks[place] - at <= DAY:
        yield NearDate(place, after=False)


def offer_sides(rule: JudgedRule) -> Iterator[tuple[str, dict[bool, str]]]:
    """Yield the offers of a rule with the two sides of each, by whether a reader gets it.

    It is the offer that is asked about, whichever rule makes it.
    """
    for name, _, _ in rule.offers:
        yield name, {True: f"offer `{name}`: given", False: f"offer `{name}`: not given"}


def given(rule: JudgedRule, values: Sequence[Any]) -> Iterator[str]:
    """Yield on which side of each of its offers a rule that decides is."""
    names = rule.given(values)
    for name, sides in offer_sides(rule):
        if names is not None:
            yield sides[name in names]

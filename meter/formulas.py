"""What a policy says of facts: its conditions as formulas over codes.

A formula asks whether a slot's code is among some codes, or whether a slot's set contains a member,
and joins such questions by "every" and "some". There is no "not": a negation is pushed down to
single slots (De Morgan), where it means "some other known value", so missing data never matches.

Slots are observed in order. A formula over codes that end early answers `None` where it depends on
one that has not been observed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from attrs import fields, frozen

from meter.facts import ATTRIBUTES, Vocabulary
from meter.facts.meters import Opening
from meter.forms import covers

if TYPE_CHECKING:
    from meter.policy import When
    from meter.vocabulary import Members, Range

__all__ = ["ALWAYS", "And", "Contains", "Formula", "In", "Or", "formula_of", "held_by", "leaves"]


@frozen
class In:
    """A slot holds one of some codes.

    `None`, a slot that is not observed yet, leaves the question open.
    """

    slot: int
    codes: frozenset[Hashable]

    def holds(self, values: Sequence[Any]) -> bool | None:
        """Say whether this is so; `None` while the slot has not been observed."""
        return values[self.slot] in self.codes if self.slot < len(values) else None


@frozen
class Contains:
    """A slot that holds a set contains a member (or, with `not inside`, does not)."""

    slot: int
    member: str
    inside: bool = True

    def holds(self, values: Sequence[Any]) -> bool | None:
        """Say whether this is so; `None` while the slot has not been observed."""
        if self.slot >= len(values):
            return None
        return (self.member in values[self.slot]) is self.inside


@frozen
class And:
    """Every part holds; no parts hold always."""

    parts: tuple[Formula, ...]

    def holds(self, values: Sequence[Any]) -> bool | None:
        """Say whether this is so, as far as can be known."""
        known: bool | None = True
        for part in self.parts:
            holds = part.holds(values)
            if holds is False:
                return False
            if holds is None:
                known = None
        return known


@frozen
class Or:
    """At least one part holds; no parts hold never."""

    parts: tuple[Formula, ...]

    def holds(self, values: Sequence[Any]) -> bool | None:
        """Say whether this is so, as far as can be known."""
        known: bool | None = False
        for part in self.parts:
            holds = part.holds(values)
            if holds:
                return True
            if holds is None:
                known = None
        return known


Formula = In | Contains | And | Or
ALWAYS = And(())
NEVER = Or(())


def leaves(formula: Formula) -> Iterator[In | Contains]:
    """Yield what a formula asks of single slots, in the order it is tried."""
    if isinstance(formula, In | Contains):
        yield formula
    else:
        for part in formula.parts:
            yield from leaves(part)


def formula_of(
    when: When, vocabulary: Vocabulary, zone: ZoneInfo, spent: Sequence[str] = ()
) -> Formula:
    """Return a condition as a formula over a vocabulary's slots; its dates are days in `zone`.

    Of the meters in `spent`, which the rule spends, `left` is what this view leaves; of any other,
    what is left as it is.
    """
    return _Translation(vocabulary, zone, tuple(spent), wanted=True).formula(when)


def held_by(formula: Formula, values: Sequence[Any]) -> Iterator[In | Contains]:
    """Yield what a formula asks of single slots and finds, of the parts by which it holds."""
    if not formula.holds(values):
        return
    if isinstance(formula, In | Contains):
        yield formula
    else:
        for part in formula.parts:
            yield from held_by(part, values)


_ORDER = (
    "reader",
    "access",
    *(name for name, attribute in ATTRIBUTES.items() if attribute.kind != "flag"),
    "left",
    "used",
    "exhausted",
    *(name for name, attribute in ATTRIBUTES.items() if attribute.kind == "flag"),
    "dates",
    "any",
    "not_",
)
"""Every key of a condition, in the order it is tried and told in."""


@frozen
class _Translation:
    """From conditions to formulas; with `wanted` false, to the formulas of their opposites."""

    vocabulary: Vocabulary
    zone: ZoneInfo
    spent: tuple[str, ...]
    wanted: bool

    def opposite(self) -> _Translation:
        return _Translation(self.vocabulary, self.zone, self.spent, not self.wanted)

    def formula(self, when: When) -> Formula:
        parts = [part for name in _ORDER for part in self._parts(name, when)]
        return parts[0] if len(parts) == 1 else self._joined(parts, every=True)

    def _joined(self, parts: Iterable[Formula], *, every: bool) -> Formula:
        """Join by "every" or by "some"; the opposite of the one is the other of the opposites."""
        return And(tuple(parts)) if every is self.wanted else Or(tuple(parts))

    def _parts(self, name: str, when: When) -> Iterator[Formula]:
        """Yield what one key of a condition asks for, or the opposite."""
        asked = getattr(when, name)
        if asked is None:
            return
        kind = ATTRIBUTES[name].kind if name in ATTRIBUTES else name
        if kind == "word":
            yield self._word(name, asked)
        elif kind == "set":
            yield from self._set(name, asked)
        elif kind == "number":
            yield self._in_range(name, None, asked)
        elif kind == "flag":
            yield self._among(name, {asked})
        elif kind == "left":
            for meter, bounds in asked.items():
                yield self._in_range("left" if meter in self.spent else "now", meter, bounds)
        elif kind == "used":
            for meter, bounds in asked.items():
                yield self._in_range("used", meter, bounds)
        elif kind == "exhausted":
            yield self._joined(map(self._exhausted, sorted(asked)), every=False)
        elif kind == "dates":
            yield self._among("period", self.vocabulary.periods(asked.instants(self.zone)))
        elif kind == "any":
            yield self._joined([self.formula(part) for part in asked], every=False)
        elif kind == "not_":
            yield self.opposite().formula(asked)
        else:
            yield self._among(name, asked)

    def _word(self, name: str, asked: Iterable[str]) -> Formula:
        """Ask for the mentioned words that the listed ones cover."""
        mark = ATTRIBUTES[name].mark
        mentioned: tuple[str, ...] = ()
        if self.vocabulary.has(name):
            mentioned = self.vocabulary.slots[self.vocabulary.place(name)].mentioned
        covered = [word for word in mentioned if any(covers(one, word, mark) for one in asked)]
        return self._among(name, covered)

    def _set(self, name: str, asked: frozenset[str] | Members) -> Iterator[Formula]:
        """Ask for at least one of `any`, every one of `all`, none of `none`."""
        if isinstance(asked, frozenset):
            yield self._contains(name, asked, inside=True, every=False)
            return
        if asked.any is not None:
            yield self._contains(name, asked.any, inside=True, every=False)
        if asked.all is not None:
            yield self._contains(name, asked.all, inside=True, every=True)
        if asked.none is not None:
            yield self._contains(name, asked.none, inside=False, every=True)

    def _contains(self, name: str, members: Iterable[str], *, inside: bool, every: bool) -> Formula:
        slot = self.vocabulary.place(name)
        parts = [Contains(slot, member, inside is self.wanted) for member in sorted(members)]
        return self._joined(parts, every=every)

    def _among(self, name: str, codes: Iterable[Hashable], *, meter: str | None = None) -> Formula:
        if not self.vocabulary.has(name, meter):
            # Only an empty list or an open-ended date range mentions nothing: the first matches
            # nobody, the second everybody.
            return ALWAYS if (None in frozenset(codes)) is self.wanted else NEVER
        place = self.vocabulary.place(name, meter)
        known = frozenset(code for code in self.vocabulary.slots[place].codes() if code is not None)
        return In(place, known.intersection(codes) if self.wanted else known.difference(codes))

    def _exhausted(self, meter: str) -> Formula:
        return self._among("open", [Opening.CLOSED], meter=meter)

    def _in_range(self, name: str, meter: str | None, bounds: Range) -> Formula:
        if not self.vocabulary.has(name, meter):
            return ALWAYS if self.wanted else NEVER
        slot = self.vocabulary.slots[self.vocabulary.place(name, meter)]
        # A code lies on a constant (odd) or between two (even), so codes compare as numbers do.
        place = {bound: slot.code(bound) for bound in bounds.constants()}
        on_codes = type(bounds)(
            **{
                key.name: place[bound]
                for key in fields(type(bounds))
                if (bound := getattr(bounds, key.name)) is not None
            }
        )
        codes = [code for code in slot.codes() if isinstance(code, int) and on_codes.holds(code)]
        return self._among(name, codes, meter=meter)

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

from attrs import evolve, frozen

from meter.facts import ATTRIBUTES, Vocabulary, clock_name, since_name
from meter.facts.slots import uncertain
from meter.forms import covers
from meter.vocabulary import Range, Status

if TYPE_CHECKING:
    from meter.policy import Lengths, When
    from meter.vocabulary import Members

__all__ = ["ALWAYS", "And", "Contains", "Formula", "In", "Or", "Turned", "formula_of", "leaves"]


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
class Turned:
    """Some switches of the policy are as they are: it holds for every view, or for none."""

    switches: tuple[str, ...]
    on: bool
    """Whether one of them is on."""
    wanted: bool

    def holds(self, values: Sequence[Any]) -> bool:  # noqa: ARG002 - no view can tell
        """Say whether they are as is asked for."""
        return self.on is self.wanted


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


Formula = In | Contains | Turned | And | Or
ALWAYS = And(())
NEVER = Or(())


def leaves(formula: Formula) -> Iterator[In | Contains]:
    """Yield what a formula asks of single slots, in the order it is tried."""
    if isinstance(formula, In | Contains):
        yield formula
    elif not isinstance(formula, Turned):
        for part in formula.parts:
            yield from leaves(part)


def formula_of(
    when: When, vocabulary: Vocabulary, zone: ZoneInfo, on: frozenset[str] = frozenset()
) -> Formula:
    """Return a condition as a formula over a vocabulary's slots; its dates are days in `zone`.

    `on` are the switches that are on.
    """
    return _Translation(vocabulary, zone, on, wanted=True).formula(when)


STATUSES = {
    "account": frozenset(Status) - {Status.ANONYMOUS},
    "entitled": frozenset({Status.SUBSCRIBER, Status.TRIAL, Status.STAFF}),
}
"""The statuses that a flag about the reader stands for."""

_ORDER = (
    "reader",
    "access",
    *(name for name, attribute in ATTRIBUTES.items() if attribute.kind != "flag"),
    "left",
    "since",
    "account",
    "entitled",
    *(name for name, attribute in ATTRIBUTES.items() if attribute.kind == "flag"),
    "dates",
    "published",
    "weekday",
    "hour",
    "switch",
    "any",
    "not_",
)
"""Every key of a condition, in the order it is tried and told in."""


@frozen
class _Translation:
    """From conditions to formulas; with `wanted` false, to the formulas of their opposites."""

    vocabulary: Vocabulary
    zone: ZoneInfo
    on: frozenset[str]
    wanted: bool

    def opposite(self) -> _Translation:
        return evolve(self, wanted=not self.wanted)

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
            yield self._in_range(name, None, asked if isinstance(asked, Range) else asked.bounds())
        elif kind == "flag":
            yield self._among(name, {asked})
        elif kind == "left":
            for meter, bounds in asked.items():
                yield self._in_range("left", meter, bounds)
        elif kind == "since":
            for length, bounds in asked.asked():
                yield self._since(length, bounds)
        elif kind == "any":
            yield self._joined([self.formula(part) for part in asked], every=False)
        elif kind == "not_":
            yield self.opposite().formula(asked)
        else:
            yield self._single(kind, asked)

    def _single(self, kind: str, asked: Any) -> Formula:  # noqa: ANN401 - what a key asks for
        """Return what a key asks of the reader's status, of the time, or of the switches."""
        if kind in STATUSES:
            statuses = STATUSES[kind]
            return self._among("reader", statuses if asked else frozenset(Status) - statuses)
        if kind in ("dates", "published"):
            name = "period" if kind == "dates" else kind
            return self._among(name, self.vocabulary.periods(asked.instants(self.zone), name))
        if kind == "switch":
            return Turned(tuple(sorted(asked)), not asked.isdisjoint(self.on), self.wanted)
        if kind in ("weekday", "hour"):
            name = clock_name(kind, self.zone, self.vocabulary.zone)
            slot = self.vocabulary.slots[self.vocabulary.place(name)]
            if kind == "weekday":
                return self._among(name, asked)
            return self._among(name, [slot.hour_code(e) for e in slot.mentioned if asked.hold(e)])
        return self._among(kind, asked)

    def _word(self, name: str, asked: frozenset[str] | Members) -> Formula:
        """Ask for the mentioned words that the listed ones cover, or for anything but them.

        In a region of a country is not known of whoever is only known to be in that country.
        """
        listed = asked if isinstance(asked, frozenset) else asked.none or frozenset()
        mark = ATTRIBUTES[name].mark
        mentioned: tuple[str, ...] = ()
        if self.vocabulary.has(name):
            mentioned = self.vocabulary.slots[self.vocabulary.place(name)].mentioned
        covered = [word for word in mentioned if any(covers(one, word, mark) for one in listed)]
        if listed is asked:
            unsure = uncertain(listed) if ATTRIBUTES[name].whole_only else ()
            return self._among(name, covered, unsure=unsure)
        # In none of them: an article that has no section is in none either.
        place = self.vocabulary.place(name)
        every = frozenset(self.vocabulary.slots[place].codes())
        return In(place, every.difference(covered) if self.wanted else frozenset(covered))

    def _since(self, name: str, asked: Lengths) -> Formula:
        """Ask for a time since something: of several products, the one that happened last."""
        products = sorted(getattr(asked, "product", None) or ()) or [None]
        names = [since_name(name, product) for product in products]
        if len(names) == 1:
            return self._in_range(names[0], None, asked.bounds())
        return self._joined(
            [
                self._shortest(names, Range(**{key: bound}), lower=key in ("at_least", "above"))
                for key, bound in asked.bounds().given()
            ],
            every=True,
        )

    def _shortest(self, names: Sequence[str], bound: Range, *, lower: bool) -> Formula:
        """Ask whether the shortest of some lengths, as far as they are known, is within a bound.

        It is at least so long where all are; it is below where one is.
        """
        slots = [self.vocabulary.place(name) for name in names]
        inside = [self._codes_in(slot, bound) for slot in slots]
        known = [frozenset(self.vocabulary.slots[slot].codes()) - {None} for slot in slots]
        if not self.wanted:
            inside = [every - codes for every, codes in zip(known, inside, strict=True)]
        if lower is not self.wanted:
            return Or(tuple(In(slot, codes) for slot, codes in zip(slots, inside, strict=True)))
        some = Or(tuple(In(slot, codes) for slot, codes in zip(slots, known, strict=True)))
        every = [In(slot, codes | {None}) for slot, codes in zip(slots, inside, strict=True)]
        return And((some, *every))

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

    def _among(
        self,
        name: str,
        codes: Iterable[Hashable],
        *,
        meter: str | None = None,
        unsure: Iterable[Hashable] = (),
    ) -> Formula:
        if not self.vocabulary.has(name, meter):
            # Only an empty list or an open-ended date range mentions nothing: the first matches
            # nobody, the second everybody.
            return ALWAYS if (None in frozenset(codes)) is self.wanted else NEVER
        place = self.vocabulary.place(name, meter)
        known = frozenset(code for code in self.vocabulary.slots[place].codes() if code is not None)
        if self.wanted:
            return In(place, known.intersection(codes))
        return In(place, known.difference(codes, unsure))

    def _in_range(self, name: str, meter: str | None, bounds: Range) -> Formula:
        if not self.vocabulary.has(name, meter):
            return ALWAYS if self.wanted else NEVER
        place = self.vocabulary.place(name, meter)
        return self._among(name, self._codes_in(place, bounds), meter=meter)

    def _codes_in(self, place: int, bounds: Range) -> frozenset[Hashable]:
        """Return the codes of a slot of numbers that lie within some bounds."""
        slot = self.vocabulary.slots[place]
        # A code lies on a constant (odd) or between two (even), so codes compare as numbers do.
        on_codes = Range(**{key: slot.code(bound) for key, bound in bounds.given()})
        return frozenset(
            code for code in slot.codes() if isinstance(code, int) and on_codes.holds(code)
        )

"""From a condition of a policy, or who may have an offer, to a formula."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import evolve

from meter.facts import ATTRIBUTES, Vocabulary, clock_name, seen_name, since_name
from meter.facts.meters import Opening
from meter.facts.slots import uncertain
from meter.forms import covers
from meter.formulas import ALWAYS, NEVER, And, Contains, Formula, In, Or, Turned
from meter.vocabulary import Range, Status

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from meter.policy import Lengths, Offer, Policy, When
    from meter.vocabulary import Members, OfferKind

__all__ = ["JudgedOffer", "formula_of", "offer_formula"]


def formula_of(
    when: When, vocabulary: Vocabulary, policy: Policy, spent: Sequence[str] = ()
) -> Formula:
    """Return a condition of a policy as a formula over a vocabulary's slots.

    Of the meters in `spent`, which the rule spends, `left` is what this view leaves; of any other,
    what is left as it is.
    """
    return _Translation(vocabulary, policy, spent, wanted=True).formula(when)


class JudgedOffer(NamedTuple):
    """An offer of a rule, and a formula that says where it runs and is for the reader."""

    name: str
    formula: Formula
    kind: OfferKind


def offer_formula(
    offer: Offer, vocabulary: Vocabulary, policy: Policy, spent: Sequence[str]
) -> Formula:
    """Return who may have an offer of a rule, and when it runs, as one formula.

    `spent` are the meters that the rule spends (see `formula_of`). One that an account starts once
    is not for who has started it.
    """
    parts: list[Formula] = []
    stretch = offer.instants(policy.zone)
    if stretch != (None, None):
        parts.append(In(vocabulary.place("period"), vocabulary.periods(stretch)))
    parts.append(formula_of(offer.when, vocabulary, policy, spent))
    if offer.once:
        parts.append(Contains(vocabulary.place("started"), offer.name, inside=False))
    return parts[0] if len(parts) == 1 else And(tuple(parts))


STATUSES = {
    "account": frozenset(Status) - {Status.ANONYMOUS},
    "entitled": frozenset({Status.SUBSCRIBER, Status.TRIAL, Status.STAFF}),
}
"""The statuses that a flag about the reader stands for.

Whoever is entitled holds a running right that is not for some articles only: it makes the status.
"""

_ORDER = (
    "reader",
    "access",
    *(name for name, attribute in ATTRIBUTES.items() if attribute.kind != "flag"),
    "covered",
    "left",
    "used",
    "exhausted",
    "seen",
    "since",
    "account",
    "entitled",
    *(
        name
        for name, attribute in ATTRIBUTES.items()
        if attribute.kind == "flag" and attribute.serves is None
    ),
    "dates",
    "published",
    "weekday",
    "hour",
    "switch",
    "any",
    "not_",
)
"""Every key of a condition, in the order it is tried and told in."""


class _Translation:
    """From conditions to formulas; with `wanted` false, to the formulas of their opposites."""

    def __init__(
        self, vocabulary: Vocabulary, policy: Policy, spent: Sequence[str], *, wanted: bool
    ) -> None:
        self.vocabulary = vocabulary
        self.policy = policy
        self.spent = spent
        self.wanted = wanted

    def opposite(self) -> _Translation:
        return _Translation(self.vocabulary, self.policy, self.spent, wanted=not self.wanted)

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
        elif kind == "covered":
            covered = self._covered()
            yield covered if asked is self.wanted else self._complement(covered)
        elif kind in ("left", "used"):
            yield from self._of_meters(kind, asked)
        elif kind == "seen":
            for prompt, bounds in asked.items():
                yield self._in_range(seen_name(prompt), None, bounds)
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
        """Return what a key asks of the status, of meters, of the time, or of the switches."""
        if kind == "exhausted":
            return self._joined(map(self._exhausted, sorted(asked)), every=False)
        if kind in STATUSES:
            statuses = STATUSES[kind]
            return self._among("reader", statuses if asked else frozenset(Status) - statuses)
        if kind in ("dates", "published"):
            name = "period" if kind == "dates" else kind
            return self._among(
                name, self.vocabulary.periods(asked.instants(self.policy.zone), name)
            )
        if kind == "switch":
            return Turned(
                tuple(sorted(asked)), not asked.isdisjoint(self.policy.switched_on), self.wanted
            )
        if kind in ("weekday", "hour"):
            name = clock_name(kind, self.policy.zone, self.vocabulary.zone)
            slot = self.vocabulary.slots[self.vocabulary.place(name)]
            if kind == "weekday":
                return self._among(name, asked)
            return self._among(name, [slot.hour_code(e) for e in slot.mentioned if asked.hold(e)])
        return self._among(kind, asked)

    def _covered(self) -> Formula:
        """Say where a running right covers the article.

        One that covers everything, one that names it, or one whose product opens it. Where a policy
        declares no product each opens all.
        """
        holding = _Translation(self.vocabulary, self.policy, (), wanted=True)
        place = self.vocabulary.place
        everything: Formula = In(place("reader"), STATUSES["entitled"])
        if self.policy.products:
            everything = In(place("whole"), frozenset({True}))
        by_product = map(holding.formula, self.policy.coverings)
        return Or((everything, *by_product, In(place("named"), frozenset({True}))))

    def _complement(self, formula: Formula) -> Formula:
        """Return what holds wherever a formula does not.

        What is not known counts as not so: whether a right covers an article is always known.
        """
        if isinstance(formula, In):
            codes = self.vocabulary.slots[formula.slot].codes()
            return In(formula.slot, frozenset(codes).difference(formula.codes))
        if isinstance(formula, Contains):
            return Contains(formula.slot, formula.member, not formula.inside)
        if isinstance(formula, Turned):
            return evolve(formula, wanted=not formula.wanted)
        parts = tuple(map(self._complement, formula.parts))
        return Or(parts) if isinstance(formula, And) else And(parts)

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

    def _of_meters(self, kind: str, asked: Mapping[str, Range]) -> Iterator[Formula]:
        """Ask for what is left of meters, or for what they have counted."""
        for meter, bounds in asked.items():
            as_it_is = kind == "left" and meter not in self.spent
            yield self._in_range("now" if as_it_is else kind, meter, bounds)

    def _exhausted(self, meter: str) -> Formula:
        return self._among("open", [Opening.CLOSED], meter=meter)

    def _in_range(self, name: str, meter: str | None, bounds: Range) -> Formula:
        if not self.vocabulary.has(name, meter) and not list(bounds.constants()):
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

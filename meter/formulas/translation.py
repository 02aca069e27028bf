"""From a condition of a policy to a formula."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from meter.facts import ATTRIBUTES, Vocabulary, clock_name, seen_name, since_name
from meter.facts.meters import Opening
from meter.facts.slots import uncertain
from meter.forms import covers
from meter.formulas import ALWAYS, NEVER, And, Contains, Formula, In, Or, Turned
from meter.vocabulary import Range, Status

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from meter.policy import Lengths, Policy, When
    from meter.vocabulary import Members

__all__ = ["formula_of"]


def formula_of(
    when: When, vocabulary: Vocabulary, policy: Policy, spent: Sequence[str] = ()
) -> Formula:
    """Return a condition of a policy as a formula over a vocabulary's slots.

    Of the meters in `spent`, which the rule spends, `left` is what this view leaves; of any other,
    what is left as it is.
    """
    return _Translation(vocabulary, policy, spent, wanted=True).formula(when)


STATUSES = {
    "account": frozenset(Status) - {Status.ANONYMOUS},
    "entitled": frozenset({Status.SUBSCRIBER, Status.TRIAL, Status.STAFF}),
}
"""The statuses that a flag about the reader stands for.

Whoever is entitled holds a running right that is not for some articles only: it makes the status.
"""

_FLAGS = ("flag", "class")
_ORDER = (
    "reader",
    "access",
    *(name for name, attribute in ATTRIBUTES.items() if attribute.kind not in _FLAGS),
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
        if attribute.kind in _FLAGS and attribute.serves is None
    ),
    "dates",
    "published",
    "weekday",
    "hour",
    "experiment",
    "switch",
    "any",
    "not_",
)
"""Every key of a condition, in the order it is tried and told in."""


_BY_NAME = ("left", "used", "seen", "since", "experiment")
"""The keys of a condition that hold a table by name, each of whose entries has to hold."""


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
        elif kind == "class":
            asked = self._classes(name, wanted=asked) if isinstance(asked, bool) else asked
            yield self._among(name, asked)
        elif kind == "covered":
            covered = self._covered()
            yield covered if asked is self.wanted else self._complement(covered)
        elif kind in _BY_NAME:
            yield from self._by_name(kind, when)
        elif kind == "any":
            yield self._joined([self.formula(part) for part in asked], every=False)
        elif kind == "not_":
            yield self.opposite().formula(asked)
        else:
            yield self._single(kind, asked)

    def _by_name(self, kind: str, when: When) -> Iterator[Formula]:
        """Yield what a key asks of each meter, prompt, time or experiment that it names."""
        if kind in ("left", "used", "seen"):
            yield from self._of_counts(kind, getattr(when, kind))
        elif kind == "experiment":
            for name, variants in (when.experiment or {}).items():
                yield self._in_experiment(name, variants)
        elif when.since is not None:
            for name, lengths in when.since.asked():
                yield self._since(name, lengths)

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

    def _classes(self, name: str, *, wanted: bool) -> Iterable[Hashable]:
        """Return the codes of a class that are a yes, as each class is, or a no."""
        codes = self.vocabulary.slots[self.vocabulary.place(name)].codes()
        return [code for code in codes if bool(code) is wanted]

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

    def _of_counts(self, kind: str, asked: Mapping[str, Range]) -> Iterator[Formula]:
        """Ask for what is left or used of meters, or how often prompts were seen."""
        for name, bounds in asked.items():
            if kind == "seen":
                yield self._in_range(seen_name(name), None, bounds)
            else:
                as_it_is = kind == "left" and name not in self.spent
                yield self._in_range("now" if as_it_is else kind, name, bounds)

    def _in_experiment(self, name: str, variants: frozenset[str]) -> Formula:
        """Ask for variants of an experiment, of whom it is for.

        The opposite is another variant, or that it is for somebody else. A variant is asked for of
        those alone whom the experiment is for, so that it matters to nobody else.
        """
        experiment = self.policy.experiment(name)
        place = self.vocabulary.experiments[name, self.policy.assignments[name]]
        known = {code for code in self.vocabulary.slots[place].codes() if code is not None}
        inside = In(place, frozenset(variants if self.wanted else known.difference(variants)))
        if experiment.when.matches_everything:
            return inside
        holding = _Translation(self.vocabulary, self.policy, self.spent, wanted=True)
        both = And((inside, holding.formula(experiment.when)))
        return both if self.wanted else Or((both, self.formula(experiment.when)))

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

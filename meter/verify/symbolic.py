"""What a policy says of every situation at once: its rules laid out from the first to the last.

What a rule does to a view is read from the engine's own table, and the verdicts in the leaves are
made by the engine itself.
"""

# `judge` tries the rules one after the other for one situation, and keeps in mind which meter
# refused the reader first. Here the same is done for all situations together, from the last rule to
# the first: what a policy says of those who get as far as a rule is what the rule says where it
# matches, and what the policy says of those who get as far as the next one where it does not. The
# meter that refused first is the only thing a rule leaves behind for the next, so there is one
# result for each meter that may have, and one for none. The walk is written once, over the few
# operations of a `Logic`; decision diagrams and z3 are two such logics, and neither knows what a
# rule is.

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from attrs import frozen

from meter.policy.promised import WALLS
from meter.rulebook import SPENDING, Effect, Rulebook, Verdict, verdict_of
from meter.verify.diagram import FALSE
from meter.vocabulary import ArticleAccess, Opening

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from meter.formulas import Formula
    from meter.formulas.translation import JudgedOffer
    from meter.rulebook import JudgedRule
    from meter.verify.space import Space
    from meter.vocabulary import Show

__all__ = [
    "Algebra",
    "Atoms",
    "Leaf",
    "RuleReach",
    "Walk",
    "among",
    "comes_from",
    "reaches",
    "reports",
    "spends",
    "verdicts",
    "verdicts_from",
    "walls",
]


Leaf = Verdict | bool
"""What a policy's diagram holds: a verdict, or `False` outside the situations asked about."""

_Result = TypeVar("_Result")
_Atom_co = TypeVar("_Atom_co", covariant=True)


class Atoms(Protocol[_Atom_co]):
    """What rules ask for, each as a function of all situations."""

    def where(self, formula: Formula, side: int = 0) -> _Atom_co: ...

    def is_(self, name: str, *codes: object) -> _Atom_co: ...

    def meter_state(
        self, meter: str, side: int, name: str, codes: Collection[object]
    ) -> _Atom_co: ...


class Algebra(Protocol[_Result]):
    """How functions of all situations are put together."""

    def conjoin(self, *parts: _Result) -> _Result: ...

    def disjoin(self, *parts: _Result) -> _Result: ...

    def ite(self, test: _Result, yes: _Result, no: _Result) -> _Result: ...

    def leaf(self, value: Hashable) -> _Result: ...


@frozen
class Walk(Generic[_Result]):
    """The rules of one policy over an algebra.

    `side` says under which policy a meter's state is asked for, `view` what of a verdict is kept.
    """

    atoms: Atoms[_Result]
    algebra: Algebra[_Result]
    rulebook: Rulebook
    side: int = 0
    view: Callable[[Verdict], Hashable] = lambda verdict: verdict

    def verdicts(self, end: _Result) -> list[dict[str | None, _Result]]:
        """Return, for each rule, the verdicts of readers who reach it, by the meter that refused.

        `end` is what follows on the last rule.
        """
        rules = self.rulebook.rules
        refusals = (None, *dict.fromkeys(rule.spend for rule in rules if rule.spend))
        after = dict.fromkeys(refusals, end)
        result = []
        for rule in reversed(rules):
            after = self._before(rule, after)
            result.append(after)
        return result[::-1]

    def _before(
        self, rule: JudgedRule, after: Mapping[str | None, _Result]
    ) -> dict[str | None, _Result]:
        """Return the verdicts of readers who reach a rule, given those after it."""
        ite = self.algebra.ite
        matching = self.effect(rule, Effect.MATCH)
        refusing = self.effect(rule, Effect.REFUSE)
        before = {}
        for refused, following in after.items():
            onward = ite(refusing, after[refused or rule.spend], following)
            before[refused] = ite(matching, self._says(rule, refused), onward)
        return before

    def effect(self, rule: JudgedRule, effect: Effect) -> _Result:
        """Return where a rule has an effect, as the engine's table says."""
        holds = self.atoms.where(rule.formula, self.side)
        if rule.spend is None:
            return holds if effect is Effect.MATCH else self.algebra.disjoin()
        cases = [self._case(rule.spend, access, effect) for access in ArticleAccess]
        return self.algebra.conjoin(self.algebra.disjoin(*cases), holds)

    def _case(self, meter: str, access: ArticleAccess, effect: Effect) -> _Result:
        """Return the articles of an access that have an effect, open meter or not."""
        states = [state for state in Opening if SPENDING[access, state] is effect]
        if not states:
            return self.algebra.disjoin()
        articles = self.atoms.is_("access", access)
        if len(states) == len(Opening):
            return articles
        return self.algebra.conjoin(
            articles, self.atoms.meter_state(meter, self.side, "open", states)
        )

    def _says(self, rule: JudgedRule, refused: str | None) -> _Result:
        """Return what a rule says where it matches, given the meter that refused before."""
        metered = self._verdict(rule, ArticleAccess.METERED, refused)
        if rule.spend is None:
            return metered
        given = self.atoms.meter_state(rule.spend, self.side, "open", [Opening.GIVEN])
        given_one = self._verdict(rule, ArticleAccess.METERED, refused, Opening.GIVEN)
        last = self.atoms.meter_state(rule.spend, self.side, "left", [rule.nothing_left])
        last_one = self._verdict(rule, ArticleAccess.METERED, refused, nothing_left=True)
        counted_down = self.algebra.ite(last, last_one, metered)
        return self.algebra.ite(
            self.atoms.is_("access", ArticleAccess.METERED),
            self.algebra.ite(given, given_one, counted_down),
            self._verdict(rule, ArticleAccess.FREE, refused),
        )

    def _verdict(
        self,
        rule: JudgedRule,
        access: ArticleAccess,
        refused: str | None,
        opening: Opening = Opening.OPEN,
        *,
        nothing_left: bool = False,
    ) -> _Result:
        """Return the engine's verdict, with the offers for those who may have them."""

        def saying(offers: tuple[str, ...]) -> _Result:
            verdict = verdict_of(
                rule, access, opening, nothing_left=nothing_left, offers=offers, refused=refused
            )
            return self.algebra.leaf(self.view(verdict))

        return self._offering(rule, rule.offers, (), saying)

    def _offering(
        self,
        rule: JudgedRule,
        offers: Sequence[JudgedOffer],
        given: tuple[str, ...],
        saying: Callable[[tuple[str, ...]], _Result],
    ) -> _Result:
        """Return what a rule says with those of some offers, after the ones given, that are had."""
        if not offers or (given and not rule.side_by_side):
            return saying(given)
        name, formula = offers[0]
        may_have = self.atoms.where(formula, self.side)
        with_it = self._offering(rule, offers[1:], (*given, name), saying)
        return self.algebra.ite(may_have, with_it, self._offering(rule, offers[1:], given, saying))


def verdicts(space: Space, side: int = 0) -> int:
    """Return what a policy says everywhere, as leaves that hold the engine's verdicts."""
    return verdicts_from(space, side)[0][None]


def verdicts_from(space: Space, side: int = 0) -> list[dict[str | None, int]]:
    """Return, for each rule, what a policy says from it on, by the meter that refused before."""
    return Walk(space, space.diagrams, space.rulebooks[side], side).verdicts(FALSE)


@frozen
class RuleReach:
    """Where readers arrive at one rule of a policy, where it matches, and where it decides.

    `arriving` has the set of them by the meter that refused them on the way (`None`: none did).
    """

    arriving: dict[str | None, int]
    matches: int
    fires: int


def reaches(space: Space, side: int = 0) -> list[RuleReach]:
    """Return how the possible situations reach each rule, and where it fires."""
    diagrams = space.diagrams
    walk = Walk(space, diagrams, space.rulebooks[side], side)
    arriving: dict[str | None, int] = {None: space.possible}
    result = []
    for rule in space.rulebooks[side].rules:
        matching = walk.effect(rule, Effect.MATCH)
        refusing = walk.effect(rule, Effect.REFUSE)
        fires = diagrams.disjoin(*(diagrams.conjoin(here, matching) for here in arriving.values()))
        result.append(RuleReach(arriving, matching, fires))
        after: dict[str | None, int] = {None: FALSE}
        for refused, here in arriving.items():
            onward = diagrams.difference(here, matching)
            first = refused or rule.spend
            after[first] = diagrams.disjoin(
                after.get(first, FALSE), diagrams.conjoin(onward, refusing)
            )
            passing = diagrams.difference(onward, refusing)
            after[refused] = diagrams.disjoin(after.get(refused, FALSE), passing)
        arriving = {
            refused: here for refused, here in after.items() if here != FALSE or refused is None
        }
    return result


# Sets of situations, by what is said of them.


def among(space: Space, diagram: int, holds: Callable[[Verdict], bool]) -> int:
    """Return where the verdict of a policy's diagram is one of those wanted, among what can be."""

    def wanted(leaf: Leaf) -> bool:
        return isinstance(leaf, Verdict) and holds(leaf)

    return space.diagrams.conjoin(space.possible, space.diagrams.relabel(diagram, wanted))


def comes_from(rule: str) -> Callable[[Verdict], bool]:
    """Return whether a verdict is that of a rule."""
    return lambda verdict: verdict.rule == rule


def spends(meter: str, *, but: Show | None = None) -> Callable[[Verdict], bool]:
    """Return whether a verdict spends from a meter, and shows anything `but` one thing."""
    return lambda verdict: verdict.spend == meter and verdict.show is not but


def walls(verdict: Verdict) -> bool:
    """Say whether a verdict is a wall: a preview, and no gate."""
    return verdict.show in WALLS


def reports(meter: str) -> Callable[[Leaf], bool]:
    """Return whether a leaf is a verdict that tells the reader about a meter."""
    return lambda leaf: isinstance(leaf, Verdict) and leaf.meter == meter

"""What the rules of a policy do to every view at once, from the last rule to the first.

What a rule does to a view is read from the engine's own table, and the verdicts in the leaves are
made by the engine itself.
"""

# `judge` tries the rules one after the other for one situation, and keeps in mind the meters of the
# rules that refused the reader. Here the same is done for all situations together, from the last
# rule to the first: what a policy says of those who get as far as a rule is what the rule says
# where it matches, and what the policy says of those who get as far as the next one where it does
# not. What refused (`Refusals`) is the only thing rules leave behind for the next, so there is one
# result for each that may have. The walk is written once, over the few operations of an `Algebra`;
# decision diagrams and z3 are two such algebras, and neither knows what a rule is.

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import frozen

from meter.facts.meters import Opening, joined
from meter.rulebook import (
    SPENDING,
    Effect,
    Refusals,
    Rulebook,
    Verdict,
    also_refused,
    verdict_of,
)
from meter.verify.diagram import UndecidedError
from meter.verify.walk.algebra import Algebra, Atoms
from meter.verify.walk.telling import Telling
from meter.vocabulary import ArticleAccess, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from meter.formulas.offers import JudgedOffer
    from meter.rulebook import JudgedRule

__all__ = ["Walk"]

_MOST_REFUSALS = 128
"""How many ways of having been refused are followed; hardly any policy has more."""

_Result = TypeVar("_Result")


def _refusals(rules: Sequence[JudgedRule]) -> list[list[Refusals]]:
    """Return, for each rule and for the end, what may have refused who gets there."""
    here: list[Refusals] = [()]
    result = [here]
    for rule in rules:
        if rule.spend:
            here = list(dict.fromkeys((*here, *(also_refused(one, rule.spend) for one in here))))
        if len(here) > _MOST_REFUSALS:
            raise UndecidedError("the rules spend too many different lists of meters")
        result.append(here)
    return result


@frozen
class Walk(Generic[_Result]):
    """The rules of one policy over an algebra.

    `side` says under which policy a meter's state is asked for, `view` what of a verdict is kept.
    With `telling`, a verdict names no other meters than those of which one is told.
    """

    atoms: Atoms[_Result]
    algebra: Algebra[_Result]
    rulebook: Rulebook
    side: int = 0
    view: Callable[[Verdict], Hashable] = lambda verdict: verdict
    telling: bool = False

    def verdicts(self, end: _Result) -> list[dict[Refusals, _Result]]:
        """Return, for each rule, the verdicts of readers who reach it, by what refused them.

        `end` is what follows on the last rule.
        """
        rules = self.rulebook.rules
        refusals = _refusals(rules)
        after = dict.fromkeys(refusals[-1], end)
        result = []
        for rule, arriving in zip(reversed(rules), refusals[-2::-1], strict=True):
            after = self._before(rule, arriving, after)
            result.append(after)
        return result[::-1]

    def _before(
        self, rule: JudgedRule, arriving: Sequence[Refusals], after: Mapping[Refusals, _Result]
    ) -> dict[Refusals, _Result]:
        """Return the verdicts of readers who reach a rule, given those after it."""
        ite = self.algebra.ite
        matching = self.effect(rule, Effect.MATCH)
        refusing = self.effect(rule, Effect.REFUSE)
        before = {}
        for refused in arriving:
            onward = after[refused]
            if rule.spend:
                onward = ite(refusing, after[also_refused(refused, rule.spend)], onward)
            before[refused] = ite(matching, self._says(rule, refused), onward)
        return before

    def effect(self, rule: JudgedRule, effect: Effect) -> _Result:
        """Return where a rule has an effect, as the engine's table says."""
        holds = self.atoms.where(rule.formula, self.side)
        if not rule.spend:
            return holds if effect is Effect.MATCH else self.algebra.disjoin()
        cases = [self._case(rule, access, effect) for access in ArticleAccess]
        return self.algebra.conjoin(self.algebra.disjoin(*cases), holds)

    def _case(self, rule: JudgedRule, access: ArticleAccess, effect: Effect) -> _Result:
        """Return the articles of an access that have an effect, all meters open or not."""
        fit = rule.fit(access)
        states = [is_open for is_open in (False, True) if SPENDING[fit, is_open] is effect]
        if not states:
            return self.algebra.disjoin()
        articles = self.atoms.is_("access", access)
        if len(states) == len((False, True)):
            return articles
        opened = self.opened(rule)
        wanted = [where for opening, where in opened.items() if bool(opening) in states]
        return self.algebra.conjoin(articles, self.algebra.disjoin(*wanted))

    def opened(self, rule: JudgedRule) -> dict[Opening, _Result]:
        """Return where all of a rule's meters together are open in each way."""
        algebra = self.algebra
        first, *others = (self._openings(meter) for meter in rule.spend)
        for other in others:
            both: dict[Opening, list[_Result]] = {opening: [] for opening in Opening}
            for one, here in first.items():
                for another, there in other.items():
                    both[joined([one, another])].append(algebra.conjoin(here, there))
            first = {opening: algebra.disjoin(*parts) for opening, parts in both.items()}
        return first

    def _openings(self, meter: str) -> dict[Opening, _Result]:
        state = self.atoms.meter_state
        return {opening: state(meter, self.side, "open", [opening]) for opening in Opening}

    def _says(self, rule: JudgedRule, refused: Refusals) -> _Result:
        """Return what a rule says where it matches, given what refused before."""
        algebra = self.algebra
        read = [access for access in ArticleAccess if rule.spends(access)]
        unread = self._verdict(rule, ArticleAccess.FREE, refused)
        if not read:
            return unread
        opened = self.opened(rule)
        by_opening = {
            opening: self._verdict(rule, read[0], refused, opening)
            for opening in Opening
            if opening is not Opening.CLOSED
        }
        last = self._verdict(rule, read[0], refused, Opening.OPEN, nothing_left=True)
        said = algebra.ite(self._leaves_nothing(rule), last, by_opening.pop(Opening.OPEN))
        for opening, verdict in by_opening.items():
            said = algebra.ite(opened[opening], verdict, said)
        return algebra.ite(self.atoms.is_("access", *read), said, unread)

    def _leaves_nothing(self, rule: JudgedRule) -> _Result:
        """Return where this view leaves nothing of one of a rule's meters."""
        state = self.atoms.meter_state
        pairs = zip(rule.spend, rule.nothing_left, strict=True)
        return self.algebra.disjoin(*(state(name, self.side, "left", [no]) for name, no in pairs))

    def _verdict(
        self,
        rule: JudgedRule,
        access: ArticleAccess,
        refused: Refusals,
        opening: Opening = Opening.OPEN,
        *,
        nothing_left: bool = False,
    ) -> _Result:
        """Return the engine's verdict, with the offers for those who may have them."""

        def saying(offers: tuple[str, ...]) -> _Result:
            by_verdict: dict[Verdict, list[Status]] = {}
            for status in Status:
                verdict = verdict_of(
                    rule,
                    status,
                    access,
                    opening,
                    nothing_left=nothing_left,
                    offers=offers,
                    refused=refused,
                )
                by_verdict.setdefault(verdict, []).append(status)
            return self._by_status(rule, by_verdict)

        return self._offering(rule, rule.offers, (), saying)

    def _by_status(
        self, rule: JudgedRule, by_verdict: Mapping[Verdict, Sequence[Status]]
    ) -> _Result:
        """Return each verdict where the reader has one of its statuses."""
        (first, _), *others = by_verdict.items()
        said = self._leaf(rule, first)
        for verdict, statuses in others:
            here = self.atoms.is_("reader", *statuses)
            said = self.algebra.ite(here, self._leaf(rule, verdict), said)
        return said

    def _leaf(self, rule: JudgedRule, verdict: Verdict) -> _Result:
        if not self.telling:
            return self.algebra.leaf(self.view(verdict))
        told = Telling(self.atoms, self.algebra, self.rulebook, self.side, self.view)
        return told.leaf(rule, verdict)

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
        name, formula, _ = offers[0]
        may_have = self.atoms.where(formula, self.side)
        with_it = self._offering(rule, offers[1:], (*given, name), saying)
        return self.algebra.ite(may_have, with_it, self._offering(rule, offers[1:], given, saying))

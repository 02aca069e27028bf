"""Rules that overlap and disagree about access, where only their order says which one wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.formulas.translation import formula_of
from meter.policy import When
from meter.rulebook import Verdict
from meter.verify.diagram import FALSE
from meter.verify.lints.findings import warning
from meter.verify.properties import built_in_properties, from_guarantee
from meter.verify.situations import RUNNING
from meter.vocabulary import Access, ArticleAccess, Show, Wall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from meter.errors import Problem
    from meter.rulebook import JudgedRule
    from meter.verify.lints.findings import Findings
    from meter.verify.properties import Property
    from meter.verify.walk.symbolic import Leaf

__all__ = ["silent_order"]


class _Clash(NamedTuple):
    """The rule that would have decided, and what is shown with and without the rule before it."""

    later: str
    now: Show
    then: Show


_Found = _Clash | bool
"""What a diagram of clashes holds: `False` where there is none."""


def silent_order(findings: Findings) -> Iterator[Problem]:
    """Yield each rule with the first later one that it overlaps with for no stated reason."""
    properties = built_in_properties(findings.space)
    for guarantee in findings.policy.guarantees:
        if not guarantee.disjoint and guarantee.prompt is None:
            properties += from_guarantee(findings.space, guarantee)
    for index in range(len(findings.rules) - 2):
        # A rule after one that spends is meant for when the allowance is spent: its order is clear.
        if not findings.rules[index].spend:
            clash = _clashes(findings, index, properties)
            yield from _first_overlap(findings, index, clash)


def _clashes(findings: Findings, index: int, properties: list[Property]) -> int:
    """Return where the rule at `index` opens what the next would close, or the other way round.

    Left out are what a promise says already, a free article that opens, and a reader with a running
    right for whom it opens: a rule for them stands above the walls as a matter of course.
    """
    diagrams = findings.diagrams
    reach = findings.reaches[index]
    plain = diagrams.disjoin(
        findings.space.is_("access", ArticleAccess.FREE), _have_a_right(findings)
    )
    clash = FALSE
    for refused, arriving in reach.arriving.items():
        here = diagrams.conjoin(arriving, reach.matches)
        now, then = findings.with_and_without(index, refused, here)
        pairs = diagrams.combine(now, then, _clash)
        as_usual = diagrams.conjoin(plain, diagrams.relabel(pairs, _opens))
        pairs = diagrams.ite(as_usual, FALSE, pairs)
        for prop in properties:
            told = diagrams.ite(prop.where, pairs, FALSE)
            if told != FALSE:
                unsaid = diagrams.relabel(told, _unsaid(prop, findings.rules[index].name))
                pairs = diagrams.ite(prop.where, unsaid, pairs)
        if clash == FALSE:
            clash = pairs
        else:
            clash = diagrams.combine(clash, pairs, lambda left, right: left or right)
    return clash


def _have_a_right(findings: Findings) -> int:
    """Return the readers with a running right: by their status, or for this article."""
    running = findings.space.is_("reader", *RUNNING)
    if not findings.space.vocabulary.has("named"):
        return running
    covered = formula_of(When(covered=True), findings.space.vocabulary, findings.policy)
    return findings.diagrams.disjoin(running, findings.space.where(covered))


def _first_overlap(findings: Findings, index: int, clash: int) -> Iterator[Problem]:
    diagrams = findings.diagrams
    here = diagrams.conjoin(findings.space.possible, findings.reaches[index].matches)
    names = {each.later for each in diagrams.values(clash) if isinstance(each, _Clash)}
    for later in range(index + 1, len(findings.rules) - 1):
        rule = findings.rules[later]
        if rule.name not in names or rule.spend:
            continue
        if diagrams.difference(here, findings.reaches[later].matches) != FALSE:
            found = diagrams.relabel(clash, _with(rule.name))
            yield _overlap(findings, index, later, found)
            return


def _overlap(findings: Findings, index: int, later: int, found: int) -> Problem:
    first, second = findings.rules[index], findings.rules[later]
    shown = findings.space.ask(findings.space.witness(found)).show
    otherwise = "otherwise swap the two"
    if _is_wall(second) and _walls_who_pays(findings, index, later):
        otherwise = f"otherwise let `{first.name}` leave out what `{second.name}` is for"
    return warning(
        code="silent-order",
        path=("rules", index, "name"),
        message=f"rules `{first.name}` and `{second.name}` overlap, and only their order decides:"
        f" {findings.example(found)}",
        advice=f'if that is meant, say so in a guarantee with `always = ["{shown}"]`; {otherwise}',
    )


def _is_wall(rule: JudgedRule) -> bool:
    return isinstance(rule.show, Wall) or rule.show.access is Access.PREVIEW


def _walls_who_pays(findings: Findings, index: int, later: int) -> bool:
    """Say whether a later wall, moved up to a rule, would stand before readers with a right."""
    diagrams = findings.diagrams
    first, second = findings.reaches[index], findings.reaches[later]
    paying = diagrams.conjoin(first.fires, second.matches, _have_a_right(findings))
    return paying != FALSE


def _clash(now: Leaf, then: Leaf) -> _Found:
    """Return the clash of two verdicts that differ in access."""
    if not (isinstance(now, Verdict) and isinstance(then, Verdict)):
        return False
    if now.show.access is then.show.access:
        return False
    return _Clash(then.rule, now.show, then.show)


def _opens(clash: _Found) -> bool:
    return isinstance(clash, _Clash) and clash.now.access is Access.FULL


def _unsaid(prop: Property, first: str) -> Callable[[_Found], _Found]:
    """Return what remains of a clash where a promise says which of the two is meant: nothing.

    `first` is the rule that decides now.
    """

    def remains(clash: _Found) -> _Found:
        if not isinstance(clash, _Clash):
            return clash
        broken = prop.broken_by(clash.now, first)
        meant = broken != prop.broken_by(clash.then, clash.later)
        return False if meant else clash

    return remains


def _with(name: str) -> Callable[[_Found], bool]:
    """Return whether a clash is with the rule of this name."""
    return lambda clash: isinstance(clash, _Clash) and clash.later == name

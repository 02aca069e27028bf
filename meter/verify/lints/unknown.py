"""Walls and offers that hang on "not": whoever lacks what is asked passes them by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.policy.faults.conditions import nested
from meter.verify.diagram import FALSE
from meter.verify.lints.findings import warning
from meter.verify.walk.symbolic import among, comes_from
from meter.vocabulary import Access, Wall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from meter.errors import Problem
    from meter.policy import When
    from meter.rulebook import Verdict
    from meter.verify.lints.findings import Findings

__all__ = ["escapes_wall", "gets_no_offer"]

_Place = tuple[str | int, ...]


class _Negated(NamedTuple):
    """A key that stands under a `not`: its place, its name and its level."""

    path: _Place
    key: str
    level: int


def escapes_wall(findings: Findings) -> Iterator[Problem]:
    """Yield the walls that let by whoever lacks what they ask not to be."""
    opened = among(findings.space, findings.whole, _opens)
    for index, rule in enumerate(findings.policy.rules):
        if not isinstance(rule.show, Wall) and rule.show.access is Access.FULL:
            continue
        fires = findings.reaches[index].fires
        for asked in _negated(findings, ("rules", index, "when"), rule.when):
            found = findings.diagrams.conjoin(_without(findings, asked.level, fires), opened)
            if found == FALSE:
                continue
            yield warning(
                code="unknown-escapes-wall",
                path=asked.path,
                message=f"wall `{rule.name}` asks for another `{asked.key}`, so where none is known"
                f" it walls nobody (what is not known never matches): {findings.example(found)}",
                advice=f"turn it round: a rule for this `{asked.key}` above, and the wall without"
                " this condition",
            )
            break


def gets_no_offer(findings: Findings) -> Iterator[Problem]:
    """Yield the offers that whoever lacks what they ask not to be is never shown."""
    for offer in findings.policy.offers:
        for asked in _negated(findings, ("offers", offer.name, "when"), offer.when):
            found = _offerless(findings, offer.name, asked.level)
            if found == FALSE:
                continue
            example = findings.space.describe(findings.space.witness(found))
            yield warning(
                code="unknown-gets-no-offer",
                path=asked.path,
                message=f"offer `{offer.name}` asks for another `{asked.key}`, so where none is"
                " known it is for nobody (what is not known never matches): for example"
                f" {example} sees no offer",
                advice="give the rule an offer for whoever is left, without this condition",
            )
            break


def _opens(verdict: Verdict) -> bool:
    return verdict.show.access is Access.FULL


def _negated(findings: Findings, top: _Place, when: When) -> Iterator[_Negated]:
    """Yield the keys of a condition under an odd number of `not` that may be missing."""
    for path, part in nested(top, when):
        if path[len(top) :].count("not") % 2 == 0:
            continue
        for level, variable in enumerate(findings.space.variables):
            asked = variable.slot is not None and getattr(part, variable.name, None) is not None
            if asked and None in variable.domain:
                yield _Negated((*path, variable.name), variable.name, level)


def _without(findings: Findings, level: int, diagram: int) -> int:
    """Return what would be in a set if only something were known at a level."""
    diagrams = findings.diagrams
    domain = findings.space.variables[level].domain
    known = diagrams.test(level, [at for at, code in enumerate(domain) if code is not None])
    missing = diagrams.test(level, [at for at, code in enumerate(domain) if code is None])
    would = diagrams.exists(diagrams.conjoin(diagram, known), {level})
    return diagrams.conjoin(would, missing, findings.space.possible)


def _shows(rule: str, offer: str) -> Callable[[Verdict], bool]:
    """Return whether a verdict is that of a rule with an offer."""
    return lambda verdict: verdict.rule == rule and offer in verdict.offers


def _offerless(findings: Findings, offer: str, level: int) -> int:
    """Return where a rule shows no offer, and would show this one if something were known."""
    parts = []
    bare = among(findings.space, findings.whole, lambda verdict: not verdict.offers)
    for rule in findings.policy.rules:
        decides = comes_from(rule.name)
        shown = among(findings.space, findings.whole, _shows(rule.name, offer))
        without = _without(findings, level, shown)
        by_rule = among(findings.space, findings.whole, decides)
        parts.append(findings.diagrams.conjoin(without, by_rule, bare))
    return findings.diagrams.disjoin(*parts)

"""Views that are hardly meant to be walled or counted: free articles, and verified crawlers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.policy.faults.conditions import placed_conditions
from meter.policy.promises import Promise
from meter.verify.diagram import FALSE
from meter.verify.lints.findings import warning
from meter.verify.mutants.edit import listing
from meter.verify.properties import free_is_open, verified
from meter.verify.walk.symbolic import among, spends
from meter.vocabulary import ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.errors import Problem
    from meter.verify.lints.findings import Findings

__all__ = ["crawlers_metered", "free_walled"]


def free_walled(findings: Findings) -> Iterator[Problem]:
    """Yield the first rule that walls an article of access `free`."""
    if Promise.FREE_STAYS_OPEN in findings.policy.promises.except_:
        return
    (promise,) = free_is_open(findings.space)
    walled = among(findings.space, findings.whole, promise.is_broken)
    found = findings.diagrams.conjoin(walled, promise.where)
    if found == FALSE:
        return
    index = findings.index_of(found)
    advice = 'add a rule above, with `when = { access = ["free"] }` and `show = "article"`'
    spending = [rule for rule in findings.policy.rules[:index] if rule.spend]
    narrowed = [rule.name for rule in spending if _leaves_out_free(rule.when.access)]
    if narrowed:
        advice += (
            f"; or take `access` out of `{narrowed[0]}`: a rule with `spend` opens what is free"
            " and counts nothing for it"
        )
    yield warning(
        code="free-walled",
        path=("rules", index, "name"),
        message=f"a free article is walled: {findings.example(found)}",
        advice=advice,
    )


def _leaves_out_free(access: frozenset[ArticleAccess] | None) -> bool:
    return access is not None and ArticleAccess.FREE not in access


def crawlers_metered(findings: Findings) -> Iterator[Problem]:
    """Yield the meters that count what a verified crawler opens, in a policy that knows them.

    A policy that names classes only knows crawlers of those.
    """
    conditions = (when for _, when in placed_conditions(findings.policy))
    asked = [when.crawler for when in conditions if when.crawler is not None]
    if not asked:
        return
    listed = [words for words in asked if not isinstance(words, bool)]
    classes = sorted(frozenset().union(*listed)) if len(listed) == len(asked) else []
    crawler = verified(findings.space, *classes)
    key = listing(classes) if classes else "true"
    for meter in findings.policy.meters:
        spending = among(findings.space, findings.whole, spends(meter.name))
        found = findings.diagrams.conjoin(spending, crawler)
        if found == FALSE:
            continue
        yield warning(
            code="crawler-metered",
            path=("rules", findings.index_of(found), "spend"),
            message=f"`{meter.name}` counts what a verified crawler opens, and walls it when the"
            f" limit is reached: {findings.example(found)}",
            advice=f"decide for crawlers in a rule above, with `when = {{ crawler = {key} }}`",
        )

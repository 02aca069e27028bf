"""What search engines advise a paywall: told where it is asked for, and no mistake otherwise.

The advice is that of "flexible sampling" in Google's documentation of search.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from meter.facts import Vocabulary
from meter.forms import length_text
from meter.rulebook import Rulebook
from meter.verify.budget import decided
from meter.verify.diagram import FALSE, UndecidedError
from meter.verify.lints.findings import Findings, warning
from meter.verify.properties import search_crawlers
from meter.verify.walk.symbolic import among, spends, walls
from meter.vocabulary import ArticleAccess, Status, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.errors import Problem
    from meter.policy import Meter, Policy
    from meter.verify.space import Space

__all__ = ["SEARCH_CODES", "search_advice"]

SEARCH_CODES = {
    "few-for-search": (
        "a meter that gives strangers fewer than 6 articles a month: search engines advise 6 to 10"
    ),
    "crawler-walled": (
        "a verified crawler of a search engine that meets a wall or is counted: what it cannot read"
        " is not found"
    ),
}
"""The code of every advice for search engines, and what it finds."""

_LEAST = 6
_ADVISED = "search engines advise 6 to 10 a month, and to begin with 10"
_MONTH = timedelta(days=30)
_UNITS = {
    Unit.DAY: timedelta(days=1),
    Unit.WEEK: timedelta(days=7),
    Unit.MONTH: _MONTH,
    Unit.YEAR: timedelta(days=365),
}
_MOST_STEPS = 200_000


def search_advice(policy: Policy, *, steps: int = _MOST_STEPS) -> tuple[Problem, ...]:
    """Return what search engines advise otherwise than a policy does, within a budget of `steps`.

    Of a policy that is too large nothing is said: the exact lints tell that.
    """
    rulebook = Rulebook(policy, Vocabulary([policy], []))
    found: list[Problem] = []

    def look(space: Space) -> None:
        findings = Findings(space)
        found[:] = [*_few(findings), *_walled_crawlers(findings)]

    try:
        decided([rulebook], look, steps=steps)
    except UndecidedError:
        return ()
    return tuple(found)


def _few(findings: Findings) -> Iterator[Problem]:
    """Yield the meters of strangers that give fewer than is advised."""
    strangers = findings.space.is_("reader", Status.ANONYMOUS)
    for meter in findings.policy.meters:
        spending = among(findings.space, findings.whole, spends(meter.name))
        for (limit,) in findings.space.counts[meter.name].limits:
            having = findings.space.limited(meter.name, (limit,))
            met = findings.diagrams.conjoin(spending, strangers, having)
            if not limit or met == FALSE or _a_month(meter, limit) >= _LEAST:
                continue
            yield warning(
                code="few-for-search",
                path=("meters", meter.name),
                message=f"`{meter.name}` gives strangers {_told(meter, limit)}: {_ADVISED}",
                advice="raise the limit of `anonymous`, or leave it, if strangers are to read few",
            )
            break


def _a_month(meter: Meter, limit: int) -> float:
    """Return how many articles a limit allows in a month; of a lifetime, all at once."""
    window = meter.window
    length = _UNITS[window.calendar] if window.calendar else window.length
    return limit * (_MONTH / (length or _MONTH))


def _told(meter: Meter, limit: int) -> str:
    """Say what a limit gives, and what that is in a month."""
    window = meter.window
    a_month = _a_month(meter, limit)
    if window.lifetime:
        return f"{limit} in all"
    if window.calendar is Unit.MONTH:
        return f"{limit} a month"
    if window.calendar:
        return f"{limit} a {window.calendar}, about {a_month:.2g} a month"
    return f"{limit} in {length_text(window.length or _MONTH)}, about {a_month:.2g} a month"


def _walled_crawlers(findings: Findings) -> Iterator[Problem]:
    """Yield the first rule that walls a verified search crawler, or counts what it opens."""
    space, diagrams = findings.space, findings.diagrams
    metered = space.is_("access", ArticleAccess.METERED)
    crawler = search_crawlers(space)
    counted = [spends(meter.name) for meter in findings.policy.meters]
    stopped = among(
        space, findings.whole, lambda v: walls(v) or any(counts(v) for counts in counted)
    )
    found = diagrams.conjoin(stopped, crawler, metered)
    if found == FALSE:
        return
    index = findings.index_of(found)
    decision = space.ask(space.witness(found))
    asked = '["search"]' if findings.tells_crawlers_apart else "true"
    yield warning(
        code="crawler-walled",
        path=("rules", index, "name"),
        message=f"rule `{decision.rule}` decides for a verified crawler as for a stranger, who"
        " meets a wall: what a crawler cannot read is found by nobody",
        advice=f'add a rule above, with `when = {{ crawler = {asked} }}` and `show = "article"`;'
        " mark the articles as not free in their structured data",
    )

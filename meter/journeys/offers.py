"""Whether an offer can be taken: it is there, it runs, and it is for this reader.

The condition is the rulebook's own, over the facts the engine would decide by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meter.engine import complete, count
from meter.explanation import why_not
from meter.formulas.offers import offer_formula
from meter.journeys.person import ImpossibleStepError
from meter.windows import instant, moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from meter.journeys.person import Person
    from meter.policy import Offer, Policy
    from meter.usage import Usage
    from meter.view import PageView, Reader
    from meter.vocabulary import EntitlementKind

__all__ = ["offer_for", "offer_named"]


def offer_named(policy: Policy, name: str, kind: EntitlementKind) -> Offer:
    """Return an offer of a kind. Raises `ImpossibleStepError` if there is none of that name."""
    offer = next((offer for offer in policy.offers if offer.name == name), None)
    if offer is None:
        listed = ", ".join(f"`{known.name}`" for known in policy.offers) or "none"
        raise ImpossibleStepError(f"the policy has no offer `{name}`; there are: {listed}")
    if str(offer.kind) != str(kind):
        raise ImpossibleStepError(f"offer `{name}` is for a {offer.kind}, not a {kind}")
    return offer


def offer_for(
    policy: Policy,
    name: str,
    kind: EntitlementKind,
    person: Person,
    view: PageView,
    now: datetime,
) -> Offer:
    """Return an offer that a person can take at `now`, with the article of `view` on screen.

    Raises `ImpossibleStepError` with the reason where they could not be offered it.
    """
    offer = offer_named(policy, name, kind)
    starts, ends = offer.instants(policy.zone)
    if starts is not None and instant(now) < starts:
        raise ImpossibleStepError(
            f"offer `{name}` has not started: it runs from"
            f" {moment(starts, policy.zone).isoformat()}"
        )
    if ends is not None and instant(now) >= ends:
        raise ImpossibleStepError(
            f"offer `{name}` is over: it ran until {moment(ends, policy.zone).isoformat()}"
        )
    formula = offer_formula(offer, policy.rulebook.vocabulary, policy, ())
    for reader, usage in person.takers():
        facts = _facts(policy, reader, view, usage, now)
        if not formula.holds(facts):
            why = why_not(formula, facts, policy.rulebook.vocabulary)
            raise ImpossibleStepError(f"offer `{name}` is not for this reader: {why}")
    return offer


def _facts(
    policy: Policy, reader: Reader, view: PageView, usage: Usage, now: datetime
) -> Sequence[Any]:
    """Return every fact of a view, the meters' included."""
    rulebook = policy.rulebook
    at = instant(now)
    counts, _ = count(rulebook, reader, view, usage, at)
    return complete(rulebook, rulebook.vocabulary.observe(reader, view, at), counts)

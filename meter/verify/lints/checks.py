"""The exact lints of a policy, within a budget.

A warning holds for every possible reader, view and meter state, and every example was put to the
engine.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from meter.facts import Vocabulary
from meter.rulebook import Rulebook
from meter.verify.budget import decided
from meter.verify.diagram import UndecidedError
from meter.verify.lints.allowances import expired_forgotten, paying_at_zero, registering_loses
from meter.verify.lints.announced import last_free
from meter.verify.lints.findings import Findings, warning
from meter.verify.lints.frequency import idle_frequencies
from meter.verify.lints.machines import usage_opened, usage_refused
from meter.verify.lints.offered import needs_country, undeclared_products
from meter.verify.lints.order import silent_order
from meter.verify.lints.reach import changes_nothing, falls_through, never_fires, never_shows
from meter.verify.lints.unknown import escapes_wall, gets_no_offer
from meter.verify.lints.walled import crawlers_metered, free_walled
from meter.verify.phrasing import quoted
from meter.verify.smt.fallback import rules_that_fire
from meter.verify.switches import MOST_POSITIONS, positions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from meter.errors import Problem
    from meter.policy import Policy
    from meter.verify.space import Space

__all__ = ["CODES", "lints"]

CODES = {
    "rule-never-fires": (
        "a rule that can never match, and which earlier rules match every case it would"
    ),
    "rule-changes-nothing": (
        "a rule that does match, but without which every reader would see the same"
    ),
    "offer-never-shows": "an offer that a rule names and no reader can ever be shown",
    "offer-needs-country": "offers of a rule that nobody gets whose country is not known",
    "undeclared-product": "a product that opens nothing, since others are declared and it is not",
    "last-free-skipped": (
        "a countdown whose last free article can go by without the notice that it is the last"
    ),
    "status-falls-through": "a kind of reader that no rule names, so that the last rule decides",
    "silent-order": (
        "two rules that overlap and disagree about access, where only the order of the file says"
        " which one wins"
    ),
    "free-walled": "a wall that an article of access `free` can meet",
    "paying-limit-zero": "a meter that walls readers with a running right, whose limit is 0",
    "registering-loses": (
        "an allowance of strangers that a reader loses by registering, to meet a wall"
    ),
    "limits-forget-expired": (
        "`limits` that name registered readers and give others to those whose access has ended"
    ),
    "crawler-metered": (
        "a meter that counts what a verified crawler opens, in a policy that knows crawlers"
    ),
    "unknown-escapes-wall": (
        "a wall that asks for another country, device or the like, and is passed by without any"
    ),
    "unknown-gets-no-offer": (
        "an offer that asks for another country or the like, and that nobody without one is shown"
    ),
    "usage-refused": (
        "a use that `[machines]` allows, and of which the rules show crawlers no text at all"
    ),
    "usage-opened": (
        "a rule that opens premium articles to crawlers for a use that `[machines]` forbids"
    ),
    "idle-cap": "a cap of a prompt that never keeps it back, since others always do so before",
    "idle-stand-in": "what stands in for a prompt, and is kept back wherever the prompt is",
    "not-analysed": (
        "a policy whose rules are too many and too narrow for an exact answer within the budget"
    ),
}
"""The code of every exact lint, and what it finds."""

_CHECKS: dict[str, Callable[[Findings], Iterator[Problem]]] = {
    "rule-never-fires": never_fires,
    "offer-never-shows": never_shows,
    "offer-needs-country": needs_country,
    "undeclared-product": undeclared_products,
    "last-free-skipped": last_free,
    "free-walled": free_walled,
    "paying-limit-zero": paying_at_zero,
    "registering-loses": registering_loses,
    "limits-forget-expired": expired_forgotten,
    "crawler-metered": crawlers_metered,
    "usage-refused": usage_refused,
    "usage-opened": usage_opened,
    "unknown-escapes-wall": escapes_wall,
    "unknown-gets-no-offer": gets_no_offer,
    "status-falls-through": falls_through,
    "rule-changes-nothing": changes_nothing,
    "silent-order": silent_order,
}
"""What finds the warnings of each code, the cheapest first."""

_IDLE = ("rule-never-fires", "offer-never-shows", "rule-changes-nothing", "status-falls-through")
"""The warnings about what may matter once a switch is turned."""

_MOST_STEPS = 200_000


def lints(policy: Policy, *, steps: int = _MOST_STEPS) -> tuple[Problem, ...]:
    """Return every exact warning about a policy, with an example in words.

    `steps` bounds the work; what cannot be checked within it is named by a warning of its own. What
    never matters is told where it does in no position of the switches, the rest where it does in
    the policy's own.
    """
    own, *others = (
        _lints(position.policy, steps) for position in islice(positions(policy), MOST_POSITIONS)
    )
    never = [{(one.code, one.path) for one in found} for found in others]
    by_rules = (
        one
        for one in own
        if one.code not in _IDLE or all((one.code, one.path) in found for found in never)
    )
    return (*by_rules, *idle_frequencies(policy))


def _lints(policy: Policy, steps: int) -> tuple[Problem, ...]:
    rulebook = Rulebook(
        policy, Vocabulary([policy], [guarantee.when for guarantee in policy.guarantees])
    )
    found: list[Problem] = []
    left_out = list(_CHECKS)

    def check(space: Space) -> None:
        """Go on where an attempt in another order of variables came to its end."""
        findings = Findings(space)
        while left_out:
            found.extend(list(_CHECKS[left_out[0]](findings)))
            del left_out[0]

    try:
        decided([rulebook], check, steps=steps)
    except UndecidedError as error:
        if "rule-never-fires" in left_out:
            fires = rules_that_fire(rulebook)
            if fires is not None:
                left_out.remove("rule-never-fires")
                found += _not_firing(rulebook, fires)
        if left_out:
            found.append(_not_analysed(left_out, str(error)))
    return tuple(found)


def _not_firing(rulebook: Rulebook, fires: frozenset[str]) -> Iterator[Problem]:
    """Yield the rules for which z3 finds no reader."""
    for index, rule in enumerate(rulebook.rules):
        if rule.name not in fires:
            yield warning(
                code="rule-never-fires",
                path=("rules", index, "name"),
                message=f"rule `{rule.name}` can never match: earlier rules match every case it"
                " would, or its conditions contradict each other",
                advice="move it up, or remove it",
            )


def _not_analysed(codes: list[str], reason: str) -> Problem:
    return warning(
        code="not-analysed",
        path=("rules",),
        message=f"{quoted(codes, 'and')} could not be checked: {reason}",
        advice="split the policy, or let rules share their conditions",
    )

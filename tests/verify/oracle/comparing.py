"""Does nobody tell two policies apart for whom `diff` says nothing differs?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from meter.loading import dumps_policy
from meter.verify import changes
from tests.verify.mutants import mutants
from tests.verify.oracle.evaluator import decide, read
from tests.verify.oracle.questions import Encounter, encounters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from meter.policy import Policy
    from tests.verify.oracle.records import Record

__all__ = ["Compared", "compare", "pairs"]

Table = dict[str, Any]
_UNSEEN = ("when", "starts")
"""What of an offer that is shown nobody sees."""
Diff = Callable[[Any, Any], Any]


class Compared(NamedTuple):
    """How many pairs were compared, of how many nothing was reported, and what was missed."""

    pairs: int
    alike: int
    told_apart: int
    encounters: int
    wrong: list[str]


def pairs(random: Random, policy: Policy, many: int) -> Iterator[tuple[str, Policy]]:
    """Yield policies that are a small mistake away from one, some of them no mistake at all."""
    found = list(mutants(policy))
    yield from random.sample(found, min(many, len(found)))


def compare(
    random: Random, old: Policy, others: list[tuple[str, Policy]], many: int, diff: Diff = changes
) -> Compared:
    """Put so many encounters to each pair, to look for somebody who tells them apart."""
    before = read(dumps_policy(old))
    alike = apart = tried = 0
    wrong = []
    for what, new in others:
        after = read(dumps_policy(new))
        reported = diff(old, new)
        is_alike = not reported.rows and reported.complete
        alike += is_alike
        found = None
        for encounter in encounters(random, [before, after], many):
            tried += 1
            if _differs(encounter, after):
                found = encounter
                break
        apart += found is not None
        if found is not None and is_alike:
            wrong.append(f"{what}: no difference is reported, but {found[1:]} shows one")
    return Compared(len(others), alike, apart, tried, wrong)


def _differs(encounter: Encounter, other: Table) -> bool:
    """Say whether a page view is decided or counted otherwise by another policy."""
    policy, event, record = encounter
    turned = {**other.get("switches", {}), **policy.get("switches", {})}
    return _seen(policy, event, record) != _seen({**other, "switches": turned}, event, record)


def _seen(policy: Table, event: Table, record: Record) -> object:
    """Return what is seen of a decision, and what is counted; not by which rule."""
    decided, after = decide(policy, event, record)
    new = frozenset(after.counts) - frozenset(record.counts)
    offers = [
        {key: said for key, said in policy["offers"][name].items() if key not in _UNSEEN}
        for name in decided.offers
    ]
    return decided._replace(rule=""), new, offers

"""What somebody would look at who tried readers by hand: encounters, in every position of switches.

An encounter is a policy (its switches turned in some way), a page view and a record. Half of them
are drawn towards what a rule, an offer or a guarantee of the file asks.
"""

from __future__ import annotations

from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.verify.oracle.constants import whens
from tests.verify.oracle.drawing import Drawer
from tests.verify.oracle.evaluator import Judged, counted_by, decide, judged
from tests.verify.oracle.promises import broken
from tests.verify.oracle.records import Record
from tests.verify.oracle.steering import toward
from tests.verify.oracle.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

__all__ = [
    "Encounter",
    "breaches",
    "countdown_misleads",
    "encounters",
    "first_days",
    "judge",
    "turned",
]

Table = dict[str, Any]
_LONGEST_RUN = 14


class Encounter(NamedTuple):
    """A page view by a reader of whom something is remembered."""

    policy: Table
    event: Table
    record: Record

    def visit(self) -> Visit:
        """Return it as the rules see it."""
        return Visit(self.policy, self.event, self.record)


def turned(policy: Table) -> list[Table]:
    """Return a policy in every position of its switches, first as it is."""
    asked = sorted({name for when in whens(policy) for name in when.get("switch", ())})
    if not asked:
        return [policy]
    found = []
    for turns in product((False, True), repeat=len(asked)):
        switches = dict(policy.get("switches", {}))
        for name, turn in zip(asked, turns, strict=True):
            switches[name] = switches[name] is not turn
        found.append({**policy, "switches": switches})
    return found


def encounters(random: Random, policies: list[Table], many: int) -> Iterator[Encounter]:
    """Draw encounters with a policy, at what it mentions and at what others beside it mention."""
    drawer = Drawer(random, policies)
    conditions = [when for policy in policies for when in whens(policy)]
    positions = turned(policies[0])
    for _ in range(many):
        event = drawer.event(drawer.now())
        for _ in range(random.choice([0, 1, 1, 2])):
            event = toward(drawer, event, random.choice(conditions))
        yield Encounter(random.choice(positions), event, drawer.record(event))


def first_days(random: Random, policy: Table, many: int) -> Iterator[Encounter]:
    """Draw encounters of readers who were new a few page views before, and are who they were."""
    drawer = Drawer(random, [policy])
    conditions = list(whens(policy))
    for number, encounter in enumerate(encounters(random, [policy], many)):
        table, event, record = encounter._replace(record=Record())
        now = datetime.fromisoformat(event["at"])
        for before in range(random.choice([0, 1, 2, 4])):
            other = {**drawer.view(now, f"n{number}-{before}"), "reader": event["reader"]}
            if random.random() < 0.7:
                steered = toward(drawer, other, random.choice(conditions))
                other = {**steered, "at": event["at"], "reader": event["reader"]}
            _, record = decide(table, other, record)
        yield Encounter(table, event, record)


def judge(encounter: Encounter) -> tuple[Visit, Judged]:
    """Return a page view as the rules see it, and what they say."""
    visit = encounter.visit()
    return visit, judged(visit)


def breaches(encounter: Encounter) -> set[str]:
    """Return what an encounter breaks: codes of built-in promises, names of the policy's own."""
    visit, found = judge(encounter)
    names = set(broken(visit, found))
    counting = counted_by(visit, found)
    stands = [visit.stand(meter) for meter in counting]
    if any(stand.limit is not None and len(stand.held) >= stand.limit for stand in stands):
        names.add("never-more-than-the-limit")
    if found.show == "countdown" and visit.has_id and countdown_misleads(encounter):
        names.add("last-free-is-announced")
    return names


def countdown_misleads(encounter: Encounter) -> bool:
    """Say whether a countdown leads its reader on.

    Whoever is told that so many are left reads so many more of the very same kind at once, and the
    last of them is announced.
    """
    policy, event, record = encounter
    left = None
    for number in range(_LONGEST_RUN):
        about = {**event["article"], "id": f"run-{number}"}
        again = {**event, "article": about, "id": f"run-{number}", "prefetch": False}
        decided, record = decide(policy, again, record)
        if left is not None and left > 0 and decided.access == "preview":
            return True
        if decided.access == "preview" or not decided.counted or decided.meter is None:
            return False
        if decided.show == "last-free-article":
            return False
        if decided.show == "article" and decided.meter.left == 0:
            return left is not None
        left = decided.meter.left if decided.show == "countdown" else None
    return False

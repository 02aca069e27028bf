"""What an account, or coming back later, would open to whoever meets a prompt.

The engine judges the same facts again: of a reader who has registered, or with nothing counted.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast

from attrs import field, frozen

from meter.decision import Decision, MeterReading
from meter.engine import complete
from meter.facts import ACCESS, Codes
from meter.formulas import leaves
from meter.rulebook import first_match
from meter.view import Article, PageView, Reader
from meter.vocabulary import Access, Show, Status
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.rulebook import Rulebook, Verdict

__all__ = ["Ahead", "Gain", "look_ahead"]

_FEW = 1
"""With so many left, or fewer, a reader is told what an account would give."""
_OF_THE_TIME = ("period", "weekday", "hour")
_NOBODY = Reader(id=None)
_A_VIEW = PageView(article=Article(id="any", access="metered"))


@frozen
class Gain:
    """How much a meter gives with an account: `limit`, or without a limit none; `was` without."""

    meter: str
    limit: int | None
    was: int


class _Judged(NamedTuple):
    verdict: Verdict
    facts: Codes


@frozen
class Ahead:
    """What lies ahead of whoever meets a prompt: what an account gives, and whether one returns."""

    gain: Gain | None
    returns: bool


def look_ahead(decision: Decision) -> Ahead:
    """Return what lies ahead, where a prompt would say so: at walls, and with one or none left."""
    reading = decision.meter
    has_more = reading is not None and (reading.left is None or reading.left > _FEW)
    if decision.access is Access.FULL and (reading is None or has_more):
        return Ahead(gain=None, returns=False)
    return _remembered(
        _Outlook(decision.policy, decision.access, _seen(decision), reading, decision)
    )


@frozen
class _Outlook:
    """A decision to look ahead from. What comes out hangs on nothing but what is compared here."""

    digest: str
    access: Access
    seen: Codes
    reading: MeterReading | None
    decision: Decision = field(eq=False)


@lru_cache(maxsize=4096)
def _remembered(outlook: _Outlook) -> Ahead:
    decision = outlook.decision
    return Ahead(_account_gain(decision), _returns(decision))


def _seen(decision: Decision) -> Codes:
    """Return what was looked at for a decision, at least all that needs no usage.

    A decision by the reader's status alone is taken to be about a metered article of which nothing
    more is known.
    """
    facts = decision.facts.values
    if len(facts) > ACCESS:
        return facts
    vocabulary = _rulebook_of(decision).vocabulary
    status = cast("Status", decision.facts["reader"])
    return vocabulary.observe(_NOBODY, _A_VIEW, instant(decision.at), status)


def _account_gain(decision: Decision) -> Gain | None:
    """Return what an account gives a reader who has none, if that opens this view and is more.

    Where the allowances are of two meters, they are compared if both have the same window and count
    the same.
    """
    if decision.facts["reader"] != Status.ANONYMOUS:
        return None
    rulebook = _rulebook_of(decision)
    fresh = _judge(decision, _facts_of(decision, Status.REGISTERED))
    if fresh is None:
        return None
    name = _meter_told(decision, fresh.verdict)
    if name is None or not _is_known(decision, name):
        return None
    was = _without_account(decision, name)
    limit = rulebook.limit(name, fresh.facts)
    if was is None or (limit is not None and limit <= was):
        return None
    return Gain(name, limit, was) if _opens_with_account(decision) else None


def _is_known(decision: Decision, meter: str) -> bool:
    """Say whether enough was looked at to tell what a meter gives with an account.

    A wall that asks to register promises what everybody gets, whatever has been counted.
    """
    slots = _rulebook_of(decision).vocabulary.meters[meter]
    is_counted = slots.end <= len(decision.facts.values)
    return is_counted or (
        decision.show is Show.REGISTRATION_WALL and not _hangs_on_unseen(decision, meter)
    )


def _opens_with_account(decision: Decision) -> bool:
    """Say whether an account opens this view, as far as the decision knows what was counted.

    What is counted is carried into the account. A meter with the same limit is as open as it is;
    one with another has counted what is told, or if it is closed as much as it gives.
    """
    rulebook = _rulebook_of(decision)
    known = decision.facts.values
    used = [_used(decision, place) for place in range(len(rulebook.meters))]
    facts = list(_facts_of(decision, Status.REGISTERED, used))
    for place, meter in enumerate(rulebook.meters):
        slots = rulebook.vocabulary.meters[meter.name]
        is_alike = rulebook.limit_at(place, facts) == rulebook.limit_at(place, known)
        if is_alike and slots.end <= len(known):
            facts[slots.open : slots.end] = known[slots.open : slots.end]
    judged = _judge(decision, tuple(facts))
    return judged is not None and judged.verdict.show.access is Access.FULL


def _returns(decision: Decision) -> bool:
    """Say whether the reader of a wall reads again once the meter that is told resets."""
    reading = decision.meter
    if decision.access is Access.FULL or reading is None or not reading.limit:
        return False
    if reading.left or reading.resets_at is None:
        return False
    status = cast("Status", decision.facts["reader"])
    at = instant(reading.resets_at)
    later = _rulebook_of(decision).vocabulary.observe(_NOBODY, _A_VIEW, at, status)
    judged = _judge(decision, _facts_of(decision, status, later=later))
    return judged is not None and judged.verdict.show.access is Access.FULL


def _rulebook_of(decision: Decision) -> Rulebook:
    return cast("Rulebook", decision.rulebook)


def _judge(decision: Decision, facts: Codes) -> _Judged | None:
    """Return what the rules say of facts, with those; `None` where they would have to know more."""
    verdict = first_match(_rulebook_of(decision), facts)
    return None if verdict is None else _Judged(verdict, facts)


def _facts_of(
    decision: Decision, status: Status, used: Sequence[int] = (), later: Codes = ()
) -> Codes:
    """Return the facts of this view for a reader of a status.

    `used` is how much each meter has counted; unless given, nothing. `later` are facts of another
    time, of which those of the clock and the calendar are taken.
    """
    rulebook = _rulebook_of(decision)
    seen = _seen(decision)[: rulebook.vocabulary.base]
    if later:
        slots = rulebook.vocabulary.slots
        seen = tuple(
            new if slot.asks in _OF_THE_TIME else old
            for slot, old, new in zip(slots, seen, later, strict=False)
        )
    counts: list[int] = [False]
    for place in range(len(rulebook.meters)):
        counts += (used[place] if used else 0, 0)
    started = decision.facts["started"] or frozenset()
    counts += (offer in cast("frozenset[str]", started) for offer in rulebook.vocabulary.once)
    return complete(rulebook, (status, *seen[1:]), tuple(counts))


def _used(decision: Decision, place: int) -> int:
    """Return how much a meter has counted, as far as the decision knows it."""
    rulebook = _rulebook_of(decision)
    reading = decision.meter
    if reading is not None and reading.name == rulebook.meters[place].name:
        return reading.used
    facts = decision.facts.values
    if not rulebook.is_closed(place, facts):
        return 0
    return rulebook.limit_at(place, facts) or 0


def _meter_told(decision: Decision, verdict: Verdict) -> str | None:
    """Return the meter whose allowance is compared: the one that is told, or the only one.

    There is none where the view stays closed: only what is read is spent.
    """
    reading = decision.meter
    if reading is not None and reading.name in verdict.spend:
        return reading.name
    return verdict.spend[0] if len(verdict.spend) == 1 else None


def _without_account(decision: Decision, name: str) -> int | None:
    """Return what is given without an account; `None` where that cannot be compared."""
    reading = decision.meter
    if reading is None:
        fresh = _judge(decision, _facts_of(decision, Status.ANONYMOUS))
        is_closed = fresh is not None and fresh.verdict.show.access is Access.PREVIEW
        return 0 if is_closed else None
    if reading.name != name and reading.limit != 0:
        policy = _rulebook_of(decision).policy
        told, gained = policy.meter(reading.name), policy.meter(name)
        alike = told.window == gained.window and told.count is gained.count
        if not alike or told.noun != gained.noun:
            return None
    return reading.limit


def _hangs_on_unseen(decision: Decision, name: str) -> bool:
    """Say whether the allowance of a meter hangs on what was not looked at for this decision."""
    rulebook = _rulebook_of(decision)
    seen = max(len(decision.facts.values), ACCESS + 1)
    slots = {leaf.slot for formula, _ in rulebook.limits[name] for leaf in leaves(formula)}
    return any(seen <= slot < rulebook.vocabulary.base for slot in slots)

"""What an account, or coming back later, would open to whoever meets a prompt.

The rules judge the same facts again: of a reader who registers now, or once a meter has reset. What
cannot be known then is taken as unknown, and a promise is made only where it holds whatever that
is.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from attrs import field, frozen

from meter.decision import NEVER, Decision, MeterReading, told_places
from meter.engine import complete
from meter.facts import ACCESS, READER, Code, Codes, offered_name
from meter.facts.attributes import LENGTHS, OF_THE_ARTICLE, OF_THE_TIME
from meter.facts.meters import Opening
from meter.prompts.parts.allowances import Allowance, joint_allowance
from meter.rulebook import first_match, possible_rules
from meter.view import Article, PageView, Reader
from meter.vocabulary import Access, Show, Status
from meter.windows import day_start, instant, moment

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from meter.rulebook import Rulebook, Verdict

__all__ = ["Ahead", "Gain", "has_enough", "look_ahead"]

_FEW = 1
"""With so many left, or fewer, a reader is told what an account would give."""
_AGES = ("hour", *LENGTHS)
"""What is another in the course of a day, or as time goes by."""
_NOBODY = Reader(id=None)
_A_VIEW = PageView(article=Article(id="any", access="metered"))


@frozen
class Gain:
    """How much a meter gives with an account: `limit`, or without a limit none; `was` without."""

    meter: str
    limit: int | None
    was: int


@frozen
class Ahead:
    """What lies ahead of whoever meets a prompt: what an account gives, and whether one returns."""

    gain: Gain | None
    returns: bool


def look_ahead(decision: Decision) -> Ahead:
    """Return what lies ahead, where a prompt would say so: at walls, and with one or none left."""
    if has_enough(decision):
        return Ahead(gain=None, returns=False)
    return _remembered(
        _Outlook(decision.policy, decision.access, _seen(decision), decision.meter, decision)
    )


def has_enough(decision: Decision) -> bool:
    """Say whether a reader is told nothing of what lies ahead: more than a few are left."""
    reading = decision.meter
    has_more = reading is None or reading.left is None or reading.left > _FEW
    return decision.access is Access.FULL and has_more


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

    It is for whoever registers now and reads as many as are told, whatever else was counted.
    """
    if decision.facts["reader"] != Status.ANONYMOUS:
        return None
    rulebook = _rulebook_of(decision)
    facts = _facts_of(decision, Status.REGISTERED)
    fresh = first_match(rulebook, facts)
    unknown = _unseen(decision)
    given = None if fresh is None else _given(decision, fresh, facts, unknown)
    if fresh is None or given is None or not _is_known(decision, given.meter):
        return None
    was = _without_account(decision, given, unknown)
    if was is None or (given.limit is not None and given.limit <= was):
        return None
    if not all(_carries(decision, place, facts) for place in rulebook.places_of(fresh.spend)):
        return None
    unknown |= _counted_but(rulebook, fresh.spend)
    if not all(rule.opens for rule in possible_rules(rulebook, facts, unknown)):
        return None
    return Gain(given.meter, given.limit, was)


def _given(
    decision: Decision, verdict: Verdict, facts: Codes, unknown: frozenset[int]
) -> Allowance | None:
    """Return what the meters that are spent give together."""
    told = "" if decision.meter is None else decision.meter.name
    return joint_allowance(_rulebook_of(decision), verdict.spend, facts, unknown, told)


def _is_known(decision: Decision, meter: str) -> bool:
    """Say whether enough was looked at to tell what a meter gives with an account.

    A wall that asks to register promises what everybody gets, whatever has been counted.
    """
    slots = _rulebook_of(decision).vocabulary.meters[meter]
    is_counted = slots.end <= len(decision.facts.values)
    return is_counted or decision.show is Show.REGISTRATION_WALL


def _without_account(decision: Decision, gained: Allowance, unknown: frozenset[int]) -> int | None:
    """Return what is given without an account; `None` where that cannot be compared.

    Allowances of two meters are compared if both have the same window and count the same.
    """
    reading = decision.meter
    rulebook = _rulebook_of(decision)
    facts = _facts_of(decision, Status.ANONYMOUS)
    fresh = first_match(rulebook, facts)
    if fresh is None:
        return None
    if fresh.show.access is Access.PREVIEW:
        return None if reading is not None and reading.limit else 0
    given = None if reading is None else _given(decision, fresh, facts, unknown)
    if reading is None or given is None or given.limit != reading.limit:
        return None
    told, other = rulebook.policy.meter(given.meter), rulebook.policy.meter(gained.meter)
    alike = told.window == other.window and told.count is other.count
    return given.limit if alike and told.noun == other.noun else None


def _carries(decision: Decision, place: int, facts: Codes) -> bool:
    """Say whether a meter is open to an account that what is counted is carried into.

    As far as the decision knows what was counted; with an allowance of more than before, or of
    more than was counted, it is.
    """
    rulebook = _rulebook_of(decision)
    known = decision.facts.values
    reading = decision.meter
    limit = rulebook.limit_at(place, facts)
    if limit is None or len(known) <= rulebook.vocabulary.base:
        return True
    if reading is not None and reading.name == rulebook.meters[place].name:
        return reading.used < limit
    before = rulebook.limit_at(place, known)
    if before is None:
        return False
    return limit > before if rulebook.is_closed(place, known) else limit >= before


def _returns(decision: Decision) -> bool:
    """Say whether the reader of a wall reads again once the meter that is told resets.

    That day at any hour, and however old the article, or an account, is by then. A trial may be
    over.
    """
    reading = decision.meter
    rulebook = _rulebook_of(decision)
    known = decision.facts.values
    if decision.access is Access.FULL or decision.facts["reader"] == Status.TRIAL:
        return False
    if reading is None or not reading.limit:
        return False
    if reading.left or reading.resets_at is None or len(known) <= rulebook.vocabulary.base:
        return False
    facts, unknown = _later(decision, instant(reading.resets_at))
    reopened = _reopened(decision, rulebook.places[reading.name])
    for place, meter in enumerate(rulebook.meters):
        slots = rulebook.vocabulary.meters[meter.name]
        unknown |= set(range(slots.open, slots.end))
        limit = rulebook.limit_at(place, known)
        is_same = rulebook.possible_limits(meter.name, facts, unknown) == {limit}
        if is_same and not rulebook.is_closed(place, known):
            unknown.discard(slots.open)
        elif is_same and place in reopened:
            facts[slots.open] = Opening.OPEN
            unknown.discard(slots.open)
    return all(rule.opens for rule in possible_rules(rulebook, facts, unknown))


def _later(decision: Decision, at: int) -> tuple[list[Code], set[int]]:
    """Return the facts of another day, from an instant until it ends, and the slots that vary."""
    rulebook = _rulebook_of(decision)
    vocabulary = rulebook.vocabulary
    status = cast("Status", decision.facts["reader"])
    zone = rulebook.policy.zone
    first, last = (
        vocabulary.observe(_NOBODY, _A_VIEW, when, status) for when in (at, _day_end(at, zone))
    )
    facts = list(decision.facts.values)
    unknown = set()
    for place, slot in enumerate(vocabulary.slots[: vocabulary.base]):
        if slot.asks in OF_THE_TIME:
            facts[place] = first[place]
        if slot.asks in _AGES or (slot.asks in OF_THE_TIME and first[place] != last[place]):
            unknown.add(place)
    return facts, unknown


def _day_end(at: int, zone: ZoneInfo) -> int:
    day = moment(at, zone).date()
    return at if day == date.max else day_start(day + timedelta(days=1), zone) - 1


def _reopened(decision: Decision, told: int) -> set[int]:
    """Return the places of the meters that are open again once the one that is told is.

    It is the last to reset of those that closed a rule together.
    """
    rulebook = _rulebook_of(decision)
    facts = decision.facts.values
    verdict = first_match(rulebook, facts)
    groups = () if verdict is None else told_places(rulebook, verdict, facts)
    with_told = [set(group) for group in groups if told in group]
    return set.intersection(*with_told) if with_told else {told}


def _rulebook_of(decision: Decision) -> Rulebook:
    return cast("Rulebook", decision.rulebook)


def _facts_of(decision: Decision, status: Status) -> Codes:
    """Return the facts of this view for a reader of a status, with nothing counted.

    Whoever has an account has registered this moment.
    """
    rulebook = _rulebook_of(decision)
    slots = rulebook.vocabulary.slots
    seen = list(_seen(decision)[: rulebook.vocabulary.base])
    seen[READER] = status
    if status is not Status.ANONYMOUS and rulebook.vocabulary.has("registration"):
        place = rulebook.vocabulary.place("registration")
        seen[place] = slots[place].code(0)
    started = cast("frozenset[str]", decision.facts["started"] or frozenset())
    counts = [False, *(0, 0) * len(rulebook.meters)]
    counts += [offer in started for offer in rulebook.vocabulary.once]
    elapsed = [decision.facts[offered_name(offer)] for offer in rulebook.vocabulary.lasting]
    counts += [NEVER if code is None else cast("int", code) for code in elapsed]
    return complete(rulebook, tuple(seen), tuple(counts))


def _unseen(decision: Decision) -> frozenset[int]:
    """Return the slots of the reader and the request that were not looked at."""
    if len(decision.facts.values) > ACCESS:
        return frozenset()
    vocabulary = _rulebook_of(decision).vocabulary
    return frozenset(
        place
        for place, slot in enumerate(vocabulary.slots[: vocabulary.base])
        if place != READER and slot.asks not in (*OF_THE_ARTICLE, *OF_THE_TIME, "registration")
    )


def _counted_but(rulebook: Rulebook, spend: tuple[str, ...]) -> frozenset[int]:
    """Return the slots of what meters have counted, but that those which are spent are open."""
    slots = rulebook.vocabulary.meters
    every = {place for each in slots.values() for place in range(each.open, each.end)}
    return frozenset(every - {slots[name].open for name in spend})

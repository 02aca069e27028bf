"""Readers and page views to try where a policy is too large to be laid out whole.

For each rule a few ways in which its condition, and that of an offer it gives, can hold; each with
several statuses, articles and counts, as far as the condition leaves them open. What comes out of
them is decided by the engine, so nothing is shown that nobody gets; something may be missed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice, product, zip_longest
from typing import TYPE_CHECKING, Any

from meter.formulas import ALWAYS, And, Contains, In, Or
from meter.verify.concretize import plain_codes
from meter.verify.situations import EXPIRED, RUNNING
from meter.verify.together.counts import Way
from meter.verify.together.timing import Timing
from meter.vocabulary import ArticleAccess, Status
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from meter.facts import Vocabulary
    from meter.formulas import Formula
    from meter.rulebook import JudgedRule, Rulebook

__all__ = ["candidates"]

_MOST_A_RULE = 400
_MOST_WAYS = 8
_MOST_CODES = 2
_MOST_COUNTED = 500

_ONLY = {
    "registration": tuple(status for status in Status if status is not Status.ANONYMOUS),
    "expiry": EXPIRED,
    "purchase": RUNNING,
}
"""The statuses of those of whom it is known how long ago something was."""

_SOME_MORNING = instant(datetime(2026, 6, 1, 9, tzinfo=UTC))

_Asked = tuple[int, str | None]
"""A slot, or a member of one that holds a set."""
_Chosen = dict[_Asked, Any]


def candidates(rulebook: Rulebook) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Way]]]:
    """Yield codes to decide for, with how much of each meter is used before."""
    meters = [meter.name for meter in rulebook.policy.meters]
    for rule in rulebook.rules:
        for values, used in islice(_tries(rule, rulebook), _MOST_A_RULE):
            yield values, dict.fromkeys(meters, Way(used, own=False))


def _tries(rule: JudgedRule, rulebook: Rulebook) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield codes for one rule, and how much of every meter is used; each pair once."""
    vocabulary = rulebook.vocabulary
    seen = set()
    everything = product(_used(rulebook), _ways(rule, vocabulary), Status, ArticleAccess)
    for used, chosen, status, access in everything:
        values = _values(vocabulary, chosen, status, access)
        key = (tuple(values.items()), used)
        if key not in seen and _is_possible(values):
            seen.add(key)
            yield values, used


def _ways(rule: JudgedRule, vocabulary: Vocabulary) -> list[_Chosen]:
    """Return a few ways in which a rule's condition holds: without its offers, and with each."""
    asked: list[Formula] = [ALWAYS, *(formula for _, formula, _ in rule.offers)]
    for place, slot in enumerate(vocabulary.slots[: vocabulary.base]):
        if slot.name == "period":  # when no offer runs, and when another does
            asked += [In(place, frozenset([code])) for code in slot.codes()]
    found = [
        list(islice(_choices(And((rule.formula, formula)), vocabulary), _MOST_WAYS))
        for formula in asked
    ]
    # The first of each, then the second of each, and so on.
    return [way for ways in zip_longest(*found) for way in ways if way is not None]


def _used(rulebook: Rulebook) -> list[int]:
    """Return how much to use of every meter: nothing, and what is around each number it asks."""
    asked: set[int] = set()
    for meter in rulebook.policy.meters:
        asked |= {limit for _, limit in rulebook.limits[meter.name] if limit is not None}
        slot = rulebook.vocabulary.meters[meter.name].used
        if slot >= 0:
            asked |= {int(number) for number in rulebook.vocabulary.slots[slot].mentioned}
    known = {number for number in asked if 0 < number <= _MOST_COUNTED}
    return sorted({0, *known, *(number - 1 for number in known)})


def _choices(formula: Formula, vocabulary: Vocabulary) -> Iterator[_Chosen]:
    """Yield ways in which a formula holds; what it asks of meters is left to the counts."""
    if isinstance(formula, In):
        slot = vocabulary.slots[formula.slot]
        if slot.meter is not None:
            yield {}
            return
        codes = [code for code in plain_codes(vocabulary, slot) if code in formula.codes]
        most = len(Status) if slot.name == "reader" else _MOST_CODES
        for code in codes[:most]:
            yield {(formula.slot, None): code}
    elif isinstance(formula, Contains):
        yield {(formula.slot, formula.member): formula.inside}
    elif isinstance(formula, And):
        yield from _together(formula.parts, vocabulary)
    elif isinstance(formula, Or):
        for part in formula.parts:
            yield from _choices(part, vocabulary)
    elif formula.holds(()):
        yield {}


def _together(parts: tuple[Formula, ...], vocabulary: Vocabulary) -> Iterator[_Chosen]:
    """Yield ways in which every part holds, those that contradict each other left out."""
    if not parts:
        yield {}
        return
    for first in _choices(parts[0], vocabulary):
        for others in _together(parts[1:], vocabulary):
            if all(others.get(asked, code) == code for asked, code in first.items()):
                yield {**others, **first}


def _values(
    vocabulary: Vocabulary, chosen: _Chosen, status: Status, access: ArticleAccess
) -> dict[str, Any]:
    """Return a code for every slot that needs no usage: what was chosen, else the plainest."""
    values: dict[str, Any] = {}
    open_ones = {"reader": status, "access": access}
    for place, slot in enumerate(vocabulary.slots[: vocabulary.base]):
        if slot.kind == "set":
            values[slot.name] = frozenset(
                member for member in slot.mentioned if chosen.get((place, member))
            )
        elif (place, None) in chosen:
            values[slot.name] = chosen[place, None]
        elif slot.name in open_ones:
            values[slot.name] = open_ones[slot.name]
        else:
            values[slot.name] = plain_codes(vocabulary, slot)[0]
    if values.get("whole") is False and not values.get("product"):
        values["whole"] = values["reader"] in RUNNING and (_place(vocabulary), None) not in chosen
    for slot in vocabulary.slots[: vocabulary.base]:
        if slot.asks in _ONLY and values["reader"] not in _ONLY[slot.asks]:
            values[slot.name] = None
    if "published" in values and "age" in values:
        _agree(vocabulary, values, {vocabulary.slots[place].name for place, _ in chosen})
    return values


def _agree(vocabulary: Vocabulary, values: dict[str, Any], chosen: set[str]) -> None:
    """Choose when the article was published by its age, or its age by when that was."""
    slots = {slot.name: slot for slot in vocabulary.slots[: vocabulary.base]}
    free = "published" if "age" in chosen else "age"
    if chosen.isdisjoint(("age", "published")):
        values["published"] = None
    timing = Timing.of(vocabulary)
    for code in plain_codes(vocabulary, slots[free]):
        values[free] = code
        if timing.solve(values, _SOME_MORNING) is not None:
            return


def _place(vocabulary: Vocabulary) -> int:
    """Return the place of what asks whether a right is to everything."""
    return [slot.name for slot in vocabulary.slots].index("whole")


def _is_possible(values: Mapping[str, Any]) -> bool:
    """Say whether only those hold products who may."""
    holds = values.get("product") or values.get("whole")
    return not holds or values["reader"] in RUNNING

"""What holds of two policies, whatever was read: by it much of a log is known that is cut off."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from attrs import frozen

from meter.columns.decide import Columns
from meter.formulas import leaves
from meter.replay.censoring import looks_back, looser
from meter.replay.hidden import Kinds, is_open

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meter.policy import Policy
    from meter.rulebook import Rulebook

__all__ = ["Premises", "asks_of_meters", "premises_of"]


@frozen(kw_only=True)
class Premises:
    """Two policies, the kinds of views that a log may lack, and what follows from them.

    `looser`: it may let read on whom the recorded policy stops. `looks_back`: what is counted
    besides spending may decide. `lower`: the policy asked about is the recorded one, with limits
    that are lower or the same. `aligned`: all meters of both start
    anew at the same moments of one calendar, or never. `monotone`: what is stopped under the policy
    asked about stays stopped where more is read.
    """

    recorded: Columns
    asked: Columns
    kinds: Kinds
    looser: bool
    looks_back: bool
    lower: bool
    aligned: bool
    monotone: bool


def premises_of(
    recorded: Columns, asked: Columns, kinds: Kinds, pairs: Iterable[tuple[int, int]]
) -> Premises:
    """Return what follows from two policies; `pairs` are the groups of the views in the log."""
    pairs = tuple(pairs)
    return Premises(
        recorded=recorded,
        asked=asked,
        kinds=kinds,
        looser=looser(recorded, asked, pairs),
        looks_back=looks_back(recorded, asked),
        lower=_is_lower(recorded, asked, pairs),
        aligned=_are_aligned(recorded, asked),
        monotone=_is_monotone(asked, kinds, [number for _, number in pairs]),
    )


def _is_lower(recorded: Columns, asked: Columns, pairs: Iterable[tuple[int, int]]) -> bool:
    if _without_limits(recorded.rulebook.policy) != _without_limits(asked.rulebook.policy):
        return False
    places = [(place, recorded.meters.index(name)) for place, name in enumerate(asked.meters)]
    return all(
        _number(asked.limit(new, place)) <= _number(recorded.limit(old, before))
        for old, new in pairs
        for place, before in places
    )


def _number(limit: int | None) -> float:
    return inf if limit is None else limit


def _without_limits(policy: Policy) -> object:
    """Return what decides who may read what, but for limits."""
    meters = {
        meter.name: (meter.window, meter.count, meter.access, meter.counts)
        for meter in policy.meters
    }
    rules = [(rule.when, rule.spend, is_open(rule.show)) for rule in policy.rules]
    return policy.zone.key, meters, rules, policy.products, policy.switched_on


def _are_aligned(recorded: Columns, asked: Columns) -> bool:
    calendars = set()
    for columns in (recorded, asked):
        for meter in columns.rulebook.meters:
            window = meter.timeline.window
            if window.rolling or window.fixed:
                return False
            calendars.add((window, meter.timeline.zone.key))
    return len(calendars) <= 1


def _is_monotone(asked: Columns, kinds: Kinds, logged: Iterable[int]) -> bool:
    """Say whether a reader who is stopped stays so, whatever else he reads besides.

    That is so where one meter counts alone, in windows that do not depend on what is read, and no
    view in the log that it refused would be open by another rule. What is not stopped has been
    counted; so of more articles than the limit one is refused, in whichever order they are read.
    """
    book = asked.rulebook
    spent = [place for place, is_spent in enumerate(book.spent) if is_spent]
    if len(spent) != 1 or book.histories or not kinds.is_known or asks_of_meters(book):
        return False
    meter = book.meters[spent[0]]
    if meter.timeline.window.rolling or meter.timeline.window.fixed:
        return False
    logged = set(logged)
    if not all(_is_hard(book, number, asked) for number in logged):
        return False
    limits = {asked.limit(number, spent[0]) for number in (*logged, *kinds.asked)}
    return meter.by_view or len(limits) == 1


def asks_of_meters(book: Rulebook) -> bool:
    """Say whether a rule asks what is left of a meter, or what it has counted."""
    slots = book.vocabulary.slots
    return any(
        slots[leaf.slot].meter is not None for rule in book.rules for leaf in leaves(rule.formula)
    )


def _is_hard(book: Rulebook, group: int, asked: Columns) -> bool:
    """Say whether a view is refused where nothing is left, if it is ever counted."""
    spends = False
    for rule in book.rules:
        if not rule.formula.holds(asked.groups[group].values):
            continue
        if not rule.spend:
            return not spends or not is_open(rule.show)
        spends = True
    return False

"""What a policy file says of a page view, read from the documentation and nothing else.

A policy is what `tomllib` makes of its text; a reader and a view are an event as a plain table.
Nothing here, nor in the modules it reads, knows anything of `meter`.
"""

from __future__ import annotations

import math
import tomllib
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tests.verify.oracle.conditions import holds, reasons
from tests.verify.oracle.prompts import resolved, shown
from tests.verify.oracle.records import Count, Record, resets_at, spent
from tests.verify.oracle.times import instant_of
from tests.verify.oracle.variants import shared
from tests.verify.oracle.visit import Visit

__all__ = ["FULL", "SHOWS", "Decided", "Reading", "decide", "eligible", "judged", "read"]

Table = dict[str, Any]
FULL = ("article", "countdown", "last-free-article")
SHOWS = (
    *FULL,
    "registration-wall",
    "gate",
    "trial-offer",
    "subscription-wall",
    "trial-expired",
    "subscription-expired",
)
_NEVER = datetime.max.replace(tzinfo=UTC)


class Reading(NamedTuple):
    """What is told of a meter, after the view."""

    name: str
    limit: int | None
    used: int
    left: int | None
    resets_at: datetime | None


class Decided(NamedTuple):
    """A decision, in plain words."""

    show: str
    access: str
    rule: str
    prompt: str | None
    offers: tuple[str, ...]
    meter: Reading | None
    counted: bool
    speculative: bool
    exposures: frozenset[tuple[str, str]] = frozenset()
    """Experiments with the variant that the reader is in."""


class Judged(NamedTuple):
    """The rule that decides, what it shows, and whose refusal may be told."""

    rule: Table
    spend: tuple[str, ...]
    show: str
    prompt: str | None
    offers: tuple[str, ...]
    told: list[list[str]]

    @property
    def is_whole(self) -> bool:
        """Say whether the whole article is shown."""
        return self.show in FULL


def read(text: str) -> Table:
    """Read a policy file."""
    return tomllib.loads(text)


def decide(policy: Table, event: Table, record: Record) -> tuple[Decided, Record]:
    """Decide a page view, and return what is remembered after it."""
    visit = Visit(policy, event, record)
    decided, counting = _decided(visit)
    new = [Count(meter, visit.key(meter), visit.clock) for meter in counting]
    running = [count for meter in counting for count in visit.stand(meter).held]
    after = record.with_counts(new, running)
    after = shown(visit, after, decided.prompt, counts=bool(new))
    if event.get("prefetch") or not visit.has_id:
        after = record
    return decided._replace(exposures=_exposed(visit, decided, counting)), after


def _decided(visit: Visit) -> tuple[Decided, list[str]]:
    """Return what a page view gets, and the meters that count it."""
    found = judged(visit)
    counting = counted_by(visit, found)
    limited = [meter for meter in counting if visit.stand(meter).limit is not None]
    speculative = bool(visit.view.get("prefetch") and limited)
    if visit.view.get("prefetch"):
        counting = []
    decided = Decided(
        found.show,
        "full" if found.is_whole and not speculative else "preview",
        found.rule["name"],
        None if speculative else resolved(visit, found.prompt, counting),
        found.offers,
        _told(visit, found, counting),
        counted=any(meter in found.spend for meter in counting),
        speculative=speculative,
    )
    return decided, counting


def _exposed(visit: Visit, mine: Decided, counting: list[str]) -> frozenset[tuple[str, str]]:
    """Return the experiments of which another variant would have been decided otherwise.

    A view that is speculative in one of its variants tells of none.
    """
    found = set()
    for name, table in visit.policy.get("experiments", {}).items():
        variant = visit.variant(name)
        if mine.speculative or not variant or not visit.matches(table.get("when", {})):
            continue
        others = [
            _decided(Visit(visit.policy, visit.view, visit.record, {name: other}))
            for other in shared(table)
        ]
        if any(yours.speculative for yours, _ in others):
            continue
        same = (mine._replace(rule=""), counting)
        if any((yours._replace(rule=""), counted) != same for yours, counted in others):
            found.add((name, variant))
    return frozenset(found)


def judged(visit: Visit) -> Judged:
    """Return the first rule that matches, and what it shows."""
    refused: list[list[str]] = []
    for rule in visit.policy["rules"]:
        spend = tuple(spent(rule))
        if not visit.matches(rule.get("when", {}), spend):
            continue
        if spend and visit.access != "free":
            if visit.passes_by(rule):
                continue
            closed = [meter for meter in spend if visit.is_exhausted(meter)]
            if closed:
                refused.append(closed)
                continue
        return _shown(visit, rule, spend, refused)
    raise AssertionError("the last rule matches everything")


def _shown(visit: Visit, rule: Table, spend: tuple[str, ...], refused: list[list[str]]) -> Judged:
    offers = _offers(visit, rule, spend)
    if spend and visit.access == "free":
        return Judged(rule, (), "article", None, offers, [])
    stands = [visit.stand(meter) for meter in spend]
    limits = [stand.limit for stand in stands]
    show, prompt = rule["show"], rule.get("prompt")
    if show in ("countdown", "last-free-article") and (0 in limits or set(limits) == {None}):
        return Judged(rule, spend, "article", None, offers, [list(spend)] if spend else [])
    if show == "countdown" and 0 in [stand.after for stand in stands]:
        show = "last-free-article"
    kind = visit.policy["offers"][offers[0]].get("kind", "trial") if offers else None
    if show == "wall":
        lapsed = visit.person.status.endswith("-expired")
        offered = "trial-offer" if kind == "trial" else "subscription-wall"
        show = visit.person.status if lapsed else offered
    if show == "trial-offer" and not offers:
        show = "subscription-wall"
    if prompt is None and show != "article":
        prompt = show
    told = [list(spend)] if spend else []
    if show not in FULL:
        told = [*refused, *_exhausted_by(visit, rule)]
    return Judged(rule, spend, show, prompt, offers, told)


class _Unseen:
    """A visit of which nobody knows where the meters stand."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._visit, name)

    def left(self, _meter: str) -> None:
        return None

    used = left

    def is_exhausted(self, _meter: str) -> bool:
        return False


def _exhausted_by(visit: Visit, rule: Table) -> list[list[str]]:
    """Return, as if a rule had refused, the meters by whose end the condition of one holds."""
    when = rule.get("when", {})
    if holds(when, _Unseen(visit)) is True:  # type: ignore[arg-type]
        return []
    names = set(reasons(when, visit))
    found = [meter for meter in visit.policy.get("meters", {}) if meter in names]
    return [found] if found else []


def _offers(visit: Visit, rule: Table, spend: tuple[str, ...]) -> tuple[str, ...]:
    """Return the offers shown: all of those side by side, or the first of a list."""
    side_by_side = "offers" in rule
    named = rule["offers"] if side_by_side else rule.get("offer", [])
    listed = [named] if isinstance(named, str) else named
    had = tuple(name for name in listed if eligible(visit, name, spend))
    return had if side_by_side else had[:1]


def eligible(visit: Visit, name: str, spend: tuple[str, ...] = ()) -> bool:
    """Say whether an offer runs and is for this reader."""
    offer = visit.policy["offers"][name]
    if offer.get("once") and (not visit.has_id or name in visit.record.started):
        return False
    if "starts" in offer and visit.now < instant_of(visit.zone, offer["starts"]):
        return False
    if "ends" in offer and visit.now >= instant_of(visit.zone, offer["ends"], end=True):
        return False
    return visit.matches(offer.get("when", {}), spend)


def counted_by(visit: Visit, found: Judged) -> list[str]:
    """Return the meters that count this view, if a person reads it."""
    if not found.is_whole or not visit.has_id:
        return []
    counting = []
    for meter in visit.policy.get("meters", {}):
        stand = visit.stand(meter)
        room = stand.limit is None or len(stand.held) < stand.limit
        by_rule = meter in found.spend and not stand.again
        if by_rule or (visit.is_history_of(meter) and not stand.own and room):
            counting.append(meter)
    return counting


def _told(visit: Visit, found: Judged, counting: list[str]) -> Reading | None:
    """Return the reading that is told: of what is spent, or of what was refused."""
    if found.is_whole and not visit.has_id:
        return None
    binding = [_binding(visit, names, counting, whole=found.is_whole) for names in found.told]
    return min(binding, key=_when_it_resets, default=None)


def _when_it_resets(reading: Reading) -> datetime:
    return _NEVER if reading.resets_at is None else reading.resets_at


def _binding(visit: Visit, names: list[str], counting: list[str], *, whole: bool) -> Reading:
    """Return the reading of the one meter of several that binds."""
    readings = [_reading(visit, name, counting) for name in names]
    if whole:
        lefts = [math.inf if each.left is None else each.left for each in readings]
        readings = [each for each, left in zip(readings, lefts, strict=True) if left == min(lefts)]
    return max(readings, key=_when_it_resets)


def _reading(visit: Visit, meter: str, counting: list[str]) -> Reading:
    stand = visit.stand(meter)
    if not visit.has_id:
        return Reading(meter, 0, 0, 0, None)
    held = stand.held
    if meter in counting:
        new = Count(meter, visit.key(meter), visit.clock)
        held = sorted([*held, new], key=lambda count: (count.at, count.key))
    limit = stand.limit
    used = len(held) if limit is None else min(len(held), limit)
    left = None if limit is None else limit - used
    reset = resets_at(visit.policy, visit.zone, meter, held, limit, visit.clock)
    return Reading(meter, limit, used, left, reset)

"""The slow way: every combination of codes one after the other, judged by the engine itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from attrs import evolve

from meter.decision import told_places
from meter.engine import judge, meter_codes
from meter.facts.slots import Slot, observer_of
from meter.formulas.translation import formula_of
from meter.verify.rows import Seen, visible
from meter.verify.situations import MeterState
from meter.view import Article, PageView, Reader
from meter.vocabulary import Access, Status
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.facts import Codes
    from meter.formulas import Formula
    from meter.policy import Meter, Policy
    from meter.rulebook import Rulebook, Verdict
    from meter.verify.situations import Situation
    from meter.verify.space import Space

Past = tuple[tuple[bool, ...], tuple[MeterState, ...]]

EXPIRED = {Status.TRIAL_EXPIRED, Status.SUBSCRIPTION_EXPIRED}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
JUNE = instant(datetime(2026, 6, 1, tzinfo=UTC))
HOUR = 3_600_000_000
YEARS = 5 * 365 * 24 * HOUR
SOMEBODY = Reader(id="somebody")
RUNNING = {Status.TRIAL, Status.SUBSCRIBER, Status.STAFF}


def is_possible(space: Space, situation: Situation) -> bool:
    """Say whether there can be such a reader, view and meter state, without a diagram."""
    past = situation.known, tuple(situation.meter_states[meter] for meter in space.meters)
    return _is_somebody(space, situation) and _is_a_past(space, situation, past)


def _is_a_past(space: Space, situation: Situation, past: Past) -> bool:
    """Say whether a reader may have counted so much."""
    known, states = past
    if past == _nothing_known(space, situation):
        return True
    may = [
        {own for own, state in _ways(space, situation, meter, known) if state == wanted}
        for meter, wanted in zip(space.meters, states, strict=True)
    ]
    return any(known == _known(space, owns) for owns in product(*may))


def _pasts(space: Space, situation: Situation) -> set[Past]:
    """Return all that a reader may have counted: for each meter how many, and is this one of them.

    As what the facts can tell of it: is the article counted already, and the state of each meter.
    """
    found = set()
    for known in product((False, True), repeat=len(space.rulebooks)):
        ways = [_ways(space, situation, meter, known) for meter in space.meters]
        for way in product(*ways):
            if known == _known(space, [own for own, _ in way]):
                found.add((known, tuple(state for _, state in way)))
    nothing = _nothing_known(space, situation)
    return found if nothing is None else {*found, nothing}


def _known(space: Space, owns: Sequence[bool]) -> tuple[bool, ...]:
    """Return under each policy whether the article is counted already.

    `owns` says of each meter whether it has counted it.
    """
    return tuple(any(owns[place] for place in shared) for shared in _sharing(space))


@lru_cache(maxsize=64)
def _sharing(space: Space) -> list[list[int]]:
    """Return under each policy the places of the meters that count already for one another."""
    return [
        [
            space.meters.index(meter.name)
            for meter in book.policy.meters
            if _shares(book.policy, meter)
        ]
        for book in space.rulebooks
    ]


def _shares(policy: Policy, meter: Meter) -> bool:
    return meter.count == "articles" and any(meter.name in rule.spend for rule in policy.rules)


def _ways(
    space: Space, situation: Situation, meter: str, known: tuple[bool, ...]
) -> set[tuple[bool, MeterState]]:
    """Return whether a meter has counted the article, and its state, in every way there is."""
    facts = _base(space, situation)
    kept = tuple(_counts(space, side, meter, facts) for side in range(len(space.rulebooks)))
    limits = tuple(
        book.limit(meter, facts) if meter in book.limits else 0 for book in space.rulebooks
    )
    return _ways_under(space, meter, limits, known, kept)


def _base(space: Space, situation: Situation) -> Codes:
    """Return what is known of a view without any usage."""
    slots = space.vocabulary.slots[: space.vocabulary.base]
    return tuple(situation.values[slot.name] for slot in slots)


@lru_cache(maxsize=4_096)
def _ways_under(
    space: Space,
    meter: str,
    limits: tuple[int | None, ...],
    known: tuple[bool, ...],
    kept: tuple[tuple[bool, bool] | None, ...],
) -> set[tuple[bool, MeterState]]:
    slots = space.vocabulary.meters[meter]
    asked = () if slots.used < 0 else space.vocabulary.slots[slots.used].mentioned
    most = int(max(0 if limit is None else limit for limit in (*limits, *asked))) + 2
    found = set()
    for used, own in product(range(most), (False, True)):
        if used or not own:
            codes = []
            for side, limit in enumerate(limits):
                seen, adds = 0, False
                if kept[side] is not None:
                    counts, is_for = kept[side]
                    each = space.rulebooks[side].policy.meter(meter)
                    already = own if each.count == "views" else known[side]
                    seen = (2 if already else 0) + (1 if own else 0)
                    adds = (counts and not own) or (is_for and not already)
                codes.append(
                    tuple(meter_codes(space.vocabulary, meter, limit, used, seen=seen, adds=adds))
                )
            found.add((own, MeterState(tuple(codes))))
    return found


def _counts(space: Space, side: int, meter: str, facts: Codes) -> tuple[bool, bool] | None:
    """Return whether a history counts a view, and whether a rule that spends the meter does.

    `None` under a policy that has no such meter: no rule asks for it.
    """
    policy = space.rulebooks[side].policy
    if meter not in {each.name for each in policy.meters}:
        return None
    each = policy.meter(meter)
    is_for = facts[1] in each.access
    formula = _history(space, side, meter)
    counts = formula is not None and formula.holds(facts) is True
    if any(meter in rule.spend for rule in policy.rules):
        counts = counts and is_for
    return counts, is_for


@lru_cache(maxsize=4_096)
def _history(space: Space, side: int, meter: str) -> Formula | None:
    policy = space.rulebooks[side].policy
    counts = policy.meter(meter).counts
    return None if counts is None else formula_of(counts, space.vocabulary, policy)


def _nothing_known(space: Space, situation: Situation) -> Past | None:
    """Return what is seen of a reader without an id, if such a reader can have these values."""
    if situation.values.get("started", frozenset(space.vocabulary.once)) != frozenset(
        space.vocabulary.once
    ):
        return None
    states = []
    for meter in space.meters:
        codes = [
            tuple(meter_codes(space.vocabulary, meter, limit, None, seen=0, adds=False))
            for limit in space.limits_of(situation, meter)
        ]
        states.append(MeterState(tuple(codes)))
    return (False,) * len(space.rulebooks), tuple(states)


def _is_somebody(space: Space, situation: Situation) -> bool:
    values = situation.values
    status = values["reader"]
    slots = [slot for slot in space.vocabulary.slots if slot.name in values]
    known = {slot.name: values[slot.name] is not None for slot in slots}
    if "expiry" in known and known["expiry"] is not (status in EXPIRED):
        return False
    for slot in slots:
        what, _, product = slot.name.partition(" ")
        if not known[slot.name]:
            continue
        if what == "registration" and status == Status.ANONYMOUS:
            return False
        if what == "expiry" and status not in EXPIRED:
            return False
        if what == "purchase" and status not in RUNNING:
            return False
        if product and not _is_longer(space, values, what, slot):
            return False
        told = what == "purchase" and product in _mentioned(space, "product")
        if told and product not in values["product"]:
            return False
    holds = values.get("product") or values.get("whole")
    return (not holds or status in RUNNING) and _can_be_now(space, situation)


def _mentioned(space: Space, name: str) -> tuple[object, ...]:
    return next((slot.mentioned for slot in space.vocabulary.slots if slot.name == name), ())


def _is_longer(space: Space, values, what: str, slot) -> bool:
    """Say whether the rights to one product can say so, given what all rights say."""
    if what not in values:
        return True
    if values[what] is None:
        return False
    every = space.vocabulary.slots[space.vocabulary.place(what)]
    marks = [*every.mentioned, *slot.mentioned]
    tried = {0, *(max(0, mark + step) for mark in marks for step in (-2, -1, 0, 1, 2))}
    return any(
        every.code(last) == values[what] and slot.code(own) == values[slot.name]
        for last in tried
        for own in tried
        if own >= last
    )


def _can_be_now(space: Space, situation: Situation) -> bool:
    """Say whether the clocks, the date and the age of an article can say so, by trying."""
    slots = [
        slot
        for slot in space.vocabulary.slots
        if slot.name in ("period", "published", "age") or slot.zone is not None
    ]
    wanted = tuple(situation.values[slot.name] for slot in slots)
    return len(slots) < 2 or wanted in _moments(tuple(slots))


@lru_cache(maxsize=64)
def _moments(slots: tuple[Slot, ...]) -> set[tuple[object, ...]]:
    """Return what can be seen of instants and of articles, of very many of either."""
    marks = {slot.name: slot.mentioned for slot in slots}
    about = (*marks.get("period", ()), *marks.get("published", ()), JUNE)
    ages = [age + step for age in (0, *marks.get("age", ()), YEARS) for step in (-1, 0, 1)]
    published = [
        at + step for at in (*marks.get("published", ()), JUNE) for step in (-YEARS, -1, 0)
    ]
    hours = [at + hour * HOUR for at in about for hour in range(-8 * 24, 8 * 24)]
    near = [at + step for at in about for step in (-1, 0)]
    edges = [at + age + step for at in published for age in ages for step in (-1, 0, 1)]
    nows = [*hours, *near, *edges, JUNE + 2 * YEARS, *(at + YEARS for at in about)]
    found = set()
    whole = any(slot.name in ("published", "age") for slot in slots)
    observers = [observer_of(slot) for slot in slots]
    for now in sorted(set(nows)):
        came = {None, *(now - age for age in ages), *published} if whole else {None}
        for at in came:
            when = None if at is None else EPOCH + timedelta(microseconds=at)
            view = PageView(article=Article(id="a", published=when))
            found.add(tuple(see(SOMEBODY, view, now) for see in observers))
    return found


def size(space: Space) -> int:
    """Return how many combinations of codes there are, possible or not."""
    return prod(len(variable.domain) for variable in space.variables)


def situations(space: Space) -> Iterator[Situation]:
    """Yield every situation there can be."""
    plain = [variable for variable in space.variables if variable.slot is not None]
    rest = [variable for variable in space.variables if variable.slot is None]
    for codes in product(*(range(len(variable.domain)) for variable in plain)):
        start = space.situation([*codes, *([0] * len(rest))])
        if not _is_somebody(space, start):
            continue
        for known, states in _pasts(space, start):
            knows = dict(zip(space.known_levels, known, strict=True))
            levels = list(range(len(plain), len(space.variables)))
            here = dict(zip(space.meters, states, strict=True))
            past = [
                knows[level]
                if variable.meter is None
                else variable.domain.index(here[variable.meter])
                for level, variable in zip(levels, rest, strict=True)
            ]
            yield space.situation([*codes, *map(int, past)])


def differs(space: Space, situation: Situation) -> bool:
    """Say whether a reader here can tell two policies apart, or is counted otherwise."""
    facts = [space.facts(situation, side) for side in range(len(space.rulebooks))]
    said = [judge(book, values) for book, values in zip(space.rulebooks, facts, strict=True)]
    seen = [
        _noticed(book, verdict, values)
        for book, verdict, values in zip(space.rulebooks, said, facts, strict=True)
    ]
    if seen[0] != seen[1]:
        return True
    limits = [space.limits_of(situation, meter) for meter in seen[0].meters]
    return any(len(set(each)) > 1 for each in limits) or _counts_otherwise(
        space, situation, said, facts
    )


def _noticed(book: Rulebook, verdict: Verdict, facts: Codes) -> Seen:
    """Return what a reader notices, with the meters of which one is told."""
    seen = visible(verdict)
    return evolve(seen, told=_told(book, verdict, facts)) if seen.told else seen


def _counts_otherwise(
    space: Space, situation: Situation, said: Sequence[Verdict], facts: Sequence[Codes]
) -> bool:
    """Say whether the histories of two policies count a view otherwise, or up to another limit."""
    kept = [
        {
            meter.name
            for meter in book.policy.meters
            if meter.counts is not None
            and _is_kept(space, side, meter.name, said[side], facts[side])
        }
        for side, book in enumerate(space.rulebooks)
    ]
    # Where both spend a meter, a history adds what was counted by another meter.
    alone = {
        meter
        for meter in kept[0] ^ kept[1]
        if not all(meter in verdict.spend for verdict in said)
        or (any(situation.known) and _is_shared(space, meter))
    }
    limits = [space.limits_of(situation, meter) for meter in kept[0] & kept[1]]
    return bool(alone) or any(len(set(each)) > 1 for each in limits)


def _is_shared(space: Space, meter: str) -> bool:
    """Say whether another meter can have counted an article already, for this one."""
    return any(
        _shares(book.policy, each) and each.name != meter
        for book in space.rulebooks
        for each in book.policy.meters
    )


def _is_kept(space: Space, side: int, meter: str, verdict: Verdict, facts: Codes) -> bool:
    """Say whether a history counts a view, as long as it is not full and has not counted it."""
    if verdict.show.access is Access.PREVIEW:
        return False
    counts = _counts(space, side, meter, facts)
    return counts is not None and counts[0] and space.rulebooks[side].limit(meter, facts) != 0


def _told(book: Rulebook, verdict: Verdict, facts: Codes) -> tuple[tuple[str, ...], ...]:
    """Return the meters of which one is told, without what an earlier group always comes before."""
    groups: list[tuple[str, ...]] = []
    for places in told_places(book, verdict, facts):
        names = tuple(book.meters[place].name for place in places)
        if not any(set(group) <= set(names) for group in groups):
            groups.append(names)
    return tuple(groups)

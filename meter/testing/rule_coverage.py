"""Which rules, sides of conditions and edges of limits a test run exercised.

Every judgement of a watched policy is noted by the facts it was made on; what they exercised is
worked out from the rules' own formulas afterwards. A percentage is never rounded up.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from meter.explanation import clause
from meter.facts import ACCESS
from meter.facts.meters import Opening
from meter.formulas import ALWAYS, leaves
from meter.loading import load_policy
from meter.memo import watch
from meter.policy import Policy
from meter.rulebook import first_match
from meter.testing.edges import edges_of, given, marks_near, offer_sides
from meter.verify.budget import decided
from meter.verify.diagram import FALSE, UndecidedError
from meter.verify.walk.symbolic import reaches
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from meter.decision import Decision
    from meter.facts import Codes
    from meter.facts.meters import MeterSlots
    from meter.formulas import Formula
    from meter.rulebook import JudgedRule, Rulebook
    from meter.testing.edges import Met, NearDate
    from meter.verify.space import Space

__all__ = ["RuleCoverage"]


class RuleCoverage:
    """Watches the engine judge by some policies, and says what of them was exercised."""

    def __init__(self, given: Mapping[str, Path | Policy]) -> None:
        policies = {
            name: one if isinstance(one, Policy) else load_policy(one)
            for name, one in given.items()
        }
        self._policies = {policy.digest: (name, policy) for name, policy in policies.items()}
        self._facts: dict[str, set[tuple[Any, ...]]] = {digest: set() for digest in self._policies}
        self._merged: dict[str, set[str]] = {digest: set() for digest in self._policies}
        self._moments: dict[str, dict[Codes, set[NearDate]]] = {d: {} for d in self._policies}
        self._marks = {digest: _dates(policy) for digest, (_, policy) in self._policies.items()}
        self._stop: Callable[[], None] | None = None

    def start(self) -> None:
        """Note every judgement from now on, whether the engine makes it or remembers it."""
        self._stop = watch(lambda rulebook, facts, at: self._note(rulebook.digest, facts, at))

    def _note(self, digest: str, facts: Codes, at: int) -> None:
        if digest not in self._facts:
            return
        self._facts[digest].add(facts)
        for moment in marks_near(at, self._marks[digest]):
            self._moments[digest].setdefault(facts, set()).add(moment)

    def note(self, decision: Decision) -> None:
        """Note one decision of a watched policy, where not every judgement is watched."""
        self._note(decision.policy, decision.facts.values, instant(decision.at))

    def stop(self) -> None:
        """Stop noting."""
        if self._stop is not None:
            self._stop()
        self._stop = None

    def seen(self) -> dict[str, list[str]]:
        """Return, by policy digest, what was exercised.

        The same from any process, so that runs can be merged.
        """
        return {digest: sorted(self._points(digest)) for digest in self._facts}

    def _points(self, digest: str) -> set[str]:
        _, policy = self._policies[digest]
        points = set(self._merged[digest])
        for values in self._facts[digest]:
            moments = self._moments[digest].get(values, ())
            points.update(_exercised(policy, values, moments))
        return points

    def merge(self, seen: dict[str, list[str]]) -> None:
        """Add what another process has seen."""
        for digest, points in seen.items():
            self._merged[digest].update(points)

    def results(self) -> Iterator[tuple[str, list[str], list[str]]]:
        """Yield, for each policy, its name, everything there is to exercise, and what was not."""
        seen = self.seen()
        for digest, (name, policy) in self._policies.items():
            points = _points(policy)
            yield name, points, [point for point in points if point not in seen[digest]]

    def below(self, minimum: float) -> bool:
        """Say whether any policy is covered less than `minimum` per cent."""
        return any(
            100 * (len(points) - len(missing)) < minimum * len(points)
            for _, points, missing in self.results()
        )

    def report(self) -> str:
        """Return the coverage in words."""
        lines = []
        for name, points, missing in self.results():
            met = len(points) - len(missing)
            lines.append(f"{name}: {_percent(points, missing)} % ({met} of {len(points)})")
            lines += [f"  never: {point}" for point in missing]
        return "\n".join(lines)

    def to_json(self) -> str:
        """Return the coverage as a JSON document."""
        table = [
            {
                "policy": name,
                "percent": float(_percent(points, missing)),
                "points": len(points),
                "missing": missing,
            }
            for name, points, missing in self.results()
        ]
        return json.dumps({"policies": table}, indent=2, ensure_ascii=False) + "\n"


def _percent(points: Sequence[str], missing: Sequence[str]) -> str:
    """Return a percentage with two digits, rounded down."""
    hundredths = 10_000 * (len(points) - len(missing)) // len(points)
    return f"{hundredths // 100}.{hundredths % 100:02}"


def _decides(rule: str) -> str:
    return f"rule `{rule}`: decides"


def _sides(rule: str, words: str) -> dict[bool, str]:
    """Return the two sides of a condition, by whether it holds."""
    where = f"rule `{rule}`, where {words}"
    return {True: f"{where}: so", False: f"{where}: not so"}


class _Edge(NamedTuple):
    """An allowance of a meter: who has it, and the two edges it is exercised on."""

    who: Formula
    last: str
    beyond: str
    is_limit: bool


def _edges(policy: Policy, meter: str) -> list[_Edge]:
    """Return the edges of a meter's allowances: the last read of each, and the one too many.

    Where there is no limit there is neither, but it hides the allowances after it all the same.
    """
    edges = []
    for formula, limit in policy.rulebook.limits[meter]:
        where = f"meter `{meter}`, limit {limit}"
        if formula != ALWAYS:
            where += f" where {clause(formula, policy.rulebook.vocabulary)}"
        last = f"{where}: the last one"
        beyond = f"{where}: one too many"
        edges.append(_Edge(formula, last, beyond, is_limit=limit is not None))
    return edges


def _dates(policy: Policy) -> tuple[int, ...]:
    """Return the policy's own dates, as instants."""
    slots = (slot for slot in policy.rulebook.vocabulary.slots if slot.name == "period")
    return next((slot.mentioned for slot in slots), ())


def _rule_edges(policy: Policy, rule: JudgedRule) -> Iterator[Met]:
    """Yield the edges of the numbers and dates that a rule asks for, and its offers."""
    vocabulary = policy.rulebook.vocabulary
    yield from edges_of(rule.formula, f"rule `{rule.name}`", vocabulary)


def _offer_edges(policy: Policy, rule: JudgedRule) -> Iterator[Met]:
    """Yield the edges of the numbers and dates that the offers of a rule ask for."""
    for offer in rule.offers:
        yield from edges_of(offer.formula, f"offer `{offer.name}`", policy.rulebook.vocabulary)


def _exercised(
    policy: Policy, values: tuple[Any, ...], moments: Collection[NearDate]
) -> Iterator[str]:
    """Yield what one judgement exercised, at these moments.

    The rules tried, each condition's side and edges, and the edge a spending rule's meter stands
    on.
    """
    book = policy.rulebook
    verdict = first_match(book, values)
    for rule in book.rules:
        for leaf in leaves(rule.formula):
            holds = leaf.holds(values)
            if holds is not None:
                yield _sides(rule.name, clause(leaf, book.vocabulary))[holds]
        yield from (e.point for e in _rule_edges(policy, rule) if e.holds(values, moments))
        if _spends(rule, values):
            for name, slots in zip(rule.spend, rule.slots, strict=True):
                edge = _edge_met(_edges(policy, name), slots, values)
                if edge is not None and not values[slots.open]:
                    yield edge.beyond
                elif edge is not None and _is_last(book, rule, slots, values):
                    yield edge.last
        if verdict is not None and rule.name == verdict.rule:
            yield _decides(rule.name)
            yield from given(rule, values)
            yield from (e.point for e in _offer_edges(policy, rule) if e.holds(values, moments))
            break


def _edge_met(edges: Sequence[_Edge], slots: MeterSlots, values: tuple[Any, ...]) -> _Edge | None:
    """Return the reader's allowance of a meter, unless it is no limit or costs nothing here."""
    edge = next((edge for edge in edges if edge.who.holds(values)), None)
    stands = values[slots.open] in (Opening.OPEN, Opening.CLOSED)
    return edge if edge is not None and edge.is_limit and stands else None


def _is_last(book: Rulebook, rule: JudgedRule, slots: MeterSlots, values: tuple[Any, ...]) -> bool:
    """Say whether this view is read on the rule's meters, and leaves nothing of one of them."""
    nothing = book.vocabulary.slots[slots.left].code(0)
    return bool(rule.opening(values)) and bool(values[slots.left] == nothing)


def _spends(rule: JudgedRule, values: tuple[Any, ...]) -> bool:
    """Say whether a rule with meters looks at them; facts of who needs no counting have none."""
    return (
        bool(rule.spend)
        and all(len(values) >= slots.end for slots in rule.slots)
        and rule.spends(values[ACCESS])
        and bool(rule.formula.holds(values))
    )


def _points(policy: Policy) -> list[str]:
    """Return everything there is to exercise.

    What no reader at all can exercise is left out, as far as that can be proved.
    """
    try:
        points = decided([policy.rulebook], lambda space: list(_possible(policy, space)))
    except UndecidedError:
        points = list(_every(policy))
    return list(dict.fromkeys(points))


def _every(policy: Policy) -> Iterator[str]:
    book = policy.rulebook
    for rule in book.rules:
        yield _decides(rule.name)
    for rule in book.rules:
        for leaf in leaves(rule.formula):
            yield from _sides(rule.name, clause(leaf, book.vocabulary)).values()
        yield from (edge.point for edge in _rule_edges(policy, rule))
        for _, sides in offer_sides(rule):
            yield from sides.values()
        yield from (edge.point for edge in _offer_edges(policy, rule))
    for meter in policy.meters:
        for edge in _edges(policy, meter.name):
            if edge.is_limit:
                yield edge.last
                yield edge.beyond


def _possible(policy: Policy, space: Space) -> Iterator[str]:
    """Yield what some reader can exercise, rule by rule with the cases that arrive at it."""
    diagrams = space.diagrams
    book = policy.rulebook
    arriving = space.possible
    for rule, reach in zip(book.rules, reaches(space), strict=True):
        for leaf in leaves(rule.formula):
            holds = space.where(leaf)
            sides = _sides(rule.name, clause(leaf, book.vocabulary))
            if diagrams.conjoin(arriving, holds) != FALSE:
                yield sides[True]
            if diagrams.difference(arriving, holds) != FALSE:
                yield sides[False]
        tried = [e.point for e in _rule_edges(policy, rule) if e.possible(space, arriving)]
        yield from tried
        yield from _possible_offers(policy, space, rule, reach.fires)
        read = space.is_("access", *rule.access)
        trying = diagrams.conjoin(arriving, read, space.where(rule.formula))
        for meter in rule.spend:
            yield from _possible_edges(policy, space, meter, trying, reach.matches)
        if reach.fires != FALSE:
            yield _decides(rule.name)
        arriving = diagrams.difference(arriving, reach.fires)


def _possible_offers(policy: Policy, space: Space, rule: JudgedRule, fires: int) -> Iterator[str]:
    """Yield the sides and edges of its offers that some of those a rule decides for are on."""
    for offer, (_, sides) in zip(rule.offers, offer_sides(rule), strict=True):
        gets = space.where(offer.formula)
        if space.diagrams.conjoin(fires, gets) != FALSE:
            yield sides[True]
        if space.diagrams.difference(fires, gets) != FALSE:
            yield sides[False]
    yield from (e.point for e in _offer_edges(policy, rule) if e.possible(space, fires))


def _possible_edges(
    policy: Policy, space: Space, meter: str, trying: int, matches: int
) -> Iterator[str]:
    """Yield the edges of a meter that some of those who try a rule that spends it stand on.

    `matches` is where the rule does.
    """
    diagrams = space.diagrams
    nothing = space.vocabulary.slots[space.vocabulary.place("left", meter)].code(0)
    allowed = space.meter_state(meter, 0, "open", [Opening.OPEN])
    left = space.meter_state(meter, 0, "left", [nothing])
    last_one = diagrams.conjoin(allowed, left, matches)
    closed = space.meter_state(meter, 0, "open", [Opening.CLOSED])
    for edge in _edges(policy, meter):
        mine = diagrams.conjoin(trying, space.where(edge.who))
        trying = diagrams.difference(trying, mine)
        if not edge.is_limit:
            continue
        if diagrams.conjoin(mine, last_one) != FALSE:
            yield edge.last
        if diagrams.conjoin(mine, closed) != FALSE:
            yield edge.beyond

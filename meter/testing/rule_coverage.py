"""Which rules, which sides of which conditions and which edges of limits did a test run exercise?

Every judgement of a watched policy is noted by the facts it was made on; what they exercised is
worked out from the rules' own formulas afterwards. A percentage is never rounded up.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from meter.engine import first_match
from meter.explanation import clause
from meter.formulas import ALWAYS, leaves
from meter.memo import watch
from meter.vocabulary import ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from meter.facts import Codes
    from meter.formulas import Formula
    from meter.policy import Policy
    from meter.rulebook import Rulebook
    from meter.verify.space import Space

__all__ = ["RuleCoverage"]


class RuleCoverage:
    """Watches the engine judge by some policies, and says what of them was exercised."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        from meter.loading import (
            load_policy,
        )

        policies = {name: load_policy(path) for name, path in paths.items()}
        self._policies = {policy.digest: (name, policy) for name, policy in policies.items()}
        self._facts: dict[str, set[tuple[Any, ...]]] = {digest: set() for digest in self._policies}
        self._merged: dict[str, set[str]] = {digest: set() for digest in self._policies}
        self._stop: Callable[[], None] | None = None

    def start(self) -> None:
        """Note every judgement from now on.

        The engine remembers what it has judged, so each situation is noted once.
        """
        self._stop = watch(self._note)

    def _note(self, rulebook: Rulebook, facts: Codes) -> None:
        if rulebook.digest in self._facts:
            self._facts[rulebook.digest].add(facts)

    def stop(self) -> None:
        """Stop noting."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    def seen(self) -> dict[str, list[str]]:
        """Return, by policy digest, what was exercised.

        The same from any process, so that runs can be merged.
        """
        return {
            digest: sorted(
                self._merged[digest]
                | {
                    point
                    for values in facts
                    for point in _exercised(self._policies[digest][1], values)
                }
            )
            for digest, facts in self._facts.items()
        }

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
            lines.append(
                f"{name}: {_percent(points, missing)} % ({len(points) - len(missing)} of"
                f" {len(points)})"
            )
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


def _side(rule: str, words: str, holds: bool) -> str:
    return f"rule `{rule}`, where {words}: {'so' if holds else 'not so'}"


def _edges(policy: Policy, meter: str) -> list[tuple[Formula, str, str]]:
    """Return each allowance of a meter as who has it, and the two edges it is exercised on.

    Its last read, and the one too many.
    """
    edges = []
    for formula, limit in policy.rulebook.limits[meter]:
        who = "" if formula == ALWAYS else f" where {clause(formula, policy.rulebook.vocabulary)}"
        where = f"meter `{meter}`, limit {limit}{who}"
        edges.append((formula, f"{where}: the last one", f"{where}: one too many"))
    return edges


def _exercised(policy: Policy, values: tuple[Any, ...]) -> Iterator[str]:
    """Yield what one judgement exercised.

    The rules tried, each condition's side, and the edge a spending rule's meter stands on.
    """
    book = policy.rulebook
    verdict = first_match(book, values)
    for rule in book.rules:
        for leaf in leaves(rule.formula):
            holds = leaf.holds(values)
            if holds is not None:
                yield _side(rule.name, clause(leaf, book.vocabulary), holds)
        if (
            rule.spend is not None
            and len(values) > rule.left_slot
            and values[1] == ArticleAccess.METERED
            and rule.formula.holds(values)
        ):
            edge = next(
                (
                    (last, beyond)
                    for formula, last, beyond in _edges(policy, rule.spend)
                    if formula.holds(values)
                ),
                None,
            )
            if edge is not None and not values[rule.open_slot]:
                yield edge[1]
            elif edge is not None and values[rule.left_slot] == rule.nothing_left:
                yield edge[0]
        if verdict is not None and rule.name == verdict.rule:
            yield _decides(rule.name)
            break


def _points(policy: Policy) -> list[str]:
    """Return everything there is to exercise.

    What no reader at all can exercise is left out, as far as that can be proved.
    """
    from meter.verify.budget import decided
    from meter.verify.diagram import UndecidedError

    try:
        return list(
            dict.fromkeys(decided([policy.rulebook], lambda space: list(_possible(policy, space))))
        )
    except UndecidedError:
        return list(dict.fromkeys(_every(policy)))


def _every(policy: Policy) -> Iterator[str]:
    book = policy.rulebook
    yield from (_decides(rule.name) for rule in book.rules)
    for rule in book.rules:
        for leaf in leaves(rule.formula):
            yield from (
                _side(rule.name, clause(leaf, book.vocabulary), holds) for holds in (True, False)
            )
    for meter in policy.meters:
        for _, last, beyond in _edges(policy, meter.name):
            yield from (last, beyond)


def _possible(policy: Policy, space: Space) -> Iterator[str]:
    from meter.verify.diagram import FALSE
    from meter.verify.symbolic import passings

    forest, book, arriving = space.forest, policy.rulebook, space.possible
    metered = space.is_("access", ArticleAccess.METERED)
    for rule, passing in zip(book.rules, passings(space), strict=True):
        for leaf in leaves(rule.formula):
            holds, words = space.where(leaf), clause(leaf, book.vocabulary)
            yield from (
                _side(rule.name, words, so)
                for so, part in ((True, forest.both), (False, forest.minus))
                if part(arriving, holds) != FALSE
            )
        if rule.spend is not None:
            trying = forest.both(arriving, metered, space.where(rule.formula))
            opens = space.standing(rule.spend, 0, "open", [True])
            last_one = forest.both(
                opens, space.standing(rule.spend, 0, "left", [rule.nothing_left])
            )
            for formula, last, beyond in _edges(policy, rule.spend):
                mine = forest.both(trying, space.where(formula))
                trying = forest.minus(trying, mine)
                yield from (
                    point
                    for point, edge in (
                        (last, forest.both(mine, last_one)),
                        (beyond, forest.minus(mine, opens)),
                    )
                    if edge != FALSE
                )
        if passing.fires != FALSE:
            yield _decides(rule.name)
        arriving = forest.minus(arriving, passing.fires)

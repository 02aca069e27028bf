"""How is a broken promise told? Who, when, what was opened and shown, which rule decided, and which was expected and lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from meter.decision import Show
from meter.engine import _verdict
from meter.policy import Policy
from meter.verify.journeys import Told
from meter.verify.people import listed, reader_words, view_words
from meter.view import ArticleAccess
from meter.words import why_not

if TYPE_CHECKING:
    from meter.engine import Verdict
    from meter.facts import JudgedRule
    from meter.verify.space import Situation, Space

__all__ = ["Story", "expected_rule", "scene"]


@frozen(kw_only=True)
class Story:
    """A journey that breaks a promise: what was remembered `before` it (nothing, where it starts with a new reader), its steps,
    and which rule was `expected` and why it lost.
    """  # noqa: D205

    policy: Policy = field(repr=False)
    cast: str
    steps: tuple[Told, ...]
    before: str | None = None
    wanted: frozenset[Show]
    expected: str


def scene(space: Space, situation: Situation, wanted: frozenset[Show]) -> Story:
    """Return a story of one view by a reader who has read before: the count cannot be come by under this policy alone."""
    decision = space.ask(situation)
    met = space.encounter(situation)
    told = Told(kind=0, met=met, decision=decision, words=view_words(situation.values, space.vocabulary, counts=situation.counts))
    used = {meter: count for meter, (count, _) in space.used(situation).items() if count}
    before = " and ".join(f"{count} counted by `{meter}`" for meter, count in used.items())
    return Story(
        policy=space.rulebooks[0].policy, cast=reader_words(situation.values, space.vocabulary), steps=(told,),
        before=before or None, wanted=wanted,
        expected=expected_rule(space, space.facts(situation), told, wanted),
    )  # fmt: skip


def expected_rule(space: Space, facts: tuple[Any, ...], told: Told, wanted: frozenset[Show]) -> str:
    """Say which rule would have kept the promise, and why it did not decide."""
    rules = space.rulebooks[0].rules
    fired = next(index for index, rule in enumerate(rules) if rule.name == told.decision.rule)
    near: list[tuple[int, str]] = []
    for index, rule in enumerate(rules):
        verdict = _would(rule, facts)
        if index == fired or verdict is None or verdict.show not in wanted:
            continue
        holds = rule.formula.holds(facts)
        if holds and index > fired:
            near.append((0, f"rule `{rule.name}` would show `{verdict.show}`, but `{rules[fired].name}` stands before it"))
        elif not holds:
            why = why_not(rule.formula, facts, space.vocabulary)
            near.append((1 + why.count(" and ") + why.count(";"), f"rule `{rule.name}` would show `{verdict.show}`, but {why}"))
        elif facts[1] == ArticleAccess.PREMIUM:
            near.append((1, f"rule `{rule.name}` would show `{verdict.show}`, but a premium article is never read on an allowance"))
        else:
            near.append((2, f"rule `{rule.name}` would show `{verdict.show}`, but nothing is left of `{rule.spend}`"))
    if near:
        return min(near, key=lambda item: item[0])[1]
    return f"no rule of this policy would show {listed([f'`{show}`' for show in Show if show in wanted])} to this reader here"


def _would(rule: JudgedRule, facts: tuple[Any, ...]) -> Verdict | None:
    """Return what a rule would say if it decided."""
    return _verdict(rule, facts, facts[1], None)

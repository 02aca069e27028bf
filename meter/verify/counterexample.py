"""How is a broken promise told?

Who, when, what was opened and shown, which rule decided, and which was expected and lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from meter.engine import verdict_of
from meter.explanation import why_not
from meter.facts import ACCESS
from meter.policy import Policy
from meter.rulebook import Effect
from meter.verify.concretize import listed, reader_words, view_words
from meter.verify.search import Told
from meter.vocabulary import ArticleAccess, Show

if TYPE_CHECKING:
    from meter.engine import Verdict
    from meter.rulebook import JudgedRule
    from meter.verify.situations import Situation
    from meter.verify.space import Space

__all__ = ["Expected", "Story", "cast_words", "expected_rule", "scene"]


@frozen
class Expected:
    """Which rule would have kept a promise and why it lost, in `words`, and what it would have
    `show`n, if there is one.
    """

    words: str
    show: Show | None


@frozen(kw_only=True)
class Story:
    """A journey that breaks a promise.

    `before` says what was remembered before it (nothing, where it starts with a new reader),
    `expected` which rule was expected and why it lost, `wanted` what would have kept the promise.
    """

    policy: Policy = field(repr=False)
    cast: str
    steps: tuple[Told, ...]
    before: str | None = None
    wanted: frozenset[Show]
    expected: Expected


def scene(space: Space, situation: Situation, wanted: frozenset[Show]) -> Story:
    """Return a story of one view by a reader who has read before.

    The count cannot be come by under this policy alone.
    """
    decision = space.ask(situation)
    met = space.encounter(situation)
    told = Told(
        kind=0,
        met=met,
        decision=decision,
        words=view_words(situation.values, space.vocabulary, counts=situation.counts),
    )
    used = {meter: count for meter, (count, _) in space.used(situation).items() if count}
    before = " and ".join(f"{count} counted by `{meter}`" for meter, count in used.items())
    return Story(
        policy=space.rulebooks[0].policy,
        cast=cast_words(space, situation),
        steps=(told,),
        before=before or None,
        wanted=wanted,
        expected=expected_rule(space, space.facts(situation), told, wanted),
    )


def cast_words(space: Space, situation: Situation) -> str:
    """Say who a story is about. How long ago the access of a reader ended is told by a date."""
    return reader_words(
        {name: value for name, value in situation.values.items() if name != "days_since_expiry"},
        space.vocabulary,
    )


def expected_rule(
    space: Space, facts: tuple[Any, ...], told: Told, wanted: frozenset[Show]
) -> Expected:
    """Say which rule would have kept the promise, and why it did not decide."""
    rules = space.rulebooks[0].rules
    fired = next(index for index, rule in enumerate(rules) if rule.name == told.decision.rule)
    near: list[
        tuple[int, Expected]
    ] = []  # how far a rule was from deciding: 0 for nothing but the order
    for index, rule in enumerate(rules):
        verdict = _would(rule, facts)
        if index == fired or verdict.show not in wanted:
            continue
        holds = rule.formula.holds(facts)
        distance = 0
        if holds and index > fired:
            why = f"`{rules[fired].name}` stands before it"
        elif not holds:
            why = why_not(rule.formula, facts, space.vocabulary)
            distance = 3 + why.count(" and ") + why.count(";")
        elif facts[1] == ArticleAccess.PREMIUM:
            why, distance = "a premium article is never read on an allowance", 2
        else:
            why, distance = f"nothing is left of `{rule.spend}`", 1
        near.append(
            (
                distance,
                Expected(
                    f"rule `{rule.name}` would show `{verdict.show}`, but {why}", verdict.show
                ),
            )
        )
    if near:
        return min(near, key=lambda item: item[0])[1]
    shows = listed([f"`{show}`" for show in Show if show in wanted])
    return Expected(f"no rule of this policy would show {shows} to this reader here", None)


def _would(rule: JudgedRule, facts: tuple[Any, ...]) -> Verdict:
    """Return what a rule would say if it decided."""
    nothing_left = rule.spend is not None and facts[rule.left_slot] == rule.nothing_left
    verdict = verdict_of(
        rule,
        facts[ACCESS],
        nothing_left=nothing_left,
        offered=bool(rule.offer_formula.holds(facts)),
        refused=None,
    )
    closed = rule.effect(facts) is Effect.REFUSE
    return evolve(verdict, show=rule.show) if closed else verdict

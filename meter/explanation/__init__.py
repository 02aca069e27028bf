"""A decision in a person's words: which rule decided, and why the earlier ones did not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from meter.decision import Decision
from meter.errors import listed
from meter.errors.kinds import check_argument, instance
from meter.explanation.words import clause, code_words, last_day, turned, value_words, why_not
from meter.facts import ACCESS
from meter.formulas import And, Contains, In, Turned
from meter.rulebook import Effect
from meter.vocabulary import Access, ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.decision import MeterReading
    from meter.facts import Vocabulary
    from meter.formulas import Formula
    from meter.policy import Policy
    from meter.rulebook import JudgedRule, Rulebook

__all__ = ["clause", "code_words", "explain", "last_day", "value_words", "why_not"]


def _passed_over(rulebook: Rulebook, rule: JudgedRule, values: Sequence[Any]) -> str:
    if rule.formula.holds(values) is False:
        return why_not(rule.formula, values, rulebook.vocabulary)
    if rule.effect(values) is Effect.PASS:
        access = values[ACCESS]
        missing = [name for name in rule.spend if access not in rulebook.policy.meter(name).access]
        return f"it spends, and `{missing[0]}` is not for {access} articles"
    closed = [name for name in rule.spend if rulebook.is_closed(rulebook.places[name], values)]
    never = [name for name in closed if rulebook.limit(name, values) == 0]
    if never:
        return f"the limit of `{never[0]}` is 0 for this reader"
    return f"nothing is left of {listed([f'`{name}`' for name in closed], 'and')}"


_A_DECISION = instance(Decision, form="a `Decision`, such as `decide` returns")


def explain(decision: Decision, policy: Policy | None = None) -> str:
    """Say in words which rule decided, what that leaves, and why the earlier rules did not.

    A decision that was pickled needs the policy it was made by: raises `PromptError` without.
    """
    check_argument("decision", decision, _A_DECISION)
    decision = decision.with_policy(policy)
    rulebook = cast("Rulebook", decision.rulebook)
    access = "the whole article" if decision.access is Access.FULL else "a preview"
    lines = [f"shows `{decision.show}` ({access}) by rule `{decision.rule}`"]
    meter = decision.meter
    if meter is not None:
        counted = "this view counted one" if decision.counted else "this view counted nothing"
        resets = f", more from {meter.resets_at.isoformat()}" if meter.resets_at else ""
        lines.append(f"  meter `{meter.name}`: {_stand(meter)}; {counted}{resets}")
    if decision.speculative:
        lines.append("  nobody reads yet: it would have counted, so it is asked again then")
    values = decision.facts.values
    vocabulary = rulebook.vocabulary
    allowed = None if meter is None else rulebook.limit(meter.name, values)
    if allowed is not None and meter is not None and (meter.limit or 0) < allowed:
        lines.append("  the reader has no id: nothing can be counted, so limited meters are closed")
    place = rulebook.policy.rules.index(rulebook.policy.rule(decision.rule))
    fired = rulebook.rules[place]
    if fired.formula != And(()):
        lines.append(f"  matched: {_matched(fired.formula, values, vocabulary)}")
    if fired.spend and values[ACCESS] is ArticleAccess.FREE:
        lines.append("  the article is free: it is read without an allowance, and counts nothing")
    lines += [
        f"  says the prompt `{prompt.name}`: {prompt.heading}"
        for prompt in rulebook.policy.prompts
        if prompt.name == decision.prompt
    ]
    for name, formula, _ in fired.offers:
        # Of a list that shows the first there is, those behind it were not asked for.
        if name == decision.offer and not fired.side_by_side:
            break
        if name not in decision.offers:
            lines.append(f"  offer `{name}` is left out: {why_not(formula, values, vocabulary)}")
    if decision.degraded:
        lines.append("  the store did not answer in time; decided without the count")
    for number, rule in enumerate(rulebook.rules[:place], 1):
        lines.append(f"  not rule {number} `{rule.name}`: {_passed_over(rulebook, rule, values)}")
    return "\n".join(lines)


def _stand(meter: MeterReading) -> str:
    """Say how much of a meter is used."""
    if meter.limit is None:
        return f"{meter.used} counted, without a limit"
    return f"{meter.used} of {meter.limit} used, {meter.left} left"


def _matched(formula: Formula, values: Sequence[Any], vocabulary: Vocabulary) -> str:
    """Say which of the things asked for are so."""
    if isinstance(formula, In):
        return value_words(vocabulary.slots[formula.slot], values[formula.slot], vocabulary.zone)
    if isinstance(formula, Contains):
        return clause(formula, vocabulary)
    if isinstance(formula, Turned):
        return turned(formula)
    holding = [part for part in formula.parts if part.holds(values)]
    told = holding if isinstance(formula, And) else holding[:1]
    return " and ".join(_matched(part, values, vocabulary) for part in told)

"""The rules as a table: in order, in words, each with what there is to say against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors import Problem, listed
from meter.explanation import clause, frequency_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meter.policy import Policy, Rule

__all__ = ["RuleRow", "rule_rows"]

_BADGES = {
    "rule-never-fires": "never matches",
    "rule-changes-nothing": "changes nothing",
    "silent-order": "order decides",
}
"""What a rule with a warning is called in short."""


@frozen(kw_only=True)
class RuleRow:
    """A rule in words: whom it is for, what it spends, shows and offers, and warnings about it.

    `often` says how often its prompt is shown, where that is not at every view.
    """

    number: int
    name: str
    when: str
    spend: str
    show: str
    often: str
    offer: str
    badges: tuple[str, ...]
    warnings: tuple[Problem, ...]


def rule_rows(policy: Policy, problems: Iterable[Problem]) -> tuple[RuleRow, ...]:
    """Return the rules of a policy in order; `problems` are what is said about its text."""
    by_rule: dict[object, list[Problem]] = {}
    for problem in problems:
        if problem.path[:1] == ("rules",) and len(problem.path) > 1:
            by_rule.setdefault(problem.path[1], []).append(problem)
    book = policy.rulebook
    return tuple(
        _row(policy, number, rule, clause(judged.formula, book.vocabulary), by_rule.get(number, []))
        for number, (rule, judged) in enumerate(zip(policy.rules, book.rules, strict=True))
    )


def _row(policy: Policy, number: int, rule: Rule, when: str, warnings: list[Problem]) -> RuleRow:
    joiner = "and" if rule.offers else "or else"
    badges = [_BADGES[one.code] for one in warnings if one.code in _BADGES]
    return RuleRow(
        number=number + 1,
        name=rule.name,
        when=when,
        spend=listed(list(rule.spend)) if rule.spend else "",
        show=str(rule.show) + (f", prompt {rule.prompt}" if rule.prompt else ""),
        often=_often(policy, rule),
        offer=listed(list(rule.offered), joiner) if rule.offered else "",
        badges=tuple(badges),
        warnings=tuple(warnings),
    )


def _often(policy: Policy, rule: Rule) -> str:
    prompts = {prompt.name: prompt for prompt in policy.prompts}
    prompt = prompts.get(rule.prompt or "")
    return "" if prompt is None else frequency_words(prompt)

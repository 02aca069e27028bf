"""A decision in a person's words: which rule decided, and why the earlier ones did not."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen

from meter.decision import Decision, machine_words
from meter.errors import listed
from meter.errors.kinds import check_argument, instance
from meter.explanation.campaigns import AskedView, KeptBack, Tried, kept_back, tried
from meter.explanation.frequency import frequency_words, in_turn
from meter.explanation.words import clause, code_words, last_day, turned, value_words, why_not
from meter.facts import ACCESS
from meter.formulas import And, Contains, In, Turned
from meter.formulas.translation import formula_of
from meter.rulebook import Effect
from meter.vocabulary import Access, ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.decision import MeterReading
    from meter.facts import Vocabulary
    from meter.formulas import Formula
    from meter.policy import Policy
    from meter.rulebook import JudgedRule, Rulebook

__all__ = [
    "AskedView",
    "Explanation",
    "KeptBack",
    "PassedRule",
    "Tried",
    "clause",
    "code_words",
    "explain",
    "explanation_of",
    "frequency_words",
    "in_turn",
    "kept_back",
    "last_day",
    "tried",
    "value_words",
    "why_not",
]


@frozen
class PassedRule:
    """A rule that came before the one that decided: its number from 1, and why it did not.

    `group` names its group where the reason is the condition that the whole group shares.
    """

    number: int
    name: str
    why: str
    group: str | None = None


@frozen
class Explanation:
    """What `explain` says, in its parts.

    `lines` say what was decided and by what, `passed` are the rules before that one, `not_reached`
    the names of those after it, which nobody asked.
    """

    lines: tuple[str, ...]
    passed: tuple[PassedRule, ...]
    not_reached: tuple[str, ...]

    def __str__(self) -> str:
        first, *rest = self.lines
        told = [f"  {line}" for line in rest]
        for _, rules in groupby(self.passed, _together):
            told.append(f"  {_passed_words(list(rules))}")
        return "\n".join([first, *told])


def _together(rule: PassedRule) -> object:
    """Return what consecutive rules have in common that are told as one."""
    return (rule.group, rule.why) if rule.group is not None else rule


def _passed_words(rules: Sequence[PassedRule]) -> str:
    """Say why a rule did not decide, or all rules of a group."""
    first, last = rules[0], rules[-1]
    if first.group is None:
        return f"not rule {first.number} `{first.name}`: {first.why}"
    numbers = f"rule {first.number}"
    if last is not first:
        numbers = f"rules {first.number} to {last.number}"
    return f"not {numbers}, the group `{first.group}`: {first.why}"


def _passed_over(rulebook: Rulebook, place: int, values: Sequence[Any]) -> tuple[str, str | None]:
    """Return why a rule did not decide, and the name of its group if that is the group's reason."""
    rule = rulebook.rules[place]
    group = rulebook.policy.rules[place].group
    if group is not None and rule.formula.holds(values) is False:
        shared = formula_of(group.when, rulebook.vocabulary, rulebook.policy, rule.spend)
        if shared.holds(values) is False:
            return why_not(shared, values, rulebook.vocabulary), group.name
    return _reason(rulebook, rule, values), None


def _reason(rulebook: Rulebook, rule: JudgedRule, values: Sequence[Any]) -> str:
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


def explain(
    decision: Decision, policy: Policy | None = None, *, asked: AskedView | None = None
) -> str:
    """Say in words which rule decided, what that leaves, and why the earlier rules did not.

    With what was `asked` it is said why a prompt was kept back. Its usage is that before the view.
    A decision that was pickled needs the policy it was made by: raises `PromptError` without.
    """
    return str(explanation_of(decision, policy, asked=asked))


def explanation_of(
    decision: Decision, policy: Policy | None = None, *, asked: AskedView | None = None
) -> Explanation:
    """Return what `explain` says in its parts, with the rules that were not reached."""
    check_argument("decision", decision, _A_DECISION)
    decision = decision.with_policy(policy)
    rulebook = cast("Rulebook", decision.rulebook)
    values = decision.facts.values
    place = rulebook.policy.rules.index(rulebook.policy.rule(decision.rule))
    return Explanation(
        lines=tuple(_told(decision, rulebook, rulebook.rules[place], asked)),
        passed=tuple(
            PassedRule(place + 1, rule.name, *_passed_over(rulebook, place, values))
            for place, rule in enumerate(rulebook.rules[:place])
        ),
        not_reached=tuple(rule.name for rule in rulebook.rules[place + 1 :]),
    )


def _told(
    decision: Decision, rulebook: Rulebook, fired: JudgedRule, asked: AskedView | None
) -> Iterator[str]:
    """Yield what was decided, by what, and what that leaves."""
    values = decision.facts.values
    access = "the whole article" if decision.access is Access.FULL else "a preview"
    group = rulebook.policy.rule(decision.rule).group
    where = "" if group is None else f" of the group `{group.name}`"
    yield f"shows `{decision.show}` ({access}) by rule `{decision.rule}`{where}"
    meter = decision.meter
    if meter is not None:
        counted = "this view counted one" if decision.counted else "this view counted nothing"
        resets = f", more from {meter.resets_at.isoformat()}" if meter.resets_at else ""
        yield f"meter `{meter.name}`: {_stand(meter)}; {counted}{resets}"
    if decision.speculative:
        yield "nobody reads yet: it would have counted, so it is asked again then"
    allowed = None if meter is None else rulebook.limit(meter.name, values)
    if allowed is not None and meter is not None and (meter.limit or 0) < allowed:
        yield "the reader has no id: nothing can be counted, so limited meters are closed"
    if fired.formula != And(()):
        yield f"matched: {_matched(fired.formula, values, rulebook.vocabulary)}"
    for deadline in decision.deadlines:
        until = deadline.ends.isoformat()
        yield f"offer `{deadline.offer}` is over for this reader at {until}"
    if decision.machines is not None:
        yield f"tells machines: {machine_words(decision.machines)}"
    if fired.spend and values[ACCESS] is ArticleAccess.FREE:
        yield "the article is free: it is read without an allowance, and counts nothing"
    yield from _offered(decision, rulebook, fired)
    yield from map(str, kept_back(decision, asked))
    yield from map(str, tried(decision))
    if decision.degraded:
        yield "the store did not answer in time; decided without the count"


def _offered(decision: Decision, rulebook: Rulebook, fired: JudgedRule) -> Iterator[str]:
    """Yield what the prompt says, and why offers of the rule are given or left out."""
    values = decision.facts.values
    for prompt in rulebook.policy.prompts:
        if prompt.name == decision.prompt:
            yield f"says the prompt `{prompt.name}`: {prompt.heading}"
    for name, formula, _ in fired.offers:
        if name not in decision.offers:
            yield f"offer `{name}` is left out: {why_not(formula, values, rulebook.vocabulary)}"
            continue
        yield f"offer `{name}` is given: {_given(formula, values, rulebook.vocabulary)}"
        # Of a list that shows the first there is, those behind it were not asked for.
        if not fired.side_by_side:
            break


def _given(formula: Formula, values: Sequence[Any], vocabulary: Vocabulary) -> str:
    """Say why an offer is given: when it runs, and what makes it one for this reader.

    How long it lasts for this reader is told as a deadline.
    """
    told = []
    for part in formula.parts if isinstance(formula, And) else (formula,):
        asks = vocabulary.slots[part.slot].asks if isinstance(part, In) else None
        if asks == "period":
            told.append(clause(part, vocabulary))
        elif asks != "offered" and part != And(()):
            told.append(_matched(part, values, vocabulary))
    return " and ".join(told) or "it runs, and is for every reader"


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

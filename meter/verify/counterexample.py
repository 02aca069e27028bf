"""A counterexample: who, when, what was shown, and which rule was expected and why it lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve, field, frozen

from meter.explanation import why_not
from meter.facts import ACCESS, READER
from meter.facts.meters import Opening
from meter.policy import Policy
from meter.rulebook import Effect
from meter.verify.phrasing import quoted, reader_words, view_words
from meter.verify.search import SearchStep
from meter.verify.together.showings import shown_words
from meter.vocabulary import Show

if TYPE_CHECKING:
    from meter.facts import Codes
    from meter.rulebook import JudgedRule
    from meter.verify.situations import Situation
    from meter.verify.space import Space

__all__ = [
    "Counterexample",
    "Expected",
    "describe_reader",
    "expected_rule",
    "saying",
    "single_view",
]


@frozen
class Expected:
    """Which rule would have kept a promise and why it lost, in `words`.

    `show` is what it would have shown; `None` if there is no such rule.
    """

    words: str
    show: Show | None


@frozen(kw_only=True)
class Counterexample:
    """A journey that breaks a promise.

    `turned` says which switches are not as the file has them, `before` what was remembered before
    it (nothing, where it starts with a new reader), `expected` which rule was expected and why it
    lost, `wanted` what would have kept the promise. Where it is about a `prompt`, `wanted_prompt`
    is what would have kept it in place of that: another prompt, or `False` for none.
    """

    policy: Policy = field(repr=False)
    reader: str
    steps: tuple[SearchStep, ...]
    before: str | None = None
    turned: str = ""
    wanted: frozenset[Show]
    expected: Expected
    prompt: str | None = None
    wanted_prompt: str | bool | None = None


def single_view(space: Space, situation: Situation, wanted: frozenset[Show]) -> Counterexample:
    """Return a counterexample of one view by a reader who has been here before.

    It is for a count that cannot be reached under this policy alone.
    """
    words = view_words(situation.values, space.vocabulary)
    step = SearchStep(
        kind=0, asked=space.concretize(situation), decision=space.ask(situation), words=words
    )
    used = {meter: way.used for meter, way in space.used(situation).items() if way.used}
    before = " and ".join(f"{count} counted by `{meter}`" for meter, count in used.items())
    if situation.known[0]:
        before += ", this article among them"
    if step.asked.usage.started:
        offers = quoted(sorted(step.asked.usage.started), "and")
        before = "; ".join(part for part in (before, f"{offers} started") if part)
    if step.asked.usage.offered:
        offers = quoted(sorted(step.asked.usage.offered), "and")
        before = "; ".join(part for part in (before, f"{offers} shown") if part)
    parts = (before, *shown_words(space.vocabulary, situation.values))
    before = "; ".join(part for part in parts if part)
    if space.is_without_id(situation):
        before = "nothing is known of what a reader without an id has read"
    return Counterexample(
        policy=space.rulebooks[0].policy,
        reader=describe_reader(space, situation),
        steps=(step,),
        before=before or None,
        wanted=wanted,
        expected=expected_rule(space, space.facts(situation), step, wanted),
    )


def saying(found: Counterexample, says: str) -> Counterexample:
    """Return a counterexample that says what is wrong, where that is not what is shown."""
    if not says:
        return found
    return evolve(found, expected=Expected(says, None))


def describe_reader(space: Space, situation: Situation) -> str:
    """Say who a counterexample is about; when their access ended is shown by a date instead."""
    return reader_words(
        {name: value for name, value in situation.values.items() if name != "expiry"},
        space.vocabulary,
    )


def expected_rule(
    space: Space, facts: Codes, step: SearchStep, wanted: frozenset[Show]
) -> Expected:
    """Say which rule would have kept the promise, and why it did not decide."""
    rules = space.rulebooks[0].rules
    names = [rule.name for rule in rules]
    fired = names.index(step.decision.rule)
    near: list[tuple[int, Expected]] = []
    for index, rule in enumerate(rules):
        show = _would_show(rule, facts)
        if index == fired or show not in wanted:
            continue
        if index > fired and rule.formula.holds(facts):
            lost = _Lost(0, f"`{names[fired]}` comes first")
        else:
            lost = _why_not(space, rule, facts)
        words = f"rule `{rule.name}` would show `{show}`, but {lost.why}"
        near.append((lost.distance, Expected(words, show)))
    if near:
        return min(near, key=lambda item: item[0])[1]
    shows = quoted(show for show in Show if show in wanted)
    return Expected(f"no rule of this policy would show {shows} to this reader here", None)


class _Lost(NamedTuple):
    """Why a rule did not decide, and how far it was from that: 0 for nothing but the order."""

    distance: int
    why: str


def _would_show(rule: JudgedRule, facts: Codes) -> Show:
    """Return what a rule would show if it decided."""
    # Where it refuses, there would be no telling how much is left if it had an allowance.
    refuses = rule.effect(facts) is Effect.REFUSE
    opening = Opening.OPEN
    if rule.spend and not refuses:
        opening = rule.opening(facts) or Opening.OPEN
    return rule.shown(
        facts[READER],
        rule.given(facts) or (),
        counts_down=rule.counts_down(facts[ACCESS], opening),
        nothing_left=not refuses and rule.leaves_nothing(facts),
    )


def _why_not(space: Space, rule: JudgedRule, facts: Codes) -> _Lost:
    if not rule.formula.holds(facts):
        why = why_not(rule.formula, facts, space.vocabulary)
        return _Lost(3 + why.count(" and ") + why.count(";"), why)
    if rule.effect(facts) is Effect.PASS:
        return _Lost(2, f"a {facts[ACCESS]} article is never read on {quoted(rule.spend, 'and')}")
    pairs = zip(rule.spend, rule.slots, strict=True)
    closed = [name for name, slots in pairs if facts[slots.open] is Opening.CLOSED]
    return _Lost(1, f"nothing is left of {quoted(closed, 'and')}")

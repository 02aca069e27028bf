"""Which rule of a policy decides some facts, and what it says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.facts import ACCESS, READER
from meter.facts.meters import Opening
from meter.formulas import holds_unless
from meter.rulebook.effects import SPENDING, Effect, Fit, Refusals, also_refused
from meter.vocabulary import Access, ArticleAccess, Show, Status
from meter.vocabulary.machine_terms import MachineTerms

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from meter.rulebook.book import Rulebook
    from meter.rulebook.effects import JudgedRule

__all__ = ["Verdict", "first_match", "possible_rules", "verdict_of"]


@frozen
class Verdict:
    """What the rules say of some facts.

    `offers` are those shown, in order, `spend` the meters to spend from, `refused` those of each
    rule that refused the view before a wall, `exhausted` those that the wall itself asks whether
    nothing is left of them; `machines` is what machines are told at a wall or a gate.
    """

    rule: str
    show: Show
    prompt: str | None
    offers: tuple[str, ...]
    spend: tuple[str, ...]
    refused: Refusals = ()
    exhausted: tuple[str, ...] = ()
    machines: MachineTerms | None = None

    @property
    def offer(self) -> str | None:
        """The first of the offers shown."""
        return self.offers[0] if self.offers else None

    @property
    def meters(self) -> tuple[str, ...]:
        """The meters of which one may be told to the reader."""
        told = (*self.spend, *(name for group in self.refused for name in group), *self.exhausted)
        return tuple(dict.fromkeys(told))


def first_match(rulebook: Rulebook, facts: Sequence[Any]) -> Verdict | None:
    """Return what the first matching rule says, or `None` where it depends on more facts.

    The facts may end early: after the reader's status, or after all that needs no usage.
    """
    refused: Refusals = ()
    for rule in rulebook.rules:
        holds = rule.formula.holds(facts)
        if holds is False:
            continue
        effect = rule.effect(facts) if holds else None
        if effect is None:
            return None
        if effect is Effect.MATCH:
            return _verdict(rule, facts, refused)
        if effect is Effect.REFUSE:
            refused = also_refused(refused, rule.spend)
    # A policy ends with a rule that matches everything: it refuses any other when it is made.
    raise AssertionError("no rule matched")  # pragma: no cover


def possible_rules(
    rulebook: Rulebook, facts: Sequence[Any], unknown: Container[int]
) -> Iterator[JudgedRule]:
    """Yield the rules that may decide facts of which some are unknown, in order.

    `unknown` are their slots; the article's access is known. The last that is yielded decides
    where none before it does.
    """
    for rule in rulebook.rules:
        holds = holds_unless(rule.formula, facts, unknown)
        if holds is False:
            continue
        effect = _effect_unless(rule, facts, unknown)
        if effect not in (None, Effect.MATCH):
            continue
        yield rule
        if holds and effect is Effect.MATCH:
            return


def _effect_unless(
    rule: JudgedRule, facts: Sequence[Any], unknown: Container[int]
) -> Effect | None:
    """Return what a rule does where its `when` holds; `None` if that hangs on what is unknown."""
    if rule.spend and any(slots.open in unknown for slots in rule.slots):
        fit = rule.fit(facts[ACCESS])
        return None if fit is Fit.COUNTED else SPENDING[fit, False]
    return rule.effect(facts)


def _verdict(rule: JudgedRule, facts: Sequence[Any], refused: Refusals) -> Verdict | None:
    """Return what a rule that matches says, or `None` where its offers depend on more facts."""
    offers = rule.given(facts)
    if offers is None:
        return None
    access = facts[ACCESS] if len(facts) > ACCESS else None
    opening = Opening.OPEN
    nothing_left = False
    if rule.spends(access):
        opening = rule.opening(facts) or Opening.CLOSED
        nothing_left = rule.leaves_nothing(facts)
    return verdict_of(
        rule,
        facts[READER],
        access,
        opening,
        nothing_left=nothing_left,
        offers=offers,
        refused=refused,
    )


def verdict_of(
    rule: JudgedRule,
    status: Status,
    access: ArticleAccess | None,
    opening: Opening = Opening.OPEN,
    *,
    nothing_left: bool,
    offers: tuple[str, ...],
    refused: Refusals,
) -> Verdict:
    """Return what a rule that matches says.

    `opening`: how all of the rule's meters are open to the view. `nothing_left`: this view leaves
    nothing of one of them. `offers`: those of the rule that this reader gets. `refused`: the meters
    of the rules that refused this view before.
    """
    spends = rule.spends(access)
    counts_down = rule.counts_down(access, opening)
    show = rule.shown(status, offers, counts_down=counts_down, nothing_left=nothing_left)
    # A prompt of a rule that spends is not for a free article; one that counts down, not for a
    # reader who has nothing to count down. Nor has an article a prompt by itself.
    says = not rule.spend or (spends and (counts_down or rule.show is Show.ARTICLE))
    prompt = rule.prompt if says else None
    if prompt is None and show is not Show.ARTICLE:
        prompt = str(show)
    is_wall = show.access is Access.PREVIEW
    return Verdict(
        rule=rule.name,
        show=show,
        prompt=prompt,
        offers=offers,
        spend=rule.spend if spends else (),
        refused=refused if is_wall else (),
        exhausted=rule.exhausted if is_wall else (),
        machines=rule.machines if is_wall else None,
    )

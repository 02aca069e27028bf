"""Mistakes in the rules: their order, what they show, which offer they make."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from attrs import evolve

from meter.verify.mutants.conditions import when_edits
from meter.verify.mutants.edit import Edit, Kind, lifted, listing, replaced, with_field
from meter.vocabulary import Show, Wall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.policy import Policy, Rule
    from meter.vocabulary import RuleShow

__all__ = ["rule_edits"]

_OTHER_SHOWS: dict[RuleShow, tuple[RuleShow, ...]] = {
    Show.COUNTDOWN: (Show.ARTICLE,),
    Show.LAST_FREE_ARTICLE: (Show.COUNTDOWN,),
    Show.REGISTRATION_WALL: (Show.SUBSCRIPTION_WALL,),
    Show.GATE: (Show.SUBSCRIPTION_WALL,),
    Show.TRIAL_OFFER: (Show.SUBSCRIPTION_WALL,),
    Show.SUBSCRIPTION_WALL: (Show.REGISTRATION_WALL,),
    Show.TRIAL_EXPIRED: (Show.SUBSCRIPTION_EXPIRED,),
    Show.SUBSCRIPTION_EXPIRED: (Show.TRIAL_EXPIRED,),
    Wall.WALL: (Show.REGISTRATION_WALL, Show.SUBSCRIPTION_WALL),
}
_NONE = "none"


def rule_edits(policy: Policy) -> Iterator[Edit[Policy]]:
    """Yield every mistake in the rules of a policy."""
    rules = policy.rules
    for place, rule in enumerate(rules):
        name = f"rule `{rule.name}`"
        edits = chain(
            lifted(when_edits(rule.when, name), ("when",), partial(with_field, rule, "when")),
            _spent(rule, name),
            _shown(rule, name),
            _prompted(policy, rule, name),
            _offered(policy, rule, name),
        )
        whole = partial(_with_rule, policy, place)
        yield from lifted(edits, ("rules", place), whole)
        yield Edit(
            Kind.ORDER,
            name,
            "there",
            "left out",
            ("rules", place),
            partial(_with_rules, policy, replaced(rules, place)),
        )
        if place:
            before = rules[place - 1]
            swapped = (*rules[: place - 1], rule, before, *rules[place + 1 :])
            yield Edit(
                Kind.ORDER,
                f"rules `{before.name}` and `{rule.name}`",
                "in this order",
                "the other way round",
                ("rules", place),
                partial(_with_rules, policy, swapped),
            )


def _with_rule(policy: Policy, place: int, rule: Rule) -> Policy:
    return evolve(policy, rules=replaced(policy.rules, place, rule))


def _with_rules(policy: Policy, rules: tuple[Rule, ...]) -> Policy:
    return evolve(policy, rules=rules)


def _spent(rule: Rule, name: str) -> Iterator[Edit[Rule]]:
    if len(rule.spend) < 2:  # noqa: PLR2004 - a list of one meter has no word to lose
        return
    for place in range(len(rule.spend)):
        rest = replaced(rule.spend, place)
        make = partial(with_field, rule, "spend", rest)
        what = f"{name}, `spend`"
        yield Edit(Kind.LISTS, what, listing(rule.spend), listing(rest), ("spend",), make)


def _shown(rule: Rule, name: str) -> Iterator[Edit[Rule]]:
    others = _OTHER_SHOWS.get(rule.show)
    if others is None:
        others = (Show.COUNTDOWN,) if rule.spend else (Show.SUBSCRIPTION_WALL,)
    for other in others:
        make = partial(with_field, rule, "show", other)
        yield Edit(Kind.PROMPTS, f"{name}, `show`", f'"{rule.show}"', f'"{other}"', ("show",), make)


def _prompted(policy: Policy, rule: Rule, name: str) -> Iterator[Edit[Rule]]:
    if rule.prompt is None:
        return
    what = f"{name}, `prompt`"
    old = f'"{rule.prompt}"'
    yield Edit(
        Kind.PROMPTS, what, old, _NONE, ("prompt",), partial(with_field, rule, "prompt", None)
    )
    for other in policy.prompts:
        if other.name != rule.prompt:
            make = partial(with_field, rule, "prompt", other.name)
            yield Edit(Kind.PROMPTS, what, old, f'"{other.name}"', ("prompt",), make)


def _offered(policy: Policy, rule: Rule, name: str) -> Iterator[Edit[Rule]]:
    key = "offers" if rule.offers else "offer"
    what = f"{name}, `{key}`"
    names = rule.offered
    for place, offer in enumerate(names):
        rest = replaced(names, place)
        yield _offering(rule, key, what, rest)
        for other in policy.offers:
            if other.name not in names:
                yield _offering(rule, key, what, replaced(names, place, other.name))
        if place:
            swapped = (*names[: place - 1], offer, names[place - 1], *names[place + 1 :])
            yield _offering(rule, key, what, swapped)


def _offering(rule: Rule, key: str, what: str, names: tuple[str, ...]) -> Edit[Rule]:
    value = names or (() if key == "offers" else None)
    new = _listed(names)
    make = partial(with_field, rule, key, value)
    return Edit(Kind.OFFERS, what, _listed(rule.offered), new, (key,), make)


def _listed(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return f'"{names[0]}"'
    return listing(names) if names else _NONE

"""Plain lints: what a policy may say but its author probably did not mean, found in its text.

They are `LINTS`; to add one, add it there. The exact ones, which hold for every possible reader,
are those of `meter.verify`; a caller that has them hands them to `lint`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from babel.numbers import get_currency_precision

from meter.errors import Problem, listed
from meter.loading.word_lints import (
    languages_without_copy,
    odd_words,
    unknown_codes,
    unknown_prompts,
    warning,
)
from meter.resources.locales import best_match
from meter.vocabulary import Show
from meter.windows import day_start

if TYPE_CHECKING:
    from datetime import date

    from meter.policy import Policy

__all__ = ["LINTS", "ExactLints", "Lint", "lint"]

Lint = Callable[["Policy", "date | None"], Iterator[Problem]]
ExactLints = Callable[["Policy"], Iterable[Problem]]

_SAID_EXACTLY = "rule-never-fires"
_SAID_PLAINLY = ("unreachable-rule", "zero-limit")
"""The plain warnings that say of a rule why it never fires, so that it is not said twice."""


def lint(
    policy: Policy,
    *,
    today: date | None = None,
    exact: ExactLints | None = None,
    prompts: Collection[str] | None = None,
) -> tuple[Problem, ...]:
    """Return every warning about a policy.

    `today` is a day in the publication's zone; without it nothing is said about time. `exact` gives
    further warnings, as `meter.verify.lints.lints` does. `prompts` names the publisher's own, where
    they are known: then a prompt that is nowhere is an error.
    """
    checks = LINTS
    if prompts is not None:
        checks = {**LINTS, "unknown-prompt": lambda policy, _: unknown_prompts(policy, prompts)}
    plain = tuple(found for check in checks.values() for found in check(policy, today))
    if exact is None:
        return plain
    plainly = {found.path[:2] for found in plain if found.code in _SAID_PLAINLY}
    further = (
        found
        for found in exact(policy)
        if found.code != _SAID_EXACTLY or found.path[:2] not in plainly
    )
    return (*plain, *further)


def _unreachable_rules(policy: Policy, _: date | None) -> Iterator[Problem]:
    for index, rule in enumerate(policy.rules):
        if rule.when.matches_everything and rule.spend is None:
            for later, hidden in enumerate(policy.rules[index + 1 :], index + 1):
                message = (
                    f"rule `{hidden.name}` is never reached: `{rule.name}` before it matches"
                    " everything"
                )
                yield warning(
                    "unreachable-rule",
                    ("rules", later, "name"),
                    message,
                    f"move it before `{rule.name}`, or remove it",
                )
            return


def _unspent_meters(policy: Policy, _: date | None) -> Iterator[Problem]:
    spent = {rule.spend for rule in policy.rules}
    for meter in policy.meters:
        if meter.name not in spent:
            message = f"no rule spends from meter `{meter.name}`, so it never counts anything"
            yield warning(
                "unspent-meter",
                ("meters", meter.name),
                message,
                f'add `spend = "{meter.name}"` to a rule, or remove the meter',
            )


def _zero_limits(policy: Policy, _: date | None) -> Iterator[Problem]:
    zero = {
        meter.name
        for meter in policy.meters
        if all(limit.limit == 0 for limit in meter.allowances())
    }
    for index, rule in enumerate(policy.rules):
        if rule.spend in zero:
            message = (
                f"rule `{rule.name}` opens no metered article that is not counted already: the"
                f" limit of `{rule.spend}` is 0 for everyone"
            )
            yield warning(
                "zero-limit",
                ("rules", index, "spend"),
                message,
                "raise the limit, or remove the rule",
            )


def _offers_over(policy: Policy, today: date | None) -> Iterator[Problem]:
    for offer in policy.offers:
        end = offer.instants(policy.zone)[1]
        if today is not None and end is not None and end <= day_start(today, policy.zone):
            message = f"offer `{offer.name}` ended on `{offer.ends}`"
            yield warning(
                "offer-over",
                ("offers", offer.name, "ends"),
                message,
                "give it a later `ends`, or remove it and what refers to it",
            )


def _unused_offers(policy: Policy, _: date | None) -> Iterator[Problem]:
    used = {name for rule in policy.rules for name in rule.offered}
    for offer in policy.offers:
        if offer.name not in used:
            message = f"no rule shows offer `{offer.name}`"
            yield warning(
                "unused-offer",
                ("offers", offer.name),
                message,
                f'add `offer = "{offer.name}"` to a rule, or remove the offer',
            )


def _missing_offers(policy: Policy, _: date | None) -> Iterator[Problem]:
    for index, rule in enumerate(policy.rules):
        if rule.show is Show.TRIAL_OFFER and not rule.offered:
            message = (
                f"rule `{rule.name}` shows a trial offer but names no offer, so readers always see"
                " the subscription wall"
            )
            yield warning(
                "missing-offer",
                ("rules", index, "show"),
                message,
                "add `offer`, or show `subscription-wall`",
            )


def _limit_gaps(policy: Policy, _: date | None) -> Iterator[Problem]:
    for meter in policy.meters:
        if meter.limits and not meter.limits[-1].when.matches_everything:
            message = (
                f"the last of the limits of `{meter.name}` has a condition: whom none of them"
                " describes gets 0"
            )
            yield warning(
                "limit-gap",
                ("meters", meter.name, "limits", len(meter.limits) - 1),
                message,
                "add a last one without `when`",
            )


def _copy_gaps(policy: Policy, _: date | None) -> Iterator[Problem]:
    own = policy.copy.get(best_match(policy.publication.locale, policy.copy) or "")
    for locale, words in policy.copy.items():
        if own is None:
            message = (
                f"there are words in `{locale}`, but none in `{policy.publication.locale}`, the"
                " publication's own locale"
            )
            yield warning(
                "copy-gap",
                ("copy", locale),
                message,
                "add them to `[copy]`: they are the fall-back",
            )
            continue
        missing = [
            key
            for key in ("headline", "pitch", "benefits")
            if getattr(own, key) and not getattr(words, key)
        ]
        if missing:
            every = listed([f"`{key}`" for key in missing])
            message = (
                f"the words in `{locale}` leave out {every}, so readers see the project's own"
                " instead"
            )
            yield warning("copy-gap", ("copy", locale), message, f"add {every} in `{locale}`")
    yield from languages_without_copy(policy)


def _odd_prices(policy: Policy, _: date | None) -> Iterator[Problem]:
    for offer in policy.offers:
        if offer.price == offer.price.to_integral_value():
            continue
        most = get_currency_precision(offer.currency)
        if offer.price != round(offer.price, most):
            has = f"{most} decimals" if most else "no decimals"
            message = (
                f"the price of offer `{offer.name}` is `{offer.price}`, but {offer.currency} has"
                f" {has}: readers see it rounded"
            )
            path = ("offers", offer.name, "price")
            yield warning("odd-price", path, message, "write the price as it is charged")


LINTS: dict[str, Lint] = {
    "unreachable-rule": _unreachable_rules,
    "unspent-meter": _unspent_meters,
    "zero-limit": _zero_limits,
    "offer-over": _offers_over,
    "unused-offer": _unused_offers,
    "missing-offer": _missing_offers,
    "limit-gap": _limit_gaps,
    "copy-gap": _copy_gaps,
    "odd-price": _odd_prices,
    "unknown-code": unknown_codes,
    "odd-word": odd_words,
    "unknown-prompt": lambda policy, _: unknown_prompts(policy),
}
"""Every warning by its code, in the order in which they are looked for."""

"""Plain lints of what is there twice, in vain or not at all: found in the policy's own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel.numbers import get_currency_precision

from meter.errors import listed
from meter.loading.lints.languages import is_served, words_missing
from meter.loading.lints.warned import warning
from meter.loading.lints.words import languages_without_copy
from meter.resources.locales import best_match, lineage
from meter.vocabulary import Show
from meter.windows import day_start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from meter.errors import Problem
    from meter.policy import Policy

__all__ = ["PLAIN"]


def _unreachable_rules(policy: Policy, _: date | None) -> Iterator[Problem]:
    for index, rule in enumerate(policy.rules):
        if rule.when.matches_everything and not rule.spend:
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
    spent = {name for rule in policy.rules for name in rule.spend}
    for meter in policy.meters:
        if meter.name not in spent and meter.counts is None:
            message = f"no rule spends from meter `{meter.name}`, so it never counts anything"
            yield warning(
                "unspent-meter",
                ("meters", meter.name),
                message,
                f'add `spend = "{meter.name}"` to a rule, `counts` to the meter, or remove it',
            )


def _zero_limits(policy: Policy, _: date | None) -> Iterator[Problem]:
    zero = {
        meter.name
        for meter in policy.meters
        if all(limit.limit == 0 for limit in meter.allowances())
    }
    for index, rule in enumerate(policy.rules):
        nothing = [name for name in rule.spend if name in zero]
        if nothing:
            message = (
                f"rule `{rule.name}` opens no article that is not counted already: the limit of"
                f" `{nothing[0]}` is 0 for everyone"
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


def _unseen_offers(policy: Policy, _: date | None) -> Iterator[Problem]:
    for index, rule in enumerate(policy.rules):
        if rule.offered and rule.show is Show.ARTICLE and rule.prompt is None:
            message = (
                f"rule `{rule.name}` shows the whole article without a prompt, so its offer is on"
                " no page"
            )
            yield warning(
                "unseen-offer",
                ("rules", index, "offers" if rule.offers else "offer"),
                message,
                "add the `prompt` that is to tell of it, or remove `offer`",
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
    """Yield languages that lack words around a prompt, of a prompt, of a noun, or a text."""
    having = [tag for tag, copy in policy.copy.items() if copy.frames_prompts]
    own = policy.copy.get(best_match(policy.publication.locale, having) or "")
    for locale in having if own is None else ():
        message = (
            f"there are words in `{locale}`, but none in `{policy.publication.locale}`, the"
            " publication's own locale"
        )
        advice = "add them to `[copy]`: they are the fall-back"
        yield warning("copy-gap", ("copy", locale), message, advice)
    for locale in policy.copy if own is not None else ():
        said = [policy.copy[tag] for tag in lineage(locale, having)]
        missing = [
            key
            for key in ("headline", "pitch", "benefits")
            if getattr(own, key) and not any(getattr(copy, key) for copy in said)
        ]
        if missing and (said or not is_served(policy, locale, having)):
            every = listed([f"`{key}`" for key in missing])
            instead = "the project's own" if said else "those of another language"
            message = f"the words in `{locale}` leave out {every}, so readers see {instead} instead"
            yield warning("copy-gap", ("copy", locale), message, f"add {every} in `{locale}`")
    yield from languages_without_copy(policy)
    yield from words_missing(policy)


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


PLAIN: dict[str, Callable[[Policy, date | None], Iterator[Problem]]] = {
    "unreachable-rule": _unreachable_rules,
    "unspent-meter": _unspent_meters,
    "zero-limit": _zero_limits,
    "offer-over": _offers_over,
    "unused-offer": _unused_offers,
    "missing-offer": _missing_offers,
    "unseen-offer": _unseen_offers,
    "limit-gap": _limit_gaps,
    "copy-gap": _copy_gaps,
    "odd-price": _odd_prices,
}
"""Each warning by its code, in the order in which they are looked for."""

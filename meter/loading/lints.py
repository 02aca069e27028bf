"""What is allowed in a policy, but hardly meant?

Warnings that can be told from the text of a policy alone are `LINTS`; to add one, add it there.
`lint` gives them, and the exact ones of `meter.verify`, which hold for every reader there can be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from meter.errors import Problem
from meter.loading.problems import quoted
from meter.loading.schema import code_step
from meter.vocabulary import Show
from meter.windows import day_start

if TYPE_CHECKING:
    from datetime import date

    from meter.policy import Policy, When

__all__ = ["LINTS", "Lint", "lint"]

Lint = Callable[["Policy", "date | None"], Iterator[Problem]]


def lint(policy: Policy, *, today: date | None = None) -> tuple[Problem, ...]:
    """Return every warning about a policy.

    `today` is a day in the publication's zone; without it nothing is said about time.
    """
    from meter.verify.lints import (
        lints,
    )

    plain = tuple(warning for check in LINTS.values() for warning in check(policy, today))
    told = {
        warning.path[:2] for warning in plain if warning.code in ("unreachable-rule", "zero-limit")
    }
    return (
        *plain,
        *(
            warning
            for warning in lints(policy)
            if warning.code != "rule-never-fires" or warning.path[:2] not in told
        ),
    )


def _unreachable_rules(policy: Policy, _: date | None) -> Iterator[Problem]:
    for index, rule in enumerate(policy.rules):
        if rule.when.matches_everything and rule.spend is None:
            for later, hidden in enumerate(policy.rules[index + 1 :], index + 1):
                message = (
                    f"rule `{hidden.name}` is never reached: `{rule.name}` before it matches"
                    " everything"
                )
                yield _warning(
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
            yield _warning(
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
                f"rule `{rule.name}` never matches a metered article: the limit of `{rule.spend}`"
                " is 0 for everyone"
            )
            yield _warning(
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
            yield _warning(
                "offer-over",
                ("offers", offer.name, "ends"),
                message,
                "give it a later `ends`, or remove it and what refers to it",
            )


def _unused_offers(policy: Policy, _: date | None) -> Iterator[Problem]:
    used = {rule.offer for rule in policy.rules}
    for offer in policy.offers:
        if offer.name not in used:
            message = f"no rule shows offer `{offer.name}`"
            yield _warning(
                "unused-offer",
                ("offers", offer.name),
                message,
                f'add `offer = "{offer.name}"` to a rule, or remove the offer',
            )


def _missing_offers(policy: Policy, _: date | None) -> Iterator[Problem]:
    for index, rule in enumerate(policy.rules):
        if rule.show is Show.TRIAL_OFFER and rule.offer is None:
            message = (
                f"rule `{rule.name}` shows a trial offer but names no offer, so readers always see"
                " the subscription wall"
            )
            yield _warning(
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
            yield _warning(
                "limit-gap",
                ("meters", meter.name, "limits", len(meter.limits) - 1),
                message,
                "add a last one without `when`",
            )


def _copy_gaps(policy: Policy, _: date | None) -> Iterator[Problem]:
    own = policy.copy.get(policy.publication.locale)
    for locale, words in policy.copy.items():
        if own is None:
            message = (
                f"there are words in `{locale}`, but none in `{policy.publication.locale}`, the"
                " publication's own locale"
            )
            yield _warning(
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
            listed = " and ".join(f"`{key}`" for key in missing)
            message = (
                f"the words in `{locale}` leave out {listed}, so readers see the project's own"
                " instead"
            )
            yield _warning("copy-gap", ("copy", locale), message, f"add {listed} in `{locale}`")


def _odd_prices(policy: Policy, _: date | None) -> Iterator[Problem]:
    for offer in policy.offers:
        if offer.price == offer.price.to_integral_value():
            continue
        from babel.numbers import (
            get_currency_precision,
        )

        most = get_currency_precision(offer.currency)
        if offer.price != round(offer.price, most):
            has = f"{most} decimals" if most else "no decimals"
            message = (
                f"the price of offer `{offer.name}` is `{offer.price}`, but {offer.currency} has"
                f" {has}: readers see it rounded"
            )
            yield _warning(
                "odd-price",
                ("offers", offer.name, "price"),
                message,
                "write the price as it is charged",
            )


def _unknown_codes(policy: Policy, _: date | None) -> Iterator[Problem]:
    for path, when in _conditions(policy):
        for country in sorted(when.country or ()):
            if not re.fullmatch("[A-Z]{2}", country):
                message = f"{quoted(country)} is not the code of a country, so nobody is ever in it"
                yield _warning(
                    "unknown-code",
                    (*path, "country"),
                    message,
                    code_step(country, "territories", "`JP` or `US`"),
                )
        for language in sorted(when.language or ()):
            if not re.fullmatch("[a-z]{2,3}(-[a-z0-9]{1,8})*", language):
                message = (
                    f"{quoted(language)} is not the code of a language, so no page is ever in it"
                )
                yield _warning(
                    "unknown-code",
                    (*path, "language"),
                    message,
                    code_step(language, "languages", "`en` or `pt-BR`"),
                )


def _conditions(policy: Policy) -> Iterator[tuple[tuple[str | int, ...], When]]:
    """Yield every condition of a policy, those inside others too, with where it is."""
    for index, rule in enumerate(policy.rules):
        yield from _nested(("rules", index, "when"), rule.when)
    for offer in policy.offers:
        yield from _nested(("offers", offer.name, "when"), offer.when)
    for meter in policy.meters:
        for index, limit in enumerate(meter.limits):
            yield from _nested(("meters", meter.name, "limits", index, "when"), limit.when)
    for index, guarantee in enumerate(policy.guarantees):
        yield from _nested(("guarantees", index, "when"), guarantee.when)


def _nested(
    path: tuple[str | int, ...], when: When
) -> Iterator[tuple[tuple[str | int, ...], When]]:
    yield path, when
    for index, part in enumerate(when.any or ()):
        yield from _nested((*path, "any", index), part)
    if when.not_ is not None:
        yield from _nested((*path, "not"), when.not_)


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
    "unknown-code": _unknown_codes,
}
"""Every warning by its code, in the order in which they are looked for."""


def _warning(code: str, path: tuple[str | int, ...], message: str, advice: str) -> Problem:
    return Problem(code=code, path=path, message=message, help=advice, severity="warning")

"""Small mistakes an editor makes: rules swapped, an operator flipped, a constant off by one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from attrs import evolve, fields

from meter.errors import PolicyError
from meter.policy import Dates, When
from meter.vocabulary import Members, Range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.policy import Policy

_FLIPPED = {
    "at_least": "above",
    "above": "at_least",
    "at_most": "below",
    "below": "at_most",
    "equals": "at_least",
}


def mutants(policy: Policy) -> Iterator[tuple[str, Policy]]:
    """Yield every policy that is one mistake away and can still be used, with that mistake."""
    for what, make in _changes(policy):
        try:
            yield what, make()
        except (PolicyError, ValueError):
            continue


def _changes(policy: Policy):
    rules = policy.rules
    for index in range(len(rules) - 2):
        swapped = (*rules[:index], rules[index + 1], rules[index], *rules[index + 2 :])
        yield f"swapped {index}", lambda swapped=swapped: evolve(policy, rules=swapped)
    for index, rule in enumerate(rules):
        for what, spend in _spends(rule.spend):
            changed = (*rules[:index], evolve(rule, spend=spend), *rules[index + 1 :])
            yield f"rule {index}: {what}", lambda changed=changed: evolve(policy, rules=changed)
        for what, when in _whens(rule.when):
            changed = (index, rule, when)
            yield (
                f"rule {index}: {what}",
                lambda c=changed: evolve(
                    policy, rules=(*rules[: c[0]], evolve(c[1], when=c[2]), *rules[c[0] + 1 :])
                ),
            )
    for index, offer in enumerate(policy.offers):
        for what, when in _whens(offer.when):
            changed = (index, offer, when)
            yield (
                f"offer {index}: {what}",
                lambda c=changed: evolve(
                    policy,
                    offers=(
                        *policy.offers[: c[0]],
                        evolve(c[1], when=c[2]),
                        *policy.offers[c[0] + 1 :],
                    ),
                ),
            )
    for index, meter in enumerate(policy.meters):
        for what, changed in _meters(meter):
            yield (
                f"meter {index}: {what}",
                lambda i=index, m=changed: evolve(
                    policy, meters=(*policy.meters[:i], m, *policy.meters[i + 1 :])
                ),
            )


def _spends(spend):
    """Yield which meters a rule may spend instead."""
    if len(spend) > 1:
        for index, name in enumerate(spend):
            yield f"does not spend {name}", (*spend[:index], *spend[index + 1 :])


def _meters(meter):
    """Yield what a meter may be instead: another limit, other articles, another history."""
    yield from _limits(meter)
    for access in ({"metered"}, {"metered", "premium"}):
        if meter.access != access:
            yield f"access {sorted(access)}", evolve(meter, access=access)
    if meter.counts is not None:
        yield "no history", evolve(meter, counts=None)
        for what, when in _whens(meter.counts):
            yield f"counts: {what}", evolve(meter, counts=when)


def _limits(meter):
    for step in (-1, 1):
        if meter.limits:
            for index, limit in enumerate(meter.limits):
                limits = (
                    *meter.limits[:index],
                    evolve(limit, limit=_moved(limit.limit, step)),
                    *meter.limits[index + 1 :],
                )
                yield f"limit {index} {step:+}", evolve(meter, limits=limits)
        elif isinstance(meter.limit, int | str):
            yield f"limit {step:+}", evolve(meter, limit=_moved(meter.limit, step))
        else:
            for status, limit in meter.limit.items():
                limits = {**meter.limit, status: _moved(limit, step)}
                yield f"limit of {status} {step:+}", evolve(meter, limit=limits)


def _moved(limit, step):
    """Return a limit that is one more or less; where there is none, a high one."""
    return 3 + step if limit == "none" else limit + step


def _whens(when: When) -> Iterator[tuple[str, When]]:
    for item in fields(When):
        value = getattr(when, item.name)
        if value is not None:
            yield f"dropped {item.name}", evolve(when, **{item.name: None})
            yield from (
                (f"{item.name}: {what}", evolve(when, **{item.name: changed}))
                for what, changed in _values(value)
            )
    if when.not_ is not None:
        yield "not dropped", when.not_


def _values(value):
    """Yield what a condition on one attribute may be instead."""
    if isinstance(value, Range):
        yield from _ranges(value)
    elif isinstance(value, Dates):
        yield from (
            (f"moved {side}", evolve(value, **{side: day + timedelta(days=1)}))
            for side in ("from_", "until")
            if (day := getattr(value, side))
        )
    elif isinstance(value, Members):
        group = next(group for group in ("any", "all", "none") if getattr(value, group))
        yield from (
            (f"{group} to {other}", Members(**{other: getattr(value, group)}))
            for other in ("any", "all", "none")
            if other != group
        )
    elif isinstance(value, bool):
        yield "flipped", not value
    elif isinstance(value, frozenset) and len(value) > 1:
        yield from ((f"without {member}", value - {member}) for member in sorted(value))
    elif isinstance(value, dict):
        yield from (
            (what, {**value, name: changed})
            for name, asked in value.items()
            for what, changed in _values(asked)
        )
    elif isinstance(value, tuple):
        yield from (
            (f"in group: {what}", (*value[:index], part, *value[index + 1 :]))
            for index in range(len(value))
            for what, part in _whens(value[index])
        )
    elif isinstance(value, When):
        yield from ((f"in group: {what}", part) for what, part in _whens(value))


def _ranges(bounds: Range) -> Iterator[tuple[str, Range]]:
    for bound, flipped in _FLIPPED.items():
        value = getattr(bounds, bound)
        if value is not None:
            yield "flipped", evolve(bounds, **{bound: None, flipped: value})
            step = 0.1 if 0 < value < 1 else 1
            yield "moved up", evolve(bounds, **{bound: value + step})
            yield "moved down", evolve(bounds, **{bound: value - step})

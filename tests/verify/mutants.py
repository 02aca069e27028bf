"""Small mistakes an editor makes: two rules swapped, an operator flipped, a condition dropped, a constant off by one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from attrs import evolve, fields

from meter.errors import PolicyError
from meter.policy import Dates, Members, Range, When

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.policy import Policy

_FLIPPED = {"at_least": "above", "above": "at_least", "at_most": "below", "below": "at_most", "equals": "at_least"}


def mutants(policy: Policy) -> Iterator[tuple[str, Policy]]:
    """Yield every policy that is one mistake away and can still be used, and what the mistake was."""
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
        for what, when in _whens(rule.when):
            changed = (index, rule, when)
            yield (
                f"rule {index}: {what}",
                lambda c=changed: evolve(policy, rules=(*rules[: c[0]], evolve(c[1], when=c[2]), *rules[c[0] + 1 :])),
            )
    for index, offer in enumerate(policy.offers):
        for what, when in _whens(offer.when):
            changed = (index, offer, when)
            yield (
                f"offer {index}: {what}",
                lambda c=changed: evolve(policy, offers=(*policy.offers[: c[0]], evolve(c[1], when=c[2]), *policy.offers[c[0] + 1 :])),
            )
    for index, meter in enumerate(policy.meters):
        for what, changed in _limits(meter):
            yield (
                f"meter {index}: {what}",
                lambda i=index, m=changed: evolve(policy, meters=(*policy.meters[:i], m, *policy.meters[i + 1 :])),
            )


def _limits(meter):
    for step in (-1, 1):
        if meter.limits:
            for index, limit in enumerate(meter.limits):
                limits = (*meter.limits[:index], evolve(limit, limit=limit.limit + step), *meter.limits[index + 1 :])
                yield f"limit {index} {step:+}", evolve(meter, limits=limits)
        elif isinstance(meter.limit, int):
            yield f"limit {step:+}", evolve(meter, limit=meter.limit + step)
        else:
            for status, limit in meter.limit.items():
                yield f"limit of {status} {step:+}", evolve(meter, limit={**meter.limit, status: limit + step})


def _whens(when: When) -> Iterator[tuple[str, When]]:
    given = [item.name for item in fields(When) if getattr(when, item.name) is not None]
    for name in given:
        yield f"dropped {name}", evolve(when, **{name: None})
        value = getattr(when, name)
        if isinstance(value, Range):
            yield from ((f"{what} {name}", evolve(when, **{name: changed})) for what, changed in _ranges(value))
        elif isinstance(value, Dates):
            for side in ("from_", "until"):
                if getattr(value, side) is not None:
                    yield f"moved {side}", evolve(when, dates=evolve(value, **{side: getattr(value, side) + timedelta(days=1)}))
        elif isinstance(value, Members):
            group = next(group for group in ("any", "all", "none") if getattr(value, group))
            for other in ("any", "all", "none"):
                if other != group:
                    yield f"{name} {group} to {other}", evolve(when, **{name: Members(**{other: getattr(value, group)})})
        elif isinstance(value, bool):
            yield f"flipped {name}", evolve(when, **{name: not value})
        elif isinstance(value, frozenset) and len(value) > 1:
            for member in sorted(value):
                yield f"{name} without {member}", evolve(when, **{name: value - {member}})
        elif name == "left":
            for meter, bounds in value.items():
                yield from ((f"{what} left", evolve(when, left={**value, meter: changed})) for what, changed in _ranges(bounds))
        elif isinstance(value, tuple):
            for index in range(len(value)):
                for what, part in _whens(value[index]):
                    yield f"in any: {what}", evolve(when, any=(*value[:index], part, *value[index + 1 :]))
        elif isinstance(value, When):
            yield "not dropped", value
            yield from ((f"in not: {what}", evolve(when, not_=part)) for what, part in _whens(value))


def _ranges(bounds: Range) -> Iterator[tuple[str, Range]]:
    for bound, flipped in _FLIPPED.items():
        value = getattr(bounds, bound)
        if value is not None:
            yield "flipped", evolve(bounds, **{bound: None, flipped: value})
            step = 0.1 if 0 < value < 1 else 1
            yield "moved up", evolve(bounds, **{bound: value + step})
            yield "moved down", evolve(bounds, **{bound: value - step})

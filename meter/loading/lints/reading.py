"""What lints read of a policy: its conditions with their places, and what a rule spends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.loading.positions import Path as Place
    from meter.policy import Policy, When

__all__ = ["conditions", "nested", "warning"]


def warning(code: str, path: Place, message: str, advice: str) -> Problem:
    """Return something that is allowed, and probably a mistake."""
    return Problem(code=code, path=path, message=message, help=advice, severity="warning")


def conditions(policy: Policy) -> Iterator[tuple[Place, When]]:
    """Yield every condition of a policy, those inside others too, with where it is."""
    for index, rule in enumerate(policy.rules):
        yield from nested(("rules", index, "when"), rule.when)
    for offer in policy.offers:
        yield from nested(("offers", offer.name, "when"), offer.when)
    for meter in policy.meters:
        for index, limit in enumerate(meter.limits):
            yield from nested(("meters", meter.name, "limits", index, "when"), limit.when)
    for experiment in policy.experiments:
        yield from nested(("experiments", experiment.name, "when"), experiment.when)
    for index, guarantee in enumerate(policy.guarantees):
        yield from nested(("guarantees", index, "when"), guarantee.when)


def nested(path: Place, when: When) -> Iterator[tuple[Place, When]]:
    """Yield a condition and every one inside it, with where each is."""
    yield path, when
    for index, part in enumerate(when.any or ()):
        yield from nested((*path, "any", index), part)
    if when.not_ is not None:
        yield from nested((*path, "not"), when.not_)

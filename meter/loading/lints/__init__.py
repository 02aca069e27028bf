"""Plain lints: what a policy may say but its author probably did not mean, found in its text.

They are `LINTS`, by subject in the modules beside; to add one, add it to its module's table. The
exact ones, which hold for every possible reader, are those of `meter.verify`; a caller that has
them hands them to `lint`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from meter.errors import Problem
from meter.loading.lints.clock import CLOCK
from meter.loading.lints.experiments import EXPERIMENTS
from meter.loading.lints.gifts import GIFTS
from meter.loading.lints.languages import LANGUAGES
from meter.loading.lints.limits import LIMITS
from meter.loading.lints.plain import PLAIN
from meter.loading.lints.prompts import PROMPTS
from meter.loading.lints.publication import PUBLICATION
from meter.loading.lints.words import WORDS, unknown_prompts

if TYPE_CHECKING:
    from meter.policy import Policy

__all__ = ["LINTS", "ExactLints", "Lint", "lint"]

Lint = Callable[["Policy", date | None], Iterator[Problem]]
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


LINTS: dict[str, Lint] = {
    **PUBLICATION,
    **PLAIN,
    **PROMPTS,
    **LIMITS,
    **CLOCK,
    **WORDS,
    **GIFTS,
    **EXPERIMENTS,
    **LANGUAGES,
}
"""Every warning by its code, in the order in which they are looked for."""

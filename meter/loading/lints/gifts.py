"""Plain lints of what readers give away: links that no rule opens anything by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.loading.lints.warned import warning
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from meter.errors import Problem
    from meter.policy import Policy, Rule, When

__all__ = ["GIFTS"]


def _opening_nothing(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield the table of gifts where no rule opens an article by what a link gives."""
    if policy.gifts is None or any(_opens_gifts(rule) for rule in policy.rules):
        return
    yield warning(
        "gifts-open-nothing",
        ("gifts",),
        "no rule opens an article by a gift link, so whoever is given one meets the wall",
        "add `when = { covered = true }` to a rule that shows `article`, or `gift = true`",
    )


def _opens_gifts(rule: Rule) -> bool:
    return rule.show.access is Access.FULL and any(map(_asks_for_gifts, _alternatives(rule.when)))


def _alternatives(when: When) -> Iterator[When]:
    """Yield a condition, and those of which one is enough; what may not be is none of them."""
    yield when
    for part in when.any or ():
        yield from _alternatives(part)


def _asks_for_gifts(when: When) -> bool:
    return when.gift is True or when.covered is True


GIFTS: dict[str, Callable[[Policy, date | None], Iterator[Problem]]] = {
    "gifts-open-nothing": _opening_nothing
}
"""Each warning by its code."""

"""Plain lints of limits: numbers that hardly mean what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import fields

from meter.errors import listed
from meter.loading.lints.warned import warning
from meter.policy.faults.conditions import nested

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from meter.errors import Problem
    from meter.policy import Policy, When

__all__ = ["LIMITS"]

_OF_THE_ARTICLE = {"section", "kind", "tags", "age_days", "age", "published", "value", "access"}
"""The keys of a condition that look at the article, and not at who reads it, when or how."""


def _limits_by_article(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield limits that depend on the article: one count, held against several numbers."""
    for meter in policy.meters:
        if len({limit.limit for limit in meter.limits}) <= 1:
            continue
        for index, limit in enumerate(meter.limits):
            top = ("meters", meter.name, "limits", index, "when")
            found = [(path, key) for path, part in nested(top, limit.when) for key in _asked(part)]
            if not found:
                continue
            path, key = found[0]
            message = (
                f"a limit of `{meter.name}` looks at the article ({listed(_backticked(found))}),"
                " but all its articles are counted together: what was read of one kind uses up"
                " the limit of another"
            )
            advice = "make two meters, each spent by a rule with this condition in its `when`"
            yield warning("limit-by-article", (*path, key), message, advice)
            break


def _asked(when: When) -> list[str]:
    """Return the keys of a condition that look at the article."""
    given = {field.name for field in fields(type(when)) if getattr(when, field.name) is not None}
    return sorted(given & _OF_THE_ARTICLE)


def _backticked(found: list[tuple[tuple[str | int, ...], str]]) -> list[str]:
    return [f"`{key}`" for key in dict.fromkeys(key for _, key in found)]


LIMITS: dict[str, Callable[[Policy, date | None], Iterator[Problem]]] = {
    "limit-by-article": _limits_by_article,
}
"""Each warning by its code."""

"""Which variants of experiments a reader is in, and whose ids are in which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.experiments import ExperimentUnit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from meter.policy import Policy
    from meter.view import Reader

__all__ = ["variants_of", "visitors"]

_TRIED = 500
_MOST_VISITORS = 12


def variants_of(policy: Policy, reader: Reader) -> str:
    """Say in which variant of each experiment a reader is, as far as their id is known."""
    ids = {ExperimentUnit.VISITOR: reader.visitor, ExperimentUnit.READER: reader.id}
    found = {
        name: assignment.by.variant(ids[assignment.unit] or "")
        for name, assignment in policy.assignments.items()
        if ids[assignment.unit] is not None
    }
    return _words(found)


def visitors(policy: Policy) -> tuple[tuple[str, str], ...]:
    """Return some visitors to choose from: an id for each way to be in variants, and which."""
    return tuple(_visitors(policy))[:_MOST_VISITORS]


def _visitors(policy: Policy) -> Iterator[tuple[str, str]]:
    ways = {
        name: assignment.by
        for name, assignment in policy.assignments.items()
        if assignment.by_visitor
    }
    seen = set()
    for number in range(1, _TRIED + 1 if ways else 1):
        visitor = f"visitor-{number}"
        told = ", ".join(
            f"{name}: {by.variant(visitor) or 'no variant'}" for name, by in ways.items()
        )
        if told not in seen:
            seen.add(told)
            yield visitor, told


def _words(variants: Mapping[str, str | None]) -> str:
    """Say variants: `price: nine`."""
    return ", ".join(f"{name}: {variant or 'no variant'}" for name, variant in variants.items())

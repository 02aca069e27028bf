"""Ids of a reader who is in some variants of experiments: found by trying one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from meter.facts import OTHER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from meter.facts import Code, Slot
    from meter.view import Reader

__all__ = ["assigned"]

_MOST_TRIED = 20_000
"""A variant with a share of a thousandth is found among these but for one time in a billion."""


def assigned(reader: Reader, slots: Iterable[Slot], values: Mapping[str, Code]) -> Reader:
    """Return a reader with ids that experiments put where these codes say.

    Raises `LookupError` where none of the ids that are tried is there.
    """
    asked = [slot for slot in slots if slot.assignment is not None]
    by_visitor = [slot for slot in asked if slot.assignment and slot.assignment.by_visitor]
    by_reader = [slot for slot in asked if slot not in by_visitor]
    if by_visitor:
        reader = evolve(reader, visitor=_found("visitor", by_visitor, values))
    if by_reader:
        reader = evolve(reader, id=_found("reader", by_reader, values))
    return reader


def _found(unit: str, slots: list[Slot], values: Mapping[str, Code]) -> str | None:
    """Return an id that is in all of some variants; `None` where it is not known in any."""
    wanted = [(slot.assignment, values[slot.name]) for slot in slots if slot.assignment]
    if all(code is None for _, code in wanted):
        return None
    for number in range(1, _MOST_TRIED + 1):
        name = f"{unit}-{number}"
        if all((way.by.variant(name) or OTHER) == code for way, code in wanted):
            return name
    raise LookupError(f"no {unit} that was tried is in the variants {[c for _, c in wanted]}")

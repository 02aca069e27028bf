"""Ids of a reader who is in some variants of experiments: found by trying one after the other."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import evolve

from meter.errors import listed, quoted
from meter.facts import OTHER
from meter.verify.diagram import UndecidedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from meter.experiments import Experiment
    from meter.facts import Code, Slot
    from meter.view import Reader

__all__ = ["assigned"]

_MOST_TRIED = 20_000
"""A variant with a share of a thousandth is found among these but for one time in a billion."""


def assigned(reader: Reader, slots: Iterable[Slot], values: Mapping[str, Code]) -> Reader:
    """Return a reader with ids that experiments put where these codes say.

    Raises `UndecidedError` where none of the ids that are tried is there: the variants can be had
    together, as far as hashes of several seeds are independent, but by very few ids.
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
    wanted = tuple((slot.assignment.by, values[slot.name]) for slot in slots if slot.assignment)
    if all(code is None for _, code in wanted):
        return None
    number = _first(unit, wanted)
    if number is None:
        named = [f"{quoted(slot.name)}: {_word(values[slot.name])}" for slot in slots]
        told = listed(named, "and")
        raise UndecidedError(f"of {_MOST_TRIED:,} ids of a {unit} that were tried none has {told}")
    return _id(unit, number)


@lru_cache(maxsize=4096)
def _first(unit: str, wanted: tuple[tuple[Experiment, Code], ...]) -> int | None:
    """Return the number of the first id that experiments put where these codes say.

    The stories of one policy ask for the same few variants again and again.
    """
    for number in range(1, _MOST_TRIED + 1):
        name = _id(unit, number)
        if all((by.variant(name) or OTHER) == code for by, code in wanted):
            return number
    return None


def _id(unit: str, number: int) -> str:
    return f"{unit}-{number}"


def _word(code: Code) -> str:
    return "no variant" if code == OTHER else f"variant {quoted(str(code))}"

"""Which codes of several variables can be had at once, as tables that diagrams and z3 both read."""

from __future__ import annotations

from itertools import combinations, product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from meter.experiments.moves import apart, met_together
from meter.facts import OTHER, seen_name
from meter.verify.situations import EXPIRED, HELD, RUNNING
from meter.verify.together.showings import seen_numbers, shown_together
from meter.verify.together.timing import Timing, stretch_of
from meter.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence

    from meter.experiments.experiment import Experiment
    from meter.verify.layout import Layout

__all__ = ["Coupling", "couplings"]

_ENDLESS = 1 << 62
_PAIR = 2
_MOST_TOGETHER = 4096
"""How many combinations of variants are looked at; six experiments of three variants have these."""


_WHILE: dict[str, Callable[[Any, Any], bool]] = {
    "expiry": lambda status, code: code is None or status in EXPIRED,
    "purchase": lambda status, code: code is None or status in RUNNING,
}
"""Who may have a right of some product that ended, or one that began."""


def _is_expired(status: Status, code: object) -> bool:
    return (code is not None) is (status in EXPIRED)


class Coupling(NamedTuple):
    """Some levels of a layout, and the codes (their indices) that they can have at once."""

    levels: tuple[int, ...]
    allowed: frozenset[tuple[int, ...]]


def couplings(layout: Layout) -> Iterator[Coupling]:
    """Yield what hangs together.

    They are a reader's status and rights, what is said of the time, the variants of experiments
    and the showings of the prompts of a group.
    """
    named = {
        (variable.name, variable.member): level
        for level, variable in enumerate(layout.variables)
        if variable.slot is not None
    }
    yield from _of_rights(layout, named)
    yield from _of_time(layout)
    yield from _of_experiments(layout)
    yield from _of_showings(layout)


def _of_rights(layout: Layout, named: dict[tuple[str, str | None], int]) -> Iterator[Coupling]:
    """Yield what a reader's status says of rights, and rights of one another."""
    variables = layout.variables
    reader = named["reader", None]
    for level, variable in enumerate(variables):
        if variable.slot is None:
            continue
        slot = layout.vocabulary.slots[variable.slot]
        if slot.name in HELD:
            yield _pairs(layout, reader, level, lambda status, held: not held or status in RUNNING)
        elif slot.asks == "registration":
            yield _pairs(
                layout,
                reader,
                level,
                lambda status, code: code is None or status is not Status.ANONYMOUS,
            )
        elif slot.asks == "expiry" and slot.product is None:
            yield _pairs(
                layout,
                reader,
                level,
                _is_expired,
            )
        elif slot.asks in ("expiry", "purchase"):
            yield _pairs(layout, reader, level, _WHILE[slot.asks])
        if slot.product is not None:
            yield from _of_product(layout, named, level)


def _of_product(
    layout: Layout, named: dict[tuple[str, str | None], int], level: int
) -> Iterator[Coupling]:
    """Yield what the rights to one product say of all rights: the last of all is the later one."""
    slot = layout.vocabulary.slots[layout.variables[level].slot or 0]
    whole = named.get((slot.asks, None))
    if whole is not None:
        every = layout.vocabulary.slots[layout.variables[whole].slot or 0]

        def later(last: int | None, own: int | None) -> bool:
            if own is None or last is None:
                return own is None
            shortest = stretch_of(every, last, 0, _ENDLESS).low
            return stretch_of(slot, own, 0, _ENDLESS).high > shortest

        yield _pairs(layout, whole, level, later)
    held = named.get(("product", slot.product))
    if held is not None and slot.asks == "purchase":
        yield _pairs(layout, held, level, lambda holds, code: holds or code is None)


def _pairs(layout: Layout, first: int, second: int, can_be: Callable[[Any, Any], bool]) -> Coupling:
    """Return which codes two levels can have at once."""
    domains = (layout.variables[first].domain, layout.variables[second].domain)
    allowed: set[tuple[int, ...]] = {
        (one, other)
        for (one, left), (other, right) in product(*map(enumerate, domains))
        if can_be(left, right)
    }
    return _in_order((first, second), allowed)


def _of_experiments(layout: Layout) -> Iterator[Coupling]:
    """Yield which variants of experiments one id can be in at once: exactly, by their shares.

    Those that hang together are looked at together, and pair by pair where they are too many.
    """
    ways = {
        level: slot.assignment
        for level, variable in enumerate(layout.variables)
        if (slot := layout.slot_of(variable)) is not None and slot.assignment is not None
    }
    for by_visitor in (True, False):
        levels = [level for level, way in ways.items() if way.by_visitor is by_visitor]
        yield from _of_one_id(layout, {level: ways[level].by for level in levels})


def _of_one_id(layout: Layout, experiments: Mapping[int, Experiment]) -> Iterator[Coupling]:
    """Yield the same of experiments that hash the same id."""
    levels = tuple(experiments)
    whole: list[set[int]] = []
    for places in apart([experiments[level] for level in levels]):
        group = tuple(levels[place] for place in places)
        sizes = [len(layout.variables[level].domain) for level in group]
        if len(group) > _PAIR and prod(sizes) <= _MOST_TOGETHER:
            whole.append({*group})
            yield _met(layout, group, experiments)
    for pair in combinations(levels, _PAIR):
        if not any(group.issuperset(pair) for group in whole):
            yield _met(layout, pair, experiments)


def _met(
    layout: Layout, levels: tuple[int, ...], experiments: Mapping[int, Experiment]
) -> Coupling:
    """Return which variants one id can be in; where the id is not known, it is in none of all."""
    met = met_together([experiments[level] for level in levels])
    known: set[tuple[object, ...]] = {tuple(one or OTHER for one in variants) for variants in met}
    known.add((None,) * len(levels))
    domains = [range(len(layout.variables[level].domain)) for level in levels]
    allowed = {codes for codes in product(*domains) if _said(layout, levels, codes) in known}
    return _in_order(levels, allowed)


def _said(layout: Layout, levels: Sequence[int], codes: Sequence[int]) -> tuple[object, ...]:
    return tuple(
        layout.variables[level].domain[code] for level, code in zip(levels, codes, strict=True)
    )


def _of_showings(layout: Layout) -> Iterator[Coupling]:
    """Yield how often two prompts of a group can have been shown in one window."""
    for one, other, most in shown_together(layout.rulebooks, layout.vocabulary.seen):
        places = [layout.vocabulary.place(seen_name(prompt)) for prompt in (one, other)]
        numbers = [seen_numbers(layout.vocabulary.slots[place], most) for place in places]
        met = {
            (left, right)
            for (left, few), (right, more) in product(*(each.items() for each in numbers))
            if few + more <= most
        }
        first, second = map(layout.level, places)
        yield _pairs(layout, first, second, _among({*met, (None, None)}))


def _among(met: Container[tuple[object, object]]) -> Callable[[Any, Any], bool]:
    return lambda left, right: (left, right) in met


def _of_time(layout: Layout) -> Iterator[Coupling]:
    timing = Timing.of(layout.vocabulary)
    levels = [level for level, v in enumerate(layout.variables) if v.name in timing.slots]
    if len(levels) < len(("period", "hour")):
        return
    clocks = [slot.name for slot in timing.clocks]
    dated = [level for level in levels if layout.variables[level].name not in clocks]
    told = [level for name in clocks for level in levels if layout.variables[level].name == name]
    allowed = set()
    for codes in product(*(range(len(layout.variables[level].domain)) for level in dated)):
        values = {
            layout.variables[level].name: layout.variables[level].domain[code]
            for level, code in zip(dated, codes, strict=True)
        }
        for telling in timing.tellings(values):
            said = zip(told, telling, strict=True)
            indices = (layout.variables[level].domain.index(code) for level, code in said)
            allowed.add((*codes, *indices))
    yield _in_order((*dated, *told), allowed)


def _in_order(levels: Sequence[int], allowed: set[tuple[int, ...]]) -> Coupling:
    order = sorted(range(len(levels)), key=levels.__getitem__)
    return Coupling(
        tuple(levels[place] for place in order),
        frozenset(tuple(codes[place] for place in order) for codes in allowed),
    )
